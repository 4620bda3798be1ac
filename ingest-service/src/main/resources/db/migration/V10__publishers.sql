-- What versions are found by.
alter table bundle
    add column status            text,
    add column format            text,
    add column publisher_leaf    text,
    add column security_epoch    bigint,
    add column withdrawn_at      timestamptz,
    add column withdrawn_by      text,
    add column withdrawal_reason text;
update bundle
set status         = state::jsonb ->> 'status',
    format         = state::jsonb ->> 'format',
    publisher_leaf = state::jsonb ->> 'publisher_leaf',
    security_epoch = (state::jsonb ->> 'security_epoch')::bigint;
alter table bundle
    alter column status set not null,
    alter column format set not null,
    alter column security_epoch set not null;
create index bundle_newest on bundle (app_id, position desc);

-- The book of certificates: those that signed, those that are pinned, those that are revoked. Of one that was
-- revoked before anybody saw it, the fingerprint is all there is.
create table certificate (
    app_id          text        not null,
    fingerprint     text        not null,
    der             bytea,
    key_fingerprint text,
    not_before      timestamptz,
    not_after       timestamptz,
    pinned_at       timestamptz,
    pinned_by       text,
    pin_reason      text,
    revoked_at      timestamptz,
    revoked_by      text,
    revoke_reason   text,
    primary key (app_id, fingerprint)
);

-- Which certificate signed from which version on. The newest row of an app names the one that signs now.
create table lineage (
    position    bigint      generated always as identity primary key,
    app_id      text        not null,
    leaf        text        not null,
    predecessor text,
    version     text        not null,
    entered_at  timestamptz not null,
    foreign key (app_id, leaf) references certificate (app_id, fingerprint)
);
create index lineage_app on lineage (app_id, position desc);

-- What was said of a certificate that nears its end, so that nothing is said twice. The latest of several points
-- that passed unseen speaks for all of them.
create table reminder (
    app_id   text        not null,
    leaf     text        not null,
    point    text        not null,
    noted_at timestamptz not null,
    primary key (app_id, leaf, point)
);

-- Exceptions that one person asked for and another allowed.
create table unlock (
    id           uuid        primary key,
    app_id       text        not null,
    kind         text        not null,
    subject      text        not null,
    reason       text        not null,
    requested_by text        not null,
    requested_at timestamptz not null,
    expires_at   timestamptz not null,
    approved_by  text,
    approved_at  timestamptz,
    used_in      text,
    check (approved_by <> requested_by),
    check (used_in is null or approved_by is not null)
);
create index unlock_app on unlock (app_id, requested_at desc);

-- Requests that were done under a key of their sender's choice.
create table idempotency (
    access_key text        not null,
    chosen     text        not null,
    request    text        not null,
    done_at    timestamptz not null,
    primary key (access_key, chosen)
);
create index idempotency_done on idempotency (done_at);

-- What was refused to whom: rows that are only added. Never a body, nor a part of one.
create table refusal (
    id         bigint      generated always as identity primary key,
    at         timestamptz not null,
    actor      text        not null,
    actor_name text,
    app_id     text,
    method     text        not null,
    path       text        not null,
    status     integer     not null,
    slug       text        not null,
    times      integer     not null default 1
);
create index refusal_app on refusal (app_id, id) where app_id is not null;

create function refusals_only_grow() returns trigger language plpgsql as $$
begin
    raise exception 'the record of refusals only grows';
end
$$;

create trigger refusals_only_grow before update or delete or truncate on refusal
    for each statement execute function refusals_only_grow();
