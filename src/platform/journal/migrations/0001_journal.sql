-- One line per act. Written in the transaction of the change it tells of; never rewritten.
create table journal.event (
  id uuid primary key,
  tx xid8 not null default pg_current_xact_id(),
  seq bigint generated always as identity,
  stream text not null,
  version integer,
  type text not null,
  actor text not null,
  channel text not null,
  subject text,
  cause text,
  data jsonb not null,
  occurred_at timestamptz not null,
  unique (stream, version)
);
comment on table journal.event is 'append-only: one line per act';
create index event_tx_seq on journal.event (tx, seq);
create index event_subject on journal.event (subject, occurred_at desc) where subject is not null;

-- The order that everyone reads by: dense, gap-free, made by the sequencer.
create table journal.ordered (
  position bigint primary key,
  event_id uuid not null unique
);
comment on table journal.ordered is 'append-only: the gap-free order of events';

-- How far the sequencer and each subscriber have come.
create table journal.cursor (
  name text primary key,
  position bigint not null,
  tx xid8,
  seq bigint,
  updated_at timestamptz not null default now(),
  failures integer not null default 0,
  last_error text
);

-- Acts that a subscriber could not take in after all its attempts; shown to operators, replayed by hand.
create table journal.stuck (
  subscriber text not null,
  position bigint not null,
  error text not null,
  at timestamptz not null default now(),
  primary key (subscriber, position)
);
