-- What a snapshot has been decided to go by, before the guest is touched.
ALTER TABLE snapshots ADD COLUMN frozen_bitmap TEXT;  -- the bitmap on the guest's disk that tells what has changed since the basis; null: what the disk holds tells
ALTER TABLE snapshots ADD COLUMN next_bitmap   TEXT;  -- the one that is begun at the point in time; null: the guest was off
ALTER TABLE snapshots ADD COLUMN basis_id      TEXT;  -- the stored disk that all else is taken from; held by a reference of kind 'snapshot'
