-- A message to a person. What it says and where it goes is sealed in the vault (record_id).
create table messages.message (
  -- made from what it is about, so that one occasion gives one message
  id text primary key,
  person_id uuid not null,
  record_id uuid not null,
  template text not null,
  about text,
  language text not null,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'undeliverable')),
  created_at timestamptz not null,
  sent_at timestamptz
);
create index message_about on messages.message (about);
create index message_waiting on messages.message (created_at) where state = 'waiting';
