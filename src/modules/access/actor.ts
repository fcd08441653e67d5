import type { Author } from '../../platform/journal/journal.ts'

/** The roles of an account; each but `resident` is bound to an agency, or to all (`null`). A `helper` helps people at a trusted organisation. */
export const roles = ['resident', 'officer', 'supervisor', 'service_owner', 'auditor', 'administrator', 'helper'] as const
export type Role = (typeof roles)[number]

/** A role in an agency; `null` is every agency. */
export type RoleBinding = {
  readonly role: Role
  readonly agency: string | null
  /** The one district it is for; left out or null, all of them. Things that belong to no district are everybody's. */
  readonly district?: string | null
  /** Whether things that are marked sensitive are opened to it; left out, they are not. */
  readonly sensitive?: boolean
}

/** How surely it is known who comes, from the least (Regulation (EU) 910/2014, article 8). */
export const levels = ['low', 'substantial', 'high'] as const
export type Level = (typeof levels)[number]

/** For whom somebody acts, and within which bounds: by a mandate of that person, or helping them while they are there. */
export type Acting = {
  readonly kind: 'mandate' | 'assistance'
  /** The mandate or the assistance that allows it. */
  readonly id: string
  /** The services it is for; null for all. */
  readonly services: readonly string[] | null
}

/** Who asks: an account, somebody without one, or a part of the system itself. */
export type Actor = Author & {
  readonly kind: 'account' | 'anonymous' | 'system'
  readonly accountId: string | null
  /** Whose affairs they come for: their own, or while `acting` the other person's. */
  readonly personId: string | null
  readonly roles: readonly RoleBinding[]
  /** Ids of journeys and cases for which a valid token was shown. */
  readonly holds: ReadonlySet<string>
  /** How surely the account's owner was recognised; null for anybody without a session. */
  readonly level: Level | null
  /** Set while they act for another person; they then have no roles of their own. */
  readonly acting: Acting | null
  /** Ids of cases opened to them by a break-glass access that has not ended. */
  readonly emergency: ReadonlySet<string>
}

const NOBODY = {
  accountId: null, personId: null, roles: [], holds: new Set<string>(), level: null, acting: null, emergency: new Set<string>(),
} as const // prettier-ignore

/** Somebody without an account. */
export function anonymous(channel: string, holds: readonly string[] = []): Actor {
  return { ...NOBODY, kind: 'anonymous', journalName: 'anonymous', channel, holds: new Set(holds) }
}

/** The channel of a demo city's invented past: its acts are kept like all others, but nobody is told and nothing is printed. */
export const SEED_CHANNEL = 'seed'

/** A named part of the system, such as `timers`; it may do what its policy says and nothing else. */
export function systemActor(name: string, channel = 'job'): Actor {
  return { ...NOBODY, kind: 'system', journalName: `system:${name}`, channel }
}

/** What is known of an account that comes. */
export type AccountFacts = {
  readonly accountId: string
  readonly personId: string | null
  readonly roles: readonly RoleBinding[]
  readonly channel: string
  readonly level: Level
  readonly acting?: Acting | null
  /** While acting, whom for, as the journal knows them. */
  readonly subject?: string | null
  readonly emergency?: readonly string[]
}

/** An account with what it may be and how surely it was recognised. */
export function accountActor(facts: AccountFacts): Actor {
  return {
    kind: 'account',
    journalName: `account:${facts.accountId}`,
    channel: facts.channel,
    accountId: facts.accountId,
    personId: facts.personId,
    roles: facts.roles,
    holds: new Set(),
    level: facts.level,
    acting: facts.acting ?? null,
    subject: facts.subject ?? null,
    emergency: new Set(facts.emergency),
  }
}

/** Whether one level of assurance is at least another; nobody without a session reaches any. */
export function reaches(level: Level | null, needed: Level | 'none'): boolean {
  return needed === 'none' || (level !== null && levels.indexOf(level) >= levels.indexOf(needed))
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
