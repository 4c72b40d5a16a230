-- A blob may lie in several stores, the same bytes in each.
CREATE TABLE blob_copies (
    blob_id    TEXT NOT NULL REFERENCES blobs (id),
    store      TEXT NOT NULL,       -- the store's name in the configuration
    url        TEXT,                -- where it lies in a store that others fill; null where the blob's id says it
    created_at INTEGER NOT NULL,    -- microseconds since 1970
    PRIMARY KEY (blob_id, store)
);

CREATE INDEX blob_copies_by_store ON blob_copies (store);

INSERT INTO blob_copies (blob_id, store, created_at) SELECT id, store, created_at FROM blobs;

ALTER TABLE blobs DROP COLUMN store;
