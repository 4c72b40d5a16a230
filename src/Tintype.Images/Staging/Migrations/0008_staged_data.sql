-- Data that waits to be imported: durable in the staging area, and in no store yet. It is kept while its image is uploading or importing.
CREATE TABLE staged_data (
    blob_id      TEXT PRIMARY KEY,    -- its name in the staging area; the blob's, once it is imported
    image_id     TEXT NOT NULL UNIQUE REFERENCES images (id),
    size         INTEGER NOT NULL,    -- bytes
    virtual_size INTEGER,             -- bytes of the disk inside; null when the format does not say
    checksum     TEXT NOT NULL,       -- MD5, hexadecimal
    hash_value   TEXT NOT NULL,       -- SHA-512, hexadecimal
    disk_format  TEXT,                -- what the data is in; becomes the image's with it
    container_format TEXT,
    properties   TEXT NOT NULL DEFAULT '{}', -- JSON object of strings: what the image gets together with the data
    refusal      TEXT,                -- why the data is not what its image says; told when it is to be imported
    created_at   INTEGER NOT NULL     -- microseconds since 1970
);
