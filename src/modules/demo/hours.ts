import { addDays, addWorkingDays, isWorkingDay, type PlainDate, startOfDay } from '../../kernel/time.ts'
import type { City } from '../../platform/city.ts'
import type { Chance } from './random.ts'

/** When things happen in the demo city: offices are open on working days from 9 to 17, the web always. */
export type Hours = {
  dayOf(instant: Date): PlainDate
  /** An instant in the early morning of a day, before the offices open. */
  morning(day: PlainDate): Date
  /** An instant of a day at which somebody is on the web. */
  anytime(chance: Chance, day: PlainDate): Date
  /** An instant in office hours, so many working days after another; later on the same day where there is time. */
  office(chance: Chance, after: Date, workingDays: number): Date
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const [OPENS, CLOSES] = [9 * HOUR, 17 * HOUR]

/** The hours of a city. Days are worked out once: they are asked for many thousand times. */
export function hoursOf({ timeZone, calendar, dayOf }: Pick<City, 'timeZone' | 'calendar' | 'dayOf'>): Hours {
  const starts = new Map<PlainDate, number>()
  const startOf = (day: PlainDate): number => {
    const known = starts.get(day)
    if (known !== undefined) return known
    const start = startOfDay(timeZone, day).getTime()
    starts.set(day, start)
    return start
  }
  const office = (chance: Chance, after: Date, workingDays: number): Date => {
    const day = dayOf(after)
    const soon = after.getTime() + chance.whole(10, 90) * MINUTE
    if (workingDays === 0 && isWorkingDay(day, calendar) && soon >= startOf(day) + OPENS && soon < startOf(day) + CLOSES)
      return new Date(soon)
    const early = workingDays === 0 && isWorkingDay(day, calendar) && soon < startOf(day) + OPENS
    const on = early ? day : addWorkingDays(day, Math.max(1, workingDays), calendar)
    return new Date(startOf(on) + OPENS + chance.whole(0, (CLOSES - OPENS) / MINUTE - 1) * MINUTE + chance.whole(0, 59) * 1_000)
  }
  return {
    dayOf,
    morning: (day) => new Date(startOf(day) + 5 * HOUR),
    anytime: (chance, day) =>
      new Date(
        startOf(day) +
          chance.weighted([
            [chance.whole(7, 23), 5],
            [chance.whole(0, 6), 1],
          ]) *
            HOUR +
          chance.whole(0, 3_599) * 1_000,
      ),
    office,
  }
}

/** Every day of a period, its first and last included. */
export function daysFrom(first: PlainDate, last: PlainDate): PlainDate[] {
  const days: PlainDate[] = []
  for (let day = first; day <= last; day = addDays(day, 1)) days.push(day)
  return days
}
