-- Whose tokens these are, for comparing two persons.
create index blind_person on people.blind (person_id, field);
