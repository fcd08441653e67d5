create table identity.account (
  id uuid primary key,
  person_id uuid not null unique,
  -- keyed hash of the e-mail address; the address itself is in the vault
  email_token bytea not null unique,
  password_hash text not null,
  status text not null check (status in ('unverified', 'active', 'closed')),
  language text not null,
  -- the official name of a member of staff, as residents see it; null for residents
  staff_name text,
  created_at timestamptz not null
);

create table identity.role_binding (
  account_id uuid not null references identity.account,
  role text not null check (role in ('resident', 'officer', 'supervisor', 'service_owner', 'auditor', 'administrator')),
  agency text,
  granted_at timestamptz not null
);
create unique index role_binding_once on identity.role_binding (account_id, role, coalesce(agency, ''));

create table identity.session (
  token bytea primary key,
  account_id uuid not null references identity.account,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  ends_at timestamptz not null
);
create index session_account on identity.session (account_id);

-- One-time codes: verifying an address, resetting a password, setting up the first administrator.
create table identity.code (
  token bytea primary key,
  purpose text not null check (purpose in ('verify', 'reset', 'setup')),
  account_id uuid references identity.account,
  expires_at timestamptz not null,
  tries_left integer not null default 10
);

-- Attempts that count against a limit, by keyed hash of what is tried (an address, a network, a reference).
create table identity.attempt (
  bucket bytea not null,
  at timestamptz not null
);
create index attempt_bucket on identity.attempt (bucket, at);
