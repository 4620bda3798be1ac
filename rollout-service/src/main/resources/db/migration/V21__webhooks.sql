-- Whom others are told over HTTP. Messages are written in the transaction of what they tell of.
create table webhook (
  id               text        primary key,
  revision         bigint      not null,
  url              text        not null,
  app_id           text        references app,
  events           text        not null check (events is json array),
  description      text,
  enabled          boolean     not null,
  disabled_because text,
  failing_since    timestamptz,
  secrets          text        not null check (secrets is json object),
  created_at       timestamptz not null
);

create table webhook_message (
  id         bigint generated always as identity primary key,
  webhook_id text        not null references webhook on delete cascade,
  message_id text        not null,
  type       text        not null,
  body       text        not null,
  state      text        not null check (state in ('PENDING', 'DELIVERED', 'FAILED')),
  attempts   integer     not null,
  created_at timestamptz not null,
  due_at     timestamptz,               -- when it is posted next; also while it is being posted: then a crash makes it due again
  ended_at   timestamptz,
  status     integer,
  fault      text,
  unique (webhook_id, message_id)
);

create index webhook_message_due on webhook_message (due_at) where due_at is not null;
create index webhook_message_ended on webhook_message (ended_at) where ended_at is not null;
