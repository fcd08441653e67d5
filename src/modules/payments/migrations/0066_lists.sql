-- The officers' lists and their counts are read from indexes alone, also among a million bills.
drop index payments.bill_ended;
create index bill_state_recent on payments.bill (state, issued_at desc, id desc);
create index bill_agency_state on payments.bill (agency, state, issued_at desc, id desc);
create index bill_agency_part on payments.bill (agency, due_on, id) where state = 'open' and paid > 0;
-- what is overdue depends on the day it was deferred to
drop index payments.bill_agency_open, payments.bill_open;
create index bill_agency_open on payments.bill (agency, due_on, id) include (deferred_until) where state = 'open';
create index bill_open on payments.bill (due_on, id) include (deferred_until) where state = 'open';
