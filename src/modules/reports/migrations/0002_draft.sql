-- A report that is being written. Place and category stand here; words, photos and addresses are in the vault, under a person
-- of the draft's own who is erased with it.
create table reports.draft (
  id uuid primary key,
  -- the keyed hash of the token in the writer's cookie
  token bytea not null unique,
  language text not null,
  lat double precision check (lat between -90 and 90),
  long double precision check (long between -180 and 180),
  -- the place is known by district and words only; `lat` and `long` are then the middle of the district
  approximate boolean not null default false,
  district text,
  category text,
  -- whether the emergency number was shown for this category
  warned boolean not null default false,
  -- whether reports nearby were shown for this place and category
  compared boolean not null default false,
  -- the report that this one joins instead of standing alone
  joins uuid references reports.report,
  person_id uuid,
  record_id uuid,
  -- whether its writer hears of it: by e-mail or in an account
  mailed boolean not null default false,
  -- what it became
  report_id uuid references reports.report,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index draft_expires on reports.draft (expires_at);

-- The place is known by district and words only; `lat` and `long` are then the middle of the district.
alter table reports.report add column approximate boolean not null default false;

-- Somebody says that a report shows what should not be public. Officers look at it; what they do is in the report's history.
create table reports.concern (
  id uuid primary key,
  report_id uuid not null references reports.report,
  reason text not null check (reason in ('person', 'photo', 'offensive', 'other')),
  noted_at timestamptz not null,
  settled_at timestamptz
);
create index concern_open on reports.concern (report_id) where settled_at is null;

-- Somebody who wants to hear of a report and has not opened the link in the e-mail yet. The address is in the vault.
create table reports.asked (
  id uuid primary key,
  report_id uuid not null references reports.report,
  person_id uuid not null,
  record_id uuid not null,
  -- the keyed hash of the code in the link
  code bytea not null unique,
  language text not null,
  expires_at timestamptz not null
);
create index asked_expires on reports.asked (expires_at);
