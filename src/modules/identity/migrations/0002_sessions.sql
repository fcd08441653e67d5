-- An account may have other means than an address and a password: a passkey, a letter, an outside provider.
alter table identity.account alter column email_token drop not null;
alter table identity.account alter column password_hash drop not null;
-- When an officer saw the person and their papers at the counter; null: nobody has.
alter table identity.account add column proofed_at timestamptz;

-- How the owner was recognised, on what device, and for whom they act.
alter table identity.session
  add column id uuid not null default gen_random_uuid(),
  add column level text not null default 'low' check (level in ('low', 'substantial', 'high')),
  add column methods text[] not null default '{}',
  add column device text not null default '',
  -- a session at a shared counter device: it ends after minutes and leaves nothing behind
  add column kiosk boolean not null default false,
  add column acting_kind text check (acting_kind in ('mandate', 'assistance')),
  add column acting_id uuid,
  add column acting_person uuid,
  -- null: all services
  add column acting_services text[],
  add column acting_until timestamptz,
  add constraint session_acting check ((acting_kind is null) = (acting_id is null) and (acting_kind is null) = (acting_person is null));
create unique index session_id on identity.session (id);

-- Grants of roles end by themselves and are looked at again; who gave them is in the journal too.
alter table identity.role_binding
  add column id uuid not null default gen_random_uuid(),
  add column ends_at timestamptz,
  add column granted_by uuid,
  add column reviewed_at timestamptz;
create unique index role_binding_id on identity.role_binding (id);

-- Break-glass: an officer opens a case that is not theirs, for a reason that the person and the auditor see.
create table identity.emergency (
  id uuid primary key,
  account_id uuid not null references identity.account,
  case_id uuid not null,
  reason text not null,
  began_at timestamptz not null,
  ends_at timestamptz not null,
  reviewed_at timestamptz,
  reviewed_by uuid
);
create index emergency_account on identity.emergency (account_id, ends_at);
create index emergency_case on identity.emergency (case_id);

alter table identity.code drop constraint code_purpose_check;
alter table identity.code add constraint code_purpose_check
  check (purpose in ('verify', 'reset', 'setup', 'link', 'letter', 'second_step', 'join'));
