CREATE TABLE images (
    id               TEXT PRIMARY KEY,
    name             TEXT,
    owner            TEXT NOT NULL,                -- project id; empty: nobody's (an administrator may make such images)
    status           TEXT NOT NULL,                -- queued | saving | uploading | importing | active | deactivated | deleted
    visibility       TEXT NOT NULL,                -- public | community | shared | private
    protected        INTEGER NOT NULL DEFAULT 0,
    hidden           INTEGER NOT NULL DEFAULT 0,
    disk_format      TEXT,
    container_format TEXT,
    min_disk         INTEGER NOT NULL DEFAULT 0,   -- GiB
    min_ram          INTEGER NOT NULL DEFAULT 0,   -- MiB
    size             INTEGER,                      -- bytes
    virtual_size     INTEGER,                      -- bytes
    blob_id          TEXT,                         -- the data; null before it is active and once the image is deleted
    checksum         TEXT,                         -- MD5, hexadecimal
    hash_value       TEXT,                         -- SHA-512, hexadecimal
    properties       TEXT NOT NULL DEFAULT '{}',   -- JSON object of strings
    tags             TEXT NOT NULL DEFAULT '[]',   -- JSON array of strings
    created_at       INTEGER NOT NULL,             -- microseconds since 1970
    updated_at       INTEGER NOT NULL,
    deleted_at       INTEGER                       -- a deleted image keeps its row: its id is never given again
);

-- One index a branch of the list query; each gives the list's default order, so that a page is a seek, however many images there are.
CREATE INDEX images_by_visibility ON images (visibility, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX images_by_owner ON images (owner, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX images_by_age ON images (created_at DESC, id DESC) WHERE deleted_at IS NULL;
-- Clients find an image by its name before nearly everything they do.
CREATE INDEX images_by_name ON images (name, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX images_by_blob ON images (blob_id) WHERE blob_id IS NOT NULL;
CREATE INDEX images_in_transit ON images (status) WHERE status IN ('saving', 'uploading', 'importing');
