import type { CedarValueJson, EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs'
import { type Actor, type Level, levels, reaches, type RoleBinding } from './actor.ts'

/**
 * The facts of a thing that policies look at; ids and codes only. Left out or null: it has none, which shuts nobody out
 * who came in without it.
 */
export type Resource = {
  readonly id?: string
  /** Whose it is. */
  readonly personId?: string | null
  /** Whose account it is. */
  readonly accountId?: string | null
  readonly agency?: string
  readonly district?: string | null
  /** Agencies that were asked for an opinion. */
  readonly consulted?: readonly string[]
  readonly service?: string | null
  readonly sensitivity?: 'ordinary' | 'sensitive'
  /** The level of assurance that its service asks for; `none` is the same as leaving it out. */
  readonly needs?: 'none' | Level
  /** The account that proposed the decision which waits. */
  readonly proposedBy?: string | null
}

/** The name of a fact. */
export type Fact = keyof Resource

/** The facts that have an attribute of their own in the schema; `desks` and `asked` are made of the others. */
export const factOf: Readonly<Record<string, Fact>> = {
  id: 'id',
  person: 'personId',
  account: 'accountId',
  agency: 'agency',
  district: 'district',
  service: 'service',
  sensitivity: 'sensitivity',
  needs: 'needs',
  proposed_by: 'proposedBy',
}

/** The values of a fact; one null when it has none. */
export function valuesOf(resource: Resource, fact: Fact): ReadonlyArray<string | null> {
  const value = resource[fact] ?? null
  if (value === 'none' && fact === 'needs') return [null]
  if (value === null || typeof value === 'string') return [value]
  return value.length > 0 ? value : [null]
}

/** Every agency, in the name of a desk. */
export const EVERY_AGENCY = '*'
/** No district, in the name of a desk. */
export const NO_DISTRICT = '-'

/** Who asks, as Cedar knows them, with those of the facts that are asked for. */
export function principalOf(actor: Actor, wanted: readonly string[]): EntityJson {
  const attrs: Record<string, CedarValueJson> = {}
  if (actor.kind !== 'system') {
    for (const name of wanted) {
      const value = actorFact(actor, name)
      if (value !== null) attrs[name] = value
    }
  }
  return { uid: principalId(actor), attrs, parents: [] }
}

function principalId(actor: Actor): TypeAndId {
  if (actor.kind === 'system') return { type: 'Stoa::System', id: actor.journalName.replace(/^system:/, '') }
  return actor.kind === 'account' ? { type: 'Stoa::Account', id: actor.accountId ?? '-' } : { type: 'Stoa::Anonymous', id: '-' }
}

function actorFact(actor: Actor, name: string): CedarValueJson {
  switch (name) {
    case 'reaches':
      return levels.filter((level) => reaches(actor.level, level))
    case 'holds':
      return some([...actor.holds])
    default:
      return actor.kind === 'account' ? accountFact(actor, name) : null
  }
}

function accountFact(actor: Actor, name: string): CedarValueJson {
  switch (name) {
    case 'account':
      return actor.accountId
    case 'person':
      return actor.personId
    case 'roles':
      return some([...new Set(actor.roles.map((binding) => binding.role))].filter((role) => role !== 'resident'))
    case 'team_at':
      return some(actor.roles.filter(inTeam).flatMap(desksOfBinding))
    case 'supervisor_at':
      return some(actor.roles.filter((binding) => binding.role === 'supervisor').flatMap(desksOfBinding))
    case 'cleared_at':
      return some(actor.roles.filter((binding) => inTeam(binding) && binding.sensitive === true).flatMap(desksOfBinding))
    case 'emergency':
      return some([...actor.emergency])
    case 'acting':
      return actor.acting === null ? null : [...(actor.acting.services ?? ['*'])]
    default:
      return null
  }
}

function inTeam(binding: RoleBinding): boolean {
  return binding.role === 'officer' || binding.role === 'supervisor'
}

function some(values: string[]): CedarValueJson {
  return values.length > 0 ? values : null
}

/** The desks at which a role works. */
function desksOfBinding({ agency, district }: RoleBinding): string[] {
  const at = agency ?? EVERY_AGENCY
  return district === undefined || district === null ? [at] : [`${at}/${district}`, `${at}/${NO_DISTRICT}`]
}

/** Whether any of the actor's roles is for one district only. */
export function worksInDistricts(actor: Actor): boolean {
  return actor.roles.some(({ district }) => district !== undefined && district !== null)
}

/**
 * The thing as Cedar knows it, with those of the facts that are asked for. The desks of single districts may be left out
 * for an actor who sits at none of them: each value costs.
 */
export function resourceOf(resource: Resource, type: string, wanted: readonly string[], districts = true): EntityJson {
  const attrs: Record<string, CedarValueJson> = {}
  for (const name of wanted) {
    const value = resourceFact(resource, name, districts)
    if (value !== null) attrs[name] = value
  }
  return { uid: { type: `Stoa::${type}`, id: resource.id ?? '-' }, attrs, parents: [] }
}

function resourceFact(resource: Resource, name: string, districts: boolean): CedarValueJson {
  const district = districts ? (resource.district ?? NO_DISTRICT) : null
  if (name === 'desks') return desksOfThing(resource.agency === undefined ? [] : [resource.agency], district)
  if (name === 'asked') return desksOfThing(resource.consulted ?? [], district)
  const fact = factOf[name]
  const value = fact === undefined ? null : (valuesOf(resource, fact)[0] ?? null)
  return value !== null && name === 'proposed_by' ? { __entity: { type: 'Stoa::Account', id: value } } : value
}

/** The desks to which a thing of these agencies belongs. */
function desksOfThing(agencies: readonly string[], district: string | null): string[] {
  const whole = [EVERY_AGENCY, ...agencies]
  return district === null ? whole : whole.flatMap((agency) => [agency, `${agency}/${district}`])
}
