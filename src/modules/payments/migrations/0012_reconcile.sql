-- What a provider says that it paid out, as it said it last.
create table payments.settlement (
  provider text not null,
  id text not null,
  day date not null,
  currency text not null,
  net bigint not null,
  -- what stands on the bank statement
  reference text not null,
  -- what of our clearing account it empties, and what of it are fees that are not booked otherwise
  gross bigint not null,
  fees bigint not null,
  -- the entry of the statement that shows it; for one of nothing there is none
  entry_id uuid references payments.entry,
  booked_at timestamptz,
  fetched_at timestamptz not null,
  primary key (provider, id)
);
create index settlement_reference on payments.settlement (reference);
create index settlement_day on payments.settlement (day);

create table payments.settlement_line (
  provider text not null,
  settlement text not null,
  no integer not null,
  kind text not null check (kind in ('payment', 'refund', 'chargeback', 'fee')),
  payment text,
  attempt uuid,
  gross bigint not null,
  fee bigint not null,
  net bigint not null,
  primary key (provider, settlement, no),
  foreign key (provider, settlement) references payments.settlement
);
create index settlement_line_payment on payments.settlement_line (provider, payment) where payment is not null;

-- A run of the comparison, for the page and the drill.
create table payments.reconciliation (
  id uuid primary key,
  from_day date not null,
  to_day date not null,
  checked integer not null,
  differences integer not null,
  ran_at timestamptz not null,
  ran_by uuid
);
comment on table payments.reconciliation is 'append-only: the runs of the comparison';
create index reconciliation_recent on payments.reconciliation (ran_at desc);
create index payment_provider on payments.payment (part, provider_payment) where source = 'provider';
