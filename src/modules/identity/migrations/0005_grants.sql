-- A grant is looked at again by somebody else, and ends when nobody does.
alter table identity.role_binding
  -- null: a role that is nobody's to review (resident)
  add column review_due_at timestamptz,
  add column reviewed_by uuid;
update identity.role_binding
  set ends_at = coalesce(ends_at, now() + interval '365 days'), review_due_at = now() + interval '90 days'
  where role <> 'resident';
create index role_binding_review on identity.role_binding (review_due_at) where review_due_at is not null;
create index role_binding_end on identity.role_binding (ends_at) where ends_at is not null;

-- Why it was needed is sealed in the vault with the person whose case it is; here is only its place.
alter table identity.emergency
  add column agency text not null,
  add column record_id uuid not null,
  add column outcome text check (outcome in ('justified', 'follow_up')),
  add constraint emergency_reviewed check ((reviewed_at is null) = (outcome is null) and (reviewed_at is null) = (reviewed_by is null));
create index emergency_began on identity.emergency (began_at desc, id desc);

-- Agencies beside those of the city's file, and what differs from it.
create table identity.agency (
  id text primary key check (id ~ '^[a-z][a-z0-9_]{1,63}$'),
  -- name, about, address and hours by language; email and phone
  data jsonb not null,
  -- since when it takes no new cases
  closed_at timestamptz,
  changed_at timestamptz not null,
  changed_by uuid
);
