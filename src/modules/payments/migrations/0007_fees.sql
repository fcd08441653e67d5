-- Which bill asks for the fee of which case, and for how much of it: what a case says later is brought to the bill.
create table payments.fee (
  case_id uuid primary key,
  bill_id uuid not null references payments.bill,
  amount bigint not null check (amount >= 0)
);
create index fee_bill on payments.fee (bill_id);
-- For how long closed bills are kept with who paid them.
create index refund_ended on payments.refund (ended_at) where record_id is not null;
create index bill_closed on payments.bill (closed_at) where closed_at is not null and person_id is not null;
