import { notFound, Problem } from '../../kernel/problem.ts'
import { type Actor, type Level, levels, reaches } from './actor.ts'
import { DEFAULT_DENY, type Decision, engine } from './engine.ts'
import type { Resource } from './facts.ts'
import type { Action } from './policy.ts'
import type { Policy } from './policyfiles.ts'

/** Whether the actor may; deny by default. */
export function may(actor: Actor, action: Action, resource: Resource = {}): boolean {
  return engine.decide(actor, action, resource).allowed
}

/** The decision with the ids of the policies that made it: what allowed, what refused, or `default-deny`. */
export function explain(actor: Actor, action: Action, resource: Resource = {}): Decision {
  return engine.decide(actor, action, resource)
}

/**
 * Lets a use case go on, or throws a problem that names the policy. Where a surer sign-in would be enough: `access.step-up`
 * (403) for an account and `access.sign-in-needed` (401) for anybody else, both with the level as `needs`. Else the
 * problem that the policy names; 404 for things whose existence is not the actor's to know, the policy then only in its
 * `cause`, which is never sent; 401 when signing in may help; 403 when a member of staff lacks the role.
 */
export function allow(actor: Actor, action: Action, resource: Resource = {}): void {
  const decision = engine.decide(actor, action, resource)
  if (!decision.allowed) throw refusal(actor, action, resource, decision.policies)
}

function refusal(actor: Actor, action: Action, resource: Resource, by: readonly string[]): Problem {
  const policy = by[0] ?? DEFAULT_DENY
  const rules = by.flatMap((id) => engine.policies.get(id) ?? [])
  const needs = levelThatHelps(actor, action, resource, rules)
  if (needs !== null) {
    return actor.kind === 'account'
      ? new Problem('access.step-up', 403, 'Sign in in a surer way to go on.', { needs, policy })
      : new Problem('access.sign-in-needed', 401, 'Sign in to go on.', { needs, policy })
  }
  const told = rules.find((rule) => rule.problem !== null)
  if (told?.problem) return new Problem(told.problem, 403, told.reason, { policy: told.id })
  if (resource.id !== undefined || actor.kind === 'system') {
    const hidden = notFound(engine.calledFor(action))
    hidden.cause = { policy }
    return hidden
  }
  if (actor.kind === 'anonymous') return new Problem('access.sign-in-needed', 401, 'Sign in to go on.', { policy })
  return new Problem('access.denied', 403, 'Your account does not have the role for this.', { action, policy })
}

/** The level at which the same actor would be allowed, when it is only the level that refused them. */
function levelThatHelps(actor: Actor, action: Action, resource: Resource, rules: readonly Policy[]): Level | null {
  if (actor.kind === 'system') return null
  const asked = rules.map((rule) => (rule.raiseTo === 'resource.needs' ? resource.needs : rule.raiseTo))
  const needs = levels.findLast((level) => asked.includes(level)) ?? null
  if (needs === null || reaches(actor.level, needs)) return null
  return engine.decide({ ...actor, level: needs }, action, resource).allowed ? needs : null
}
