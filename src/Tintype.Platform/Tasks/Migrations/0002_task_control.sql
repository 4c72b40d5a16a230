ALTER TABLE tasks ADD COLUMN step TEXT;                         -- what a running task is doing, a word for the user
ALTER TABLE tasks ADD COLUMN bytes_done INTEGER;                -- of the step
ALTER TABLE tasks ADD COLUMN bytes_total INTEGER;
ALTER TABLE tasks ADD COLUMN cancel_reason TEXT;                -- why it is to end before its time; null: nobody has asked for that
ALTER TABLE tasks ADD COLUMN runner TEXT;                       -- the server process that runs it
ALTER TABLE tasks ADD COLUMN lease INTEGER NOT NULL DEFAULT 0;  -- how often that process has said that it still does
ALTER TABLE tasks ADD COLUMN revision INTEGER NOT NULL DEFAULT 0; -- counts the changes of all tasks: that of this one's last
UPDATE tasks SET revision = rowid;
CREATE INDEX tasks_by_revision ON tasks (revision);
CREATE INDEX tasks_by_age ON tasks (created_at, id);
CREATE INDEX tasks_by_project ON tasks (project_id, created_at, id);
