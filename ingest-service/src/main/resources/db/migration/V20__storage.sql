-- What upkeep has to know of a blob.
alter table blob
    -- The first bytes of a sealed blob: two that share them were made with one key and nonce.
    add column header     bytea,
    -- When somebody last uploaded it or asked for it: what nothing refers to is collected a day later.
    add column wanted_at  timestamptz not null default now(),
    -- When its object was last read and held against its id.
    add column checked_at timestamptz not null default now(),
    -- Set while its object is missing or holds other bytes.
    add column rotten_at  timestamptz;

create unique index blob_header on blob (app_id, header) where header is not null;
create index blob_checked on blob (checked_at) where rotten_at is null;
create index blob_wanted on blob (app_id, wanted_at);

-- A readable file may be empty.
alter table blob drop constraint blob_size_check, add constraint blob_size_check check (size >= 0);

-- Which versions refer to a blob.
create table part (
    app_id  text not null,
    blob_id text not null,
    version text not null,
    primary key (app_id, blob_id, version)
);
create index part_version on part (app_id, version);

-- Versions whose parts are known and whose folder of immutable addresses is written.
create table release (
    app_id     text        not null,
    version    text        not null,
    written_at timestamptz not null,
    primary key (app_id, version)
);

-- What is stored for an app, for its quota. Kept by the triggers below, whoever writes.
create table usage (
    app_id text   primary key,
    bytes  bigint not null,
    blobs  bigint not null
);
insert into usage select app_id, sum(size), count(*) from blob group by app_id;

create function count_blobs() returns trigger language plpgsql as
$$
begin
    if tg_op = 'INSERT' then
        insert into ingest.usage as u
        select app_id, sum(size), count(*) from changed group by app_id
        on conflict (app_id) do update
            set bytes = u.bytes + excluded.bytes, blobs = u.blobs + excluded.blobs;
    else
        update ingest.usage u
        set bytes = u.bytes - c.bytes, blobs = u.blobs - c.blobs
        from (select app_id, sum(size) as bytes, count(*) as blobs from changed group by app_id) c
        where u.app_id = c.app_id;
    end if;
    return null;
end
$$;

create trigger blob_added after insert on blob
    referencing new table as changed for each statement execute function count_blobs();
create trigger blob_removed after delete on blob
    referencing old table as changed for each statement execute function count_blobs();
