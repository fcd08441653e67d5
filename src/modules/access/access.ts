import { notFound, Problem } from '../../kernel/problem.ts'
import { type Actor, agenciesWith } from './actor.ts'
import { type Action, type Ground, policies } from './policy.ts'

/** The facts of a thing that decisions look at. Left out: it has none. */
export type Resource = {
  readonly id?: string
  readonly personId?: string | null
  readonly agency?: string
  readonly consulted?: readonly string[]
}

/** Which things a list may hold: those that any of these facts fits. `everything` needs no other. */
export type Visible = {
  readonly everything: boolean
  readonly agencies: readonly string[]
  readonly consultedAgencies: readonly string[]
  readonly personId: string | null
  readonly ids: readonly string[]
}

/** Whether the actor may; deny by default. */
export function may(actor: Actor, action: Action, resource: Resource = {}): boolean {
  return policies[action].some((ground: Ground) => holds(actor, ground, resource))
}

/**
 * Lets a use case go on, or throws: 404 for things whose existence is not the actor's to know, 401 when signing in
 * may help, 403 when a member of staff lacks the role.
 */
export function allow(actor: Actor, action: Action, resource: Resource = {}): void {
  if (may(actor, action, resource)) return
  if (resource.id !== undefined || actor.kind === 'system') throw notFound('thing')
  if (actor.kind === 'anonymous') throw new Problem('access.sign-in-needed', 401, 'Sign in to go on.')
  throw new Problem('access.denied', 403, 'Your account does not have the role for this.', { action })
}

/** The same rule as a filter for lists. */
export function visible(actor: Actor, action: Action): Visible {
  const filter = {
    everything: false,
    agencies: new Set<string>(),
    consulted: new Set<string>(),
    personId: null as string | null,
    ids: new Set<string>(),
  }
  for (const ground of policies[action] as readonly Ground[]) {
    if (ground.kind === 'anyone') filter.everything = true
    if (ground.kind === 'system') filter.everything ||= holds(actor, ground, {})
    if (ground.kind === 'own') filter.personId = actor.personId
    if (ground.kind === 'holder') for (const id of actor.holds) filter.ids.add(id)
    if (ground.kind === 'role') {
      const agencies = agenciesWith(actor, ground.roles)
      if (agencies === 'all') filter.everything = true
      else if (ground.in === 'anywhere') filter.everything ||= agencies.length > 0
      else for (const agency of agencies) (ground.in === 'agency' ? filter.agencies : filter.consulted).add(agency)
    }
  }
  return {
    everything: filter.everything,
    agencies: [...filter.agencies],
    consultedAgencies: [...filter.consulted],
    personId: filter.personId,
    ids: [...filter.ids],
  }
}

/** Whether a list with this filter would hold the thing; `may` and this always agree. */
export function fits(filter: Visible, resource: Resource): boolean {
  if (filter.everything) return true
  if (resource.agency !== undefined && filter.agencies.includes(resource.agency)) return true
  if (resource.consulted?.some((agency) => filter.consultedAgencies.includes(agency))) return true
  if (filter.personId !== null && resource.personId === filter.personId) return true
  return resource.id !== undefined && filter.ids.includes(resource.id)
}

function holds(actor: Actor, ground: Ground, resource: Resource): boolean {
  switch (ground.kind) {
    case 'anyone':
      return true
    case 'own':
      return actor.personId !== null && resource.personId === actor.personId
    case 'holder':
      return resource.id !== undefined && actor.holds.has(resource.id)
    case 'system':
      return actor.kind === 'system' && ground.parts.some((part) => actor.journalName === `system:${part}`)
    case 'role': {
      const agencies = agenciesWith(actor, ground.roles)
      if (agencies === 'all') return true
      if (ground.in === 'anywhere') return agencies.length > 0
      const wanted = ground.in === 'agency' ? [resource.agency] : (resource.consulted ?? [])
      return wanted.some((agency) => agency !== undefined && agencies.includes(agency))
    }
  }
}
