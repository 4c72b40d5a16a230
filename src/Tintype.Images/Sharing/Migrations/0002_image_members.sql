CREATE TABLE image_members (
    image_id         TEXT NOT NULL REFERENCES images (id),
    member           TEXT NOT NULL,      -- the project that the image is offered to
    status           TEXT NOT NULL,      -- pending | accepted | rejected
    image_created_at INTEGER NOT NULL,   -- the image's, so that a member's list is in order without looking at the images
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    PRIMARY KEY (image_id, member)
);
CREATE INDEX image_members_by_member ON image_members (member, status, image_created_at DESC, image_id DESC);
