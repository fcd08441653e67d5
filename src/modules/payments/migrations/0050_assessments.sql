-- The register of parcels that property tax is assessed on. Who owns one is sealed in the vault (record_id).
create table payments.parcel (
  id uuid primary key,
  -- its number in the register, which also is the order of a run
  number text not null unique check (number ~ '^[0-9A-Z-]{1,40}$'),
  -- the address of the city's register, when it has one
  address_id text,
  district text,
  -- square metres
  area integer not null check (area > 0),
  use text not null,
  -- minor units of the city's currency
  value bigint not null check (value >= 0),
  exemption text,
  owner text not null check (owner in ('person', 'company')),
  person_id uuid,
  record_id uuid,
  language text not null,
  -- whether the record has an e-mail address
  mails boolean not null default false,
  updated_at timestamptz not null,
  check ((person_id is null) = (record_id is null))
);
create index parcel_person on payments.parcel (person_id) where person_id is not null;

-- One assessment of all parcels for a year, or of one parcel again. One officer starts it, another confirms.
create table payments.run (
  id uuid primary key,
  kind text not null check (kind in ('year', 'correction')),
  year integer not null check (year between 2000 and 2999),
  parcel_id uuid references payments.parcel,
  -- checking: the dry run is on its way; checked: it waits for a second officer; billing: it runs; stopped: given up before it billed anything
  state text not null check (state in ('checking', 'checked', 'billing', 'done', 'stopped')),
  -- the rules as city/property-tax.yaml had them: what was checked is what is billed
  rules text not null,
  -- what the dry run found: counts, sums, samples by number of parcel
  preview jsonb not null,
  -- the number of the last parcel that is done, in the dry run and then in billing
  reached text not null default '',
  -- the same for the e-mails, when all is billed
  mailed text not null default '',
  billed integer not null default 0,
  passed integer not null default 0,
  amount bigint not null default 0,
  started_by uuid not null,
  started_at timestamptz not null,
  confirmed_by uuid,
  confirmed_at timestamptz,
  moved_at timestamptz not null,
  ended_at timestamptz,
  check (confirmed_by is null or confirmed_by <> started_by),
  check ((kind = 'correction') = (parcel_id is not null)),
  check (state not in ('billing', 'done') or confirmed_by is not null)
);
create unique index run_year on payments.run (year) where kind = 'year' and state <> 'stopped';
create unique index run_parcel on payments.run (parcel_id, year) where kind = 'correction' and state not in ('stopped', 'done');
create index run_moving on payments.run (moved_at) where state in ('checking', 'billing');
create index run_recent on payments.run (started_at desc, id desc);

-- What a run found for a parcel; the newest of a year holds.
create table payments.assessment (
  run_id uuid not null references payments.run,
  parcel_id uuid not null references payments.parcel,
  year integer not null,
  -- what the tax comes to by the rules, before the least amount
  amount bigint not null check (amount >= 0),
  -- the rules it comes from, counted from 1 in city/property-tax.yaml; 0 when exempt
  rule integer not null,
  -- null when it is exempt or below the least amount
  bill_id uuid references payments.bill,
  primary key (run_id, parcel_id)
);
comment on table payments.assessment is 'append-only: what property tax was assessed';
create index assessment_parcel on payments.assessment (parcel_id, year);
