-- The mandate or helped session by which somebody began it for its person; null: the person did.
alter table journeys.journey add column acting_id uuid;
-- Drafts are a person's, whoever began them.
create index journey_person on journeys.journey (person_id, saved_at desc) where person_id is not null and state = 'open';
