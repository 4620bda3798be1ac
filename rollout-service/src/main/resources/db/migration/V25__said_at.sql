-- When a channel's state was said last: later than its change where it was said again, with a fresh statement or after a restore.
alter table channel add column said_at timestamptz;
update channel set said_at = changed_at;
alter table channel alter column said_at set not null;
