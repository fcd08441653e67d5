/** What a file of an earlier version lacks; the first brings version 1 to version 2. */
export const upgrades = ['alter table chargebacks add column won_at integer']

/** The tables of the bank. Amounts are minor units, instants milliseconds; no table has a place for a card number. */
export const schema = `
create table facts (name text primary key, value text not null) strict;

create table payments (
  id text primary key, reference text not null, description text not null, language text not null, return_url text not null,
  amount integer not null check (amount > 0), currency text not null, capture text not null,
  state text not null, reason text, method text, step text not null default 'choose', course text,
  captured integer not null default 0 check (captured between 0 and amount),
  refunded integer not null default 0 check (refunded between 0 and captured),
  charged_back integer not null default 0 check (charged_back between 0 and captured),
  token text not null, code text, tries integer not null default 0,
  created_at integer not null, expires_at integer not null, due_at integer,
  check (refunded + charged_back <= captured)
) strict;
create index payments_by_reference on payments (reference);
create index payments_to_move on payments (due_at) where due_at is not null;
create index payments_by_time on payments (created_at);

create table refunds (
  id text primary key, payment text not null references payments, amount integer not null check (amount > 0),
  reference text not null, state text not null, created_at integer not null, due_at integer
) strict;
create index refunds_of on refunds (payment);
create index refunds_by_reference on refunds (reference);
create index refunds_to_move on refunds (due_at) where due_at is not null;

create table chargebacks (
  id text primary key, payment text not null references payments, amount integer not null check (amount > 0),
  fee integer not null, opened_at integer not null, won_at integer
) strict;
create index chargebacks_of on chargebacks (payment);

create table settlements (
  id text primary key, day text not null, currency text not null, gross integer not null, fees integer not null,
  net integer not null, payout_reference text not null unique, closed_at integer not null, check (net = gross - fees)
) strict;
create index settlements_by_day on settlements (day);

create table lines (
  seq integer primary key, kind text not null, payment text, refund text, chargeback text, reference text, currency text not null,
  gross integer not null, fee integer not null, net integer not null, made_at integer not null,
  settlement text references settlements, check (net = gross - fee)
) strict;
create index lines_open on lines (currency) where settlement is null;
create index lines_of on lines (settlement);

create table statements (
  id text primary key, day text not null, currency text not null, number integer not null, opening integer not null,
  closing integer not null, xml text not null, closed_at integer not null, unique (currency, number)
) strict;
create index statements_by_day on statements (day);

create table entries (
  seq integer primary key, kind text not null, currency text not null, amount integer not null check (amount <> 0),
  bank_reference text not null unique, end_to_end text, reference text, text text, name text, iban text,
  made_at integer not null, statement text references statements
) strict;
create index entries_open on entries (currency) where statement is null;

create table order_files (id text primary key, message text not null unique, made_at integer not null) strict;
create table orders (
  end_to_end text primary key, file text not null references order_files, entry integer not null references entries
) strict;

create table answers (
  key text primary key, fingerprint text not null, status integer not null, body text not null, made_at integer not null
) strict;

create table deliveries (
  seq integer primary key, message text not null, type text not null, payment text, body text not null, state text not null,
  tries integer not null default 0, next_at integer not null, made_at integer not null, ended_at integer
) strict;
create index deliveries_due on deliveries (next_at) where state = 'due';
create index deliveries_of on deliveries (payment);
`
