-- Who goes out with which crew, until a supervisor changes it; what was before is in the journal.
create table reports.crew_member (
  crew text not null,
  account_id uuid not null,
  -- the supervisor who added them; null: a demo city's beginning
  added_by uuid,
  added_at timestamptz not null,
  primary key (crew, account_id)
);
create index crew_member_account on reports.crew_member (account_id);
