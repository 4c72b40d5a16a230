-- Snapshots under way. A row is written together with the hold on the server and removed when all is over, so that
-- whatever a crash interrupts is found again.
CREATE TABLE snapshots (
    image_id    TEXT PRIMARY KEY,
    server_id   TEXT NOT NULL,
    task_id     TEXT,             -- null until the image is there and the work is queued
    consistency TEXT,             -- offline | filesystem | crash; null until the copy is complete and needs the guest no more
    frozen_us   INTEGER,          -- how long the guest was frozen, microseconds; null if it was not
    created_at  INTEGER NOT NULL  -- microseconds since 1970
);
CREATE INDEX snapshots_by_server ON snapshots (server_id);
