-- Rollouts that have not started, channels that end, devices that operators put on a channel, and
-- how far verdicts were heard.

alter table channel
  add column superseded text not null default '[]' check (superseded is json array),
  add column retry_from timestamptz,
  add column deleted_at timestamptz;

alter table rollout
  alter column started_at drop not null,
  add column created_at timestamptz;
update rollout set created_at = started_at;
alter table rollout alter column created_at set not null;
alter table rollout drop column verdict_partition, drop column verdict_offset;

-- The database, too, allows one active rollout per channel; checked when a transaction ends, because
-- one rollout may take the place of another.
drop index rollout_active;
alter table rollout add constraint rollout_active
  exclude using btree (channel_key with =) where (state in ('RUNNING', 'PAUSED')) deferrable initially deferred;
create index rollout_list on rollout (app_id, created_at desc, id desc);

alter table rollout_event alter column rollout_id drop not null;

create table device_override (
  app_id      text        not null references app,
  device_id   text        not null,
  channel     text        not null,
  revision    bigint      not null,
  reason      text        not null,
  access_key  text        not null,
  changed_at  timestamptz not null,
  removed_at  timestamptz,               -- kept, so that its revision goes on rising
  primary key (app_id, device_id)
);

-- Verdicts are heard from here on after a restart: moved by the transaction of their effect.
create table heard (
  topic       text   not null,
  part        integer not null,
  next_offset bigint not null,
  primary key (topic, part)
);
