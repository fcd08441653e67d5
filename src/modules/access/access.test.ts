import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Problem } from '../../kernel/problem.ts'
import {
  type Action,
  actions,
  type Actor,
  allow,
  anonymous,
  explain,
  fits,
  holding,
  may,
  reaches,
  type Resource,
  type Role,
  systemActor,
  visible,
} from './index.ts'
import { randomActors, randomResources } from './makers.ts'

const account = (own: Partial<Actor>): Actor => ({
  ...anonymous('web'),
  kind: 'account',
  accountId: 'a',
  personId: 'q',
  journalName: 'account:a',
  level: 'substantial',
  ...own,
})
const as = (role: Role, agency: string | null, own: Partial<Actor> = {}): Actor => account({ roles: [{ role, agency }], ...own })

const thing: Resource = { id: 'r', personId: 'p', accountId: 'o', agency: 'transport', consulted: ['fire_service'], service: 'permit' }

/** Everybody who may come to `thing`, by name. */
const people = {
  anonymous: anonymous('web'),
  stranger: account({}),
  owner: account({ personId: 'p', accountId: 'o' }),
  owner_weakly: account({ personId: 'p', accountId: 'o', level: 'low' }),
  mandated: account({ personId: 'p', acting: { kind: 'mandate', id: 'm', services: ['permit'] } }),
  mandated_for_all: account({ personId: 'p', acting: { kind: 'mandate', id: 'm', services: null } }),
  mandated_for_another: account({ personId: 'p', acting: { kind: 'mandate', id: 'm', services: ['library'] } }),
  holder: holding(anonymous('api'), 'r'),
  holder_of_another: holding(anonymous('api'), 's'),
  officer: as('officer', 'transport'),
  officer_weakly: as('officer', 'transport', { level: 'low' }),
  officer_who_owns_weakly: as('officer', 'transport', { level: 'low', personId: 'p' }),
  officer_everywhere: as('officer', null),
  officer_of_district: account({ roles: [{ role: 'officer', agency: 'transport', district: 'north' }] }),
  officer_consulted: as('officer', 'fire_service'),
  officer_elsewhere: as('officer', 'parks'),
  officer_in_emergency: as('officer', 'parks', { emergency: new Set(['r']) }),
  officer_in_another_emergency: as('officer', 'parks', { emergency: new Set(['s']) }),
  supervisor: as('supervisor', 'transport'),
  supervisor_elsewhere: as('supervisor', 'parks'),
  service_owner: as('service_owner', 'parks'),
  auditor: as('auditor', null),
  auditor_weakly: as('auditor', null, { level: 'low' }),
  administrator: as('administrator', null),
  helper: as('helper', 'library'),
  resident_by_name: as('resident', null),
  timers: systemActor('timers'),
  rules: systemActor('rules'),
  seed: systemActor('seed'),
  drafts: systemActor('drafts'),
  retention: systemActor('retention'),
  mail: systemActor('mail'),
  peers: systemActor('peers'),
} as const

type Name = keyof typeof people
const everyone = Object.keys(people) as Name[]
const owners: Name[] = ['owner', 'owner_weakly', 'officer_who_owns_weakly']
const appliers: Name[] = [...owners, 'mandated', 'mandated_for_all', 'holder']
const team: Name[] = ['officer', 'officer_everywhere', 'officer_of_district', 'supervisor']
const officers: Name[] = [
  ...team,
  'officer_consulted',
  'officer_elsewhere',
  'officer_in_emergency',
  'officer_in_another_emergency',
  'supervisor_elsewhere',
]

/** Who may do what to `thing`, written down apart from the policies; everybody else may not. */
const oracle: Record<Action, readonly Name[]> = {
  'journeys.start': everyone.filter((name) => name !== 'mandated_for_another'),
  'journeys.fill': appliers,
  'journeys.expire': ['drafts'],
  'cases.submit': [...appliers, 'seed'],
  'cases.follow': appliers,
  'cases.read': [...team, 'officer_consulted', 'officer_in_emergency'],
  'cases.work': [...team, 'timers', 'rules', 'seed'],
  'cases.assign': [...team, 'seed'],
  'cases.supervise': ['supervisor'],
  'cases.opine': ['officer_consulted', 'officer_everywhere'],
  'cases.approve': team,
  'cases.expire': ['retention'],
  'reports.send': everyone.filter((name) => name !== 'mandated_for_another'),
  'reports.answer': appliers,
  'reports.read': team,
  'reports.triage': [...team, 'seed'],
  'reports.work': [...team, 'timers', 'peers', 'seed'],
  'reports.crews': ['supervisor'],
  'reports.clients': ['administrator'],
  'reports.expire': ['retention'],
  'money.pay': appliers,
  'money.read': [...team, 'officer_consulted'],
  'money.work': [...team, 'officer_consulted'],
  'money.approve': [...team, 'officer_consulted'],
  'money.till': team,
  'money.books': [...team, 'auditor'],
  'money.close': ['supervisor'],
  'money.clients': ['administrator'],
  'money.system': ['timers', 'seed'],
  'catalogue.drafts': ['service_owner', 'administrator'],
  'people.proof': officers,
  'mandates.confirm': officers,
  'identity.administer': ['administrator'],
  'identity.review': ['administrator', 'supervisor', 'supervisor_elsewhere'],
  'identity.emergency': officers,
  'oidc.administer': ['administrator'],
  'account.use': owners,
  'account.secure': ['owner', 'owner_weakly'],
  'mandates.use': owners,
  'assist.begin': [...officers, 'helper'],
  'privacy.use': owners,
  'privacy.respond': team,
  'privacy.portals': ['administrator'],
  'journal.read': ['auditor'],
  'audit.read': ['auditor'],
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

const pools = {
  ids: ['r', 's', 't'],
  persons: ['p', 'q'],
  accounts: ['a', 'b'],
  agencies: ['transport', 'fire_service', 'parks'],
  services: ['permit', 'library'],
}
const anyAction = fc.constantFrom(...actions)

test('a list holds exactly the things that may be opened', () => {
  fc.assert(
    fc.property(randomActors(pools), anyAction, randomResources(pools), (who, action, what) => {
      assert.equal(fits(visible(who, action), what), may(who, action, what))
    }),
    { numRuns: 6_000 },
  )
})

/** The grounds on which an action is allowed, written a second time and in another way: this is what the policies must come to. */
const grounds: Record<Action, ReadonlyArray<(who: Actor, what: Resource) => boolean>> = {
  'journeys.start': [() => true],
  'journeys.fill': [own, holder],
  'journeys.expire': [part('drafts')],
  'cases.submit': [own, holder, part('seed')],
  'cases.follow': [own, holder],
  'cases.read': [inAgency('officer', 'supervisor'), consulted, emergency],
  'cases.work': [inAgency('officer', 'supervisor'), part('timers', 'rules', 'seed')],
  'cases.assign': [inAgency('officer', 'supervisor'), part('seed')],
  'cases.supervise': [inAgency('supervisor')],
  'cases.opine': [consulted],
  'cases.approve': [inAgency('officer', 'supervisor')],
  'cases.expire': [part('retention')],
  'reports.send': [() => true],
  'reports.answer': [own, holder],
  'reports.read': [inAgency('officer', 'supervisor')],
  'reports.triage': [inAgency('officer', 'supervisor'), part('seed')],
  'reports.work': [inAgency('officer', 'supervisor'), part('timers', 'peers', 'seed')],
  'reports.crews': [inAgency('supervisor')],
  'reports.clients': [anywhere('administrator')],
  'reports.expire': [part('retention')],
  'money.pay': [own, holder],
  'money.read': [inAgency('officer', 'supervisor'), consulted],
  'money.work': [inAgency('officer', 'supervisor'), consulted],
  'money.approve': [inAgency('officer', 'supervisor'), consulted],
  'money.till': [inAgency('officer', 'supervisor')],
  'money.books': [inAgency('officer', 'supervisor'), anywhere('auditor')],
  'money.close': [inAgency('supervisor')],
  'money.clients': [anywhere('administrator')],
  'money.system': [part('timers', 'seed')],
  'catalogue.drafts': [anywhere('service_owner', 'administrator')],
  'people.proof': [anywhere('officer', 'supervisor')],
  'mandates.confirm': [anywhere('officer', 'supervisor')],
  'identity.administer': [anywhere('administrator')],
  'identity.review': [anywhere('administrator', 'supervisor')],
  'identity.emergency': [anywhere('officer', 'supervisor')],
  'oidc.administer': [anywhere('administrator')],
  'account.use': [own],
  'account.secure': [(who, what) => who.kind === 'account' && what.accountId === who.accountId],
  'mandates.use': [own],
  'assist.begin': [anywhere('officer', 'supervisor', 'helper')],
  'privacy.use': [own],
  'privacy.respond': [inAgency('officer', 'supervisor')],
  'privacy.portals': [anywhere('administrator')],
  'journal.read': [anywhere('auditor')],
  'audit.read': [anywhere('auditor')],
}
const residentActs: readonly Action[] = [
  'journeys.start',
  'journeys.fill',
  'cases.submit',
  'cases.follow',
  'reports.send',
  'reports.answer',
  'money.pay',
]
const ownActs: readonly Action[] = ['account.use', 'account.secure', 'privacy.use', 'mandates.use']
const caseActs: readonly Action[] = ['cases.read', 'cases.work', 'cases.assign', 'cases.supervise', 'cases.opine', 'cases.approve']

function own(who: Actor, what: Resource): boolean {
  return who.kind === 'account' && who.personId !== null && what.personId === who.personId
}
function holder(who: Actor, what: Resource): boolean {
  return what.id !== undefined && who.holds.has(what.id)
}
function part(...names: string[]) {
  return (who: Actor): boolean => who.kind === 'system' && names.some((name) => who.journalName === `system:${name}`)
}
function anywhere(...wanted: Role[]) {
  return (who: Actor): boolean => who.roles.some((binding) => wanted.includes(binding.role))
}
function atOneOf(who: Actor, what: Resource, agencies: readonly string[], wanted: readonly Role[], sensitive = false): boolean {
  return who.roles.some(
    (binding) =>
      wanted.includes(binding.role) &&
      (binding.agency === null || agencies.includes(binding.agency)) &&
      (binding.district == null || what.district == null || binding.district === what.district) &&
      (!sensitive || binding.sensitive === true),
  )
}
function inAgency(...wanted: Role[]) {
  return (who: Actor, what: Resource): boolean => atOneOf(who, what, what.agency === undefined ? [] : [what.agency], wanted)
}
function consulted(who: Actor, what: Resource): boolean {
  return atOneOf(who, what, what.consulted ?? [], ['officer', 'supervisor'])
}
function emergency(who: Actor, what: Resource): boolean {
  return what.id !== undefined && who.emergency.has(what.id) && anywhere('officer', 'supervisor')(who)
}

function expected(who: Actor, action: Action, what: Resource): boolean {
  if (!grounds[action].some((ground) => ground(who, what))) return false
  if (action === 'cases.submit' && who.kind !== 'system' && !reaches(who.level, what.needs ?? 'none')) return false
  if (who.kind !== 'account') return true
  if (who.acting !== null) {
    if (!residentActs.includes(action)) return false
    if (who.acting.services !== null && !who.acting.services.includes(what.service ?? '')) return false
  }
  const staffWork = !residentActs.includes(action) && !ownActs.includes(action)
  if (staffWork && !reaches(who.level, 'substantial')) return false
  if (['cases.approve', 'money.approve'].includes(action) && what.proposedBy === who.accountId) return false
  if (action === 'money.approve' && own(who, what)) return false
  if (caseActs.includes(action) && what.sensitivity === 'sensitive') {
    const agencies = [...(what.consulted ?? []), ...(what.agency === undefined ? [] : [what.agency])]
    const cleared = atOneOf(who, what, agencies, ['officer', 'supervisor'], true)
    if (!cleared && !(action === 'cases.read' && emergency(who, what))) return false
  }
  return true
}

test('all decisions are those of the grounds that are written down here', () => {
  let allowed = 0
  fc.assert(
    fc.property(randomActors(pools), anyAction, randomResources(pools), (who, action, what) => {
      const wanted = expected(who, action, what)
      if (wanted) allowed += 1
      assert.equal(may(who, action, what), wanted, JSON.stringify(explain(who, action, what)))
    }),
    { numRuns: 12_000 },
  )
  assert.ok(allowed > 1_000, `enough is allowed for the comparison to say something: ${allowed}`)
})

/** The problem with which something is refused. */
function refused(who: Actor, action: Action, what: Resource = {}): Problem {
  try {
    allow(who, action, what)
  } catch (error) {
    if (error instanceof Problem) return error
  }
  return assert.fail(`${action} is not refused`)
}

test('a refusal names its policy, and says when a surer sign-in is enough', () => {
  const cases: ReadonlyArray<[Problem, string, number, Record<string, unknown>]> = [
    [refused(people.anonymous, 'account.use'), 'access.sign-in-needed', 401, { policy: 'default-deny' }],
    [refused(people.stranger, 'audit.read'), 'access.denied', 403, { action: 'audit.read', policy: 'default-deny' }],
    [
      refused(people.officer_weakly, 'cases.read', thing),
      'access.step-up',
      403,
      { needs: 'substantial', policy: 'staff-need-second-factor' },
    ],
    [refused(people.auditor_weakly, 'audit.read'), 'access.step-up', 403, { needs: 'substantial', policy: 'staff-need-second-factor' }],
    [
      refused(people.owner_weakly, 'cases.submit', { ...thing, needs: 'high' }),
      'access.step-up',
      403,
      { needs: 'high', policy: 'assurance' },
    ],
    [
      refused(people.holder, 'cases.submit', { ...thing, needs: 'low' }),
      'access.sign-in-needed',
      401,
      { needs: 'low', policy: 'assurance' },
    ],
    [
      refused(people.officer, 'cases.approve', { ...thing, proposedBy: 'a' }),
      'cases.four-eyes',
      403,
      { policy: 'who-proposes-does-not-approve' },
    ],
  ]
  for (const [problem, code, status, extra] of cases) {
    assert.deepEqual([problem.code, problem.status, problem.extra], [code, status, extra])
    assert.ok(problem.detail.endsWith('.'))
  }
})

test('what is not theirs to know looks as if it were not there; only the log may know by which policy', () => {
  const hidden: ReadonlyArray<[Problem, string]> = [
    [refused(people.officer_elsewhere, 'cases.read', thing), 'default-deny'],
    [refused(people.officer, 'cases.read', { ...thing, sensitivity: 'sensitive' }), 'sensitive-needs-clearance'],
    // a surer sign-in would not be enough
    [refused(as('officer', 'parks', { level: 'low' }), 'cases.read', thing), 'staff-need-second-factor'],
    [refused(people.mandated_for_another, 'cases.follow', thing), 'acting-stays-in-its-services'],
    [refused(people.mail, 'cases.work', thing), 'default-deny'],
  ]
  for (const [problem, policy] of hidden) {
    assert.deepEqual([problem.code, problem.status, problem.extra], ['not-found', 404, {}])
    assert.deepEqual(problem.cause, { policy })
    assert.match(problem.detail, /^There is no such case,/)
  }
})

test('an explanation names what allowed', () => {
  assert.deepEqual(explain(people.officer, 'cases.read', thing), { allowed: true, policies: ['team-reads-cases'] })
  assert.deepEqual(explain(people.officer_everywhere, 'cases.read', thing), {
    allowed: true,
    policies: ['team-reads-cases', 'asked-agency-reads-cases'],
  })
  assert.deepEqual(explain(people.stranger, 'cases.read', thing), { allowed: false, policies: ['default-deny'] })
})
