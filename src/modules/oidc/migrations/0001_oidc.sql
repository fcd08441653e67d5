-- The applications of agencies that sign residents in with Stoa.
create table oidc.client (
  id text primary key,
  -- its name, by language
  names jsonb not null,
  -- pairwise subject ids are made for each agency
  agency text not null,
  redirect_uris text[] not null,
  post_logout_redirect_uris text[] not null,
  backchannel_logout_uri text,
  auth_method text not null check (auth_method in ('client_secret_basic', 'private_key_jwt', 'none')),
  -- wrapped by the deployment key; null where the method needs no secret
  wrapped_secret bytea,
  secret_version integer,
  -- the application's own public keys (RFC 7517)
  jwks jsonb,
  scopes text[] not null,
  par_required boolean not null,
  created_at timestamptz not null,
  disabled_at timestamptz
);

-- Sessions, requests, codes, tokens and grants. What a bearer shows is kept only as a keyed hash; what belongs to it is
-- wrapped by the deployment key.
create table oidc.item (
  model text not null,
  id bytea not null,
  wrapped_payload bytea not null,
  key_version integer not null,
  grant_id text,
  uid text,
  account_id uuid,
  client_id text,
  -- of a session here: the session of the account under which it was made
  holder uuid,
  expires_at timestamptz not null,
  consumed_at timestamptz,
  primary key (model, id)
);
create index item_grant on oidc.item (grant_id) where grant_id is not null;
create index item_uid on oidc.item (uid) where uid is not null;
create index item_account on oidc.item (account_id, model) where account_id is not null;
create index item_client on oidc.item (client_id) where client_id is not null;
create index item_expires on oidc.item (expires_at);

create table oidc.signing_key (
  kid text primary key,
  wrapped_key bytea not null,
  key_version integer not null,
  created_at timestamptz not null,
  -- published from its making on; signs from here on
  signs_from timestamptz not null
);
