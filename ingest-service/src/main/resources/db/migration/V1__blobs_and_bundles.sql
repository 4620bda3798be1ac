-- A blob that was verified and stored. An object without a row here is not there: its upload ended early.
create table blob (
    app_id    text        not null,
    id        text        not null,
    size      bigint      not null check (size > 0),
    stored_at timestamptz not null,
    primary key (app_id, id)
);

-- A version that was accepted. The state is the record of the topic `bundles`, as JSON.
create table bundle (
    position  bigint      generated always as identity primary key,
    app_id    text        not null,
    version   text        not null,
    manifest  text        not null,
    state     text        not null,
    unique (app_id, version),
    unique (app_id, manifest)
);
