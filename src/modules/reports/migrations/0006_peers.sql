-- How far the mirror of another GeoReport server has come.
create table reports.mirror (
  -- the source of its reports: pull:NAME
  source text primary key,
  url text not null,
  -- everything that was made before this is here
  asked_until timestamptz,
  -- the newest change that was seen
  updated_until timestamptz,
  -- what the server said about its service list, to ask for it only when it has changed
  services_etag text,
  services_modified text,
  -- what the last run did: added, changed, same, rejected by reason
  tally jsonb not null default '{}',
  changed_at timestamptz not null
);

-- Reports that were handed over to another body's server (GeoReport v2), and what became of them there.
create table reports.handover (
  report_id uuid primary key references reports.report,
  authority text not null,
  -- sent with every try, so that the other server takes the report once
  key uuid not null unique,
  -- waiting: to be sent; sent: taken there; failed: it was given up, and somebody has to tell them otherwise; over: nothing more is asked
  state text not null check (state in ('waiting', 'sent', 'failed', 'over')),
  tries integer not null default 0,
  -- when it is tried or asked about again
  next_at timestamptz,
  token text,
  remote_id text,
  -- what was said last: open or closed
  remote_status text,
  -- why the last try failed, as a code
  fault text,
  started_at timestamptz not null,
  changed_at timestamptz not null,
  check ((state in ('waiting', 'sent')) = (next_at is not null))
);
create index handover_next on reports.handover (next_at) where next_at is not null;
