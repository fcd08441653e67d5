-- What was done for a person by somebody else, by a mandate or helping them: few lines, read by person and time.
create index event_acts on journal.event (subject, occurred_at) where subject is not null and channel in ('mandate', 'assistance');
