-- Images that are being copied into further stores are few, and are counted with each upload of their project.
CREATE INDEX images_copying ON images (owner)
WHERE deleted_at IS NULL AND status NOT IN ('saving', 'uploading', 'importing') AND json_extract(properties, '$.os_glance_importing_to_stores') <> '';
