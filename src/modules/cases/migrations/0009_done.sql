-- What was done from a page already: a keyed hash of who sent what with which form. The same form sent twice does it once.
create table cases.done (
  case_id uuid not null references cases.case,
  token bytea not null,
  done_at timestamptz not null,
  primary key (case_id, token)
);
