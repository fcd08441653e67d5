-- Every version of a service that was ever offered, as it was; a case keeps the version it began with.
create table catalogue.version (
  service_id text not null,
  version text not null,
  hash text not null,
  source text not null,
  first_seen_at timestamptz not null,
  primary key (service_id, version)
);
comment on table catalogue.version is 'append-only: a version never changes';
