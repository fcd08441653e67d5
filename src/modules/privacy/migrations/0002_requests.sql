-- What a person asked to be done with their data: which journey it was written in, and which case it is about. The words are in the vault.
create table privacy.request (
  journey_id uuid primary key,
  person_id uuid not null,
  kind text not null check (kind in ('correct', 'object', 'restrict', 'erase')),
  -- what it is about: a case, or a field of the profile
  target_case uuid,
  target_field text,
  -- the case that the request became when it was sent
  case_id uuid unique,
  outcome text,
  created_at timestamptz not null
);
create index request_person on privacy.request (person_id);

-- Data that is kept but not to be used (GDPR, Art. 18): asked for, and then granted, or ended by a refusal.
create table privacy.restriction (
  request_case uuid primary key,
  person_id uuid not null,
  case_id uuid not null,
  since timestamptz not null,
  granted_at timestamptz,
  ended_at timestamptz
);
create index restriction_case on privacy.restriction (case_id) where ended_at is null;

-- A copy of everything, made by a job, sealed in the vault (record_id) and gone after some days.
create table privacy.export (
  id uuid primary key,
  person_id uuid not null,
  language text not null,
  state text not null check (state in ('waiting', 'ready', 'gone')),
  record_id uuid,
  json_document uuid,
  pdf_document uuid,
  created_at timestamptz not null,
  ready_at timestamptz,
  expires_at timestamptz
);
create index export_person on privacy.export (person_id, created_at desc);
create index export_expires on privacy.export (expires_at) where state = 'ready';
