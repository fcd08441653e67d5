/**
 * The name of every action. To add one: its name here; a line in `policies/schema.cedarschema` with its group and the
 * kind of thing it is for; a policy in `policies/*.cedar` (what no policy permits is refused); at least one row in
 * `policies/examples.yaml`; who may, once more, in both tables of `access.test.ts`. Then `./stoa check policies`.
 */
export const actions = [
  'journeys.start',
  'journeys.fill',
  'journeys.expire',
  'cases.submit',
  'cases.follow',
  'cases.read',
  'cases.work',
  'cases.assign',
  'cases.supervise',
  'cases.opine',
  'cases.approve',
  'cases.expire',
  'reports.send',
  'reports.answer',
  'reports.read',
  'reports.triage',
  'reports.work',
  'reports.crews',
  'reports.clients',
  'reports.expire',
  'catalogue.drafts',
  'people.proof',
  'identity.administer',
  'identity.review',
  'identity.emergency',
  'oidc.administer',
  'account.use',
  'account.secure',
  'mandates.use',
  'mandates.confirm',
  'assist.begin',
  'privacy.use',
  'privacy.respond',
  'privacy.portals',
  'journal.read',
  'audit.read',
] as const

/** The name of an action. */
export type Action = (typeof actions)[number]
