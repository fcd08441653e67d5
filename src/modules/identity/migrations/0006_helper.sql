-- People of trusted organisations help residents; their agency is the organisation's id.
alter table identity.role_binding drop constraint role_binding_role_check;
alter table identity.role_binding add constraint role_binding_role_check
  check (role in ('resident', 'officer', 'supervisor', 'service_owner', 'auditor', 'administrator', 'helper'));
