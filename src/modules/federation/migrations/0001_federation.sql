-- Outside identity providers that people may sign in with (OpenID Connect).
create table federation.provider (
  id text primary key,
  names jsonb not null,
  issuer text not null,
  client_id text not null,
  -- null: a public client
  wrapped_secret bytea,
  key_version integer,
  scopes text not null,
  -- which claim fills which field of the person's profile
  claims jsonb not null,
  -- which `acr` means which level of assurance
  levels jsonb not null,
  default_level text not null check (default_level in ('low', 'substantial', 'high')),
  enabled boolean not null,
  created_at timestamptz not null
);

-- Whose account a provider's subject is; the subject only as a keyed hash.
create table federation.link (
  provider_id text not null references federation.provider,
  subject bytea not null,
  account_id uuid not null,
  -- keyed hash of the claims that were taken over: unchanged claims are not written again
  claims_token bytea not null,
  linked_at timestamptz not null,
  used_at timestamptz not null,
  primary key (provider_id, subject)
);
create unique index link_account on federation.link (account_id, provider_id);
