import { onceEach } from './once.ts'

/** A calendar day, `YYYY-MM-DD` (ISO 8601), without a zone. */
export type PlainDate = string & { readonly __brand: 'PlainDate' }

/** Which days the city works: `weekend` holds ISO weekdays (1 Monday to 7 Sunday), `holidays` calendar days. */
export type WorkCalendar = { readonly weekend: readonly number[]; readonly holidays: ReadonlySet<string> }

const DAY_MS = 86_400_000

function toUtc(day: PlainDate): number {
  return Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)) - 1, Number(day.slice(8, 10)))
}

function fromUtc(ms: number): PlainDate {
  return new Date(ms).toISOString().slice(0, 10) as PlainDate
}

/** Reads `YYYY-MM-DD`, years 1000 to 9999; null when it is no such day (2026-02-30 is none). */
export function parsePlainDate(text: string): PlainDate | null {
  if (!/^[1-9]\d{3}-\d{2}-\d{2}$/.test(text)) return null
  const day = text as PlainDate
  const ms = toUtc(day)
  return Number.isNaN(ms) || fromUtc(ms) !== text ? null : day
}

/** The calendar day of an instant in a time zone (IANA name). */
export function dayIn(zone: string, instant: Date): PlainDate {
  return dayFormat(zone).format(instant) as PlainDate
}

/** `dayIn` for one time zone, for where it is asked for often: what knows the zone is made once. */
export function daysIn(zone: string): (instant: Date) => PlainDate {
  const format = dayFormat(zone)
  return (instant) => format.format(instant) as PlainDate
}

const dayFormat = onceEach(
  (zone) => new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }),
)
const longDay = onceEach((locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }))
const longInstant = onceEach((locale, zone) => new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', timeZone: zone }))

/** The day `days` calendar days later (earlier when negative). */
export function addDays(day: PlainDate, days: number): PlainDate {
  return fromUtc(toUtc(day) + days * DAY_MS)
}

/** The same day of the month so many years later; 29 February becomes 28 February where there is none. */
export function addYears(day: PlainDate, years: number): PlainDate {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  const last = new Date(Date.UTC(year + years, month, 0)).getUTCDate()
  return fromUtc(Date.UTC(year + years, month - 1, Math.min(date, last)))
}

/** Whole calendar days from `from` to `to`; negative when `to` is earlier. */
export function daysBetween(from: PlainDate, to: PlainDate): number {
  return Math.round((toUtc(to) - toUtc(from)) / DAY_MS)
}

/** ISO 8601 weekday, 1 Monday to 7 Sunday. */
export function weekday(day: PlainDate): number {
  return new Date(toUtc(day)).getUTCDay() || 7
}

/** Whether the city works on this day. */
export function isWorkingDay(day: PlainDate, calendar: WorkCalendar): boolean {
  return !calendar.weekend.includes(weekday(day)) && !calendar.holidays.has(day)
}

/**
 * The last day of a period of `days` working days that begins on the day after `start`
 * (the usual legal rule: the day of the event does not count). With 0 days: `start` itself.
 */
export function addWorkingDays(start: PlainDate, days: number, calendar: WorkCalendar): PlainDate {
  let day = start
  for (let left = days; left > 0;) {
    day = addDays(day, 1)
    if (isWorkingDay(day, calendar)) left -= 1
  }
  return day
}

/** How many working days lie after `from` up to and with `to`; negative when `to` is earlier. */
export function workingDaysBetween(from: PlainDate, to: PlainDate, calendar: WorkCalendar): number {
  if (to < from) return -workingDaysBetween(to, from, calendar)
  const days = daysBetween(from, to)
  const works = [1, 2, 3, 4, 5, 6, 7].map((each) => !calendar.weekend.includes(each))
  const first = weekday(from)
  // whole weeks all have as many; the days that are left begin with the day after `from`
  let count = Math.floor(days / 7) * works.filter(Boolean).length
  for (let n = 0; n < days % 7; n += 1) if (works[(first + n) % 7]) count += 1
  for (const holiday of calendar.holidays) {
    const day = holiday > from && holiday <= to ? parsePlainDate(holiday) : null
    if (day !== null && works[weekday(day) - 1]) count -= 1
  }
  return count
}

/** The instant at which a calendar day begins in a time zone. */
export function startOfDay(zone: string, day: PlainDate): Date {
  const guess = toUtc(day)
  const at = zoneParts(zone, new Date(guess))
  return new Date(guess - (at - guess))
}

function zoneParts(zone: string, instant: Date): number {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(instant)
  const get = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0)
  return Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'), get('second'))
}

/** The region whose habits dates follow where a language alone does not say: English dates are written day first. */
function regional(locale: string): string {
  return locale === 'en' ? 'en-GB' : locale
}

/** A calendar day in a reader's words, such as "23 November 2026". */
export function formatDay(day: PlainDate, locale: string): string {
  return longDay(regional(locale)).format(toUtc(day))
}

/** An instant in a reader's words and the city's zone, such as "23 November 2026 at 14:05". */
export function formatInstant(instant: Date, locale: string, zone: string): string {
  return longInstant(regional(locale), zone).format(instant)
}
