import {
  type EntityJson,
  isAuthorizedPartial,
  type PolicyJson,
  preparsePolicySet,
  statefulIsAuthorized,
} from '@cedar-policy/cedar-wasm/nodejs'
import { fileURLToPath } from 'node:url'
import { present } from '../../kernel/invariant.ts'
import { remembered } from '../../kernel/once.ts'
import type { Actor } from './actor.ts'
import { principalOf, type Resource, resourceOf, worksInDistricts } from './facts.ts'
import type { Action } from './policy.ts'
import { type Policy, readPolicyFiles } from './policyfiles.ts'

/** What is said of a refusal when no policy allows. */
export const DEFAULT_DENY = 'default-deny'

/** A decision, with the policies that made it: those that allowed or those that refused, or `default-deny`. */
export type Decision = { readonly allowed: boolean; readonly policies: readonly string[] }

/** Policies that were read and are ready to decide. */
export type Engine = {
  readonly policies: ReadonlyMap<string, Policy>
  /** What the thing of an action is called in a refusal, such as `case`. */
  calledFor(action: Action): string
  decide(actor: Actor, action: Action, resource: Resource): Decision
  /** What is left of each policy of an action when everything but the thing is known. */
  residuals(actor: Actor, action: Action): readonly PolicyJson[]
}

/** The policies of one action, preparsed, and the facts that they mention: a decision takes no others along. */
type ActionSet = {
  readonly set: string
  readonly policies: readonly Policy[]
  readonly resourceType: string
  readonly called: string
  readonly principalFacts: readonly string[]
  readonly resourceFacts: readonly string[]
}

/** The folder of the program's own policies. */
export const policiesFolder = fileURLToPath(new URL('../../../policies', import.meta.url))

/**
 * Reads a folder's policies and preparses them, one set for each action with only the policies that are about it:
 * the cost of a decision grows with the policies of its set and the facts it takes along. Throws with the policy's
 * name when one is not Cedar; `checkPolicies` also holds them against the schema.
 */
export function loadEngine(folder: string): Engine {
  const files = readPolicyFiles(folder)
  const policies = new Map(files.policies.map((policy) => [policy.id, policy]))
  const order = new Map(files.policies.map((policy, at) => [policy.id, at]))
  const preparsed = new Set<string>()
  const sets = new Map<string, ActionSet>()
  for (const [action, { resourceType, called }] of files.actions) {
    const about = files.policies.filter((policy) => policy.actions.includes(action))
    const set = `${folder}: ${about.map((policy) => policy.id).join(' ')}`
    if (!preparsed.has(set)) preparse(set, about)
    preparsed.add(set)
    const mentioned = (name: string): string[] => [
      ...new Set(
        about.flatMap(({ text }) =>
          [...text.matchAll(new RegExp(`\\b${name}(?:\\.|\\s+has\\s+)(\\w+)`, 'g'))].map(([, fact = '']) => fact),
        ),
      ),
    ]
    sets.set(action, {
      set,
      policies: about,
      resourceType,
      called,
      principalFacts: mentioned('principal'),
      resourceFacts: mentioned('resource'),
    })
  }
  // the same question has the same answer as long as the policies are: they look at the facts taken along, and at no clock
  const decided = remembered<Decision>(5_000)
  const left = remembered<readonly PolicyJson[]>(5_000)
  const setOf = (action: Action): ActionSet => present(sets.get(action), `the schema has the action ${action}`)
  return {
    policies,
    calledFor: (action) => setOf(action).called,
    decide: (actor, action, resource) => {
      const at = setOf(action)
      const principal = principalOf(actor, at.principalFacts)
      const thing = resourceOf(resource, at.resourceType, at.resourceFacts, worksInDistricts(actor))
      return decided(JSON.stringify([action, principal, thing]), () => {
        const { allowed, reasons } = decideBy(at, principal, action, thing)
        const named = reasons.toSorted((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))
        return { allowed, policies: named.length > 0 ? named : [DEFAULT_DENY] }
      })
    },
    residuals: (actor, action) => {
      const at = setOf(action)
      const principal = principalOf(actor, at.principalFacts)
      return left(JSON.stringify([action, principal]), () => residualsBy(at, principal, action))
    },
  }
}

function preparse(set: string, policies: readonly Policy[]): void {
  const answer = preparsePolicySet(set, { staticPolicies: textsOf(policies) })
  if (answer.type === 'success') return
  for (const policy of policies) {
    const alone = preparsePolicySet(`${set} alone`, { staticPolicies: textsOf([policy]) })
    if (alone.type === 'failure')
      throw new Error(`policies/${policy.file}: ${policy.id}: ${alone.errors.map((each) => each.message).join('; ')}`)
  }
  throw new Error(`policies: ${answer.errors.map((each) => each.message).join('; ')}`)
}

function textsOf(policies: readonly Policy[]): Record<string, string> {
  return Object.fromEntries(policies.map((policy) => [policy.id, policy.text]))
}

function decideBy(
  at: ActionSet,
  principal: EntityJson,
  action: Action,
  thing: EntityJson,
): { allowed: boolean; reasons: readonly string[] } {
  const answer = statefulIsAuthorized({
    principal: principal.uid,
    action: { type: 'Stoa::Action', id: action },
    resource: thing.uid,
    context: {},
    entities: [principal, thing].filter((entity) => Object.keys(entity.attrs).length > 0),
    preparsedPolicySetId: at.set,
    validateRequest: false,
  })
  if (answer.type === 'failure') throw new Error(`${action} cannot be decided: ${answer.errors.map((each) => each.message).join('; ')}`)
  const { decision, diagnostics } = answer.response
  // a policy that cannot be evaluated is left out by Cedar; a forbid left out would allow
  if (diagnostics.errors.length > 0) {
    throw new Error(
      `${action} cannot be decided: ${diagnostics.errors.map((each) => `${each.policyId}: ${each.error.message}`).join('; ')}`,
    )
  }
  return { allowed: decision === 'allow', reasons: diagnostics.reason }
}

function residualsBy(at: ActionSet, principal: EntityJson, action: Action): readonly PolicyJson[] {
  const answer = isAuthorizedPartial({
    principal: principal.uid,
    action: { type: 'Stoa::Action', id: action },
    resource: null,
    context: {},
    policies: { staticPolicies: textsOf(at.policies) },
    entities: Object.keys(principal.attrs).length > 0 ? [principal] : [],
    validateRequest: false,
  })
  if (answer.type === 'failure') throw new Error(`${action} has no filter: ${answer.errors.map((each) => each.message).join('; ')}`)
  const { errored, residuals } = answer.response
  if (errored.length > 0) throw new Error(`${action} has no filter: ${errored.join(', ')} cannot be evaluated`)
  return Object.values(residuals)
}

/** The program's own policies. */
export const engine = loadEngine(policiesFolder)
