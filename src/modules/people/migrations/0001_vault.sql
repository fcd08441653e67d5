-- Each person has a data key, wrapped by the deployment key. Erasing the key erases the person.
create table people.person (
  id uuid primary key,
  key_version integer not null,
  wrapped_key bytea,
  opened bigint not null default 0,
  created_at timestamptz not null,
  erased_at timestamptz
);

create table people.record (
  id uuid primary key,
  person_id uuid not null references people.person,
  kind text not null,
  created_at timestamptz not null
);
create index record_person on people.record (person_id);
create unique index record_profile on people.record (person_id) where kind = 'profile';

-- One field of a record: AES-256-GCM under the person's key, bound to record and field.
create table people.sealed (
  record_id uuid not null references people.record,
  field text not null,
  ciphertext bytea not null,
  sealed_at timestamptz not null,
  primary key (record_id, field)
);

-- Keyed hashes for exact look-up; gone with the person.
create table people.blind (
  record_id uuid not null references people.record,
  person_id uuid not null references people.person,
  field text not null,
  token bytea not null,
  primary key (record_id, field, token)
);
create index blind_token on people.blind (field, token);

-- A file in the store, encrypted under the person's key.
create table people.document (
  id uuid primary key,
  person_id uuid not null references people.person,
  sealed_name bytea not null,
  media_type text not null,
  bytes integer not null,
  created_at timestamptz not null
);
create index document_person on people.document (person_id);
