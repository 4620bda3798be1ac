-- What a transaction has to say to Kafka, written with what made it true. Read by dev.slipway.kit.outbox.OutboxPublisher.
-- A service takes this file up with quarkus.flyway.locations=db/migration,db/outbox.
create table outbox (
  id             bigint generated always as identity primary key,
  topic          text        not null,
  record_key     text        not null,
  headers        jsonb       not null,
  value          bytea,                                  -- absent: a tombstone
  created_at     timestamptz not null default clock_timestamp(),
  sent_at        timestamptz,
  sent_partition integer,
  sent_offset    bigint,
  parked_at      timestamptz,                            -- Kafka refused it for good
  parked_reason  text,
  check (sent_at is null or parked_at is null)
);

create index outbox_pending on outbox (id) where sent_at is null and parked_at is null;
create index outbox_sent on outbox (sent_at) where sent_at is not null;
create index outbox_parked on outbox (id) where parked_at is not null;

-- Wakes the publisher when the transaction commits; one notification per transaction, however many rows.
create function outbox_notify() returns trigger language plpgsql as $$
begin
  perform pg_notify(tg_table_schema || '_outbox', '');
  return null;
end
$$;

create trigger outbox_notify after insert on outbox for each statement execute function outbox_notify();
