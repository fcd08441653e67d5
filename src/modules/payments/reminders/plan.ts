import { allocate } from '../../../kernel/money.ts'
import { addWorkingDays, parsePlainDate, type PlainDate, type WorkCalendar } from '../../../kernel/time.ts'
import type { Bill } from '../bill.ts'
import type { MoneyRules } from '../rules/money.ts'

/** One part of a plan before it is agreed. */
export type PlanPart = { readonly no: number; readonly amount: bigint; readonly due_on: PlainDate }

/** The day so many months later; the last of the month where there is no such day. */
export function addMonths(day: PlainDate, months: number): PlainDate {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  const count = month - 1 + months
  const start = `${String(year + Math.floor(count / 12)).padStart(4, '0')}-${String((((count % 12) + 12) % 12) + 1).padStart(2, '0')}`
  for (let last = date; last > 28; last -= 1) {
    const found = parsePlainDate(`${start}-${String(last).padStart(2, '0')}`)
    if (found !== null) return found
  }
  return parsePlainDate(`${start}-${String(Math.min(date, 28)).padStart(2, '0')}`) ?? day
}

/** An amount in equal parts, the first so many working days after `day`, then one a month. They come to the amount, to the cent. */
export function planParts(amount: bigint, parts: number, day: PlainDate, firstAfter: number, calendar: WorkCalendar): PlanPart[] {
  const first = addWorkingDays(day, firstAfter, calendar)
  const weights = Array.from({ length: parts }, () => 1n)
  return allocate({ amount, currency: 'XXX' }, weights).map((part, i) => ({ no: i + 1, amount: part.amount, due_on: addMonths(first, i) }))
}

/** What a bill's own service says of paying in parts. */
export type OwnPlan = Pick<Bill, 'plan_most' | 'plan_from'>

/**
 * In how many parts a bill may be paid without asking anybody: what its service says from its amount on, else what the city
 * offers everybody. No part is below the least of the city. None when neither allows a plan for it.
 */
export function partsOffered(
  { help: { plan } }: Pick<MoneyRules, 'help'>,
  outstanding: bigint,
  own: OwnPlan = { plan_most: null, plan_from: null },
): number[] {
  const byService = own.plan_most !== null && own.plan_from !== null && outstanding >= own.plan_from ? own.plan_most : null
  const most = byService ?? (plan && outstanding >= plan.from ? plan.most_parts : 1)
  const least = plan?.least_part || 1n
  return Array.from({ length: most - 1 }, (_, i) => i + 2).filter((parts) => outstanding / BigInt(parts) >= least)
}
