-- Apps, channels, rollouts, their events, access keys. A row is locked before it is decided on; what
-- the decision says to the other services goes into the outbox (db/outbox) of the same transaction.

create table app (
  app_id        text        primary key,
  folded_id     text        not null unique,   -- lower case: ids that differ by case alone would be confused
  first_channel text        not null,
  state         text        not null check (state is json object),
  created_at    timestamptz not null
);

create table channel (
  key               text        primary key,    -- app/channel, as on the topic
  app_id            text        not null references app,
  name              text        not null,
  epoch             bigint      not null,
  baseline          text        not null,
  previous_baseline text,
  quarantined       text        not null check (quarantined is json array),
  rules             text        not null check (rules is json object),
  active_rollout    text,
  changed_at        timestamptz not null,
  unique (app_id, name)
);

create table rollout (
  id                text        primary key,
  app_id            text        not null references app,
  channel_key       text        not null references channel,
  state             text        not null,
  started_at        timestamptz not null,
  due_at            timestamptz,               -- when its next stage opens by itself
  rollout           text        not null check (rollout is json object),
  verdict_partition integer,                   -- where the newest verdict was read
  verdict_offset    bigint
);

-- The database, too, allows one active rollout per channel.
create unique index rollout_active on rollout (channel_key) where state in ('RUNNING', 'PAUSED');
create index rollout_latest on rollout (channel_key, started_at desc);
create index rollout_due on rollout (due_at) where due_at is not null;

create table rollout_event (
  id          bigint generated always as identity primary key,
  channel_key text        not null references channel,
  rollout_id  text        not null references rollout,
  at          timestamptz not null,
  event       text        not null check (event is json object)
);

create index rollout_event_channel on rollout_event (channel_key, id);

create table access_key (
  key_id     text        primary key,
  key        text        not null check (key is json object),  -- a digest of its secret, never that
  owner      boolean     not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz
);

-- Where the newest state of a channel went, for the acknowledgements of edges.
create index outbox_channel_states on outbox (record_key, id desc) where topic = 'slipway.channel-states';
