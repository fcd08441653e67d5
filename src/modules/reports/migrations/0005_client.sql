-- Other programs that send reports by GeoReport v2 (Open311). Who asked for the key, how to reach them and for what is in the vault.
create table reports.client (
  id uuid primary key,
  -- the name of the program, as administrators see it
  name text not null,
  organisation text not null,
  person_id uuid not null,
  record_id uuid not null,
  language text not null,
  -- asked: the e-mail address is not confirmed; waiting: an administrator has to agree; ended: its key is good for nothing
  state text not null check (state in ('asked', 'waiting', 'active', 'ended')),
  -- the keyed hash of the code in the e-mail; null once it was used
  code bytea unique,
  -- the keyed hash of its key; null until the address is confirmed
  key bytea unique,
  per_minute integer not null check (per_minute between 1 and 1000000),
  -- the documented key of a demo city
  test boolean not null default false,
  asked_at timestamptz not null,
  confirmed_at timestamptz,
  ended_at timestamptz,
  used_on date,
  check ((state = 'asked') = (key is null) or state = 'ended')
);
create index client_recent on reports.client (asked_at desc, id desc);
create index client_person on reports.client (person_id);

-- How much of a minute's allowance is handed out to the processes, by keyed hash of the client or network; worth nothing after that minute.
create unlogged table reports.allowance (
  bucket bytea primary key,
  minute bigint not null,
  used integer not null
);
