import { parsePlainDate } from '../../../kernel/time.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** What a pattern's letters stand for. */
const parts: Readonly<Record<string, string>> = {
  yyyy: '(?<year>\\d{4})',
  MM: '(?<month>\\d{1,2})',
  dd: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{1,2})',
  hh: '(?<half>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
  a: '(?<noon>[AaPp])\\.?[Mm]\\.?',
}

const iso =
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?:[T ](?<hour>\d{2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,]\d{1,9})?)?\s*(?<offset>Z|[+-]\d{2}:?\d{2})?)?$/i

/** Whether a pattern can be read: `iso`, or one with a year, a month and a day, each part once. */
export function readsPattern(pattern: string): boolean {
  if (pattern === 'iso') return true
  const used: readonly string[] = pattern.match(/yyyy|MM|dd|HH|hh|mm|ss|a/g) ?? []
  const rest = pattern.replaceAll(/yyyy|MM|dd|HH|hh|mm|ss|a/g, '')
  if (/[A-Za-z]/.test(rest.replaceAll('T', '')) || new Set(used).size !== used.length) return false
  return ['yyyy', 'MM', 'dd'].every((part) => used.includes(part)) && used.includes('hh') === used.includes('a')
}

/**
 * Reads dates as a system wrote them, by the first pattern that fits, in its time zone. Null for what is no date
 * (31/02, 25:00). A local time that a change of the clock leaves out is read as the hour after, one that comes twice as its first.
 */
export function dateReader(patterns: readonly string[], zone: string): (text: string) => Date | null {
  const readers = patterns.map(expression)
  const instantOf = localClock(zone)
  return (text) => {
    const trimmed = text.trim()
    for (const reader of readers) {
      const groups = reader.exec(trimmed)?.groups
      if (groups) return instantFrom(groups, instantOf)
    }
    return null
  }
}

function expression(pattern: string): RegExp {
  if (pattern === 'iso') return iso
  const tokens = pattern.split(/(yyyy|MM|dd|HH|hh|mm|ss|a)/)
  return new RegExp(
    `^${tokens.map((token) => parts[token] ?? token.replaceAll(/[^A-Za-z0-9 ]/g, '\\$&').replaceAll(' ', '\\s+')).join('')}$`,
  )
}

type Groups = Readonly<Record<string, string | undefined>>

function instantFrom(groups: Groups, instantOf: (local: number) => Date): Date | null {
  const number = (name: string): number => Number(groups[name] ?? 0)
  const two = (name: string): string => String(number(name)).padStart(2, '0')
  const day = parsePlainDate(`${groups['year']}-${two('month')}-${two('day')}`)
  const hour = hourOf(groups)
  if (day === null || hour === null || number('minute') > 59 || number('second') > 59) return null
  const local = Date.parse(`${day}T00:00:00Z`) + hour * HOUR + number('minute') * 60_000 + number('second') * 1_000
  const offset = groups['offset']
  return offset === undefined ? instantOf(local) : new Date(local - offsetMs(offset))
}

function hourOf(groups: Groups): number | null {
  if (groups['half'] === undefined) return Number(groups['hour'] ?? 0) > 23 ? null : Number(groups['hour'] ?? 0)
  const half = Number(groups['half'])
  if (half < 1 || half > 12) return null
  return (half % 12) + (groups['noon']?.toLowerCase() === 'p' ? 12 : 0)
}

function offsetMs(text: string): number {
  if (text.toUpperCase() === 'Z') return 0
  const digits = text.replace(':', '')
  return (Number(digits.slice(1, 3)) * HOUR + Number(digits.slice(3, 5)) * 60_000) * (digits.startsWith('-') ? -1 : 1)
}

/** The instant of a local time (as if it were UTC, in milliseconds) in a zone; the zone is asked once a quarter of an hour, for its changes lie on those. */
function localClock(zone: string): (local: number) => Date {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  const known = new Map<number, number>()
  const offsetAt = (instant: number): number => {
    const quarter = Math.floor(instant / (HOUR / 4))
    const before = known.get(quarter)
    if (before !== undefined) return before
    const at = quarter * (HOUR / 4)
    const offset = localPart(format, at) - at
    if (known.size > 200_000) known.clear()
    known.set(quarter, offset)
    return offset
  }
  return (local) => {
    // the offsets a day before and after hold for either side of a change
    const [before, after] = [offsetAt(local - DAY), offsetAt(local + DAY)]
    const fits = [local - before, local - after].filter((instant) => instant + offsetAt(instant) === local)
    return new Date(fits.length > 0 ? Math.min(...fits) : local - before)
  }
}

function localPart(format: Intl.DateTimeFormat, instant: number): number {
  const found = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = found
  return Date.UTC(year, month - 1, day, hour, minute, second)
}
