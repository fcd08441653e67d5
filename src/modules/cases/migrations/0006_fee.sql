-- Where a fee stands, and the last day to pay it; what was paid, taken back or given back is told by modules above.
alter table cases.case
  add column fee_state text check (fee_state in ('recorded', 'due', 'paid', 'overdue', 'reversed', 'refunded', 'cancelled')),
  add column fee_due_on date;
update cases.case set fee_state = case
    when outcome is not null and outcome <> 'granted' then 'cancelled'
    else 'recorded' end
  where fee_amount > 0;
-- What was told of a case's fee: the same key never counts twice.
create table cases.fee_fact (
  case_id uuid not null references cases.case,
  key text not null,
  what text not null check (what in ('paid', 'reversed', 'overdue', 'refunded')),
  told_at timestamptz not null,
  primary key (case_id, key)
);
comment on table cases.fee_fact is 'append-only: what was told of the fee of a case';
-- Letters stand still while a fee that was taken back is unpaid.
alter table cases.letter add column suspended_at timestamptz;
