-- A state is said again when its statement is renewed, which is no order: its revision rises, its
-- epoch does not.
alter table channel add column revision bigint;
update channel set revision = epoch;
alter table channel alter column revision set not null;

alter table delegation add column revoked_at timestamptz;

-- What agents may be sent back from is told by the versions that there are.
drop table statement_left;

alter table publisher_leaf add column pinned_at timestamptz;
