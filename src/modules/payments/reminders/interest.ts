import { addDays, daysBetween, parsePlainDate, type PlainDate } from '../../../kernel/time.ts'
import type { InterestRule } from '../rules/reminders.ts'

/** Interest on an amount is `amount * thousandths of a percent * days` of these: a year of 365 days, a hundred percent. */
export const INTEREST_UNIT = 36_500_000n

/** What is owed, without interest and fees, from a day on (the day itself counts). */
export type Balance = { readonly from: PlainDate; readonly amount: bigint }

/**
 * Simple interest, act/365 fixed, on the days after `from` up to and with `until`, not rounded: in `INTEREST_UNIT`ths of a
 * minor unit. `balances` are in the order of their days; before the first of them, and of the rates, nothing is counted.
 * Periods that follow on one another add up to what the whole period gives.
 */
export function interestParts(rule: InterestRule, balances: readonly Balance[], from: PlainDate, until: PlainDate): bigint {
  const changes = [...balances, ...rule.rates]
    .flatMap((each) => parsePlainDate(each.from) ?? [])
    .filter((each) => each <= until)
    .toSorted()
  let sum = 0n
  let day = addDays(from, 1)
  while (day <= until) {
    const here = day
    const end = changes.find((each) => each > here) ?? addDays(until, 1)
    const owed = balances.findLast((each) => each.from <= here)?.amount ?? 0n
    const percent = rule.rates.findLast((each) => each.from <= here)?.percent ?? 0
    if (owed > 0n) sum += owed * BigInt(Math.round(percent * 1000)) * BigInt(daysBetween(day, end))
    day = end
  }
  return sum
}

/** Whole minor units of interest, rounded down, and what is left for the next time; `rest` is what was left the last time. */
export function roundInterest(parts: bigint, rest: bigint): { readonly amount: bigint; readonly rest: bigint } {
  const all = parts + rest
  return { amount: all / INTEREST_UNIT, rest: all % INTEREST_UNIT }
}

/** What balances are made from: amounts that are owed from a day, payments on a day, and what was waived. */
export type Movements = {
  readonly principal: ReadonlyArray<{ readonly on: PlainDate; readonly amount: bigint }>
  readonly paid: ReadonlyArray<{ readonly on: PlainDate; readonly amount: bigint }>
  readonly waived: bigint
}

/**
 * What was owed from day to day, for the payer's good: interest and fees bear none, payments go to what bears it first,
 * on the day they came; what was waived or corrected down counts as if it had never been owed.
 */
export function balancesOf({ principal, paid, waived }: Movements): Balance[] {
  const less = principal.reduce((sum, { amount }) => (amount < 0n ? sum - amount : sum), waived)
  const changes = [...principal.filter(({ amount }) => amount > 0n), ...paid.map(({ on, amount }) => ({ on, amount: -amount }))]
  const days = [...new Set(changes.map((change) => change.on))].toSorted()
  return days.map((from) => {
    const amount = changes.filter((change) => change.on <= from).reduce((sum, change) => sum + change.amount, -less)
    return { from, amount: amount > 0n ? amount : 0n }
  })
}
