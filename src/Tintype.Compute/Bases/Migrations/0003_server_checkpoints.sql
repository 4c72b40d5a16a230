-- What the newest bitmap of changes on a server's disk is relative to: the stored disk of its last snapshot. The blob is held by a
-- reference of kind 'checkpoint', so that it stays even if its image is deleted. Without a row, the bitmap that the
-- disk was made with is relative to what the disk was made of.
CREATE TABLE server_checkpoints (
    server_id TEXT PRIMARY KEY REFERENCES servers (id) ON DELETE CASCADE,
    bitmap    TEXT NOT NULL
);
