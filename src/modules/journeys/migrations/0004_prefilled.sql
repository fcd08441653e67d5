-- Which answers came from the person's record and still stand as they came: since when the record has each (days only).
alter table journeys.journey add column prefilled jsonb not null default '{}';
