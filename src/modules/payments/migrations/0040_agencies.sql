-- Programs of agencies that send bills by the JSON API or by file.
create table payments.client (
  id uuid primary key,
  -- part of the key of each of its bills
  code text not null unique check (code ~ '^[a-z][a-z0-9_]{0,31}$'),
  name text not null,
  agency text not null,
  state text not null check (state in ('active', 'ended')),
  -- the keyed hash of its key; null for one that sends files only
  key bytea unique,
  scopes text[] not null,
  per_minute integer not null check (per_minute between 1 and 100000),
  made_by uuid not null,
  made_at timestamptz not null,
  ended_at timestamptz,
  used_on date,
  check ((state = 'ended') = (ended_at is not null))
);
create index client_recent on payments.client (made_at desc, id desc);

-- How much of a minute's allowance a client has used, for all processes; worth nothing after that minute.
create unlogged table payments.client_minute (
  client_id uuid primary key,
  minute bigint not null,
  used integer not null
);

-- Which bill a client's own number stands for, and the keyed hash of what it sent.
create table payments.client_bill (
  client_id uuid not null references payments.client,
  number text not null,
  bill_id uuid not null unique references payments.bill,
  content bytea not null,
  primary key (client_id, number)
);
comment on table payments.client_bill is 'append-only: numbers of bills in the systems of agencies';
create index client_bill_recent on payments.client_bill (client_id, bill_id desc);

-- What a client asked with which Idempotency-Key: keyed hashes, forgotten after a month.
create table payments.client_ask (
  client_id uuid not null references payments.client,
  key bytea not null,
  content bytea not null,
  bill_id uuid not null references payments.bill,
  asked_at timestamptz not null,
  primary key (client_id, key)
);
create index client_ask_old on payments.client_ask (asked_at);

-- How far an import of a file has come.
create table payments.client_intake (
  client_id uuid primary key references payments.client,
  -- SHA-256 of the file and its map; another file or map begins anew
  file_hash text not null,
  rows integer not null,
  tally jsonb not null,
  rejects_bytes double precision not null default 0,
  updated_at timestamptz not null,
  finished_at timestamptz
);

-- Where a client wants to be told what happens to its bills.
create table payments.hook (
  id uuid primary key,
  client_id uuid not null unique references payments.client,
  url text not null,
  events text[] not null,
  state text not null check (state in ('active', 'paused')),
  -- since when every delivery failed
  failing_since timestamptz,
  made_at timestamptz not null
);

-- What deliveries are signed with; one that was replaced still signs until its end.
create table payments.hook_secret (
  id uuid primary key,
  hook_id uuid not null references payments.hook on delete cascade,
  key_version integer not null,
  wrapped_secret bytea not null,
  made_at timestamptz not null,
  ends_at timestamptz
);
create index hook_secret_hook on payments.hook_secret (hook_id);

-- One message to one client about one line of the journal; its id is the webhook-id of every try.
create table payments.delivery (
  id uuid primary key,
  hook_id uuid not null references payments.hook on delete cascade,
  event uuid not null,
  type text not null,
  bill_id uuid not null references payments.bill,
  body text not null,
  state text not null check (state in ('waiting', 'delivered', 'failed')),
  tries integer not null default 0,
  next_at timestamptz,
  last_status integer,
  last_fault text,
  made_at timestamptz not null,
  ended_at timestamptz,
  unique (hook_id, event, bill_id)
);
create index delivery_due on payments.delivery (next_at) where next_at is not null;
create index delivery_hook on payments.delivery (hook_id, made_at desc, id desc);
create index delivery_old on payments.delivery (ended_at) where ended_at is not null;
