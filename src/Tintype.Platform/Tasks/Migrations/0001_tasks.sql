CREATE TABLE tasks (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    state       TEXT NOT NULL,              -- pending | running | success | failure
    subject_id  TEXT NOT NULL,              -- the image or server that the task is about
    project_id  TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    request_id  TEXT NOT NULL,
    payload     TEXT NOT NULL,              -- JSON, read by the task's handler alone
    progress    INTEGER NOT NULL DEFAULT 0, -- percent
    reason      TEXT,                       -- why it failed, a sentence for the user
    created_at  INTEGER NOT NULL,           -- microseconds since 1970
    started_at  INTEGER,
    finished_at INTEGER
);
CREATE INDEX tasks_by_state ON tasks (state, created_at);
CREATE INDEX tasks_by_subject ON tasks (subject_id, created_at DESC);
