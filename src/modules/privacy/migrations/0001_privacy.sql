-- What a person was asked and what they said, with the very words that were shown; the newest line for a consent holds.
create table privacy.consent (
  id uuid primary key,
  person_id uuid not null,
  consent text not null,
  version integer not null,
  act text not null check (act in ('asked', 'given', 'withdrawn')),
  language text not null,
  wording text not null,
  -- of the wording in every language: other words are asked anew
  wording_hash text not null,
  channel text not null,
  at timestamptz not null
);
comment on table privacy.consent is 'append-only: the ledger of consents';
create index consent_person on privacy.consent (person_id, consent, at desc, id desc);

-- What a person wants done with their data everywhere; the newest line for a choice holds.
create table privacy.choice (
  id uuid primary key,
  person_id uuid not null,
  choice text not null check (choice in ('no_sharing', 'limit_sensitive')),
  chosen boolean not null,
  -- said on the page, kept by the browser from before signing in, or sent by it as a signal (Global Privacy Control)
  source text not null check (source in ('person', 'browser', 'signal')),
  at timestamptz not null
);
comment on table privacy.choice is 'append-only: what persons chose';
create index choice_person on privacy.choice (person_id, choice, at desc, id desc);

-- Portals of the country that may ask on behalf of a person; the key only as a keyed hash.
create table privacy.portal (
  id uuid primary key,
  name text not null,
  token bytea not null unique,
  created_at timestamptz not null,
  ended_at timestamptz
);

-- What each run of the erasing job erased.
create table privacy.retention_run (
  id uuid primary key,
  at timestamptz not null,
  -- `case`, `account`, `message`, or `none` for a run that found nothing
  kind text not null,
  service text,
  count integer not null
);
comment on table privacy.retention_run is 'append-only: what was erased when its time was over';
create index retention_run_at on privacy.retention_run (at desc);
