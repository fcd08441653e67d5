-- A statement of the city's account, imported once. What it tells of persons is sealed under a key of its own (person_id), which is
-- destroyed when it has been kept long enough.
create table payments.statement (
  id uuid primary key,
  account text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  statement_id text not null,
  page integer not null default 1,
  -- of its content: the same statement with other content is refused
  digest bytea not null,
  sequence bigint,
  opening bigint not null,
  opening_day date not null,
  closing bigint not null,
  closing_day date not null,
  entries integer not null,
  -- how many entries are booked: an import that broke off goes on from here
  done integer not null default 0,
  state text not null check (state in ('waiting', 'done')),
  person_id uuid not null,
  -- the file while it waits, sealed
  document_id uuid,
  imported_by uuid,
  imported_at timestamptz not null,
  finished_at timestamptz,
  erased_at timestamptz,
  unique (account, currency, statement_id, page)
);
create index statement_recent on payments.statement (closing_day desc, id desc);

-- One transaction of a statement: an entry, or a part of a batch entry.
create table payments.entry (
  id uuid primary key,
  statement_id uuid not null references payments.statement,
  -- the place of the entry in its statement and of the part in the entry, from 1
  no integer not null,
  part integer not null,
  -- a hash of what tells it from every other entry of the account; null for one that was told before
  key bytea unique,
  -- above zero: money in
  amount bigint not null,
  currency text not null,
  booked_on date not null,
  kind text not null check (kind in ('transfer', 'payout', 'refund', 'refund_return', 'fee', 'deposit', 'other', 'none')),
  state text not null check (state in ('done', 'suggested', 'unmatched', 'repeated')),
  outcome text,
  payment_id uuid references payments.payment,
  refund_id uuid references payments.refund,
  record_id uuid,
  changed_at timestamptz not null,
  changed_by uuid,
  unique (statement_id, no, part)
);
create index entry_waiting on payments.entry (booked_on, id) where state <> 'done';
create index entry_payment on payments.entry (payment_id) where payment_id is not null;
create index entry_record on payments.entry (record_id);

-- Bills that an entry is perhaps for, and why.
create table payments.entry_candidate (
  entry_id uuid not null references payments.entry,
  bill_id uuid not null references payments.bill,
  reason text not null check (reason in ('misspelt', 'own_reference', 'several', 'not_open', 'name_amount')),
  primary key (entry_id, bill_id)
);

-- A pain.001 file of refunds, made once; its names and accounts stay where they are sealed.
create table payments.transfer_file (
  id uuid primary key,
  message_id text not null unique,
  currency text not null,
  count integer not null check (count > 0),
  total bigint not null check (total > 0),
  execution_on date not null,
  made_at timestamptz not null,
  made_by uuid not null
);
create table payments.transfer_file_refund (
  -- a refund is in one file, ever
  refund_id uuid primary key references payments.refund,
  file_id uuid not null references payments.transfer_file
);
create index transfer_file_refund_file on payments.transfer_file_refund (file_id);

-- by the payer's record: for finding the open bills of a name
create index bill_record_open on payments.bill (record_id) where state = 'open' and record_id is not null;
