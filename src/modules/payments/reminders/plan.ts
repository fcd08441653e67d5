import { allocate } from '../../../kernel/money.ts'
import { addWorkingDays, parsePlainDate, type PlainDate, type WorkCalendar } from '../../../kernel/time.ts'
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

/** In how many parts a bill may be paid without asking anybody; none when the rule allows no plan for it. */
export function partsOffered(rules: Pick<MoneyRules, 'help'>, outstanding: bigint): number[] {
  const { plan } = rules.help
  if (!plan || outstanding < plan.from) return []
  return Array.from({ length: plan.most_parts - 1 }, (_, i) => i + 2).filter((parts) => outstanding / BigInt(parts) >= plan.least_part)
}
