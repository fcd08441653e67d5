-- Transaction ids begin anew in another cluster: after a restore, events up to `floor` are ordered once and left alone.
alter table journal.cursor add column floor bigint not null default 0;
create table journal.cluster (
  one boolean primary key default true check (one),
  system_identifier text not null
);
