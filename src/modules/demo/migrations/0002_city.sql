-- The city that was seeded; a row without a time was begun and not finished.
create table demo.city (
  one boolean primary key default true check (one),
  residents integer not null,
  cases integer not null,
  seed integer not null,
  made_at timestamptz
);
