-- What each file says, read once from its YAML: reading it anew takes a tenth of a start.
create table catalogue.content (
  hash text primary key,
  content json not null
);
comment on table catalogue.content is 'append-only: what a file with this hash says never changes';
