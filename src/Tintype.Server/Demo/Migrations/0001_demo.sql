-- What the first start has made of the demo cloud. A piece that is here is never made again, even if somebody deletes what it made.
CREATE TABLE demo_pieces (
    name       TEXT PRIMARY KEY,
    subject_id TEXT,                        -- what is being made, so that a start after a crash can clear it away
    made_at    INTEGER                      -- microseconds since 1970; null while under way
);
