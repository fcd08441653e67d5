-- A mandate: somebody may act for another person. Names and reasons are in the vault, in the records named here.
create table representation.mandate (
  id uuid primary key,
  reference text not null unique,
  -- whom it is for; null while nobody is known for what was typed, which the one who asked is not told
  person_id uuid,
  holder_account uuid not null,
  holder_person uuid not null,
  kind text not null check (kind in ('child', 'parent', 'company', 'other')),
  -- null: all services
  services text[],
  -- the last day
  ends_on date not null,
  status text not null check (status in ('asked', 'granted', 'refused', 'ended')),
  granted_how text check (granted_how in ('passkey', 'second_factor', 'letter', 'counter')),
  -- the officer who confirmed it or printed its letter
  officer uuid,
  -- what each of the two is told, sealed in their own vault
  person_record uuid,
  holder_record uuid not null,
  asked_at timestamptz not null,
  decided_at timestamptz,
  ended_at timestamptz,
  ended_by text check (ended_by in ('holder', 'person', 'time')),
  reminded boolean not null default false,
  check ((status = 'granted') <= (person_id is not null and granted_how is not null))
);
create index mandate_person on representation.mandate (person_id, asked_at desc) where person_id is not null;
create index mandate_holder on representation.mandate (holder_account, asked_at desc);
create index mandate_ends on representation.mandate (ends_on) where status in ('asked', 'granted');

-- A company that somebody acts for, found again by the keyed hash of its number in the register.
create table representation.company (
  register_token bytea primary key,
  person_id uuid not null unique
);

-- Codes that a person gives out of hand, kept as keyed hashes. They are made from `id` by a key, so that they can be shown again.
create table representation.code (
  token bytea primary key,
  id uuid not null unique,
  purpose text not null check (purpose in ('presence', 'invitation', 'letter')),
  person_id uuid not null,
  mandate_id uuid references representation.mandate,
  -- the officer who made it for somebody at the counter; null: the person did
  officer uuid,
  made_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index code_person on representation.code (person_id, purpose);
create index code_expires on representation.code (expires_at);

-- A helped session: who helped whom, for what, how long.
create table representation.assistance (
  id uuid primary key,
  helper_account uuid not null,
  -- the agency or organisation the helper came from; null: the whole city
  organisation text,
  person_id uuid not null,
  purpose text not null,
  began_at timestamptz not null,
  ends_at timestamptz not null,
  ended_at timestamptz,
  ended_by text check (ended_by in ('helper', 'person', 'time'))
);
create index assistance_person on representation.assistance (person_id, began_at desc);
create index assistance_open on representation.assistance (ends_at) where ended_at is null;
