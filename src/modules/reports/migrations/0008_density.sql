-- How many reports the public sees, counted by hexagon (H3) so that a map of a whole city is read from a few rows.
-- `total` rows say nothing but the cell; `kind` rows also category, standing and district; `month` rows also the month they came in.
create table reports.density (
  resolution smallint not null,
  grain text not null check (grain in ('total', 'kind', 'month')),
  cell text not null,
  category text not null default '',
  -- open, checking, confirmed, silent, or the outcome of what ended otherwise
  standing text not null default '',
  -- empty outside every district
  district text not null default '',
  -- the first day of the month; of other grains 1 January of the year 1
  month date not null default '0001-01-01',
  -- the middle of the cell
  lat double precision not null,
  long double precision not null,
  count integer not null,
  primary key (resolution, grain, cell, category, standing, district, month)
);
create index density_place on reports.density (resolution, grain, lat, long);
create index density_district on reports.density (district, month) where resolution = 5 and grain = 'month';

-- As what each report is counted now: counting it again takes this away first.
create table reports.counted (
  report_id uuid primary key,
  cell text not null,
  category text not null,
  standing text not null,
  district text not null,
  month date not null
);

-- Who wants to hear of new reports around a place. The address is in the vault.
create table reports.alert (
  id uuid primary key,
  person_id uuid not null,
  record_id uuid not null,
  -- a district, a street, or a circle around a point
  district text,
  street text,
  lat double precision,
  long double precision,
  radius integer,
  -- one group of categories; null: all
  category_group text,
  language text not null,
  -- the keyed hash of the code in its links
  code bytea not null unique,
  created_at timestamptz not null,
  -- when the address's owner opened the link; nothing is sent before
  confirmed_at timestamptz,
  -- reports until then were told of, or were there before
  told_until timestamptz not null,
  check (num_nonnulls(district, street, radius) = 1),
  check ((radius is null) = (lat is null) and (radius is null) = (long is null))
);
create index alert_due on reports.alert (told_until) where confirmed_at is not null;
create index alert_unconfirmed on reports.alert (created_at) where confirmed_at is null;
create index alert_person on reports.alert (person_id);
