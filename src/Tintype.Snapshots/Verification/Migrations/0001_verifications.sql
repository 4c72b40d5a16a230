-- The newest boot & test of an image. The evidence lies in files: verification/<image id>/ of the data directory.
CREATE TABLE verifications (
    image_id    TEXT PRIMARY KEY,
    task_id     TEXT NOT NULL,
    verdict     TEXT NOT NULL,    -- running | passed | failed
    reached     TEXT,             -- agent | login prompt | nothing; null while running
    reason      TEXT,             -- why it failed, a sentence for the user
    started_at  INTEGER NOT NULL, -- microseconds since 1970
    finished_at INTEGER,
    boot_us     INTEGER           -- from the guest's start to the verdict, microseconds
);
