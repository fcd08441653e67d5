-- What a document was sent for: it moves and goes with that record.
alter table people.document add column record_id uuid references people.record;
create index document_record on people.document (record_id) where record_id is not null;
