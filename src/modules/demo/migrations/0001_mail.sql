-- The demo's own mailbox: what the local SMTP server caught.
create table demo.mail (
  id bigint generated always as identity primary key,
  recipient text not null,
  subject text not null,
  body text not null,
  caught_at timestamptz not null
);
