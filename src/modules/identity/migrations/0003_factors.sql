-- Passkeys (WebAuthn Level 3): the public half of a key pair that an account's owner keeps in a device.
create table identity.passkey (
  id uuid primary key,
  account_id uuid not null references identity.account,
  credential_id bytea not null unique,
  public_key bytea not null,
  -- how often it was used, as the authenticator counts; 0 when it does not
  counter bigint not null,
  transports text[] not null,
  device_type text not null check (device_type in ('single_device', 'multi_device')),
  backed_up boolean not null,
  -- what its owner calls it, wrapped by the deployment key
  name bytea not null,
  key_version integer not null,
  created_at timestamptz not null,
  used_at timestamptz,
  -- its counter went back: there may be a copy of it, and it is good no more
  disabled_at timestamptz
);
create index passkey_account on identity.passkey (account_id);

-- Authenticator apps (RFC 6238). `last_step` is the 30-second step of the code that was taken last: a code is good once.
create table identity.totp (
  account_id uuid primary key references identity.account,
  secret bytea not null,
  key_version integer not null,
  confirmed_at timestamptz not null,
  last_step bigint not null
);

-- A secret that is shown to its owner and waits for the first code.
create table identity.totp_setup (
  account_id uuid primary key references identity.account,
  secret bytea not null,
  key_version integer not null,
  expires_at timestamptz not null
);

-- Recovery codes, by keyed hash; each is good once.
create table identity.recovery_code (
  token bytea primary key,
  account_id uuid not null references identity.account
);
create index recovery_code_account on identity.recovery_code (account_id);

-- What a passkey is asked to sign, by keyed hash; good once.
create table identity.challenge (
  token bytea primary key,
  purpose text not null check (purpose in ('register', 'sign_in', 'step_up')),
  account_id uuid references identity.account,
  expires_at timestamptz not null
);

-- Failures in a row, by keyed hash of who is tried or from where, and until when the next try has to wait.
create table identity.delay (
  bucket bytea primary key,
  failures integer not null,
  last_at timestamptz not null,
  waits_until timestamptz not null
);

-- The number by which the counter finds an account that has no e-mail address.
alter table identity.account add column number text unique;

-- Residents who asked for a sign-in letter by post, until an officer prints it.
create table identity.letter_request (
  account_id uuid primary key references identity.account,
  asked_at timestamptz not null
);
