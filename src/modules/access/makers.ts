import fc from 'fast-check'
import { accountActor, type Actor, anonymous, holding, type Level, levels, type RoleBinding, roles, systemActor } from './actor.ts'
import type { Resource } from './facts.ts'

/** The values from which random actors and things are made; few, so that they meet. */
export type Pools = {
  readonly ids: readonly string[]
  readonly persons: readonly string[]
  readonly accounts: readonly string[]
  readonly agencies: readonly string[]
  readonly services: readonly string[]
}

const districts = ['north', 'south']
const parts = ['timers', 'rules', 'seed', 'drafts', 'retention', 'mail', 'setup', 'peers']

/** Random actors for property tests: accounts with roles, acting for others or not, anonymous ones and parts of the program. */
export function randomActors(pools: Pools): fc.Arbitrary<Actor> {
  const binding: fc.Arbitrary<RoleBinding> = fc.record(
    {
      role: fc.constantFrom(...roles),
      agency: fc.option(fc.constantFrom(...pools.agencies)),
      district: fc.option(fc.constantFrom(...districts)),
      sensitive: fc.boolean(),
    },
    { requiredKeys: ['role', 'agency'] },
  )
  const held = fc.array(fc.constantFrom(...pools.ids), { maxLength: 2 })
  const services = fc.option(fc.array(fc.constantFrom(...pools.services), { maxLength: 2 }))
  const account = fc
    .record({
      accountId: fc.constantFrom(...pools.accounts),
      personId: fc.option(fc.constantFrom(...pools.persons)),
      // most work is done by those who have roles and came in well
      roles: fc.array(binding, { maxLength: 3 }),
      level: fc.oneof({ weight: 3, arbitrary: fc.constant<Level>('substantial') }, fc.constantFrom(...levels)),
      emergency: held,
      holds: held,
      acting: fc.oneof(
        { weight: 4, arbitrary: fc.constant(null) },
        services.map((some) => ({ kind: 'mandate' as const, id: 'm', services: some })),
      ),
    })
    .map(({ holds, ...facts }) => holding(accountActor({ ...facts, roles: facts.acting ? [] : facts.roles, channel: 'web' }), ...holds))
  return fc.oneof(
    { weight: 6, arbitrary: account },
    held.map((holds) => anonymous('web', holds)),
    fc.constantFrom(...parts).map((name) => systemActor(name)),
  )
}

/** Random things for property tests, with any of the facts that policies look at. */
export function randomResources(pools: Pools): fc.Arbitrary<Resource> {
  return fc.record(
    {
      id: fc.constantFrom(...pools.ids),
      personId: fc.option(fc.constantFrom(...pools.persons)),
      accountId: fc.option(fc.constantFrom(...pools.accounts)),
      agency: fc.constantFrom(...pools.agencies),
      district: fc.option(fc.constantFrom(...districts)),
      consulted: fc.array(fc.constantFrom(...pools.agencies), { maxLength: 2 }),
      service: fc.constantFrom(...pools.services),
      sensitivity: fc.constantFrom('ordinary' as const, 'sensitive' as const),
      needs: fc.constantFrom('none' as const, ...levels),
      proposedBy: fc.option(fc.constantFrom(...pools.accounts)),
    },
    { requiredKeys: [] },
  )
}
