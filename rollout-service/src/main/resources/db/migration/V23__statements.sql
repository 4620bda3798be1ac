-- By which certificates of a publisher the service's release keys were named, as they came.
create table delegation (
  app_id     text        not null references app,
  digest     text        not null,           -- SHA-256 of the text
  signer     text        not null,           -- fingerprint of the certificate that signed it
  jws        text        not null,
  issued_at  timestamptz not null,
  expires_at timestamptz not null,
  added_at   timestamptz not null,
  primary key (app_id, digest)
);

-- The newest release statement of each channel.
create table statement (
  channel_key text        primary key references channel,
  app_id      text        not null references app,
  seq         bigint      not null,
  jws         text        not null,
  delegations text        not null check (delegations is json array),
  issued_at   timestamptz not null,
  expires_at  timestamptz not null,
  renew_at    timestamptz not null
);

create index statement_renewal on statement (renew_at);

-- Versions that devices of a channel may still run and may be sent back from.
create table statement_left (
  channel_key text not null references channel,
  version     text not null,
  left_at     timestamptz not null,
  primary key (channel_key, version)
);

-- Certificates whose signatures count no more, and those that handed over, as ingest tells.
create table publisher_leaf (
  app_id     text        not null,
  leaf       text        not null,
  revoked_at timestamptz,
  successor  text,
  primary key (app_id, leaf)
);
