CREATE TABLE keypairs (
    id          INTEGER PRIMARY KEY,
    user_id     TEXT NOT NULL,
    name        TEXT NOT NULL,
    public_key  TEXT NOT NULL,
    fingerprint TEXT NOT NULL,              -- MD5 of the key's bytes, with colons
    created_at  INTEGER NOT NULL,           -- microseconds since 1970
    UNIQUE (user_id, name)
);
