-- What is due, paid and open, by agency, revenue, currency and the day until which it can be paid; kept from the journal.
create table payments.figure (
  agency text not null,
  revenue text not null,
  currency text not null,
  day date not null,
  bills integer not null,
  open integer not null,
  due bigint not null,
  paid bigint not null,
  primary key (agency, day, revenue, currency)
);
create index figure_owed on payments.figure (agency, day) where due <> paid;

-- What each bill adds to those figures, so that a bill that changes moves them by the difference only.
create table payments.figure_share (
  bill_id uuid primary key references payments.bill,
  agency text not null,
  revenue text not null,
  currency text not null,
  day date not null,
  open integer not null,
  due bigint not null,
  paid bigint not null
);

-- What officers write to one another about a bill; their words are sealed (record_id).
create table payments.note (
  id uuid primary key,
  bill_id uuid not null references payments.bill,
  record_id uuid not null,
  made_by uuid not null,
  made_at timestamptz not null
);
comment on table payments.note is 'notes of officers about bills; they go when a bill has been kept long enough';
create index note_bill on payments.note (bill_id, made_at);

-- the lists of the officers
create index bill_due on payments.bill (due_on, id);
create index bill_agency_due on payments.bill (agency, due_on, id);
create index bill_part on payments.bill (due_on, id) where state = 'open' and paid > 0;
create index bill_ended on payments.bill (state, issued_at desc, id desc) where state in ('cancelled', 'written_off');
create index bill_total on payments.bill (total);
create index bill_owed on payments.bill (outstanding) where state = 'open';
create index bill_record on payments.bill (record_id) where record_id is not null;
create index item_bill on payments.item (bill_id) where bill_id is not null;
create index item_payment on payments.item (payment_id) where payment_id is not null;
create index item_open_recent on payments.item (opened_at, id) where closed_at is null;
create index item_closed_recent on payments.item (opened_at desc, id desc) where closed_at is not null;
