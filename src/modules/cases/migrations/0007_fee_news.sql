-- A fee may also cease to be owed, or be owed again because it became more, without its case.
alter table cases.fee_fact drop constraint fee_fact_what_check;
alter table cases.fee_fact add constraint fee_fact_what_check
  check (what in ('paid', 'reversed', 'overdue', 'refunded', 'cancelled', 'due'));
