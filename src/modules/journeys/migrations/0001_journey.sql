create table journeys.journey (
  id uuid primary key,
  service_id text not null,
  version text not null,
  -- made at the first save
  person_id uuid,
  record_id uuid,
  account_id uuid,
  channel text not null,
  language text not null,
  state text not null check (state in ('open', 'submitted', 'erased')),
  -- the idempotency key of the submission, made when the journey starts
  submission_key text not null,
  -- pages that were sent at least once; ids of the service file only
  seen text[] not null default '{}',
  case_id uuid,
  revision integer not null default 0,
  created_at timestamptz not null,
  saved_at timestamptz not null,
  expires_on date not null
);
create index journey_account on journeys.journey (account_id, saved_at desc) where account_id is not null and state = 'open';
create index journey_expires on journeys.journey (expires_on) where state = 'open';
