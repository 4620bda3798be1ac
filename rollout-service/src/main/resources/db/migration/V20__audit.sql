-- Who changed what: lines that only grow. audit_head is locked by whoever writes the next line.
create table audit (
  seq         bigint      primary key,
  at          timestamptz not null,
  actor       text        not null,
  actor_name  text,
  origin      text,
  action      text        not null,
  app_id      text,
  subject     text        not null,
  reason      text,
  problem     text,
  before_hash text,
  after_hash  text,
  previous    text        not null,
  hash        text        not null
);

create index audit_app on audit (app_id, seq) where app_id is not null;
create index audit_actor on audit (actor, seq);

create table audit_head (
  id   smallint primary key check (id = 1),
  seq  bigint   not null,
  hash text     not null
);

-- Where an empty chain stands: SHA-256 of "slipway/1 audit".
insert into audit_head values (1, 0, 'SSMFrIVj5Ks7xD1P4uzj7HwmFAv-0fqq0Dq7JrlnG4w');

create table audit_checkpoint (
  seq  bigint      primary key,
  hash text        not null,
  at   timestamptz not null,
  note text        not null
);

create function audit_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the audit only grows';
end
$$;

create trigger audit_append_only before update or delete or truncate on audit
  for each statement execute function audit_append_only();
