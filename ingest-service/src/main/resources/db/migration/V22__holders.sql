-- Whose access key asked for an exception: the successors of a key are the same person's. (The key may be gone by
-- the time somebody approves.)
alter table unlock add column requested_holder text;
update unlock set requested_holder = requested_by;
alter table unlock alter column requested_holder set not null;
