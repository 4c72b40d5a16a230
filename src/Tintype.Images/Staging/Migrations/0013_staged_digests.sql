-- What the data was hashed by when it was staged, beside the two that every image has: somebody had promised something of it.
ALTER TABLE staged_data ADD COLUMN digests TEXT NOT NULL DEFAULT '{}';    -- JSON object: hexadecimal by the algorithm's name
