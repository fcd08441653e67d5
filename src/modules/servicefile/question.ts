import { isUuid } from '../../kernel/id.ts'
import { cleanText } from '../../kernel/text.ts'
import { parsePlainDate } from '../../kernel/time.ts'
import { type Issue, type IssueCode } from './answers.ts'
import { NO_CURRENCY } from './exampleanswer.ts'
import { fileLimits, isIban, MOST_ROWS, textLimits, textProblem } from './answertext.ts'
import { compilePattern, matchesWhole } from './pattern.ts'
import type { Patterns } from './patterns.ts'
import { refusalOf } from './refused.ts'
import type { Question, RowQuestion } from './schema.ts'

export { exampleFor } from './exampleanswer.ts'

/** Where an answer stands: its question, and the row and column when it is in a repeating group. */
export type AnswerPath = { question: string; row?: number; column?: string }

/** A checked answer: `value` is cleaned, and undefined when there is none or it has an issue. */
export type CheckedAnswer = { issues: Issue[]; value: unknown }

/** FEEL rules count on no list of answers being longer (feelanalysis.ts). */
const MAX_CHOSEN = 100

type AnyQuestion = Question | RowQuestion
type Means = { today: string; patterns: Patterns | undefined }
type Params = Readonly<Record<string, string | number>>
type Found = { value: unknown } | { code: IssueCode; params?: Params } | { issues: Issue[] }

/**
 * Checks one answer against its question, whatever JSON it is, and cleans it. Nothing answered (absent, null, empty
 * text or list) is `missing` when the question is required. `today` is the day that limits of dates may name;
 * `patterns` are those of the question's service, without which its pattern is compiled each time. Never throws.
 */
export function validateAnswer(
  question: AnyQuestion,
  value: unknown,
  today: string,
  patterns?: Patterns,
  path?: AnswerPath,
): CheckedAnswer {
  const at = path ?? { question: question.id }
  if (isEmpty(question, value)) {
    return { issues: question.required ? [{ ...at, code: 'missing' }] : [], value: undefined }
  }
  const found = check(question, value, { today, patterns }, at)
  if ('value' in found && found.value === '') return validateAnswer(question, undefined, today, patterns, at)
  if ('value' in found) return { issues: [], value: found.value }
  if ('issues' in found) return { issues: found.issues, value: undefined }
  const { code, params } = found
  return { issues: [params ? { ...at, code, params } : { ...at, code }], value: undefined }
}

function isEmpty(question: AnyQuestion, value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (typeof value === 'string') return value.length < 1000 && cleanText(value) === ''
  return Array.isArray(value) && value.length === 0 && !(question.kind === 'repeating_group' && question.min_rows === 0)
}

function check(question: AnyQuestion, value: unknown, means: Means, at: AnswerPath): Found {
  const { today, patterns } = means
  const refused = refusalOf(value)
  if (refused) return refused
  switch (question.kind) {
    case 'integer':
      return typeof value === 'number' && Number.isSafeInteger(value) ? inRange(question, value, value) : wrong()
    case 'decimal':
      return decimal(question, value)
    case 'money':
      return money(question, value)
    case 'date':
      return date(question, value, today)
    case 'yes_no':
      return typeof value === 'boolean' ? { value } : wrong()
    case 'one_of':
      if (typeof value !== 'string') return wrong()
      return hasOption(question, value) ? { value } : { code: 'not_an_option' }
    case 'many_of':
      return manyOf(question, value)
    case 'address':
      return address(value)
    case 'place':
      return place(value)
    case 'file':
      return files(question, value)
    case 'repeating_group':
      return group(question, value, means, at)
    case 'attribute':
      if (question.of === 'address') return address(value)
      if (question.of === 'date') return date(question, value, today)
      return text(question, question.of ?? 'text', value, patterns)
    default:
      return text(question, question.kind, value, patterns)
  }
}

function wrong(): Found {
  return { code: 'wrong_type' }
}

function text(question: AnyQuestion, kind: string, value: unknown, patterns: Patterns | undefined): Found {
  if (typeof value !== 'string') return wrong()
  const max = question.max_length ?? textLimits[kind] ?? 200
  // Cleaning a huge text costs time: refuse it before.
  if (value.length > max * 4 + 100) return { code: 'too_long', params: { max } }
  let cleaned = cleanText(value)
  if (kind !== 'long_text') cleaned = cleaned.replaceAll('\n', ' ')
  if (kind === 'iban') cleaned = cleaned.replaceAll(/[\s-]/g, '').toUpperCase()
  const length = [...cleaned].length
  if (length > max) return { code: 'too_long', params: { max } }
  if (question.min_length !== undefined && length < question.min_length) {
    return { code: 'too_short', params: { min: question.min_length } }
  }
  if (kind === 'iban' && !isIban(cleaned)) return { code: 'not_valid' }
  if (textProblem(kind, cleaned)) return { code: 'not_valid' }
  if (question.pattern !== undefined) {
    const compiled = patterns ? patterns.of(question) : compilePattern(question.pattern)
    // One that cannot be used any more asks for nothing: else nobody could answer, and answers given before would go.
    if (compiled && 'pattern' in compiled && !matchesWhole(compiled, cleaned)) return { code: 'pattern' }
  }
  return { value: cleaned }
}

function inRange(question: AnyQuestion, number: number, value: unknown): Found {
  if (question.min !== undefined && number < Number(question.min)) return { code: 'too_small', params: { min: question.min } }
  if (question.max !== undefined && number > Number(question.max)) return { code: 'too_large', params: { max: question.max } }
  return { value }
}

function decimal(question: AnyQuestion, value: unknown): Found {
  if (typeof value !== 'string' || value.length > 100) return wrong()
  const match = /^([+-]?)0*(\d{1,15})(?:\.(\d{1,15}))?$/.exec(value.trim())
  if (!match) return { code: 'not_valid' }
  const decimals = question.decimals ?? 2
  const fraction = match[3] ?? ''
  if (fraction.length > decimals) return { code: 'not_valid', params: { decimals } }
  const cleaned = `${match[1] === '-' ? '-' : ''}${match[2]}${fraction === '' ? '' : `.${fraction}`}`
  return inRange(question, Number(cleaned), cleaned)
}

function money(question: AnyQuestion, value: unknown): Found {
  const currency = question.currency ?? NO_CURRENCY
  if (!isObject(value, ['amount', 'currency'])) return wrong()
  const amount = value['amount']
  if (typeof amount !== 'string' || !/^-?\d{1,15}$/.test(amount)) return { code: 'not_valid' }
  if (value['currency'] !== currency) return { code: 'not_valid', params: { currency } }
  if (question.min === undefined && amount.startsWith('-')) return { code: 'too_small', params: { min: 0 } }
  return inRange(question, Number(amount), { amount: BigInt(amount).toString(), currency })
}

function date(question: AnyQuestion, value: unknown, today: string): Found {
  if (typeof value !== 'string') return wrong()
  const day = parsePlainDate(value)
  if (day === null) return { code: 'not_valid' }
  const limit = (bound: string | number | undefined): string | undefined => (bound === 'today' ? today : bound?.toString())
  const [min, max] = [limit(question.min), limit(question.max)]
  if (min !== undefined && day < min) return { code: 'too_small', params: { min } }
  if (max !== undefined && day > max) return { code: 'too_large', params: { max } }
  return { value: day }
}

function hasOption(question: AnyQuestion, value: string): boolean {
  return (question.options ?? []).some((option) => option.value === value)
}

function manyOf(question: AnyQuestion, value: unknown): Found {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) return wrong()
  const most = Math.min(question.max_choices ?? MAX_CHOSEN, MAX_CHOSEN)
  const chosen = value.length > 1000 ? value : [...new Set(value)]
  if (chosen.length > most) return { code: 'too_many', params: { max: most } }
  if (chosen.some((item) => !hasOption(question, item))) return { code: 'not_an_option' }
  if (chosen.length < (question.min_choices ?? 0)) return { code: 'too_few', params: { min: question.min_choices ?? 0 } }
  return { value: chosen }
}

const addressLimits: Readonly<Record<string, number>> = {
  line1: 200,
  line2: 200,
  town: 100,
  postcode: 20,
  country: 100,
  address_id: 100,
}

function address(value: unknown): Found {
  if (!isObject(value, Object.keys(addressLimits))) return wrong()
  const cleaned: Record<string, string> = {}
  for (const [key, max] of Object.entries(addressLimits)) {
    const part = value[key]
    if (part === undefined || part === null) continue
    if (typeof part !== 'string') return wrong()
    if (part.length > max * 4) return { code: 'too_long', params: { max } }
    const words = cleanText(part).replaceAll('\n', ' ')
    if (words.length > max) return { code: 'too_long', params: { max } }
    if (words !== '') cleaned[key] = words
  }
  return cleaned['line1'] && cleaned['town'] && cleaned['postcode'] ? { value: cleaned } : { code: 'not_valid' }
}

function place(value: unknown): Found {
  if (!isObject(value, ['lat', 'long', 'note'])) return wrong()
  const { lat, long, note } = value
  if (typeof lat !== 'number' || typeof long !== 'number') return wrong()
  if (!(Math.abs(lat) <= 90) || !(Math.abs(long) <= 180)) return { code: 'not_valid' }
  if (note === undefined || note === null || note === '') return { value: { lat, long } }
  if (typeof note !== 'string') return wrong()
  if (note.length > 500) return { code: 'too_long', params: { max: 500 } }
  return { value: { lat, long, note: cleanText(note) } }
}

function files(question: AnyQuestion, value: unknown): Found {
  if (!Array.isArray(value)) return wrong()
  const max = question.max_files ?? fileLimits.maxFiles
  if (value.length > max) return { code: 'too_many', params: { max } }
  return value.every((id) => typeof id === 'string' && isUuid(id)) ? { value: [...new Set(value)] } : { code: 'not_valid' }
}

function group(question: AnyQuestion, value: unknown, { today, patterns }: Means, at: AnswerPath): Found {
  if (!Array.isArray(value)) return wrong()
  const max = question.max_rows ?? MOST_ROWS
  if (value.length > max) return { code: 'too_many', params: { max } }
  if (value.length < (question.min_rows ?? 0)) return { code: 'too_few', params: { min: question.min_rows ?? 0 } }
  const columns = 'questions' in question ? (question.questions ?? []) : []
  const ids = columns.map((column) => column.id)
  const issues: Issue[] = []
  const rows = value.map((row: unknown, index) => {
    const cleaned: Record<string, unknown> = {}
    if (!isObject(row, ids)) {
      issues.push({ ...at, row: index, code: 'wrong_type' })
      return cleaned
    }
    for (const column of columns) {
      const given = Object.hasOwn(row, column.id) ? row[column.id] : undefined
      const checked = validateAnswer(column, given, today, patterns, { ...at, row: index, column: column.id })
      issues.push(...checked.issues)
      if (checked.value !== undefined) cleaned[column.id] = checked.value
    }
    return cleaned
  })
  return issues.length > 0 ? { issues } : { value: rows }
}

/** Whether a value is a plain object of these keys only; `__proto__` and the like are other keys, so they refuse it. */
function isObject(value: unknown, keys: readonly string[]): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false
  const own = Object.keys(value)
  return own.length <= keys.length && own.every((key) => keys.includes(key))
}
