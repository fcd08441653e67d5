-- A till while an officer has it: opened and closed with a count.
create table payments.till_session (
  id uuid primary key,
  till text not null,
  agency text not null,
  currency text not null,
  officer_id uuid not null,
  state text not null check (state in ('open', 'closed')),
  opened_at timestamptz not null,
  -- what was counted, and how much more or less that was than the books said
  opening bigint not null check (opening >= 0),
  opening_difference bigint not null,
  closing bigint check (closing >= 0),
  closing_difference bigint,
  -- pieces by their worth in minor units; empty when only the sum was told
  opening_pieces jsonb not null default '{}',
  closing_pieces jsonb,
  closed_at timestamptz,
  closed_by uuid,
  check ((state = 'closed') = (closed_at is not null and closing is not null))
);
create unique index till_session_open on payments.till_session (till) where state = 'open';
create unique index till_session_officer on payments.till_session (officer_id) where state = 'open';
create index till_session_recent on payments.till_session (till, opened_at desc);

-- What happened at a till, in order. Once for each key that a form carries.
create table payments.till_act (
  id uuid primary key,
  session_id uuid not null references payments.till_session,
  key uuid not null unique,
  kind text not null check (kind in ('cash', 'card', 'refund', 'to_bank', 'from_bank', 'taken_over')),
  amount bigint not null check (amount > 0 or kind = 'taken_over'),
  given bigint,
  bill_id uuid references payments.bill,
  payment_id uuid references payments.payment,
  refund_id uuid references payments.refund,
  -- the number on the terminal's slip
  slip text,
  -- what stands on the paying-in slip of cash carried to the bank: DEP-XXXX-XXXX
  deposit text unique,
  -- why a supervisor took the till over: a code
  reason text,
  made_by uuid not null,
  made_at timestamptz not null,
  check ((kind = 'cash') = (given is not null)),
  check ((kind in ('cash', 'card')) = (payment_id is not null)),
  check ((kind = 'refund') = (refund_id is not null))
);
comment on table payments.till_act is 'append-only: what happened at a till';
create index till_act_session on payments.till_act (session_id, made_at, id);

-- Cash on its way between a till and the bank, until the statement shows it. Below zero: from the bank.
create table payments.deposit (
  reference text primary key,
  agency text not null,
  till text not null,
  amount bigint not null check (amount <> 0),
  currency text not null,
  carried_on date not null,
  entry_id uuid references payments.entry
);
create index deposit_on_its_way on payments.deposit (carried_on) where entry_id is null;
