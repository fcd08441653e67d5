-- In how many parts at most whoever pays may choose to pay, and from which amount, as the service had it when the bill was issued.
alter table payments.bill
  add column plan_most smallint check (plan_most >= 2),
  add column plan_from bigint check (plan_from >= 0),
  add constraint bill_plan check ((plan_most is null) = (plan_from is null));
