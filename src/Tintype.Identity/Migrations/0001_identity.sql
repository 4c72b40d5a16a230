-- Every project and user lives in a domain; stand-alone there is one.
CREATE TABLE domains (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    enabled     INTEGER NOT NULL
);
INSERT INTO domains (id, name, description, enabled) VALUES ('default', 'Default', 'The default domain', 1);

CREATE TABLE projects (
    id         TEXT PRIMARY KEY,            -- 32 hex digits
    domain_id  TEXT NOT NULL REFERENCES domains (id),
    name       TEXT NOT NULL,
    enabled    INTEGER NOT NULL,
    tags       TEXT NOT NULL DEFAULT '[]',  -- JSON array of strings
    extra      TEXT NOT NULL DEFAULT '{}',  -- JSON object: the description, and whatever members the client sent beyond the API's own
    created_at INTEGER NOT NULL,            -- microseconds since 1970
    UNIQUE (domain_id, name)
);

CREATE TABLE users (
    id                 TEXT PRIMARY KEY,    -- 32 hex digits
    domain_id          TEXT NOT NULL REFERENCES domains (id),
    name               TEXT NOT NULL,
    enabled            INTEGER NOT NULL,
    password_hash      TEXT,                -- PHC string; null: cannot sign in by password
    default_project_id TEXT,                -- no reference: Keystone keeps an id whose project has gone
    extra              TEXT NOT NULL DEFAULT '{}',
    created_at         INTEGER NOT NULL,
    UNIQUE (domain_id, name)
);

CREATE TABLE roles (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    description TEXT,
    immutable   INTEGER NOT NULL DEFAULT 0  -- neither changed nor deleted: the personas that the rules of every room name
);
INSERT INTO roles (id, name, description, immutable) VALUES
    ('3a0c1f0e6f5d4a0b9d6b1b6a7c2e9f01', 'admin',   'May do everything in every project', 1),
    ('3a0c1f0e6f5d4a0b9d6b1b6a7c2e9f02', 'manager', 'May manage the project', 1),
    ('3a0c1f0e6f5d4a0b9d6b1b6a7c2e9f03', 'member',  'May change what the project owns', 1),
    ('3a0c1f0e6f5d4a0b9d6b1b6a7c2e9f04', 'reader',  'May see what the project owns', 1);

CREATE TABLE implied_roles (
    prior_role_id   TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    implied_role_id TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    PRIMARY KEY (prior_role_id, implied_role_id)
);
INSERT INTO implied_roles (prior_role_id, implied_role_id) VALUES
    ('3a0c1f0e6f5d4a0b9d6b1b6a7c2e9f01', '3a0c1f0e6f5d4a0b9d6b1b6a7c2e9f02'),
    ('3a0c1f0e6f5d4a0b9d6b1b6a7c2e9f02', '3a0c1f0e6f5d4a0b9d6b1b6a7c2e9f03'),
    ('3a0c1f0e6f5d4a0b9d6b1b6a7c2e9f03', '3a0c1f0e6f5d4a0b9d6b1b6a7c2e9f04');

CREATE TABLE role_assignments (
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    role_id    TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, project_id, role_id)
);
CREATE INDEX role_assignments_by_project ON role_assignments (project_id, user_id);

CREATE TABLE tokens (
    hash       TEXT PRIMARY KEY,            -- SHA-256 of the token, hexadecimal; the token itself is kept nowhere
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    project_id TEXT REFERENCES projects (id) ON DELETE CASCADE,  -- null: unscoped
    methods    TEXT NOT NULL,               -- JSON array: how its holder proved who they are
    audit_ids  TEXT NOT NULL,               -- JSON array: its own, and that of the first token it came from
    issued_at  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);
CREATE INDEX tokens_by_user ON tokens (user_id);
CREATE INDEX tokens_by_project ON tokens (project_id);
