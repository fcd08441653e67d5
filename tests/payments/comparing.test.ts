import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { addDays, type PlainDate } from '../../src/kernel/time.ts'
import type { SettlementLine } from '../../src/modules/payments/providers/port.ts'
import { type BookedIn, type BookedOut, compare, type Sides, type ToldSettlement } from '../../src/modules/payments/reconcile/compare.ts'

const TODAY = '2026-03-20' as PlainDate
const OLD = addDays(TODAY, -15)

type Line = { -readonly [K in keyof SettlementLine]: SettlementLine[K] }
type World = {
  settlements: Array<Omit<ToldSettlement, 'lines'> & { lines: Line[] }>
  payments: BookedIn[]
  returns: BookedOut[]
  settledElsewhere: never[]
}

/** What is bought, given back and charged back, and in which settlement it lies, as random numbers say it. */
const plan = fc.array(
  fc.record({
    amount: fc.integer({ min: 100, max: 99_999 }),
    fee: fc.integer({ min: 0, max: 99 }),
    settlement: fc.nat(3),
    then: fc.constantFrom('nothing', 'refund', 'two_refunds', 'chargeback'),
  }),
  { minLength: 4, maxLength: 25 },
)
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never

/** A world in which everything agrees. */
function worldOf(plans: Plan): World {
  const settlements = [0, 1, 2, 3].map((n) => ({ id: `S${n}`, day: OLD, currency: 'EUR', net: 0n, onStatement: 0n, lines: [] as Line[] }))
  const payments: BookedIn[] = []
  const returns: BookedOut[] = []
  const line = (n: number, kind: Line['kind'], payment: string | null, gross: bigint, fee: bigint): void => {
    settlements[n]?.lines.push({ kind, payment, attempt: null, gross, fee, net: gross - fee })
  }
  for (const [n, { amount, fee, settlement, then }] of plans.entries()) {
    const about = { payment: `P${n}`, currency: 'EUR', day: OLD }
    payments.push({ id: `pay${n}`, amount: BigInt(amount), ...about })
    line(settlement, 'payment', `P${n}`, BigInt(amount), BigInt(fee))
    const back = (kind: 'refund' | 'chargeback', part: bigint, own: bigint, at: number): void => {
      returns.push({ id: `${kind}${n}-${at}`, kind, amount: part, fee: own, ...about })
      line((settlement + at) % 4, kind, `P${n}`, -part, own)
    }
    if (then === 'refund') back('refund', BigInt(amount) / 3n + 1n, 0n, 1)
    if (then === 'two_refunds') for (const at of [1, 2]) back('refund', BigInt(amount) / 4n + 1n, 0n, at)
    if (then === 'chargeback') back('chargeback', BigInt(amount), 1_500n, 1)
  }
  for (const n of [0, 1, 2, 3]) line(n, 'fee', null, 0n, 25n)
  const settled = settlements.map((each) => {
    const net = each.lines.reduce((sum, { net: part }) => sum + part, 0n)
    return { ...each, net, onStatement: net }
  })
  return { settlements: settled, payments, returns, settledElsewhere: [] }
}

const sidesOf = (world: World, more: Partial<Sides> = {}): Sides => ({ day: TODAY, ...world, clearing: [], bank: [], deposits: [], settledWithin: 5, paidOutWithin: 5, ...more }) // prettier-ignore

const find = (world: World, more?: Partial<Sides>): string[] => compare(sidesOf(world, more)).differences.map(({ key }) => key)

/** The sum of a settlement and its payout follow its lines, so that a mistake is in the lines alone. */
function added(world: World): World {
  const settlements = world.settlements.map((each) => {
    const net = each.lines.reduce((sum, line) => sum + line.net, 0n)
    return { ...each, net, onStatement: net }
  })
  return { ...world, settlements }
}

describe('the comparison of provider, statement and books', () => {
  it('finds nothing when everything agrees', () => {
    fc.assert(fc.property(plan, (plans) => assert.deepEqual(find(worldOf(plans)), [])))
  })

  /** One mistake at a random place: how it is made, and the names under which it must be found, nothing else. */
  const mistakes: Record<string, (world: World, dice: number) => { world: World; names: RegExp[] }> = {
    'a line of money that the books do not know': (world, dice) => {
      const settlement = world.settlements[dice % 4]
      settlement?.lines.push({ kind: 'payment', payment: 'nobody', attempt: null, gross: 777n, fee: 7n, net: 770n })
      return { world: added(world), names: [/^line_unknown:S\d:\d+$/] }
    },
    'a line told twice': (world, dice) => {
      const lines = world.settlements.flatMap(({ lines: own }) => own.filter(({ kind }) => kind === 'payment' || kind === 'chargeback'))
      const twice = lines[dice % lines.length]
      world.settlements[(dice + 1) % 4]?.lines.push({ ...(twice ?? assert.fail()) })
      return { world: added(world), names: [/^line_twice:S\d:\d+$/] }
    },
    'a line that is missing': (world, dice) => {
      const all = world.settlements.flatMap((each) => each.lines.flatMap((line, at) => (line.kind === 'fee' ? [] : [{ each, at }])))
      const { each, at } = all[dice % all.length] ?? assert.fail()
      each.lines.splice(at, 1)
      return { world: added(world), names: [/^not_settled:(payment|refund|chargeback):/] }
    },
    'a line of another amount': (world, dice) => {
      const all = world.settlements.flatMap((each) => each.lines.filter(({ kind }) => kind !== 'fee'))
      const line = all[dice % all.length] ?? assert.fail()
      line.gross += 1n
      line.net += 1n
      return { world: added(world), names: [/^line_amount:S\d:\d+$/] }
    },
    'a line that does not add up': (world, dice) => {
      const all = world.settlements.flatMap((each) => each.lines.filter(({ kind }) => kind === 'payment'))
      const line = all[dice % all.length] ?? assert.fail()
      line.net -= 3n
      return { world: added(world), names: [/^line_sum:S\d:\d+$/] }
    },
    'a settlement that does not add up': (world, dice) => {
      const settlements = world.settlements.map((each, at) =>
        at === dice % 4 ? { ...each, net: each.net + 10n, onStatement: each.net + 10n } : each,
      )
      return { world: { ...world, settlements }, names: [/^settlement_sum:S\d$/] }
    },
    'a payout that is not on the statement': (world, dice) => {
      const at = dice % 4
      const settlements = world.settlements.map((each, n) => (n === at ? { ...each, onStatement: null } : each))
      return { world: { ...world, settlements }, names: world.settlements[at]?.net === 0n ? [] : [/^payout_missing:S\d$/] }
    },
    'a payout of another amount': (world, dice) => {
      const settlements = world.settlements.map((each, n) => (n === dice % 4 ? { ...each, onStatement: each.net - 1n } : each))
      return { world: { ...world, settlements }, names: [/^payout_amount:S\d$/] }
    },
    'money of the books that no settlement has': (world) => {
      const payments = [...world.payments, { id: 'lonely', payment: null, amount: 4_242n, currency: 'EUR', day: OLD }]
      return { world: { ...world, payments }, names: [/^not_settled:payment:lonely$/] }
    },
    'money of the books booked with another amount': (world, dice) => {
      const at = dice % world.payments.length
      const payments = world.payments.map((each, n) => (n === at ? { ...each, amount: each.amount + 5n } : each))
      return { world: { ...world, payments }, names: [/^line_amount:S\d:\d+$/] }
    },
    'money of the books that is missing': (world, dice) => {
      const alone = world.payments.filter(({ payment }) => !world.returns.some((each) => each.payment === payment))
      if (alone.length === 0) return { world, names: [] }
      const gone = alone[dice % alone.length]
      return { world: { ...world, payments: world.payments.filter((each) => each !== gone) }, names: [/^line_unknown:S\d:\d+$/] }
    },
    'a chargeback booked with another fee': (world) => {
      const at = world.returns.findIndex(({ kind }) => kind === 'chargeback')
      const returns = world.returns.map((each, n) => (n === at ? { ...each, fee: 0n } : each))
      return { world: { ...world, returns }, names: at < 0 ? [] : [/^line_fee:S\d:\d+$/] }
    },
  }

  for (const [says, make] of Object.entries(mistakes))
    it(`finds and names ${says}, and nothing else`, () => {
      fc.assert(
        fc.property(plan, fc.nat(1_000), (plans, dice) => {
          const { world, names } = make(worldOf(plans), dice)
          const found = find(world)
          assert.equal(found.length, names.length, found.join())
          for (const [at, name] of names.entries()) assert.match(found[at] ?? '', name)
        }),
      )
    })

  it('waits some days before it misses something', () => {
    const young = { day: addDays(OLD, 5) }
    const world = worldOf([{ amount: 500, fee: 1, settlement: 0, then: 'refund' }])
    assert.deepEqual(find({ ...world, settlements: [] }, young), [])
    assert.deepEqual(find({ ...world, settlements: [] }).length, 2)
    const settlements = world.settlements.map((each) => ({ ...each, onStatement: null }))
    assert.deepEqual(find({ ...world, settlements }, young), [])
  })

  it('holds the accounts and cash on its way against one another', () => {
    const more = {
      clearing: [
        { currency: 'EUR', ledger: 100n, held: 99n },
        { currency: 'USD', ledger: 1n, held: 1n },
      ],
      bank: [{ currency: 'EUR', ledger: 5n, told: 6n }],
      deposits: [{ reference: 'DEP-0000-0000', amount: 7n, currency: 'EUR', day: OLD }],
    }
    assert.deepEqual(find(worldOf([]), more), ['clearing:EUR:1', 'bank:EUR:-1', 'deposit_missing:DEP-0000-0000'])
  })

  it('knows what another settlement than those compared has', () => {
    const world = worldOf([{ amount: 500, fee: 1, settlement: 0, then: 'nothing' }])
    const settledElsewhere = [{ payment: 'P0', kind: 'payment' as const, gross: 500n }]
    assert.deepEqual(compare({ ...sidesOf({ ...world, settlements: [] }), settledElsewhere }).differences, [])
    assert.deepEqual(compare({ ...sidesOf(world), settledElsewhere }).differences.map(({ kind }) => kind), ['line_twice']) // prettier-ignore
  })
})
