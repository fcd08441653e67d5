import { addDays, parsePlainDate } from '../../kernel/time.ts'
import type { Question, RowQuestion } from './schema.ts'

/** The currency of money that belongs to no city (ISO 4217); a compiled service names a real one everywhere. */
export const NO_CURRENCY = 'XXX'

/**
 * The example of a question as its file gives it, with relative dates resolved for `today` (`YYYY-MM-DD`), or an
 * invented one of its kind that is plainly fictional (RFC 2606 domain, invented bank, impossible id). An invented
 * example may fail a question's own `pattern`.
 */
export function exampleFor(question: Question | RowQuestion, today: string): unknown {
  return resolved(question, question.example, today) ?? invented(question, today)
}

/** A given example with its relative dates, also those in rows, as days. */
function resolved(question: Question | RowQuestion, example: unknown, today: string): unknown {
  const kind = question.kind === 'attribute' ? question.of : question.kind
  if (kind === 'date' && typeof example === 'string') return relativeDay(example, today) ?? example
  if (kind !== 'repeating_group' || !Array.isArray(example)) return example
  const columns = 'questions' in question ? (question.questions ?? []) : []
  return example.map((row: unknown) => {
    if (row === null || typeof row !== 'object') return row
    const given = new Map(Object.entries(row))
    for (const column of columns) {
      if (given.has(column.id)) given.set(column.id, resolved(column, given.get(column.id), today))
    }
    return Object.fromEntries(given)
  })
}

/** The day that `today`, `today+N` and `today-N` (days), or `month`, `month+N` and `month-N` (first days) stand for. */
function relativeDay(text: string, today: string): string | null {
  const [, unit, offset = '0'] = /^(today|month)([+-]\d{1,5})?$/.exec(text) ?? []
  const day = parsePlainDate(today)
  if (unit === undefined || day === null) return null
  if (unit === 'today') return addDays(day, Number(offset))
  const months = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1 + Number(offset)
  return `${Math.floor(months / 12)}-${String((months % 12) + 1).padStart(2, '0')}-01`
}

function invented(question: Question | RowQuestion, today: string): unknown {
  switch (question.kind) {
    case 'integer':
      return within(question, 2)
    case 'decimal':
      return String(within(question, 2))
    case 'money':
      return { amount: String(within(question, 2500)), currency: question.currency ?? NO_CURRENCY }
    case 'date':
      return dateWithin(question, today)
    case 'yes_no':
      return true
    case 'one_of':
      return question.options?.[0]?.value ?? ''
    case 'many_of':
      return (question.options ?? []).slice(0, Math.max(1, question.min_choices ?? 1)).map((option) => option.value)
    case 'place':
      return { lat: 0.5, long: 0.5, note: 'By the fountain' }
    case 'file':
      return ['00000000-0000-7000-8000-000000000000']
    case 'repeating_group':
      return rows(question, today)
    case 'attribute':
      return text(question.of ?? 'text', question)
    default:
      return text(question.kind, question)
  }
}

function text(kind: string, question: Question | RowQuestion): unknown {
  switch (kind) {
    case 'email':
      return 'resident@example.org'
    case 'phone':
      return '+999 555 0100'
    case 'iban':
      return 'XX47HARB0000000000012345'
    case 'national_id':
      return 'HV-0000-0000'
    case 'date':
      return '1990-05-17'
    case 'address':
      return { line1: '1 Example Quay', town: 'Harbourview', postcode: 'HV1 0AA' }
    default:
      return sized('Example', question)
  }
}

function sized(word: string, question: Question | RowQuestion): string {
  const least = question.min_length ?? 0
  const long = word.length >= least ? word : word.padEnd(least, ' example').replace(/ $/, 's')
  return long.slice(0, question.max_length ?? long.length)
}

function within(question: Question | RowQuestion, usual: number): number {
  const min = question.min === undefined ? -Infinity : Number(question.min)
  const max = question.max === undefined ? Infinity : Number(question.max)
  return Math.min(Math.max(usual, min), max)
}

function dateWithin(question: Question | RowQuestion, today: string): string {
  const bound = (value: string | number | undefined): string | undefined => (value === 'today' ? today : value?.toString())
  const [min, max] = [bound(question.min), bound(question.max)]
  if (min !== undefined && today < min) return min
  return max !== undefined && today > max ? max : today
}

function rows(question: Question | RowQuestion, today: string): unknown {
  const columns = 'questions' in question ? (question.questions ?? []) : []
  const row = (): Record<string, unknown> =>
    Object.fromEntries(columns.filter((column) => column.required && !column.when).map((column) => [column.id, exampleFor(column, today)]))
  return Array.from({ length: Math.max(1, question.min_rows ?? 1) }, row)
}
