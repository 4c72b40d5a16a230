-- A blob may lie in one store under several URLs, in the order in which users see its locations, each with what they have noted to it.
CREATE TABLE placed_copies (
    blob_id    TEXT NOT NULL REFERENCES blobs (id),
    position   INTEGER NOT NULL,    -- ascending; gaps mean nothing
    store      TEXT NOT NULL,       -- the store's name in the configuration
    url        TEXT,                -- where it lies in a store that others fill; null where the blob's id says it
    metadata   TEXT NOT NULL,       -- a JSON object of the users' own
    created_at INTEGER NOT NULL,    -- microseconds since 1970
    PRIMARY KEY (blob_id, position)
);

INSERT INTO placed_copies (blob_id, position, store, url, metadata, created_at)
SELECT blob_id, ROW_NUMBER() OVER (PARTITION BY blob_id ORDER BY created_at, store) - 1, store, url, '{}', created_at FROM blob_copies;

DROP TABLE blob_copies;

ALTER TABLE placed_copies RENAME TO blob_copies;

CREATE UNIQUE INDEX blob_copies_own ON blob_copies (blob_id, store) WHERE url IS NULL;

CREATE INDEX blob_copies_by_store ON blob_copies (store);
