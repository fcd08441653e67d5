/** XML's white space, which is left out around numbers, days and booleans (XML Schema 2, 4.3.6: collapse). */
function trimmed(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isSpace(text.charCodeAt(from))) from += 1
  while (to > from && isSpace(text.charCodeAt(to - 1))) to -= 1
  return text.slice(from, to)
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

/** Whether a text is nothing but XML's white space. */
export function isBlank(text: string): boolean {
  return trimmed(text) === ''
}

/** How many Unicode characters a text has, which is what schemas count. */
export function lengthOf(text: string): number {
  if (/^[\0-\u007f]*$/.test(text)) return text.length
  let length = 0
  for (const _ of text) length += 1
  return length
}

/** A decimal of XML Schema as sign, whole digits and fraction digits without zeros that mean nothing; null when it is none. */
export function decimalParts(text: string): { negative: boolean; whole: string; fraction: string } | null {
  const found = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))$/.exec(trimmed(text))
  if (!found) return null
  const whole = (found[2] ?? '').replace(/^0+/, '')
  const fraction = (found[3] ?? found[4] ?? '').replace(/0+$/, '')
  return { negative: found[1] === '-' && whole + fraction !== '', whole, fraction }
}

/** A decimal in minor units of `digits` decimals, below zero when it is; null when it is none or has more decimals than that. */
export function minorUnits(text: string, digits: number): bigint | null {
  const parts = decimalParts(text)
  if (!parts || parts.fraction.length > digits) return null
  const amount = BigInt(parts.whole + parts.fraction.padEnd(digits, '0') || '0')
  return parts.negative ? -amount : amount
}

/** Whether a text says true (XML Schema 2, 3.2.2). */
export function isTrue(text: string): boolean {
  return ['true', '1'].includes(trimmed(text))
}

/** The test of a simple type written as words of the dictionary. */
export function lexical(words: readonly string[]): (text: string) => boolean {
  const [kind, ...facets] = words
  switch (kind) {
    case 'enum':
      return inSet(new Set(facets))
    case 'pattern':
      return matches(new RegExp(`^(?:${facets.join(' ')})$`))
    case 'text':
      return ofLength(Number(facets[0] ?? 0), facets[1] === undefined ? Number.POSITIVE_INFINITY : Number(facets[1]))
    case 'decimal':
      return decimalOf(Number(facets[0]), Number(facets[1]), facets[2] === '0')
    case 'base64':
      return base64Of(Number(facets[0]), Number(facets[1]))
    case 'boolean':
      return (text) => ['true', 'false', '1', '0'].includes(trimmed(text))
    case 'date':
      return (text) => isDate(trimmed(text))
    case 'dateTime':
      return (text) => isDateTime(trimmed(text))
    case 'gYearMonth':
      return (text) => isYearMonth(trimmed(text))
    default:
      throw new Error(`the dictionary has a type made of ${kind ?? 'nothing'}`)
  }
}

function inSet(values: ReadonlySet<string>): (text: string) => boolean {
  return (text) => values.has(text)
}

function matches(pattern: RegExp): (text: string) => boolean {
  return (text) => pattern.test(text)
}

function ofLength(least: number, most: number): (text: string) => boolean {
  return (text) => {
    const length = lengthOf(text)
    return length >= least && length <= most
  }
}

function decimalOf(digits: number, fraction: number, positive: boolean): (text: string) => boolean {
  return (text) => {
    const parts = decimalParts(text)
    if (!parts || (positive && parts.negative)) return false
    return parts.fraction.length <= fraction && parts.whole.length + parts.fraction.length <= digits
  }
}

function base64Of(least: number, most: number): (text: string) => boolean {
  return (text) => {
    const plain = text.replaceAll(/[ \t\r\n]/g, '')
    if (plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(plain) || /[^AQgw]==$|[^AEIMQUYcgkosw048]=$/.test(plain)) return false
    const bytes = (plain.length / 4) * 3 - (plain.endsWith('==') ? 2 : plain.endsWith('=') ? 1 : 0)
    return bytes >= least && bytes <= most
  }
}

const ZONE = '(?:Z|[+-](?:(?:0\\d|1[0-3]):[0-5]\\d|14:00))?'
const DATE = new RegExp(`^(\\d{4})-(\\d{2})-(\\d{2})${ZONE}$`)
const DATE_TIME = new RegExp(`^(\\d{4})-(\\d{2})-(\\d{2})T(?:(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d+)?|24:00:00(?:\\.0+)?)${ZONE}$`)
const YEAR_MONTH = new RegExp(`^(\\d{4})-(\\d{2})${ZONE}$`)

function isDay(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return day <= (month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31)
}

function isDate(text: string): boolean {
  const found = DATE.exec(text)
  return found !== null && isDay(Number(found[1]), Number(found[2]), Number(found[3]))
}

function isDateTime(text: string): boolean {
  const found = DATE_TIME.exec(text)
  return found !== null && isDay(Number(found[1]), Number(found[2]), Number(found[3]))
}

function isYearMonth(text: string): boolean {
  const found = YEAR_MONTH.exec(text)
  return found !== null && isDay(Number(found[1]), Number(found[2]), 1)
}
