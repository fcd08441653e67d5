-- A keyed hash of a parcel's owner as the register named them: whether a file names another is seen without opening the vault.
alter table payments.parcel add column owner_mark bytea;

-- How far the file of the register has come that is, or was last, taken in.
create table payments.parcel_intake (
  single boolean primary key default true check (single),
  id uuid not null,
  file_hash text not null,
  rows integer not null,
  tally jsonb not null,
  rejects_bytes bigint not null,
  updated_at timestamptz not null,
  finished_at timestamptz
);

-- Letters of a run to print, for owners without an e-mail address: in which file of them a bill stands, and how many there are.
alter table payments.assessment add column letter integer check (letter > 0);
create index assessment_letter on payments.assessment (run_id, letter) where letter is not null;
alter table payments.run add column letters integer not null default 0;
-- Which of these files were fetched, when last and by whom.
create table payments.run_letter (
  run_id uuid not null references payments.run,
  no integer not null check (no > 0),
  fetched_at timestamptz not null,
  fetched_by uuid not null,
  primary key (run_id, no)
);
