import { addDays, addWorkingDays, isWorkingDay, type PlainDate, type WorkCalendar } from '../../kernel/time.ts'
import type { Category } from './categories/categories.ts'
import type { Report } from './report.ts'

/** By when a report has to be done, and the day on which its crew and supervisor are warned. */
export type Clock = Pick<Report, 'due_on' | 'warn_on'>

/** The clock of a category, counted from the day a report came; a later change of category counts from that day too. */
export function clockFrom(opened: PlainDate, category: Pick<Category, 'due_days' | 'warn_days'> | null, calendar: WorkCalendar): Clock {
  if (!category || category.due_days === null) return { due_on: null, warn_on: null }
  const due = addWorkingDays(opened, category.due_days, calendar)
  return { due_on: due, warn_on: warningBefore(due, category.warn_days, opened, calendar) }
}

/** The day that lies `days` working days before `due`, never before `opened`. */
function warningBefore(due: PlainDate, days: number, opened: PlainDate, calendar: WorkCalendar): PlainDate {
  let day = due
  for (let left = days; left > 0 && day > opened;) {
    if (isWorkingDay(day, calendar)) left -= 1
    day = addDays(day, -1)
  }
  return day < opened ? opened : day
}

/** The last day on which "still broken" reopens a fix of this day by itself. */
export function checkedUntil(day: PlainDate, category: Pick<Category, 'check_days'>): PlainDate {
  return addDays(day, category.check_days)
}

/** Whether the period after a fix has passed without a word. */
export function silentOver(report: Pick<Report, 'state' | 'checking_until'>, today: PlainDate): boolean {
  return report.state === 'checking' && report.checking_until !== null && report.checking_until < today
}
