-- The last day on which a closed case is kept, by its service's rule; and when what was said in it was erased.
alter table cases.case add column kept_until date, add column erased_at timestamptz;
create index case_kept_until on cases.case (kept_until) where erased_at is null and kept_until is not null;
create index case_without_end on cases.case (id) where erased_at is null and kept_until is null and closed_at is not null;
-- What a record or document of the vault belongs to: whoever sees that it was opened wants to know.
create index entry_record on cases.entry (record_id);
create index letter_document on cases.letter (document_id) where document_id is not null;
