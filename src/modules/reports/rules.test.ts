import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Problem } from '../../kernel/problem.ts'
import { addDays, type PlainDate, type WorkCalendar } from '../../kernel/time.ts'
import { checkedUntil, clockFrom, silentOver } from './clock.ts'
import { type Evidence, noActionReasons, type OtherEnd, standing } from './report.ts'
import { cityTimes, routeTo } from './routing.ts'
import { assignTo, type Change, confirm, confirmSilently, end, fix, merge, type Ruled, startWork, stillBroken, unmerge } from './rules.ts'

const DAY = '2026-03-02' as PlainDate
const category = { check_days: 7 }
type State = Ruled & { due_on: PlainDate | null; ended_at: Date | null }

const fresh = (own: Partial<State> = {}): State => ({
  id: 'r',
  state: 'received',
  outcome: null,
  closure: null,
  contested: null,
  confirmed_by: null,
  agency: 'transport',
  crew: null,
  checking_until: null,
  reopened: 0,
  merged_into: null,
  source: 'web',
  due_on: '2026-03-16' as PlainDate,
  ended_at: null,
  ...own,
})

const anyEvidence: fc.Arbitrary<Evidence> = fc.oneof(
  fc.constantFrom('', 'photo-1').map((photo) => ({ kind: 'photo' as const, photo })),
  fc
    .record({ order: fc.constantFrom('', '  ', 'WO-17'), shift: fc.integer({ min: -30, max: 30 }) })
    .map(({ order, shift }) => ({ kind: 'work_order' as const, order, on: addDays(DAY, shift) })),
)
const anyEnd: fc.Arbitrary<OtherEnd> = fc.oneof(
  fc.constantFrom('', 'harbour_water').map((authority) => ({ outcome: 'not_ours' as const, authority })),
  fc.constantFrom('', 'r', 's').map((of) => ({ outcome: 'duplicate' as const, of })),
  fc.constantFrom(...noActionReasons).map((reason) => ({ outcome: 'no_action' as const, reason })),
  fc.constantFrom('', ' ', 'Resurfacing').map((programme) => ({ outcome: 'referred' as const, programme, on: addDays(DAY, 900) })),
  fc.constant({ outcome: 'withdrawn' as const }),
  fc.constantFrom('', 'Closed').map((status) => ({ outcome: 'elsewhere' as const, status })),
)

type Act =
  | { act: 'assign'; crew: string | null }
  | { act: 'start' }
  | { act: 'fix'; evidence: Evidence }
  | { act: 'end'; how: OtherEnd }
  | { act: 'confirm'; by: 'reporter' | 'followers' }
  | { act: 'silence' }
  | { act: 'broken' }
  | { act: 'merge'; into: Ruled }
  | { act: 'unmerge' }
  | { act: 'wait'; days: number }

const anyAct: fc.Arbitrary<Act> = fc.oneof(
  fc.constantFrom(null, 'north', 'south').map((crew) => ({ act: 'assign' as const, crew })),
  fc.constant({ act: 'start' as const }),
  { weight: 3, arbitrary: anyEvidence.map((evidence) => ({ act: 'fix' as const, evidence })) },
  anyEnd.map((how) => ({ act: 'end' as const, how })),
  fc.constantFrom('reporter' as const, 'followers' as const).map((by) => ({ act: 'confirm' as const, by })),
  { weight: 4, arbitrary: fc.constant({ act: 'silence' as const }) },
  { weight: 3, arbitrary: fc.constant({ act: 'broken' as const }) },
  fc
    .constantFrom(fresh(), fresh({ id: 's' }), fresh({ id: 's', merged_into: 't' }), fresh({ id: 's', state: 'closed' }))
    .map((into) => ({ act: 'merge' as const, into })),
  { weight: 2, arbitrary: fc.constant({ act: 'unmerge' as const }) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 12 }).map((days) => ({ act: 'wait' as const, days })) },
)

function changeOf(state: State, act: Act, today: PlainDate): Change {
  const at = new Date(`${today}T10:00:00Z`)
  switch (act.act) {
    case 'assign':
      return assignTo(state, { agency: act.crew === 'south' ? 'city_care' : 'transport', crew: act.crew }, null, at)
    case 'start':
      return startWork(state)
    case 'fix':
      return fix(state, act.evidence, at, { opened: DAY, today }, category)
    case 'end':
      return end(state, act.how, at, today)
    case 'confirm':
      return confirm(state, act.by)
    case 'silence':
      return confirmSilently(state, today)
    case 'broken':
      return stillBroken(state, at, today)
    case 'merge':
      return merge(state, act.into, at)
    case 'unmerge':
      return unmerge(state, at)
    default:
      return {}
  }
}

test('whatever is done in whatever order, a report never says more than is so', () => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(
      fc.array(anyAct, { maxLength: 60, size: 'max' }),
      fc.constantFrom('web' as const, 'import:elsewhere' as const),
      (acts, source) => {
        let state = fresh({ source })
        let today = DAY
        for (const act of acts) {
          if (act.act === 'wait') today = addDays(today, act.days)
          let change: Change
          try {
            change = changeOf(state, act, today)
          } catch (error) {
            assert.ok(error instanceof Problem && [409, 422].includes(error.status), String(error))
            continue
          }
          const after: State = { ...state, ...change }
          seen.set(act.act, (seen.get(act.act) ?? 0) + 1)
          holds(state, after, act)
          state = after
        }
      },
    ),
    { numRuns: 3_000 },
  )
  for (const act of ['assign', 'start', 'fix', 'end', 'confirm', 'silence', 'broken', 'merge', 'unmerge'])
    assert.ok((seen.get(act) ?? 0) > 50, `${act} was done often enough to say something: ${seen.get(act)}`)
})

function holds(before: State, after: State, act: Act): void {
  const now = standing(after)
  const ended = now.state === 'checking' || now.state === 'closed'
  assert.equal(ended, after.outcome !== null && after.closure !== null && after.ended_at !== null)
  assert.equal(after.outcome, after.closure?.outcome ?? null)
  if (now.closure?.outcome === 'fixed') {
    const { evidence } = now.closure
    assert.ok(evidence.kind === 'photo' ? evidence.photo !== '' : evidence.order.trim() !== '' && evidence.on !== null)
    assert.equal(now.state === 'closed', now.confirmed !== null)
  }
  if (now.closure?.outcome === 'not_ours') assert.notEqual(now.closure.authority, '')
  if (now.closure?.outcome === 'referred') assert.notEqual(now.closure.programme.trim(), '')
  if (now.closure?.outcome === 'duplicate') assert.ok(now.closure.of !== '' && now.closure.of !== after.id)
  if (now.closure?.outcome === 'elsewhere') assert.match(after.source, /^(import|pull):/)
  assert.equal(after.merged_into !== null, after.outcome === 'duplicate')
  // no act moves the day on which it is due: neither reassignment nor "still broken" begins anew
  assert.equal(after.due_on, before.due_on)
  assert.equal(after.reopened, act.act === 'broken' ? before.reopened + 1 : before.reopened)
  if (act.act === 'broken') {
    assert.equal(after.crew, before.crew)
    assert.equal(after.agency, before.agency)
    assert.equal(after.state, before.crew === null ? 'received' : 'assigned')
  }
}

test('a row that says what no act can make it say is a bug, and is not shown as something else', () => {
  assert.throws(() => standing(fresh({ state: 'closed' })), /invariant/)
  assert.throws(() => standing(fresh({ closure: { outcome: 'withdrawn' } })), /invariant/)
  const fixed = { outcome: 'fixed', evidence: { kind: 'photo', photo: 'p' } } as const
  assert.throws(() => standing(fresh({ state: 'checking', closure: fixed })), /invariant/)
  assert.throws(() => standing(fresh({ state: 'closed', closure: fixed })), /invariant/)
  assert.throws(() => standing(fresh({ state: 'checking', closure: { outcome: 'withdrawn' }, checking_until: DAY })), /invariant/)
})

test('a work order is of a day since the report came, and what was still broken shows no other fix', () => {
  const [at, today] = [new Date(`${DAY}T10:00:00Z`), addDays(DAY, 3)]
  const order = (on: PlainDate, number = 'WO-17'): Evidence => ({ kind: 'work_order', order: number, on })
  const fixed = (state: State, evidence: Evidence): State => ({ ...state, ...fix(state, evidence, at, { opened: DAY, today }, category) })
  const refused = (code: string) => (error: unknown) => error instanceof Problem && error.code === code && error.status === 422
  for (const on of ['2019-01-01' as PlainDate, addDays(DAY, -1), addDays(today, 1)])
    assert.throws(() => fixed(fresh(), order(on)), refused('reports.no-evidence'), on)
  for (const evidence of [order(DAY), { kind: 'photo', photo: 'p' } as const]) {
    const first = fixed(fresh(), evidence)
    const broken = { ...first, ...stillBroken(first, at, today) }
    assert.throws(() => fixed(broken, { ...evidence }), refused('reports.same-evidence'))
    assert.equal(fixed(broken, order(today)).state, 'checking')
    assert.equal(fixed(broken, order(DAY, 'WO-18')).state, 'checking')
  }
})

test('a report is not handed to a programme whose day has passed', () => {
  const referred = (on: PlainDate): Change => end(fresh(), { outcome: 'referred', programme: 'Resurfacing', on }, new Date(0), DAY)
  assert.throws(
    () => referred(addDays(DAY, -1)),
    (error) => error instanceof Problem && error.code === 'reports.no-fact',
  )
  assert.equal(referred(DAY).outcome, 'referred')
})

const calendar: WorkCalendar = { weekend: [6, 7], holidays: new Set(['2026-03-09']) }

test('the clock counts working days, warns before it is too late and never before the day it came', () => {
  // Monday; the Monday after it is a holiday
  assert.deepEqual(clockFrom(DAY, { due_days: 5, warn_days: 2 }, calendar), { due_on: '2026-03-10', warn_on: '2026-03-05' })
  assert.deepEqual(clockFrom(DAY, { due_days: 0, warn_days: 3 }, calendar), { due_on: DAY, warn_on: DAY })
  assert.deepEqual(clockFrom(DAY, { due_days: null, warn_days: 1 }, calendar), { due_on: null, warn_on: null })
  fc.assert(
    fc.property(fc.nat(60), fc.nat(60), fc.nat(400), (due_days, warn_days, shift) => {
      const opened = addDays(DAY, shift)
      const { due_on: due, warn_on: warn } = clockFrom(opened, { due_days, warn_days }, calendar)
      assert.ok(due !== null && warn !== null && opened <= warn && warn <= due)
    }),
  )
})

test('silence is over on the day after the period', () => {
  const until = checkedUntil(DAY, { check_days: 7 })
  assert.equal(until, '2026-03-09')
  assert.equal(silentOver({ state: 'checking', checking_until: until }, until), false)
  assert.equal(silentOver({ state: 'checking', checking_until: until }, addDays(until, 1)), true)
  assert.equal(silentOver({ state: 'assigned', checking_until: until }, addDays(until, 1)), false)
})

test('routes look at kind, place and time; the first that fits wins', () => {
  const routes = [
    { categories: ['litter'], districts: ['old'], days: [5, 6], from: '18:00', to: '04:00', agency: 'care', crew: 'evening' },
    { groups: ['waste'], agency: 'care', crew: 'day' },
    { categories: ['noise'], agency: 'health' },
  ]
  const to = (id: string, group: string, district: string | null, weekday: number, minutes: number): string | null => {
    const desk = routeTo(routes, { category: { id, group, agency: 'own' }, district, at: { weekday, minutes } })
    return `${desk.agency}/${desk.crew ?? '-'}`
  }
  assert.equal(to('litter', 'waste', 'old', 5, 18 * 60), 'care/evening')
  assert.equal(to('litter', 'waste', 'old', 5, 18 * 60 - 1), 'care/day')
  // over midnight the day is the one on which the hours began
  assert.equal(to('litter', 'waste', 'old', 7, 3 * 60), 'care/evening')
  assert.equal(to('litter', 'waste', 'old', 5, 3 * 60), 'care/day')
  assert.equal(to('litter', 'waste', null, 5, 20 * 60), 'care/day')
  assert.equal(to('noise', 'health', 'old', 1, 0), 'health/-')
  assert.equal(to('rats', 'health', 'old', 1, 0), 'own/-')
})

test('the city’s clock is that of its zone, with its summer time', () => {
  const at = cityTimes('Europe/Lisbon')
  assert.deepEqual(at(new Date('2026-01-05T08:30:00Z')), { weekday: 1, minutes: 8 * 60 + 30 })
  assert.deepEqual(at(new Date('2026-07-05T23:30:00Z')), { weekday: 1, minutes: 30 })
})
