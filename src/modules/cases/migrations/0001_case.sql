create table cases.case (
  id uuid primary key,
  reference text not null unique,
  journey_id uuid not null unique,
  service_id text not null,
  version text not null,
  agency text not null,
  officer uuid,
  person_id uuid not null,
  account_id uuid,
  -- the submitted answers, sealed in the vault
  record_id uuid not null,
  state text not null,
  state_since timestamptz not null,
  -- who must act now
  waiting_for text not null check (waiting_for in ('agency', 'resident', 'other_agency', 'nobody')),
  -- set while a request for information is open; the legal clock stands still
  information_since date,
  outcome text check (outcome in ('granted', 'refused', 'withdrawn', 'not_ours', 'duplicate')),
  submitted_at timestamptz not null,
  closed_at timestamptz,
  deadline date,
  warn_on date,
  expected_on date,
  warned boolean not null default false,
  overdue_noted boolean not null default false,
  -- when the system acts by itself in this state
  timer_on date,
  fee_amount bigint,
  fee_currency text,
  fee_due text,
  eligible boolean,
  -- four-eyes: a decision one officer proposed and another must confirm
  proposed_transition text,
  proposed_by uuid,
  proposed_reason uuid,
  language text not null,
  channel text not null,
  revision integer not null default 1,
  -- an outcome and its time come together
  check ((outcome is null) = (closed_at is null))
);
create index case_open_agency on cases.case (agency, deadline, id) where closed_at is null;
create index case_agency_recent on cases.case (agency, submitted_at desc, id desc);
create index case_officer on cases.case (officer, deadline, id) where closed_at is null;
create index case_unassigned on cases.case (agency, deadline, id) where closed_at is null and officer is null;
create index case_resident_turn on cases.case (agency, deadline, id) where closed_at is null and waiting_for = 'resident';
create index case_account on cases.case (account_id, submitted_at desc) where account_id is not null;
create index case_person on cases.case (person_id);
create index case_record on cases.case (record_id);
create index case_warn on cases.case (warn_on) where closed_at is null and not warned;
create index case_overdue on cases.case (deadline) where closed_at is null and not overdue_noted;
create index case_timer on cases.case (timer_on) where closed_at is null and timer_on is not null;
create index case_measured on cases.case (service_id, closed_at desc) where closed_at is not null;

-- Words of officers and residents about a case: sealed in the vault.
create table cases.entry (
  id uuid primary key,
  case_id uuid not null references cases.case,
  kind text not null check (kind in ('note', 'to_resident', 'from_resident', 'request', 'answer', 'reason', 'opinion')),
  author uuid,
  record_id uuid not null,
  created_at timestamptz not null
);
create index entry_case on cases.entry (case_id, created_at);

create table cases.consultation (
  id uuid primary key,
  case_id uuid not null references cases.case,
  agency text not null,
  transition text not null,
  asked_at timestamptz not null,
  answered_at timestamptz,
  opinion text check (opinion in ('no_objection', 'conditions', 'objection')),
  entry_id uuid references cases.entry,
  unique (case_id, agency, transition)
);
create index consultation_open on cases.consultation (agency, asked_at) where answered_at is null;

create table cases.letter (
  id uuid primary key,
  case_id uuid not null references cases.case,
  template text not null,
  -- the PDF in the vault; null until the job has made it
  document_id uuid,
  check_code bytea not null unique,
  issued_at timestamptz not null,
  valid_from date,
  valid_until date,
  revoked_at timestamptz,
  reason_entry uuid references cases.entry,
  unique (case_id, template)
);

-- Keyed hashes of answers that a service compares between cases ("one for each address").
create table cases.same (
  service_id text not null,
  question text not null,
  token bytea not null,
  case_id uuid not null references cases.case,
  primary key (service_id, question, token, case_id)
);
