-- What residents, crews and other systems report about a place. `text` and `answers` are public; what came with them and is
-- not (the words as they were typed when something was masked, name, e-mail address, phone) is in the vault.
create table reports.report (
  id uuid primary key,
  reference text not null unique,
  category text not null,
  agency text not null,
  crew text,
  -- the account of the officer who looks after it
  officer uuid,
  district text,
  lat double precision not null check (lat between -90 and 90),
  long double precision not null check (long between -180 and 180),
  -- the H3 cell of resolution 10 around the place
  cell text not null,
  -- the place in words: an address of the register, or what another system said
  address text,
  text text not null,
  -- whether `text` leaves out what was typed
  masked boolean not null default false,
  -- answers of kinds that cannot hold personal data
  answers jsonb not null default '{}',
  language text not null,
  state text not null check (state in ('received', 'assigned', 'in_progress', 'checking', 'closed')),
  outcome text check (outcome in ('fixed', 'not_ours', 'duplicate', 'no_action', 'referred', 'withdrawn', 'elsewhere')),
  -- the fact that the outcome needs, as `Closure` in report.ts says
  closure jsonb,
  -- what showed the last fix that was said to be none
  contested jsonb,
  confirmed_by text check (confirmed_by in ('reporter', 'followers', 'silence')),
  -- the vault's person and record of the reporter; null when nothing personal came
  person_id uuid,
  record_id uuid,
  account_id uuid,
  source text not null,
  -- its id there, or the key of the act that made it: what comes twice is one report
  source_id text,
  urgent boolean not null default false,
  -- not shown to the public: held back, or taken down
  hidden boolean not null default false,
  opened_at timestamptz not null,
  due_on date,
  warn_on date,
  warned boolean not null default false,
  overdue_noted boolean not null default false,
  assigned_at timestamptz,
  -- when it was last called fixed, or closed otherwise
  ended_at timestamptz,
  -- the last day on which "still broken" reopens it by itself
  checking_until date,
  reopened integer not null default 0,
  -- the report that this one is a duplicate of
  merged_into uuid references reports.report,
  updated_at timestamptz not null,
  revision integer not null default 1,
  check ((state in ('checking', 'closed')) = (outcome is not null)),
  check ((outcome is null) = (closure is null)),
  check ((outcome is null) = (ended_at is null)),
  check (state <> 'checking' or (outcome = 'fixed' and checking_until is not null)),
  check ((confirmed_by is not null) = (state = 'closed' and outcome = 'fixed')),
  check ((merged_into is not null) = (outcome is not null and outcome = 'duplicate')),
  -- no ending without its fact; "coalesce", because a check whose answer is null passes
  check (closure is null or coalesce(closure ->> 'outcome' = outcome, false)),
  check (outcome is distinct from 'fixed' or coalesce(closure #>> '{evidence,photo}', '') <> ''
    or (coalesce(btrim(closure #>> '{evidence,order}'), '') <> '' and coalesce(closure #>> '{evidence,on}', '') <> '')),
  check (outcome is distinct from 'not_ours' or coalesce(closure ->> 'authority', '') <> ''),
  check (outcome is distinct from 'no_action' or coalesce(closure ->> 'reason', '') <> ''),
  check (outcome is distinct from 'referred' or (coalesce(btrim(closure ->> 'programme'), '') <> '' and coalesce(closure ->> 'on', '') <> '')),
  check (outcome is distinct from 'elsewhere' or coalesce(closure ->> 'status', '') <> ''),
  check (outcome is distinct from 'duplicate' or coalesce((closure ->> 'of')::uuid = merged_into, false))
);
create unique index report_source on reports.report (source, source_id) where source_id is not null;
create index report_recent on reports.report (opened_at desc, id desc);
create index report_updated on reports.report (updated_at desc, id desc);
create index report_category on reports.report (category, opened_at desc, id desc);
create index report_place on reports.report using gist (point(long, lat));
create index report_open_place on reports.report using gist (point(long, lat)) where state in ('received', 'assigned', 'in_progress', 'checking');
create index report_agency on reports.report (agency, due_on, id) where state in ('received', 'assigned', 'in_progress');
create index report_crew on reports.report (crew, due_on, id) where state in ('assigned', 'in_progress');
create index report_officer on reports.report (officer, due_on, id) where state in ('received', 'assigned', 'in_progress');
create index report_measured on reports.report (category, district, ended_at desc) where outcome = 'fixed';
create index report_silent on reports.report (checking_until) where state = 'checking';
create index report_warn on reports.report (warn_on) where state in ('received', 'assigned', 'in_progress') and not warned;
create index report_overdue on reports.report (due_on) where state in ('received', 'assigned', 'in_progress') and not overdue_noted;
create index report_person on reports.report (person_id) where person_id is not null;
create index report_account on reports.report (account_id, opened_at desc) where account_id is not null;
-- reports that ended and lead to somebody still: the clean-up looks for the oldest
create index report_kept on reports.report (ended_at) where state = 'closed' and person_id is not null;
create index report_merged on reports.report (merged_into) where merged_into is not null;

-- What was said publicly about a report after it was made, and every change of its state: one row each, newest last.
create table reports.update (
  id uuid primary key,
  report_id uuid not null references reports.report,
  kind text not null check (kind in ('state', 'message', 'joined', 'confirmed', 'broken', 'route')),
  -- public words, masked like a report's; empty when the change says it all
  text text not null default '',
  -- the words as they were typed, when something was masked
  record_id uuid,
  state text not null,
  outcome text,
  by text not null check (by in ('reporter', 'follower', 'staff', 'system', 'peer', 'public')),
  -- its id in the system it came from
  source_id text,
  hidden boolean not null default false,
  created_at timestamptz not null
);
create unique index update_source on reports.update (report_id, source_id) where source_id is not null;
create index update_report on reports.update (report_id, created_at, id);
create index update_record on reports.update (record_id) where record_id is not null;
create index update_recent on reports.update (created_at desc, id desc);

-- Pictures. A resident's own is in the vault (document_id) and shown to nobody else until an officer has looked at it; what the
-- public sees is a copy in the file store (file_key).
create table reports.photo (
  id uuid primary key,
  report_id uuid not null references reports.report,
  update_id uuid references reports.update,
  kind text not null check (kind in ('reported', 'before', 'after')),
  document_id uuid,
  file_key text,
  media_url text,
  state text not null check (state in ('unchecked', 'public', 'hidden')),
  added_at timestamptz not null
);
create index photo_document on reports.photo (document_id) where document_id is not null;
create index photo_report on reports.photo (report_id, added_at, id);

-- Who hears of a report: its reporter, those who joined it and those who follow it. The address is in the vault.
create table reports.follower (
  id uuid primary key,
  report_id uuid not null references reports.report,
  person_id uuid not null,
  -- the vault's record with the e-mail address; null: the account's own
  record_id uuid,
  account_id uuid,
  kind text not null check (kind in ('reporter', 'joined', 'follower')),
  -- the keyed hash of the code in their links
  code bytea not null unique,
  language text not null,
  -- since when they want no mail
  ended_at timestamptz,
  answer text check (answer in ('fixed', 'broken')),
  answered_at timestamptz,
  -- which ending they answered for: reports.report.reopened at that time
  answered_round integer,
  created_at timestamptz not null,
  unique (report_id, person_id)
);
create index follower_report on reports.follower (report_id) where ended_at is null;
create index follower_person on reports.follower (person_id);

-- Categories that are not in the city's file: those an import or another server brought.
create table reports.category (
  id text primary key,
  name jsonb not null,
  category_group text not null,
  agency text not null,
  due_days integer,
  source text not null,
  active boolean not null default true,
  added_at timestamptz not null
);

-- Acts that came with an id of their own (a crew's device, another server): done once, answered the same each time.
create table reports.act (
  id uuid primary key,
  report_id uuid not null references reports.report,
  account_id uuid,
  act text not null,
  -- what was answered: ids and codes
  answer jsonb not null,
  done_at timestamptz not null
);
create index act_report on reports.act (report_id);
