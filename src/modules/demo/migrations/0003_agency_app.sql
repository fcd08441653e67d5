-- Sessions of the demo's agency application that the provider has ended; what it learned lies in the browser, encrypted.
create table demo.ended_session (
  sid text primary key,
  ended_at timestamptz not null
);
