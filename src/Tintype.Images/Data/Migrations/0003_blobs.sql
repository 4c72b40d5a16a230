CREATE TABLE blobs (
    id           TEXT PRIMARY KEY,
    store        TEXT NOT NULL,       -- the store's name in the configuration
    size         INTEGER NOT NULL,    -- bytes
    format       TEXT NOT NULL,       -- what a reader must take the data for, whatever its bytes look like
    virtual_size INTEGER,             -- bytes of the disk inside; null when the format does not say
    created_at   INTEGER NOT NULL     -- microseconds since 1970
);

-- What keeps a blob beside the image that it belongs to. A holder has one.
CREATE TABLE blob_references (
    holder_kind TEXT NOT NULL,        -- server | task
    holder_id   TEXT NOT NULL,
    blob_id     TEXT NOT NULL REFERENCES blobs (id),
    PRIMARY KEY (holder_kind, holder_id)
);

CREATE INDEX blob_references_by_blob ON blob_references (blob_id);
