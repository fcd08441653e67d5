import type { Role } from './actor.ts'

/** Why somebody may: a role in the thing's agency, the thing is theirs, they hold its token, or it is a system part. */
export type Ground =
  | { readonly kind: 'role'; readonly roles: readonly Role[]; readonly in: 'agency' | 'consulted' | 'anywhere' }
  | { readonly kind: 'own' }
  | { readonly kind: 'holder' }
  | { readonly kind: 'system'; readonly parts: readonly string[] }
  | { readonly kind: 'anyone' }

const own: Ground = { kind: 'own' }
const holder: Ground = { kind: 'holder' }
const anyone: Ground = { kind: 'anyone' }
const inAgency = (...roles: Role[]): Ground => ({ kind: 'role', roles, in: 'agency' })
const consulted = (...roles: Role[]): Ground => ({ kind: 'role', roles, in: 'consulted' })
const anywhere = (...roles: Role[]): Ground => ({ kind: 'role', roles, in: 'anywhere' })
const system = (...parts: string[]): Ground => ({ kind: 'system', parts })

/** Every action and the grounds on which it is allowed. What is not here is refused. */
export const policies = {
  'journeys.start': [anyone],
  'journeys.fill': [own, holder],
  'journeys.expire': [system('drafts')],
  'cases.submit': [own, holder, system('seed')],
  'cases.follow': [own, holder],
  'cases.read': [inAgency('officer', 'supervisor'), consulted('officer', 'supervisor')],
  'cases.work': [inAgency('officer', 'supervisor'), system('timers', 'rules', 'seed')],
  'cases.assign': [inAgency('officer', 'supervisor'), system('seed')],
  'cases.supervise': [inAgency('supervisor')],
  'cases.opine': [consulted('officer', 'supervisor')],
  'catalogue.drafts': [anywhere('service_owner', 'administrator')],
  'identity.administer': [anywhere('administrator')],
  'journal.read': [anywhere('auditor')],
  'account.use': [own],
} as const satisfies Record<string, readonly Ground[]>

/** The name of an action. */
export type Action = keyof typeof policies
