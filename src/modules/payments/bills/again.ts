import { addWorkingDays, type PlainDate } from '../../../kernel/time.ts'
import { today } from '../../../platform/platform.ts'
import type { Bill } from '../bill.ts'
import type { Treasury } from '../treasury.ts'

/** More time for a bill of which something is owed again: until `day` it can be paid without more, and nobody is reminded. */
export function timeAgain(
  { platform, rules }: Treasury,
  bill: Pick<Bill, 'source' | 'deferred_until' | 'step_on'>,
): { readonly day: PlainDate; readonly deferred_until: PlainDate; readonly step_on: PlainDate | null } {
  const day = addWorkingDays(today(platform), rules.pay_within, platform.city.calendar)
  const later = (other: PlainDate | null): PlainDate => (other !== null && other > day ? other : day)
  return { day, deferred_until: later(bill.deferred_until), step_on: firstStep(bill, later(bill.step_on)) }
}

/** When a bill is first looked at for reminding; never one for an application that was not sent: nobody owes that yet. */
export function firstStep(bill: Pick<Bill, 'source'>, day: PlainDate): PlainDate | null {
  return bill.source === 'journey' ? null : day
}
