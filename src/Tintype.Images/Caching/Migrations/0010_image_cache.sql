-- What the cache of this host has. A file without a row is never served; a row without a file is dropped when it is missed.
CREATE TABLE cached_images (
    id            INTEGER PRIMARY KEY,
    image_id      TEXT NOT NULL UNIQUE,
    blob_id       TEXT NOT NULL,       -- of which data it is
    file_id       TEXT NOT NULL,       -- the file's name
    size          INTEGER NOT NULL,    -- bytes
    checksum      TEXT,                -- MD5, hexadecimal; null if the image has none to compare it with
    hits          INTEGER NOT NULL,
    last_accessed INTEGER NOT NULL,    -- microseconds since 1970
    last_modified INTEGER NOT NULL     -- microseconds since 1970
);

CREATE TABLE cache_queue (
    image_id  TEXT PRIMARY KEY,
    queued_at INTEGER NOT NULL         -- microseconds since 1970
);
