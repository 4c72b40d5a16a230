-- What the collector and the scrub of chunk stores know.

-- The number of the mark that did not reach the chunk, and since when; null: writers rely on it.
ALTER TABLE chunks ADD COLUMN condemned INTEGER;
ALTER TABLE chunks ADD COLUMN condemned_at INTEGER;

-- Who writes the pack; null once it is whole.
ALTER TABLE chunk_packs ADD COLUMN session INTEGER;

-- Whoever writes into a chunk store, from the first chunk until what names them is durable. One that has ended stays until the next
-- mark begins, since what it has left may have come too late for the one that runs.
CREATE TABLE chunk_sessions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    store      TEXT    NOT NULL,
    -- The mark that had begun last when the session did.
    mark       INTEGER NOT NULL,
    -- The root of the manifest that parts are taken over from.
    basis      BLOB,
    -- Renewed while the session lives.
    expires_at INTEGER NOT NULL,
    ended      INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX chunk_sessions_by_store ON chunk_sessions (store);

-- The last mark of each store.
CREATE TABLE chunk_marks (
    store   TEXT    PRIMARY KEY,
    number  INTEGER NOT NULL,
    barrier INTEGER NOT NULL,
    running INTEGER NOT NULL
) WITHOUT ROWID;

-- Chunks that could not be read. One that has been healed stays until the next scrub, to be seen.
CREATE TABLE chunk_damages (
    hash      BLOB    NOT NULL,
    store     TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    found_at  INTEGER NOT NULL,
    healed_at INTEGER,
    PRIMARY KEY (hash, store)
) WITHOUT ROWID;

-- Where in blobs these are: level -1 is content, of which chunk is the number; else it is a node, and chunk its first.
CREATE TABLE chunk_damaged_blobs (
    store   TEXT    NOT NULL,
    blob_id TEXT    NOT NULL,
    hash    BLOB    NOT NULL,
    level   INTEGER NOT NULL,
    chunk   INTEGER NOT NULL,
    -- Why it has not been healed.
    obstacle TEXT,
    PRIMARY KEY (store, blob_id, level, chunk)
) WITHOUT ROWID;

-- What was done last to each store, as JSON: kind is collection, trial or scrub.
CREATE TABLE chunk_care (
    store       TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    outcome     TEXT    NOT NULL,
    PRIMARY KEY (store, kind)
) WITHOUT ROWID;

-- With the sizes, so that what is left of each pack is added up without looking at its chunks.
DROP INDEX chunks_by_pack;
CREATE INDEX chunks_by_pack ON chunks (pack_id, stored_length);
