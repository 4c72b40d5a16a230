-- All that is asked when a project's images are counted and their sizes added up, so that the table itself is not read.
DROP INDEX images_kept_by_owner;
CREATE INDEX images_usage_by_owner ON images (owner, deleted_at, blob_id, size) WHERE deleted_at IS NULL;
