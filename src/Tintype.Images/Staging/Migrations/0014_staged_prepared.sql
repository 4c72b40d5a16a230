-- What an import has made of the data that came: unpacked it, or converted it. What had been promised of that data has been judged before.
ALTER TABLE staged_data ADD COLUMN prepared INTEGER NOT NULL DEFAULT 0;
