-- Of a server whose image lies in a store of disks: whether its directory has all of the image's data by now.
ALTER TABLE servers ADD COLUMN has_whole_disk INTEGER NOT NULL DEFAULT 0;
