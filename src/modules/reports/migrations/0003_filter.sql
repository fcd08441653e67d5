-- What a member of staff looks for again and again: the filters of the triage desk under a name of their own.
create table reports.filter (
  id uuid primary key,
  account_id uuid not null,
  name text not null,
  -- the query of the desk's address
  query text not null,
  created_at timestamptz not null
);
create unique index filter_name on reports.filter (account_id, name);

-- The few that the public does not see while they are open.
create index report_held on reports.report (id) where hidden and state <> 'closed';
