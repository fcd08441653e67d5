-- Who of the staff opened how many persons on a day; persons are known here by their blinded id only.
create table audit.seen (
  account_id uuid not null,
  day date not null,
  subject text not null,
  opened integer not null,
  out_of_hours integer not null,
  -- the newest line of the journal that is counted in: the same line is never counted twice
  last_position bigint not null,
  primary key (account_id, day, subject)
);
create index seen_day on audit.seen (day);

-- What is unusual about it, for an auditor to ask about.
create table audit.flag (
  id uuid primary key,
  kind text not null check (kind in ('many_persons', 'out_of_hours', 'own_name', 'neighbour', 'watched')),
  account_id uuid not null,
  day date not null,
  -- empty: it is about no single person
  subject text not null default '',
  count integer not null,
  raised_at timestamptz not null,
  answer text check (answer in ('work', 'emergency', 'mistake', 'follow_up')),
  -- how many it were when it was answered
  answered_count integer,
  answered_at timestamptz,
  answered_by uuid,
  unique (kind, account_id, day, subject),
  check ((answer is null) = (answered_at is null) and (answer is null) = (answered_by is null))
);
create index flag_open on audit.flag (raised_at desc, id desc) where answer is null;
create index flag_newest on audit.flag (raised_at desc, id desc);

-- Persons whose data is watched: every opening by staff is a flag.
create table audit.watched (
  subject text primary key,
  case_id uuid not null,
  added_at timestamptz not null,
  added_by uuid not null
);
