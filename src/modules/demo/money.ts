import { addDays, addWorkingDays, type PlainDate } from '../../kernel/time.ts'
import { type Platform, today, transact } from '../../platform/platform.ts'
import { SEED_CHANNEL, systemActor } from '../access/index.ts'
import { type Incoming, issueMany, receiveMany, sealBillPayer, type Treasury, within } from '../payments/index.ts'
import type { Hours } from './hours.ts'
import { pastPlatform } from './lane.ts'
import { type BillKind, billKinds } from './moneykinds.ts'
import { type Chance, chance } from './random.ts'
import type { Resident } from './residents.ts'

/** What invented bills are made of. */
export type MoneyWorld = {
  readonly treasury: Treasury
  readonly hours: Hours
  readonly residents: readonly Resident[]
  /** The resident who can sign in to the demo. */
  readonly own: Resident | null
  readonly until: Date
}

const SEED = systemActor('seed', SEED_CHANNEL)
/** Bills of these days are made together. */
const TURN_DAYS = 14
const DAYS = 730

type Coming = {
  readonly kind: BillKind
  readonly who: Resident
  readonly day: PlainDate
  readonly amount: bigint
  readonly paidAfter: number | null
}

/** Gives the city two years of bills up to now, most of them paid by transfer; the same for the same seed. Returns how many. */
export async function seedMoney(world: MoneyWorld, count: number, seed: number): Promise<number> {
  const drawn = chance(seed, 'money')
  const clock = { now: world.until }
  const treasury = within(
    world.treasury,
    pastPlatform(world.treasury.platform, drawn, () => clock.now),
  )
  const last = today(world.treasury.platform)
  const coming = plan(world, drawn, count, last)
  const unpaid = new Map<PlainDate, Incoming[]>()
  let number = 0
  for (let from = addDays(last, -DAYS); from <= last; from = addDays(from, TURN_DAYS)) {
    const turn = coming.filter((each) => each.day >= from && each.day < addDays(from, TURN_DAYS))
    clock.now = world.hours.morning(from)
    await transact(treasury.platform, async (tx) => {
      const inside = within(treasury, tx)
      const bills = turn.map((each) => ({ each, key: `agency:demo/${(number += 1)}` }))
      const ids = await issueMany(inside, SEED, await Promise.all(bills.map(({ each, key }) => ready(tx, each, key)))) // prettier-ignore
      for (const { each, key } of bills) {
        const bill = ids.get(key)
        if (bill === undefined || each.paidAfter === null) continue
        const day = addDays(from, each.paidAfter)
        if (day < last) put(unpaid, day, incoming(world.treasury, each, key, bill, day))
      }
    })
    await payUntil(treasury, clock, world.hours, unpaid, addDays(from, TURN_DAYS))
  }
  return number
}

function plan({ residents, own }: MoneyWorld, drawn: Chance, count: number, last: PlainDate): Coming[] {
  const coming: Coming[] = []
  const add = (who: Resident, kind: BillKind, daysAgo: number, paidAfter: number | null): void => {
    const amount = BigInt(drawn.whole(kind.cents[0] / 50, kind.cents[1] / 50) * 50)
    coming.push({ kind, who, day: addDays(last, -daysAgo), amount, paidAfter })
  }
  for (let left = residents.length === 0 ? 0 : count; left > 0; left -= 1) {
    const kind = drawn.weighted(billKinds.map((each) => [each, each.share]))
    const paid = drawn.happens(0.93) ? (drawn.happens(0.85) ? drawn.whole(1, 13) : drawn.whole(20, 60)) : null
    add(drawn.one(residents), kind, drawn.whole(1, DAYS - 1), paid)
  }
  // whoever signs in to the demo has one bill of each sort: paid, due soon, overdue
  const [first, second, third] = billKinds
  if (own && first && second && third) {
    add(own, first, 200, 9)
    add(own, second, 16, null)
    add(own, third, 2, null)
  }
  return coming
}

async function ready(tx: Platform, { kind, who, amount }: Coming, key: string) {
  const recordId = await sealBillPayer(tx, who.personId, { kind: 'person', name: who.name, email: who.email })
  return {
    key,
    source: kind.revenue === 'fine' ? ('fine' as const) : ('agency' as const),
    sourceId: key,
    agency: kind.agency,
    revenue: kind.revenue,
    payer: { kind: 'person' as const, personId: who.personId, recordId },
    language: who.language,
    currency: tx.city.currency,
    title: kind.title,
    legalBasis: kind.law,
    dueOn: addWorkingDays(today(tx), 10, tx.city.calendar),
    lines: [{ title: kind.title, amount }],
  }
}

function incoming({ rules, platform }: Treasury, { amount }: Coming, key: string, bill: string, day: PlainDate): Incoming {
  const shares = [{ bill, amount }]
  return { key: `demo:${key}`, source: 'bank', heldBy: rules.treasury, amount, currency: platform.city.currency, day, shares }
}

function put(unpaid: Map<PlainDate, Incoming[]>, day: PlainDate, one: Incoming): void {
  unpaid.set(day, [...(unpaid.get(day) ?? []), one])
}

/** Lets the money of the days before `until` come in, day by day. */
async function payUntil(
  treasury: Treasury,
  clock: { now: Date },
  hours: Hours,
  unpaid: Map<PlainDate, Incoming[]>,
  until: PlainDate,
): Promise<void> {
  for (const day of [...unpaid.keys()].filter((each) => each < until).toSorted()) {
    clock.now = new Date(hours.morning(day).getTime() + 3_600_000)
    await transact(treasury.platform, (tx) => receiveMany(within(treasury, tx), SEED, unpaid.get(day) ?? []))
    unpaid.delete(day)
  }
}
