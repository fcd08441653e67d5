import { isWorkingDay, type PlainDate, startOfDay } from '../../kernel/time.ts'
import type { City } from '../../platform/city.ts'

/** What is flagged about reading. */
export const flagKinds = ['many_persons', 'out_of_hours', 'own_name', 'neighbour', 'watched'] as const
export type FlagKind = (typeof flagKinds)[number]

/** What an auditor makes of a flag: it was part of the work, an emergency, a mistake, or somebody has to ask further. */
export const flagAnswers = ['work', 'emergency', 'mistake', 'follow_up'] as const
export type FlagAnswer = (typeof flagAnswers)[number]

/** Fewer persons than this on a day are never many. */
const LEAST = 20
/** So many times the usual day is unusual. */
const TIMES = 3
/** A percentile of fewer days than this says nothing. */
const ENOUGH_DAYS = 50
/** Over so many days before the one that is looked at. */
export const HISTORY_DAYS = 28

/** When offices work where the city's file does not say, as minutes of the day. */
const USUAL_HOURS = { opens: 7 * 60, closes: 19 * 60 } as const

/** Whether somebody opened the data of unusually many persons on a day: at least 20, and more than three times their own median day. */
export function isManyForOneself(count: number, earlier: readonly number[]): boolean {
  return count >= LEAST && count > TIMES * percentile(earlier, 0.5)
}

/** Whether it is at least 20, and more than on 99 of 100 earlier days of those who work for the same agencies; never with few such days. */
export function isManyForAgency(count: number, earlier: readonly number[]): boolean {
  return count >= LEAST && earlier.length >= ENOUGH_DAYS && count > percentile(earlier, 0.99)
}

/** The smallest value that at least this share of the values does not exceed; 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}

/** Tells whether an instant lies outside the working days and office hours of a city; the beginnings of days are worked out once. */
export function hoursOfCity(city: Pick<City, 'timeZone' | 'calendar' | 'dayOf' | 'officeHours'>): (at: Date) => boolean {
  const starts = new Map<PlainDate, number>()
  const { opens, closes } = city.officeHours ?? USUAL_HOURS
  return (at) => {
    const day = city.dayOf(at)
    if (!isWorkingDay(day, city.calendar)) return true
    const start = starts.get(day) ?? startOfDay(city.timeZone, day).getTime()
    starts.set(day, start)
    const minute = (at.getTime() - start) / 60_000
    return minute < opens || minute >= closes
  }
}

/** The last word of an official name, by which relatives are looked for; null when it is too short to say anything. */
export function familyName(officialName: string): string | null {
  const last = officialName.trim().split(/\s+/).at(-1) ?? ''
  return last.length >= 2 ? last : null
}

/** Whether an opening was part of somebody's work: not of their own affairs, unless they opened these from the officer's side. */
export function isWork(legalBasis: string, purpose: string): boolean {
  return legalBasis !== 'own' || purpose === 'letter.preview' || (purpose.startsWith('case.') && purpose !== 'case.follow')
}
