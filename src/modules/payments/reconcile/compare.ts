import { daysBetween, type PlainDate } from '../../../kernel/time.ts'
import type { SettlementLine } from '../providers/port.ts'

/** A settlement as it is compared; `onStatement` is what the bank statement shows for its reference, null when nothing (yet). */
export type ToldSettlement = {
  readonly id: string
  readonly day: PlainDate
  readonly currency: string
  readonly net: bigint
  readonly onStatement: bigint | null
  readonly lines: readonly SettlementLine[]
}

/** Money of the books that came by the provider. `payment` is the provider's id, null when we never heard it. */
export type BookedIn = {
  readonly id: string
  readonly payment: string | null
  readonly amount: bigint
  readonly currency: string
  readonly day: PlainDate
}

/** Money of the books that went back by the provider: refunds and chargebacks of its payment. */
export type BookedOut = BookedIn & { readonly kind: 'refund' | 'chargeback'; readonly fee: bigint }

/** Everything that is compared, of one provider. Amounts in minor units. */
export type Sides = {
  readonly day: PlainDate
  readonly settlements: readonly ToldSettlement[]
  readonly payments: readonly BookedIn[]
  readonly returns: readonly BookedOut[]
  /** What earlier and later settlements than those compared hold of these payments: how often each amount. */
  readonly settledElsewhere: ReadonlyArray<{ readonly payment: string; readonly kind: SettlementLine['kind']; readonly gross: bigint }>
  /** By currency: what the ledger has on a clearing account (`part`: not the provider's), and what should be there. */
  readonly clearing: ReadonlyArray<{ readonly part?: string; readonly currency: string; readonly ledger: bigint; readonly held: bigint }>
  /** What the bank account has in the ledger, and what statements and cash on its way say; none without statements. */
  readonly bank: ReadonlyArray<{ readonly currency: string; readonly ledger: bigint; readonly told: bigint }>
  /** Cash that was carried to the bank and is on no statement. */
  readonly deposits: ReadonlyArray<{
    readonly reference: string
    readonly amount: bigint
    readonly currency: string
    readonly day: PlainDate
  }>
  readonly settledWithin: number
  readonly paidOutWithin: number
}

/** What does not agree. */
export type DifferenceKind =
  | 'line_unknown'
  | 'line_twice'
  | 'line_amount'
  | 'line_currency'
  | 'line_fee'
  | 'line_sum'
  | 'settlement_sum'
  | 'not_settled'
  | 'payout_missing'
  | 'payout_amount'
  | 'clearing'
  | 'bank'
  | 'deposit_missing'

/** A difference: `key` names the thing, so that the same one is found again under the same name; the story has ids, amounts and days. */
export type Difference = {
  readonly key: string
  readonly kind: DifferenceKind
  readonly payment?: string
  readonly amount: bigint
  readonly currency: string
  readonly story: Readonly<Record<string, string>>
}

/** How many things were compared, and what does not agree. */
export type Comparison = { readonly checked: number; readonly differences: readonly Difference[] }

/**
 * Compares what a provider says, what the statement shows and what the books have; pure. Every line of a settlement must be a payment, refund or
 * chargeback of the books with that very amount, once; everything of the books must be in a settlement after some days; every settlement must
 * add up and be on the statement; the clearing account must hold what is not paid out.
 */
export function compare(sides: Sides): Comparison {
  const lines = sides.settlements.flatMap((settlement) => settlement.lines.map((line, at) => ({ settlement, line, at })))
  const differences = [
    ...sides.settlements.flatMap((settlement) => sums(settlement)),
    ...sides.settlements.flatMap((settlement) => payouts(sides, settlement)),
    ...moneyOf(sides, lines),
    ...accounts(sides),
    ...sides.deposits.filter(({ day }) => daysBetween(day, sides.day) > sides.paidOutWithin).map(late),
  ]
  const checked =
    lines.length + sides.settlements.length + sides.payments.length + sides.returns.length + sides.clearing.length + sides.bank.length
  return { checked: checked + sides.deposits.length, differences }
}

function sums({ id, day, currency, net, lines }: ToldSettlement): Difference[] {
  const total = lines.reduce((sum, line) => sum + line.net, 0n)
  const wrong = lines.flatMap((line, at): Difference[] =>
    line.gross - line.fee === line.net
      ? []
      : [
          {
            key: `line_sum:${id}:${at + 1}`,
            kind: 'line_sum',
            amount: line.net,
            currency,
            story: { settlement: id, day, gross: String(line.gross), fee: String(line.fee) },
          },
        ],
  )
  if (total === net) return wrong
  return [
    ...wrong,
    { key: `settlement_sum:${id}`, kind: 'settlement_sum', amount: net, currency, story: { settlement: id, day, lines: String(total) } },
  ]
}

function payouts({ day: now, paidOutWithin }: Sides, { id, day, currency, net, onStatement }: ToldSettlement): Difference[] {
  const about = { amount: net, currency }
  if (onStatement === null) {
    if (net === 0n || daysBetween(day, now) <= paidOutWithin) return []
    return [{ key: `payout_missing:${id}`, kind: 'payout_missing', ...about, story: { settlement: id, day } }]
  }
  if (onStatement === net) return []
  return [{ key: `payout_amount:${id}`, kind: 'payout_amount', ...about, story: { settlement: id, day, statement: String(onStatement) } }]
}

type Line = { readonly settlement: ToldSettlement; readonly line: SettlementLine; readonly at: number }
type Booked = BookedIn & { readonly kind: 'payment' | 'refund' | 'chargeback'; readonly fee: bigint }

/** Lines against the books, payment by payment and kind by kind: first what agrees to the cent, then what differs, then what is on one side only. */
function moneyOf(sides: Sides, lines: readonly Line[]): Difference[] {
  const booked: Booked[] = [
    ...sides.payments.map((each) => ({ ...each, kind: 'payment' as const, fee: 0n })),
    ...sides.returns.map((each) => ({ ...each, amount: -each.amount })),
  ]
  const named = Map.groupBy(booked, (each) => `${each.kind}/${each.payment ?? each.id}`)
  const told = Map.groupBy(lines.filter(({ line }) => line.kind !== 'fee'), ({ line, settlement, at }) => `${line.kind}/${line.payment ?? `${settlement.id}/${at}`}`) // prettier-ignore
  const elsewhere = Map.groupBy(sides.settledElsewhere, (each) => `${each.kind}/${each.payment}`)
  return [...new Set([...named.keys(), ...told.keys()])].flatMap((name) => {
    const before = (elsewhere.get(name) ?? []).map((each) => each.gross)
    const left = without(named.get(name) ?? [], before)
    return together(sides, left, told.get(name) ?? [], named.get(name) ?? [])
  })
}

/** Booked things less those that another settlement holds. */
function without(booked: readonly Booked[], settled: readonly bigint[]): Booked[] {
  const left = [...booked]
  for (const gross of settled) {
    const at = left.findIndex((each) => each.amount === gross)
    if (at >= 0) left.splice(at, 1)
  }
  return left
}

function together(sides: Sides, booked: readonly Booked[], told: readonly Line[], all: readonly Booked[]): Difference[] {
  const left = [...booked]
  const odd: Line[] = []
  const fees: Difference[] = []
  for (const each of told) {
    const at = left.findIndex((other) => other.amount === each.line.gross && other.currency === each.settlement.currency)
    const [same] = at < 0 ? [] : left.splice(at, 1)
    if (!same) odd.push(each)
    else if (same.kind === 'chargeback' && same.fee !== each.line.fee) fees.push(feeOf(each, same))
  }
  const differences = odd.map((each) => oddLine(each, left.shift() ?? null, all))
  return [...fees, ...differences, ...left.flatMap((each) => notSettled(sides, each))]
}

/** A line that does not agree: with what it stands for in the books, if anything is left that it could stand for. */
function oddLine({ settlement, line, at }: Line, booked: Booked | null, all: readonly Booked[]): Difference {
  const { id, day, currency } = settlement
  const about = { amount: line.gross, currency }
  const story = {
    settlement: id,
    day,
    line: String(at + 1),
    kind: line.kind,
    ...(line.payment === null ? {} : { provider_payment: line.payment }),
  }
  const name = `${id}:${at + 1}`
  const [known] = all
  const payment = known?.kind === 'payment' ? { payment: known.id } : {}
  if (booked === null && known === undefined) return { key: `line_unknown:${name}`, kind: 'line_unknown', ...about, story }
  if (booked === null) return { key: `line_twice:${name}`, kind: 'line_twice', ...about, ...payment, story }
  const kind = booked.currency === currency ? 'line_amount' : 'line_currency'
  return {
    key: `${kind}:${name}`,
    kind,
    ...about,
    ...payment,
    story: { ...story, booked: String(booked.amount), booked_currency: booked.currency },
  }
}

/** A chargeback whose fee is not the one that was booked with it. */
function feeOf({ settlement, line, at }: Line, booked: Booked): Difference {
  const { id, day, currency } = settlement
  const story = { settlement: id, day, line: String(at + 1), booked: String(booked.fee) }
  return { key: `line_fee:${id}:${at + 1}`, kind: 'line_fee', amount: line.fee, currency, story }
}

function notSettled({ day: now, settledWithin }: Sides, { id, kind, amount, currency, day, payment }: Booked): Difference[] {
  if (daysBetween(day, now) <= settledWithin) return []
  const own = kind === 'payment' ? { payment: id } : {}
  const story = { id, kind, day, ...(payment === null ? {} : { provider_payment: payment }) }
  return [{ key: `not_settled:${kind}:${id}`, kind: 'not_settled', ...own, amount, currency, story }]
}

function accounts({ clearing, bank }: Sides): Difference[] {
  return [
    ...clearing
      .filter(({ ledger, held }) => ledger !== held)
      .map(({ part, currency, ledger, held }): Difference => ({
        key: accountKey(part === undefined ? 'clearing' : `clearing:${part}`, currency, ledger - held),
        kind: 'clearing',
        amount: ledger - held,
        currency,
        story: { ...(part === undefined ? {} : { part }), ledger: String(ledger), held: String(held) },
      })),
    ...bank
      .filter(({ ledger, told }) => ledger !== told)
      .map(({ currency, ledger, told }): Difference => ({
        key: accountKey('bank', currency, ledger - told),
        kind: 'bank',
        amount: ledger - told,
        currency,
        story: { ledger: String(ledger), told: String(told) },
      })),
  ]
}

/** A whole account differs for many reasons: the amount is part of the name, so that what an officer has closed hides no other difference. */
const accountKey = (account: string, currency: string, amount: bigint): string => `${account}:${currency}:${amount}`

function late({ reference, amount, currency, day }: Sides['deposits'][number]): Difference {
  return { key: `deposit_missing:${reference}`, kind: 'deposit_missing', amount, currency, story: { deposit: reference, day } }
}
