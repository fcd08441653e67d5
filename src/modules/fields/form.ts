import { once } from '../../kernel/once.ts'
import { cleanText, foldText } from '../../kernel/text.ts'
import { minorDigits } from '../../kernel/money.ts'
import { parsePlainDate } from '../../kernel/time.ts'
import type { Question, QuestionKind, RowQuestion } from '../servicefile/index.ts'

/** What a form posts: a name may come several times. */
export type FormBody = Readonly<Record<string, string | string[] | undefined>>

const ATTRIBUTE_KINDS = {
  'person.full_name': 'text',
  'person.email': 'email',
  'person.phone': 'phone',
  'person.address': 'address',
  'person.date_of_birth': 'date',
  'person.national_id': 'national_id',
} as const

/** The kind a question is answered in: an `attribute` is answered as what it is of. */
export function answerKind(question: Question | RowQuestion): QuestionKind {
  if (question.kind !== 'attribute') return question.kind
  return question.of ?? (question.source ? ATTRIBUTE_KINDS[question.source] : 'text')
}

/**
 * The answers of posted questions. What is empty is null; what cannot be read stays as it was typed, so that the engine
 * reports it. Files and the rows of repeating groups are kept by their own pages and are left out. `locale` is the
 * language that the page was read in: it settles which mark parts the decimals where the number itself does not.
 */
export function readForm(
  questions: ReadonlyArray<Question | RowQuestion>,
  body: FormBody,
  prefix = '',
  currency = 'EUR',
  locale?: string,
): Record<string, unknown> {
  const answers: Record<string, unknown> = {}
  for (const question of questions) {
    if (question.kind === 'file' || question.kind === 'repeating_group') continue
    answers[question.id] = readAnswer(question, body, `${prefix}${question.id}`, currency, locale)
  }
  return answers
}

function readAnswer(question: Question | RowQuestion, body: FormBody, name: string, currency: string, locale?: string): unknown {
  const text = one(body, name)
  switch (answerKind(question)) {
    case 'integer':
      return text === '' ? null : readInteger(text)
    case 'decimal':
      return text === '' ? null : (readDecimal(text, question.decimals ?? 2, locale) ?? text)
    case 'money':
      return text === '' ? null : readMoney(text, question.currency ?? currency, locale)
    case 'date':
      return readDate(body, name)
    case 'yes_no':
      return text === 'yes' ? true : text === 'no' ? false : text || null
    case 'many_of': {
      const values = many(body, name).filter((value) => value !== '')
      return values.length > 0 ? values : null
    }
    case 'address':
      return readAddress(body, name)
    case 'place':
      return readPlace(body, name)
    case 'iban':
      return asciiDigits(text).replaceAll(/[\s-]/g, '').toUpperCase() || null
    case 'phone':
    case 'national_id':
      return asciiDigits(text) || null
    case 'long_text':
      return text || null
    default:
      return text.replaceAll('\n', ' ') || null
  }
}

/** The hidden field by which a form says in which language it was shown: the reader may have changed it elsewhere since. */
export const SHOWN_IN = '_in'

/** The language in which a posted form was shown, when it is one of these tags; else that of the request. */
export function shownLocale(body: FormBody, tags: readonly string[], asked: string | undefined): string | undefined {
  const said = one(body, SHOWN_IN)
  return tags.includes(said) ? said : asked
}

/** The reader's decimal separator. */
export function decimalMark(locale: string): string {
  const parts = new Intl.NumberFormat(locale, { numberingSystem: 'latn' }).formatToParts(1.5)
  return parts.find((part) => part.type === 'decimal')?.value ?? '.'
}

/** The Arabic decimal mark, which never parts thousands. */
const ARABIC_MARK = '\u066B'

/** Digits of any script as ASCII digits. */
export function asciiDigits(text: string): string {
  return text.replaceAll(/\p{Nd}/gu, (typed) => {
    const digit = typed.normalize('NFKC')
    const code = digit.codePointAt(0) ?? 48
    if (code < 128) return digit
    // the decimal digits of a script stand together in tens, so the zero is found by walking back
    let zero = code
    while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1
    return String(code - zero)
  })
}

/**
 * A typed decimal as plain `-12.5`; null when it is none. `decimals` settles whether `1.200` is a thousand; where three
 * decimals or more are possible, the decimal mark of `locale` does.
 */
export function readDecimal(typed: string, decimals?: number, locale?: string): string | null {
  const text = asciiDigits(typed)
    .replaceAll(ARABIC_MARK, '.')
    .replaceAll(/[\u066C'\u2019\s\u00A0\u202F]/g, '')
    .replaceAll('\u060C', ',')
    .replace(/^[\u2212\u2013]/, '-')
    .replace(/^\+/, '')
  const sign = text.startsWith('-') ? '-' : ''
  const bare = sign ? text.slice(1) : text
  const last = Math.max(bare.lastIndexOf('.'), bare.lastIndexOf(','))
  if (last < 0) return /^\d+$/.test(bare) ? sign + bare : null
  const mark = bare[last] ?? '.'
  const other = mark === '.' ? ',' : '.'
  const whole = bare.slice(0, last)
  const part = bare.slice(last + 1)
  const grouped = new RegExp(`^[1-9]\\d{0,2}(\\${mark}\\d{3})+$`).test(bare)
  const isForeign = locale !== undefined && !typed.includes(ARABIC_MARK) && mark !== decimalMark(locale)
  if (grouped && (whole.includes(mark) || (decimals !== undefined && decimals < 3) || isForeign)) return sign + bare.replaceAll(mark, '')
  const wholeOk = /^\d*$/.test(whole) || new RegExp(`^[1-9]\\d{0,2}(\\${other}\\d{3})+$`).test(whole)
  if (!wholeOk || !/^\d+$/.test(part)) return null
  return `${sign}${whole.replaceAll(other, '') || '0'}.${part}`
}

function readInteger(typed: string): number | string {
  const text = readDecimal(typed, 0)
  const number = Number(text)
  return text !== null && /^-?\d+$/.test(text) && Number.isSafeInteger(number) ? (number === 0 ? 0 : number) : typed
}

function readMoney(typed: string, currency: string, locale?: string): unknown {
  const digits = minorDigits(currency)
  const bare = typed.replaceAll(/\p{Sc}/gu, '').replace(new RegExp(`^\\s*${currency}|${currency}\\s*$`, 'i'), '')
  const text = readDecimal(bare.trim(), digits, locale)
  const match = text === null ? null : /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  const part = match?.[3] ?? ''
  if (!match || part.length > digits || (match[2] ?? '').length > 15) return typed
  const minor = BigInt(`${match[2]}${part.padEnd(digits, '0')}`)
  return { amount: String(match[1] ? -minor : minor), currency }
}

const LOCALES = ['en', 'es', 'ar', 'ar-SY', 'fr', 'de', 'it', 'pt', 'nl', 'ca', 'uk', 'pl', 'tr']

/** The months by their names; the formats take their time, so that they are made with the first date. */
const monthNames = once((): ReadonlyMap<string, number> => {
  const names = new Map<string, number>()
  for (const locale of LOCALES) {
    for (const month of ['long', 'short'] as const) {
      const format = new Intl.DateTimeFormat(locale, { month, timeZone: 'UTC' })
      for (let m = 0; m < 12; m += 1) names.set(foldText(format.format(Date.UTC(2026, m, 15))), m + 1)
    }
  }
  return names
})

function readDate(body: FormBody, name: string): string | null {
  const [day, month, year] = ['day', 'month', 'year'].map((part) => asciiDigits(one(body, `${name}-${part}`))) as [string, string, string]
  const whole = asciiDigits(one(body, name))
  if (whole && !day && !month && !year) return parsePlainDate(whole) ?? whole
  if (!day && !month && !year) return null
  const number = /^\d{1,2}$/.test(month) ? Number(month) : monthNames().get(foldText(month))
  const iso = `${year}-${String(number ?? 'x').padStart(2, '0')}-${day.padStart(2, '0')}`
  return parsePlainDate(iso) ?? [day, month, year].map((part) => part.replaceAll('/', ' ')).join('/')
}

function readAddress(body: FormBody, name: string): Record<string, string> | null {
  const answer: Record<string, string> = {}
  for (const part of ['line1', 'line2', 'town', 'postcode'] as const) {
    const text = one(body, `${name}-${part}`).replaceAll('\n', ' ')
    if (text !== '' || part !== 'line2') answer[part] = text
  }
  if (Object.values(answer).every((text) => text === '')) return null
  const country = one(body, `${name}-country`)
  if (country) answer.country = country
  const id = one(body, `${name}-address_id`)
  // a chosen address is the register's only as long as nobody types over it
  if (id && one(body, `${name}-address_of`) === addressMark(answer)) answer.address_id = id
  return answer
}

/** What must stay as it is for an address to remain the one chosen from the register. */
export function addressMark(address: Readonly<Record<string, unknown>>): string {
  return [address['line1'], address['town'], address['postcode']].map((part) => (typeof part === 'string' ? part : '')).join('|')
}

function readPlace(body: FormBody, name: string): Record<string, unknown> | null {
  const lat = one(body, `${name}-lat`)
  const long = one(body, `${name}-long`)
  const note = one(body, `${name}-note`)
  if (!lat && !long && !note) return null
  const degrees = (text: string): number | string | null => {
    if (text === '') return null
    const read = readDecimal(text)
    return read === null ? text : Number(read)
  }
  return { lat: degrees(lat), long: degrees(long), ...(note ? { note } : {}) }
}

function many(body: FormBody, name: string): string[] {
  const value = Object.hasOwn(body, name) ? body[name] : undefined
  return (value === undefined ? [] : Array.isArray(value) ? value : [value]).map(cleanText)
}

function one(body: FormBody, name: string): string {
  return many(body, name)[0] ?? ''
}
