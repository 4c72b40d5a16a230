-- The list query asks each of its branches for visibility, owner or both, always for hidden, and often for a name. An index that has
-- all of these before the list's order is a seek and a walk of one page; the more of them it has, the sooner SQLite takes it.
DROP INDEX images_by_visibility;
DROP INDEX images_by_owner;
DROP INDEX images_by_age;
DROP INDEX images_by_name;
CREATE INDEX images_by_visibility ON images (visibility, hidden, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX images_by_owner ON images (owner, hidden, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX images_by_owner_visibility ON images (owner, visibility, hidden, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX images_by_age ON images (hidden, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX images_by_name ON images (name, visibility, hidden, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX images_by_owner_name ON images (owner, name, hidden, created_at DESC, id DESC) WHERE deleted_at IS NULL;
