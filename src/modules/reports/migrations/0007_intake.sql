-- How far an import of another system's CSV has come: it goes on from here after a stop, and is done once.
create table reports.intake (
  -- the source of its reports: import:NAME
  source text primary key,
  -- SHA-256 of the file and of the map; another file or map begins anew
  file_hash text not null,
  -- data rows that are done
  rows integer not null default 0,
  -- what became of them: added, repeated, rejected by reason
  tally jsonb not null,
  -- how long the rejects file was then, in bytes
  rejects_bytes double precision not null default 0,
  started_at timestamptz not null,
  updated_at timestamptz not null,
  finished_at timestamptz
);
