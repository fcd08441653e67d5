import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type Action,
  type Actor,
  anonymous,
  fits,
  holding,
  may,
  policies,
  type Resource,
  type Role,
  roles,
  systemActor,
  visible,
} from './index.ts'

const agencies = ['transport', 'fire_service', 'parks']
const actions = Object.keys(policies) as Action[]

const account = (own: Partial<Actor>): Actor => ({
  ...anonymous('web'),
  kind: 'account',
  accountId: 'a',
  personId: 'q',
  journalName: 'account:a',
  ...own,
})
const as = (role: Role, agency: string | null): Actor => account({ roles: [{ role, agency }] })

const thing: Resource = { id: 'r', personId: 'p', agency: 'transport', consulted: ['fire_service'] }

/** Everybody who may come to `thing`, by name. */
const people = {
  anonymous: anonymous('web'),
  stranger: account({}),
  owner: account({ personId: 'p' }),
  holder: holding(anonymous('api'), 'r'),
  holder_of_another: holding(anonymous('api'), 's'),
  officer: as('officer', 'transport'),
  officer_everywhere: as('officer', null),
  officer_consulted: as('officer', 'fire_service'),
  officer_elsewhere: as('officer', 'parks'),
  supervisor: as('supervisor', 'transport'),
  supervisor_elsewhere: as('supervisor', 'parks'),
  service_owner: as('service_owner', 'parks'),
  auditor: as('auditor', null),
  administrator: as('administrator', null),
  timers: systemActor('timers'),
  rules: systemActor('rules'),
  seed: systemActor('seed'),
  drafts: systemActor('drafts'),
  mail: systemActor('mail'),
} as const

type Name = keyof typeof people
const everyone = Object.keys(people) as Name[]
const team: Name[] = ['officer', 'officer_everywhere', 'supervisor']

/** Who may do what to `thing`, written down apart from the rules; everybody else may not. */
const oracle: Record<Action, readonly Name[]> = {
  'journeys.start': everyone,
  'journeys.fill': ['owner', 'holder'],
  'journeys.expire': ['drafts'],
  'cases.submit': ['owner', 'holder', 'seed'],
  'cases.follow': ['owner', 'holder'],
  'cases.read': [...team, 'officer_consulted'],
  'cases.work': [...team, 'timers', 'rules', 'seed'],
  'cases.assign': [...team, 'seed'],
  'cases.supervise': ['supervisor'],
  'cases.opine': ['officer_consulted', 'officer_everywhere'],
  'catalogue.drafts': ['service_owner', 'administrator'],
  'identity.administer': ['administrator'],
  'journal.read': ['auditor'],
  'account.use': ['owner'],
}

test('everybody may what the table says, and nothing else', () => {
  for (const action of actions) {
    for (const name of everyone) {
      const expected = oracle[action].includes(name)
      assert.equal(may(people[name], action, thing), expected, `${name} ${action}`)
      assert.equal(fits(visible(people[name], action), thing), expected, `${name} sees for ${action}`)
    }
  }
})

test('a list holds exactly the things that may be opened', () => {
  const person = fc.constantFrom('p', 'q')
  const id = fc.constantFrom('r', 's', 't')
  const agency = fc.constantFrom(...agencies)
  const binding = fc.record({ role: fc.constantFrom(...roles), agency: fc.option(agency) })
  const accounts = fc.record({
    personId: fc.option(person),
    roles: fc.array(binding, { maxLength: 3 }),
    holds: fc.array(id, { maxLength: 2 }),
  })
  const actor: fc.Arbitrary<Actor> = fc.oneof(
    accounts.map((own) => account({ ...own, holds: new Set(own.holds) })),
    fc.array(id, { maxLength: 2 }).map((holds) => anonymous('web', holds)),
    fc.constantFrom('timers', 'rules', 'seed', 'drafts', 'mail', 'setup').map((name) => systemActor(name)),
  )
  const resource: fc.Arbitrary<Resource> = fc.record(
    { id, personId: fc.option(person), agency, consulted: fc.array(agency, { maxLength: 2 }) },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(actor, fc.constantFrom(...actions), resource, (who, action, what) => {
      assert.equal(fits(visible(who, action), what), may(who, action, what))
    }),
    { numRuns: 5_000 },
  )
})
