-- What somebody owes an agency. Who they are is sealed in the vault (record_id); words are the city's own, in its languages.
create table payments.bill (
  id uuid primary key,
  reference text not null unique,
  -- ISO 11649, for bank transfers
  creditor_reference text not null unique,
  -- what it is for, once: case:<id>, parcel:<run>/<parcel>, agency:<client>/<their number>
  source_key text not null unique,
  source text not null check (source in ('case', 'journey', 'assessment', 'fine', 'agency')),
  source_id text not null,
  agency text not null,
  service text,
  revenue text not null check (revenue in ('fee', 'tax', 'fine', 'charge')),
  payer text not null check (payer in ('person', 'company', 'reference')),
  person_id uuid,
  account_id uuid,
  record_id uuid,
  language text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  title jsonb not null,
  legal_basis jsonb,
  appeal jsonb,
  -- the sum of its lines; what was waived or written off; what was paid and not taken back
  total bigint not null check (total >= 0),
  waived bigint not null default 0 check (waived >= 0),
  paid bigint not null default 0 check (paid >= 0),
  outstanding bigint not null generated always as (total - waived - paid) stored check (total - waived - paid >= 0),
  state text not null check (state in ('open', 'paid', 'cancelled', 'written_off')),
  issued_on date not null,
  due_on date not null,
  deferred_until date,
  -- how many steps of reminding are done, and on which day the next is due
  step smallint not null default 0,
  step_on date,
  -- until when interest is counted already
  interest_until date,
  issued_at timestamptz not null,
  closed_at timestamptz,
  revision integer not null default 1,
  check ((state = 'open') = (closed_at is null)),
  check (state = 'open' or outstanding = 0)
);
create index bill_person on payments.bill (person_id, issued_at desc) where person_id is not null;
create index bill_source on payments.bill (source, source_id);
create index bill_agency_open on payments.bill (agency, due_on, id) where state = 'open';
create index bill_open on payments.bill (due_on, id) where state = 'open';
create index bill_agency_recent on payments.bill (agency, issued_at desc, id desc);
create index bill_recent on payments.bill (issued_at desc, id desc);
create index bill_step on payments.bill (step_on, id) where state = 'open' and step_on is not null;

create table payments.bill_line (
  id uuid primary key,
  bill_id uuid not null references payments.bill,
  kind text not null check (kind in ('principal', 'interest', 'reminder_fee', 'correction')),
  title jsonb not null,
  amount bigint not null check (amount <> 0),
  law text,
  added_on date not null
);
comment on table payments.bill_line is 'append-only: what a bill is made of';
create index bill_line_bill on payments.bill_line (bill_id, id);

-- Parts of a bill with a day of their own; payments fill the earliest first.
create table payments.instalment (
  bill_id uuid not null references payments.bill,
  no smallint not null,
  amount bigint not null check (amount > 0),
  due_on date not null,
  primary key (bill_id, no)
);

-- One try to pay one or several bills at a provider. Its id is the key by which the provider knows it.
create table payments.attempt (
  id uuid primary key,
  provider text not null,
  provider_payment text,
  pay_url text,
  state text not null check (state in ('made', 'open', 'pending', 'authorised', 'unknown', 'captured', 'failed', 'cancelled', 'expired')),
  reason text,
  amount bigint not null check (amount > 0),
  currency text not null,
  captured bigint not null default 0 check (captured >= 0),
  method text,
  -- who pays, when they are signed in
  account_id uuid,
  language text not null,
  -- a path of ours to go on to
  return_path text not null,
  made_at timestamptz not null,
  asks integer not null default 0,
  next_ask_at timestamptz,
  ended_at timestamptz
);
create index attempt_ask on payments.attempt (next_ask_at) where next_ask_at is not null;
create unique index attempt_provider on payments.attempt (provider, provider_payment) where provider_payment is not null;

create table payments.attempt_bill (
  attempt_id uuid not null references payments.attempt,
  bill_id uuid not null references payments.bill,
  amount bigint not null check (amount > 0),
  open boolean not null default true,
  primary key (attempt_id, bill_id)
);
-- a bill has at most one open attempt
create unique index attempt_bill_open on payments.attempt_bill (bill_id) where open;
create index attempt_bill_bill on payments.attempt_bill (bill_id);

-- Money that came in, once for each key: attempt:<id>, entry:<id> of a statement, till:<id>.
create table payments.payment (
  id uuid primary key,
  key text not null unique,
  source text not null check (source in ('provider', 'bank', 'cash', 'terminal')),
  -- the agency whose account took it in, and which of its accounts (a provider, a till)
  held_by text not null,
  part text not null default '',
  provider_payment text,
  amount bigint not null check (amount > 0),
  currency text not null,
  -- not put to a bill (any more), and not given back
  unapplied bigint not null default 0 check (unapplied >= 0),
  taken_back bigint not null default 0 check (taken_back >= 0),
  received_on date not null,
  received_at timestamptz not null,
  check (unapplied + taken_back <= amount)
);
create index payment_unapplied on payments.payment (received_at) where unapplied > 0;
create index payment_day on payments.payment (received_on, source);

-- What of a payment went to which bill; negative when it was taken back or released.
create table payments.allocation (
  id uuid primary key,
  payment_id uuid not null references payments.payment,
  bill_id uuid not null references payments.bill,
  kind text not null check (kind in ('paid', 'set_off', 'chargeback', 'released')),
  amount bigint not null check (amount <> 0),
  made_at timestamptz not null
);
comment on table payments.allocation is 'append-only: which payment paid which bill';
create index allocation_bill on payments.allocation (bill_id, made_at);
create index allocation_payment on payments.allocation (payment_id, made_at);

create table payments.chargeback (
  id uuid primary key,
  payment_id uuid not null references payments.payment,
  provider text not null,
  provider_id text not null,
  amount bigint not null check (amount > 0),
  fee bigint not null check (fee >= 0),
  opened_at timestamptz not null,
  unique (provider, provider_id)
);
comment on table payments.chargeback is 'append-only: payments that a bank took back';

-- Money to give back: one officer proposes, another approves; then it is sent until it has arrived.
create table payments.refund (
  id uuid primary key,
  payment_id uuid not null references payments.payment,
  -- the bill that is reduced for it; null when it was not put to one
  bill_id uuid references payments.bill,
  amount bigint not null check (amount > 0),
  currency text not null,
  cause text not null check (cause in ('overpaid', 'decision', 'mistake', 'goodwill')),
  way text not null check (way in ('provider', 'bank', 'cash')),
  state text not null check (state in ('proposed', 'declined', 'approved', 'sent', 'unknown', 'succeeded', 'failed')),
  -- account name and IBAN for a transfer, and the officer's words, sealed
  record_id uuid,
  provider_refund text,
  proposed_by uuid,
  proposed_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  asks integer not null default 0,
  next_ask_at timestamptz,
  ended_at timestamptz,
  check (proposed_by is null or decided_by is null or proposed_by <> decided_by)
);
create index refund_payment on payments.refund (payment_id);
create index refund_bill on payments.refund (bill_id);
create index refund_ask on payments.refund (next_ask_at) where next_ask_at is not null;
create index refund_waiting on payments.refund (proposed_at) where state = 'proposed';

-- What one officer proposes about a bill and another decides.
create table payments.proposal (
  id uuid primary key,
  bill_id uuid not null references payments.bill,
  kind text not null check (kind in ('waive', 'write_off', 'defer', 'set_off', 'correct')),
  amount bigint check (amount > 0),
  until date,
  payment_id uuid references payments.payment,
  record_id uuid,
  state text not null check (state in ('proposed', 'approved', 'declined')),
  proposed_by uuid not null,
  proposed_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  check (decided_by is null or decided_by <> proposed_by)
);
create unique index proposal_open on payments.proposal (bill_id, kind) where state = 'proposed';
create index proposal_bill on payments.proposal (bill_id, proposed_at);

-- What somebody has to look at: a difference, money without a bill, a refund that failed. Once for each key.
create table payments.item (
  id uuid primary key,
  key text not null unique,
  kind text not null,
  agency text not null,
  bill_id uuid references payments.bill,
  payment_id uuid references payments.payment,
  attempt_id uuid references payments.attempt,
  refund_id uuid references payments.refund,
  amount bigint,
  currency text,
  -- what is known: codes, ids, amounts and days only
  story jsonb not null default '{}',
  opened_at timestamptz not null,
  closed_at timestamptz,
  closed_by uuid,
  outcome text,
  check ((closed_at is null) = (outcome is null))
);
create index item_open on payments.item (agency, opened_at) where closed_at is null;

-- Webhooks as they came, once for each event of a provider.
create table payments.notice (
  provider text not null,
  event text not null,
  attempt text,
  payment text,
  refund text,
  received_at timestamptz not null,
  handled_at timestamptz,
  primary key (provider, event)
);
create index notice_waiting on payments.notice (received_at) where handled_at is null;
