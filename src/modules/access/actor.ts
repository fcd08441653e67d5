import type { Author } from '../../platform/journal/journal.ts'

/** The roles of an account; each but `resident` is bound to an agency, or to all (`null`). */
export const roles = ['resident', 'officer', 'supervisor', 'service_owner', 'auditor', 'administrator'] as const
export type Role = (typeof roles)[number]

/** A role in an agency; `null` is every agency. */
export type RoleBinding = { readonly role: Role; readonly agency: string | null }

/** Who asks: an account, somebody without one, or a part of the system itself. */
export type Actor = Author & {
  readonly kind: 'account' | 'anonymous' | 'system'
  readonly accountId: string | null
  readonly personId: string | null
  readonly roles: readonly RoleBinding[]
  /** Ids of journeys and cases for which a valid token was shown. */
  readonly holds: ReadonlySet<string>
}

/** Somebody without an account. */
export function anonymous(channel: string, holds: readonly string[] = []): Actor {
  return { kind: 'anonymous', journalName: 'anonymous', channel, accountId: null, personId: null, roles: [], holds: new Set(holds) }
}

/** The channel of a demo city's invented past: its acts are kept like all others, but nobody is told and nothing is printed. */
export const SEED_CHANNEL = 'seed'

/** A named part of the system, such as `timers`; it may do what its policy says and nothing else. */
export function systemActor(name: string, channel = 'job'): Actor {
  return { kind: 'system', journalName: `system:${name}`, channel, accountId: null, personId: null, roles: [], holds: new Set() }
}

/** The same actor, who has also shown a valid token for these things. */
export function holding(actor: Actor, ...ids: readonly string[]): Actor {
  return { ...actor, holds: new Set([...actor.holds, ...ids]) }
}

/** The agencies in which an actor has one of these roles; `'all'` when a binding names none. */
export function agenciesWith(actor: Actor, wanted: readonly Role[]): 'all' | readonly string[] {
  const bindings = actor.roles.filter((binding) => wanted.includes(binding.role))
  if (bindings.some((binding) => binding.agency === null)) return 'all'
  return [...new Set(bindings.flatMap((binding) => (binding.agency === null ? [] : [binding.agency])))]
}

/** Whether the actor works for the city in any role. */
export function isStaff(actor: Actor): boolean {
  return actor.roles.some((binding) => binding.role !== 'resident')
}
