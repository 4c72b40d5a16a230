-- What data on its way to an image has been promised of its project's quota. None outlives the server.
CREATE TABLE quota_reservations (
    image_id   TEXT NOT NULL,
    kind       TEXT NOT NULL,       -- store | staging: where the data is on its way to
    project    TEXT NOT NULL,       -- the image's owner when it began
    bytes      INTEGER NOT NULL,
    created_at INTEGER NOT NULL,    -- microseconds since 1970
    PRIMARY KEY (image_id, kind)
);

CREATE INDEX quota_reservations_by_project ON quota_reservations (project, kind, bytes);

-- So that what a project keeps is added up from the index alone.
CREATE INDEX images_kept_by_owner ON images (owner, size, blob_id) WHERE deleted_at IS NULL AND blob_id IS NOT NULL;
