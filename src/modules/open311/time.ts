const W3C = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/
const LOOSE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?$/i

/** An instant as the specification wants it, in UTC to the second: `2010-01-01T00:00:00Z` (Date/time format). */
export function w3cDateTime(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`
}

/** Reads a W3C date time with a zone, which must be there; null when it is none (`2010-02-30T00:00:00Z` is none). */
export function parseW3c(text: string): Date | null {
  return instantOf(W3C.exec(text), 'Z')
}

/**
 * Reads what living servers write in place of it: a space for the `T`, `+0100`, a day alone. A time without a zone is read
 * with `assume` (`Z` or `+01:00`). Null when it cannot be read.
 */
export function parseLooseTime(text: string, assume = 'Z'): Date | null {
  return instantOf(W3C.exec(text) ?? LOOSE.exec(text.trim()), assume)
}

function instantOf(found: RegExpExecArray | null, assume: string): Date | null {
  if (!found) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map((part) => Number(part ?? 0))
  const local = Date.UTC(year, month - 1, day, hour, minute, second)
  const said = new Date(local)
  const real = said.getUTCMonth() === month - 1 && said.getUTCDate() === day && hour < 24 && minute < 60 && second < 60
  const offset = offsetMinutes(found[8] ?? assume)
  if (!real || year < 1000 || offset === null) return null
  return new Date(local - offset * 60_000 + Math.trunc(Number(found[7] ?? 0) * 1000))
}

function offsetMinutes(zone: string): number | null {
  if (/^(Z|UTC)$/i.test(zone)) return 0
  const found = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone)
  if (!found) return null
  const [hours, minutes] = [Number(found[2]), Number(found[3] ?? 0)]
  return hours > 14 || minutes > 59 ? null : (found[1] === '-' ? -1 : 1) * (hours * 60 + minutes)
}
