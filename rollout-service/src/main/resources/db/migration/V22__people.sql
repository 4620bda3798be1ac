-- Who holds a key: one person's keys, rotated, are one identity. For keys from before: the key itself.
alter table access_key add column identity text;
alter table access_key add column predecessor text;
alter table access_key add column last_used_at timestamptz;
update access_key set identity = key_id;
alter table access_key alter column identity set not null;

-- Ids that look alike: see AppNames.
alter table app add column skeleton text;
update app set skeleton = lower(translate(replace(app_id, 'm', 'rn'), '1I0O_', 'lloo-'));
alter table app alter column skeleton set not null;
alter table app add constraint app_skeleton unique (skeleton);
alter table app add column deleted_at timestamptz;
create index app_deleted on app (deleted_at) where deleted_at is not null;
