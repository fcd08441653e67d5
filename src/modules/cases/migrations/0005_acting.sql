-- The mandate or helped session by which somebody sent it for its person; null: the person did.
alter table cases.case add column acting_id uuid;
create index case_acting on cases.case (acting_id) where acting_id is not null;
