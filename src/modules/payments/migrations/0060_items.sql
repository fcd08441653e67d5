-- The officer who looks after a work item; who closed it stands beside.
alter table payments.item
  add column taken_by uuid,
  add column taken_at timestamptz,
  add constraint item_taken check ((taken_by is null) = (taken_at is null));
create index item_taken on payments.item (taken_by, opened_at, id) where closed_at is null and taken_by is not null;
