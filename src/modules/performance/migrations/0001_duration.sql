-- How long each decided case took; filled from the journal.
create table performance.duration (
  case_id uuid primary key,
  service_id text not null,
  days integer not null,
  decided_on date not null
);
create index duration_service on performance.duration (service_id, decided_on desc);
