CREATE TABLE flavors (
    id          TEXT PRIMARY KEY,           -- the operator's own word, or a UUID
    name        TEXT NOT NULL UNIQUE,
    memory      INTEGER NOT NULL,           -- MiB
    vcpus       INTEGER NOT NULL,
    disk        INTEGER NOT NULL,           -- GiB; 0: as large as the image
    is_public   INTEGER NOT NULL,
    description TEXT,
    created_at  INTEGER NOT NULL            -- microseconds since 1970
);
