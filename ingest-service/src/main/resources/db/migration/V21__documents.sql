-- What upkeep has to know of the document that published a version.
alter table bundle
    -- When its two copies were last read and held against its digest.
    add column document_checked_at timestamptz not null default now(),
    -- Set while neither of them is whole.
    add column document_lost_at    timestamptz;
create index bundle_document_checked on bundle (document_checked_at);
