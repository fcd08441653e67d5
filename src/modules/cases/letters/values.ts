import { formatMoney, moneyFromJson } from '../../../kernel/money.ts'
import { inLanguage } from '../../../kernel/text.ts'
import { formatDay, parsePlainDate } from '../../../kernel/time.ts'
import type { Translate } from '../../../platform/i18n.ts'
import type { Evaluation, Question, RowQuestion, Service } from '../../servicefile/index.ts'

/** How values are written for the reader of a letter. */
export type Reading = { readonly language: string; readonly currency: string; readonly t: Translate }

/** What a letter says where there is no value. */
const NOTHING = '–'

/** Every answer and computed value of a case by id, in the words of a letter; what is not known is a dash. */
export function valuesInWords(service: Service, evaluation: Evaluation, reading: Reading): Record<string, string> {
  const { form, rules } = service.definition
  const answers = form.pages
    .flatMap((page) => page.questions)
    .map((question): [string, string] => [question.id, answerInWords(question, evaluation.answers[question.id], reading)])
  const computed = rules.computed.map((each): [string, string] => [
    each.id,
    computedInWords(each.type, evaluation.computed[each.id], reading),
  ])
  return Object.fromEntries([...answers, ...computed])
}

/** One answer in the words of a letter. */
export function answerInWords(question: Question | RowQuestion, value: unknown, reading: Reading): string {
  if (Array.isArray(value)) return listInWords(question, value, reading)
  if (typeof value === 'boolean') return reading.t(value ? 'ui.field.yes' : 'ui.field.no')
  if (typeof value === 'number') return withUnit(question, numberInWords(value, reading), reading)
  if (typeof value === 'object' && value !== null) return objectInWords({ ...value }, reading)
  if (typeof value !== 'string' || value === '') return NOTHING
  const kind = question.kind === 'attribute' ? question.of : question.kind
  const date = kind === 'date' ? parsePlainDate(value) : null
  if (date) return formatDay(date, reading.language)
  if (kind === 'one_of') return optionInWords(question, value, reading)
  if (kind === 'iban') return value.replaceAll(/(.{4})(?=.)/g, '$1 ')
  if (kind === 'decimal' && /^-?\d+(\.\d+)?$/.test(value)) return withUnit(question, numberInWords(value, reading), reading)
  return value
}

/** The lines of an address as they stand on an envelope; none when the value is no address. */
export function addressLines(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  const part: Record<string, unknown> = { ...value }
  const lines = [part['line1'], part['line2'], [part['postcode'], part['town']].filter(Boolean).join(' '), part['country']]
  return lines.filter((line): line is string => typeof line === 'string' && line !== '')
}

function computedInWords(type: string, value: unknown, reading: Reading): string {
  if (value === null || value === undefined || value === '') return NOTHING
  if (typeof value === 'boolean') return reading.t(value ? 'ui.field.yes' : 'ui.field.no')
  if (type === 'money' && (typeof value === 'number' || typeof value === 'string')) {
    return formatMoney(moneyFromJson({ amount: String(value), currency: reading.currency }), reading.language)
  }
  if (typeof value === 'number') return numberInWords(value, reading)
  if (Array.isArray(value))
    return joined(
      value.map((item) => computedInWords('string', item, reading)),
      reading,
    )
  const date = type === 'date' && typeof value === 'string' ? parsePlainDate(value) : null
  if (date) return formatDay(date, reading.language)
  return typeof value === 'string' ? value : NOTHING
}

function listInWords(question: Question | RowQuestion, value: readonly unknown[], reading: Reading): string {
  if (value.length === 0) return NOTHING
  // rows and files have no short words of their own: their number says enough
  if (question.kind === 'repeating_group' || question.kind === 'file') return numberInWords(value.length, reading)
  return joined(
    value.map((item) => optionInWords(question, String(item), reading)),
    reading,
  )
}

function objectInWords(value: Readonly<Record<string, unknown>>, reading: Reading): string {
  const { amount, currency, lat, long, note } = value
  if (typeof amount === 'string' && typeof currency === 'string') return formatMoney(moneyFromJson({ amount, currency }), reading.language)
  if (typeof lat === 'number' && typeof long === 'number')
    return [`${lat}, ${long}`, typeof note === 'string' ? note : ''].filter(Boolean).join('\n')
  return addressLines(value).join('\n') || NOTHING
}

function optionInWords(question: Question | RowQuestion, value: string, reading: Reading): string {
  const option = question.options?.find((each) => each.value === value)
  return option ? inLanguage(option.label, reading.language).text : value
}

function withUnit(question: Question | RowQuestion, figure: string, reading: Reading): string {
  return question.unit ? `${figure} ${inLanguage(question.unit, reading.language).text}` : figure
}

function numberInWords(value: number | string, reading: Reading): string {
  return new Intl.NumberFormat(reading.language, { maximumFractionDigits: 20 }).format(value as Intl.StringNumericLiteral)
}

function joined(items: readonly string[], reading: Reading): string {
  return items.length === 0 ? NOTHING : new Intl.ListFormat(reading.language).format(items)
}
