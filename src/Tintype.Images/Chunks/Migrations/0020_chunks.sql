-- Where the chunks of the deduplicating stores lie. All of it can be made anew from the packs themselves.
CREATE TABLE chunk_packs (
    id         INTEGER PRIMARY KEY,
    store      TEXT    NOT NULL,
    pack       TEXT    NOT NULL,
    length     INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (store, pack)
);

CREATE TABLE chunks (
    hash          BLOB    NOT NULL,
    store         TEXT    NOT NULL,
    pack_id       INTEGER NOT NULL REFERENCES chunk_packs (id),
    pack_offset   INTEGER NOT NULL,
    stored_length INTEGER NOT NULL,
    length        INTEGER NOT NULL,
    encoding      INTEGER NOT NULL,
    PRIMARY KEY (hash, store)
) WITHOUT ROWID;

-- What a pack has that something may still need.
CREATE INDEX chunks_by_pack ON chunks (pack_id);
