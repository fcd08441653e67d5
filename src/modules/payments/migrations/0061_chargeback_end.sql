-- Chargebacks that ended in the city's favour: the payer's bank gave the money back, and perhaps the fee.
create table payments.chargeback_end (
  chargeback_id uuid primary key references payments.chargeback,
  fee_back bigint not null check (fee_back >= 0),
  ended_at timestamptz not null
);
comment on table payments.chargeback_end is 'append-only: chargebacks whose money came back';
