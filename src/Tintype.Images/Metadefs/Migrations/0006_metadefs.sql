-- Namespaces have no id that anybody sees; a number, because lists go by it where they were made at the same time.
CREATE TABLE metadef_namespaces (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL,
    name_key     TEXT NOT NULL UNIQUE,   -- the name in lower case: names differ by more than that
    display_name TEXT,
    description  TEXT,
    visibility   TEXT NOT NULL,          -- public | private
    protected    INTEGER NOT NULL,
    owner        TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
);
CREATE INDEX metadef_namespaces_by_owner ON metadef_namespaces (owner);

-- Objects, properties, tags and associations: a name, and a content that only its kind knows.
CREATE TABLE metadef_items (
    id           INTEGER PRIMARY KEY,
    namespace_id INTEGER NOT NULL REFERENCES metadef_namespaces (id) ON DELETE CASCADE,
    kind         TEXT NOT NULL,          -- object | property | tag | resource_type
    name         TEXT NOT NULL,
    name_key     TEXT NOT NULL,
    content      TEXT NOT NULL,          -- JSON
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    UNIQUE (namespace_id, kind, name_key)
);
CREATE INDEX metadef_items_by_name ON metadef_items (kind, name_key);

-- Every resource type that was ever associated; they outlast their associations.
CREATE TABLE metadef_resource_types (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    name_key   TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);

-- What has been brought along by which version of a shipped namespace, so that an operator's deletions and edits stay.
CREATE TABLE metadef_shipments (
    namespace  TEXT PRIMARY KEY,
    version    INTEGER NOT NULL,
    items      TEXT NOT NULL,            -- JSON array of kind/name
    updated_at INTEGER NOT NULL
);
