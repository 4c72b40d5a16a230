CREATE TABLE servers (
    id                TEXT PRIMARY KEY,
    name              TEXT NOT NULL,
    description       TEXT,
    hostname          TEXT NOT NULL,
    project_id        TEXT NOT NULL,
    user_id           TEXT NOT NULL,
    vm_state          TEXT NOT NULL,              -- building | active | stopped | error
    task_state        TEXT,                       -- Nova's word for the operation that holds the server, or null
    last_stop         TEXT NOT NULL DEFAULT 'none', -- none | clean | crash
    image_id          TEXT NOT NULL,              -- the image may be gone: no reference
    image_properties  TEXT NOT NULL,              -- JSON: the custom properties that the image had then
    image_disk_format TEXT NOT NULL,
    image_min_disk    INTEGER NOT NULL,           -- GiB
    image_min_ram     INTEGER NOT NULL,           -- MiB
    flavor_id         TEXT NOT NULL,              -- the flavor may be gone: what it said is kept here
    flavor_name       TEXT NOT NULL,
    memory            INTEGER NOT NULL,           -- MiB
    vcpus             INTEGER NOT NULL,
    root_disk         INTEGER NOT NULL,           -- GiB
    key_name          TEXT,
    public_key        TEXT,
    user_data         TEXT,                       -- base64, as it was sent
    admin_password    TEXT,                       -- until the config drive is written
    metadata          TEXT NOT NULL,              -- JSON, the user's own
    tags              TEXT NOT NULL,              -- JSON
    config_drive      INTEGER NOT NULL,
    nic_model         TEXT,                       -- null: no network card
    nic_mac           TEXT,
    nic_ssh_port      INTEGER UNIQUE,             -- on the host's 127.0.0.1
    isolation_uid     INTEGER NOT NULL UNIQUE,
    availability_zone TEXT NOT NULL,
    reservation_id    TEXT NOT NULL,
    launch_index      INTEGER NOT NULL,
    access_ipv4       TEXT,
    access_ipv6       TEXT,
    locked_by         TEXT,                       -- owner | admin
    locked_reason     TEXT,
    fault_code        INTEGER,
    fault_message     TEXT,
    fault_at          INTEGER,
    created_at        INTEGER NOT NULL,           -- microseconds since 1970
    updated_at        INTEGER NOT NULL,
    launched_at       INTEGER
);
CREATE INDEX servers_by_project ON servers (project_id, created_at DESC, id DESC);

CREATE TABLE server_actions (
    id          TEXT PRIMARY KEY,
    server_id   TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    action      TEXT NOT NULL,                    -- create, stop, start, reboot, createImage, …
    request_id  TEXT NOT NULL,
    project_id  TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    failure     TEXT,                             -- why it failed, a sentence for the user
    UNIQUE (server_id, request_id, action)
);
