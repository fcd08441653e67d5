-- What is proposed about a bill may also be asked for by its payer, with an account or with the bill's code alone.
alter table payments.proposal
  alter column proposed_by drop not null,
  add column asked_by text not null default 'officer' check (asked_by in ('officer', 'payer')),
  -- in how many parts, for a plan
  add column parts smallint check (parts between 2 and 60),
  -- what the decider answered, sealed
  add column answer_id uuid,
  -- what the bill came to when its correction was proposed
  add column corrects bigint,
  drop constraint proposal_kind_check,
  drop constraint proposal_amount_check,
  add constraint proposal_kind_check check (kind in ('waive', 'write_off', 'defer', 'set_off', 'correct', 'plan', 'objection')),
  -- a bill may be corrected to nothing; nothing else is about nothing
  add constraint proposal_amount_check check (amount > 0 or (amount = 0 and kind = 'correct')),
  add constraint proposal_officer_known check (asked_by = 'payer' or proposed_by is not null),
  add constraint proposal_decider_known check ((state = 'proposed') = (decided_by is null)),
  add constraint proposal_parts_known check ((kind = 'plan') = (parts is not null)),
  add constraint proposal_corrects_known check ((kind = 'correct') = (corrects is not null));
create index proposal_waiting on payments.proposal (proposed_at, id) where state = 'proposed';

-- One run of reminding for each day.
create table payments.reminder_run (
  id uuid primary key,
  day date not null unique,
  -- waiting: for an officer; held: an officer wants none on this day
  state text not null check (state in ('waiting', 'running', 'held', 'done')),
  made_at timestamptz not null,
  decided_by uuid,
  started_at timestamptz,
  ended_at timestamptz,
  check ((state = 'done') = (ended_at is not null))
);

-- What a run on a day would do, counted by a job: the page shows it without going through the bills.
create table payments.reminder_preview (
  day date primary key,
  counted jsonb not null,
  made_at timestamptz not null
);

-- What was done about a bill that is not paid, each step once; step 0 notes when it was last overdue anew.
create table payments.reminder (
  bill_id uuid not null references payments.bill,
  step smallint not null check (step >= 0),
  kind text not null check (kind in ('overdue', 'friendly', 'fee', 'last', 'recovery')),
  run_id uuid not null references payments.reminder_run,
  day date not null,
  fee bigint not null default 0 check (fee >= 0),
  interest bigint not null default 0 check (interest >= 0),
  -- what was asked for then, in all
  owed bigint not null check (owed > 0),
  -- how its payer was told; null until they were
  way text check (way in ('mail', 'post', 'none')),
  primary key (bill_id, step)
);
create index reminder_untold on payments.reminder (bill_id, step) where way is null;
create index reminder_run_of on payments.reminder (run_id);

-- Interest counted on a bill: for the days after `from_on` up to and with `until_on`, each day once.
create table payments.interest (
  bill_id uuid not null references payments.bill,
  from_on date not null,
  until_on date not null check (until_on > from_on),
  amount bigint not null check (amount >= 0),
  -- what rounding left, for the next time, as a part of rest/36500000 of a minor unit
  rest bigint not null check (rest >= 0 and rest < 36500000),
  primary key (bill_id, from_on),
  unique (bill_id, until_on)
);
comment on table payments.interest is 'append-only: for which days interest was counted';

-- What was agreed with a payer: instalments or more time.
create table payments.arrangement (
  id uuid primary key,
  bill_id uuid not null references payments.bill,
  kind text not null check (kind in ('plan', 'deferral')),
  parts smallint,
  until date not null,
  -- the proposal that an officer approved; null when the rule allowed it
  proposal_id uuid references payments.proposal,
  made_at timestamptz not null,
  ended_on date,
  outcome text check (outcome in ('broken', 'replaced')),
  check ((ended_on is null) = (outcome is null)),
  check ((kind = 'plan') = (parts is not null))
);
create index arrangement_bill on payments.arrangement (bill_id, made_at);
create unique index arrangement_plan on payments.arrangement (bill_id) where kind = 'plan' and ended_on is null;

-- Old bills that are written off together: one officer proposes, another decides.
create table payments.write_off (
  id uuid primary key,
  agency text not null,
  currency text not null,
  -- bills to be paid before this day
  before date not null,
  bills integer not null check (bills > 0),
  amount bigint not null check (amount > 0),
  state text not null check (state in ('proposed', 'approved', 'declined', 'done')),
  proposed_by uuid not null,
  proposed_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  check (decided_by is null or decided_by <> proposed_by),
  check ((state = 'proposed') = (decided_by is null))
);
create unique index write_off_open on payments.write_off (agency, currency) where state = 'proposed';
create table payments.write_off_bill (
  write_off_id uuid not null references payments.write_off,
  bill_id uuid not null references payments.bill,
  amount bigint not null check (amount > 0),
  primary key (write_off_id, bill_id)
);
comment on table payments.write_off_bill is 'append-only: which bills a proposal of writing off is about';
