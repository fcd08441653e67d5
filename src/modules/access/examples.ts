import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { accountActor, type Actor, anonymous, holding, levels, type RoleBinding, roles, systemActor } from './actor.ts'
import { DEFAULT_DENY, type Engine } from './engine.ts'
import type { Resource } from './facts.ts'
import { filterBy, fits } from './filter.ts'
import { type Action, actions } from './policy.ts'

const ids = z.array(z.string()).default([])

const person = z.strictObject({
  is: z.enum(['account', 'anonymous', 'system']).default('account'),
  person: z.string().optional(),
  level: z.enum(levels).default('low'),
  roles: ids,
  holds: ids,
  emergency: ids,
  acting: z.union([z.literal('all'), z.array(z.string())]).optional(),
})

const thing = z.strictObject({
  id: z.string().optional(),
  person: z.string().optional(),
  account: z.string().optional(),
  agency: z.string().optional(),
  district: z.string().optional(),
  consulted: z.array(z.string()).optional(),
  service: z.string().optional(),
  sensitivity: z.enum(['ordinary', 'sensitive']).optional(),
  needs: z.enum(['none', ...levels]).optional(),
  proposed_by: z.string().optional(),
})

const row = z.strictObject({
  who: z.string(),
  may: z.enum(actions).optional(),
  'may not': z.enum(actions).optional(),
  on: z.string().optional(),
  by: z.string(),
})

const table = z.strictObject({ people: z.record(z.string(), person), things: z.record(z.string(), thing), examples: z.array(row) })

/** A worked example: what it says, and what it is about. */
export type Example = {
  /** The row as a sentence. */
  readonly says: string
  readonly actor: Actor
  readonly action: Action
  readonly resource: Resource
  readonly allowed: boolean
  readonly by: string
}

/** Reads `examples.yaml` of a folder. Throws when a row names somebody, something or an action that is not there. */
export function readExamples(folder: string): Example[] {
  const { people, things, examples } = table.parse(parse(readFileSync(join(folder, 'examples.yaml'), 'utf8')))
  return examples.map((example) => {
    const action = example.may ?? example['may not']
    const says = `${example.who} ${example.may ? 'may' : 'may not'} ${action} ${example.on ? `on ${example.on} ` : ''}by ${example.by}`
    const who = people[example.who]
    const what = example.on === undefined ? {} : things[example.on]
    if (!who || !what || !action || (example.may && example['may not'])) throw new Error(`examples.yaml: this row cannot be read: ${says}`)
    return {
      says,
      actor: actorOf(example.who, who),
      action,
      resource: resourceOf(what),
      allowed: example.may !== undefined,
      by: example.by,
    }
  })
}

/** What an example shows that is not so; null when it holds as a decision and as the filter of a list. */
export function faultOf(engine: Engine, example: Example): string | null {
  const { actor, action, resource, allowed, by } = example
  const decision = engine.decide(actor, action, resource)
  if (decision.allowed !== allowed) return `${decision.allowed ? 'is allowed' : 'is refused'} by ${decision.policies.join(', ')}`
  if (!decision.policies.includes(by)) return `is decided by ${decision.policies.join(', ')}`
  if (by !== DEFAULT_DENY && !engine.policies.has(by)) return `there is no policy ${by}`
  return fits(filterBy(engine, actor, action), resource) === allowed ? null : 'a list says otherwise than the decision'
}

function actorOf(name: string, facts: z.infer<typeof person>): Actor {
  if (facts.is === 'system') return systemActor(name)
  if (facts.is === 'anonymous') return anonymous('web', facts.holds)
  const acting =
    facts.acting === undefined ? null : { kind: 'mandate' as const, id: 'mandate', services: facts.acting === 'all' ? null : facts.acting }
  const account = accountActor({
    accountId: name,
    personId: facts.person ?? null,
    roles: facts.roles.map(bindingOf),
    channel: 'web',
    level: facts.level,
    acting,
    emergency: facts.emergency,
  })
  return holding(account, ...facts.holds)
}

/** Reads "officer at transport", "officer at transport in north", "auditor everywhere", "officer at transport, cleared". */
function bindingOf(text: string): RoleBinding {
  const found = /^(\w+) (?:at (\w+)|everywhere)(?: in (\w+))?(, cleared)?$/.exec(text)
  const role = roles.find((each) => each === found?.[1])
  if (!found || !role) throw new Error(`examples.yaml: this is no role: ${text}`)
  return { role, agency: found[2] ?? null, district: found[3] ?? null, sensitive: found[4] !== undefined }
}

function resourceOf({ person: personId, account: accountId, proposed_by: proposedBy, ...same }: z.infer<typeof thing>): Resource {
  return {
    ...same,
    ...(personId === undefined ? {} : { personId }),
    ...(accountId === undefined ? {} : { accountId }),
    ...(proposedBy === undefined ? {} : { proposedBy }),
  }
}
