-- Uploads that go on where they broke off. Their bytes are files of their own until all have come. The row outlives the upload's end for a
-- while, so that a client that missed the last answer can still learn that nothing is left to send.
CREATE TABLE resumable_uploads (
    id            TEXT PRIMARY KEY,    -- its name in URLs, and its file's
    image_id      TEXT NOT NULL REFERENCES images (id),
    project       TEXT NOT NULL,       -- whoever began it, and may go on with it
    store         TEXT NOT NULL,       -- where the data goes in the end
    length        INTEGER NOT NULL,    -- bytes in all
    upload_offset INTEGER NOT NULL,    -- bytes that are durable; all of them only once the image is active
    metadata      TEXT NOT NULL,       -- as the client sent it
    expires_at    INTEGER NOT NULL,    -- microseconds since 1970; moves with every progress
    completed_at  INTEGER,             -- since then the data is the image's, and there is no file any more
    created_at    INTEGER NOT NULL
);

CREATE UNIQUE INDEX resumable_uploads_of_image ON resumable_uploads (image_id) WHERE completed_at IS NULL;
CREATE INDEX resumable_uploads_by_expiry ON resumable_uploads (expires_at);
