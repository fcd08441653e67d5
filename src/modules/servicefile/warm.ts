import type { Service } from './service.ts'

/**
 * Compiles all expressions of a service, which otherwise happens one by one when each is first run (a third of a
 * millisecond each), so that nobody waits for it. Gives the same service. Never throws.
 */
export function warmService(service: Service): Service {
  for (const expression of expressionsOf(service)) expression.warm()
  return service
}

/** The expressions of a service, each to be compiled by `warm`. */
export function* expressionsOf(service: Service): Generator<{ warm(): void }> {
  for (const { calculation } of service.nodes) {
    if (!calculation) continue
    if ('table' in calculation) yield* calculation.table.expressions
    else yield calculation.expression
  }
  yield* service.guards.values()
  for (const { from, until } of service.validity.values()) {
    yield from
    if (until) yield until
  }
}
