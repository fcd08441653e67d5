import { compilePattern } from '../pattern.ts'
import { exampleFor, validateAnswer } from '../question.ts'
import type { Question, RowQuestion } from '../schema.ts'

/** Some day: what is made up for dates is relative to it or far from it. */
const TODAY = '2026-03-02'

const texts = [
  'Example', 'Example answer', 'example', 'EXAMPLE', 'A', 'AB', 'ABC', 'AB12', 'AB123', 'AB1234', 'AB123456C', 'AB12 3CD',
  'EX1 1EX', 'A1A 1A1', 'K1A 0A1', '1', '12', '123', '1234', '12345', '123456', '1234567', '12345678', '123456789',
  '1234567890', '12/345/6789', '123-456-789', '2026-01', '01/2026', '2026-01-15', '15/01/2026', '12:30', '1.5',
  'name@example.org', 'https://www.example.org', 'www.example.org', '07700 900123', '07700900123', '613-555-0123',
] // prettier-ignore

const days = ['2026-01-15', '2000-01-01', '1980-01-01', '2030-01-01', '2100-01-01', 'today', 'today+30', 'today-30']

/** A valid answer to a question, or undefined when none can be made up (files, strict patterns). */
export function sampleAnswer(question: Question | RowQuestion): unknown {
  if (question.kind === 'file') return undefined
  const candidates = [madeUp(question), exampleFor(question, TODAY)]
  return candidates.find((value) => value !== undefined && isValid(question, value))
}

function isValid(question: Question | RowQuestion, example: unknown): boolean {
  return validateAnswer(question, exampleFor({ ...question, example }, TODAY), TODAY).issues.length === 0
}

function madeUp(question: Question | RowQuestion): unknown {
  switch (question.kind) {
    case 'text':
    case 'long_text':
      return sampleText(question)
    case 'email':
      return 'name@example.org'
    case 'phone':
      return '+44 7700 900123'
    case 'integer':
    case 'decimal':
      return sampleNumber(question)
    case 'date':
      return days.find((day) => isForever(day, question))
    case 'yes_no':
      return true
    case 'one_of':
      return question.options?.[0]?.value
    case 'many_of':
      return question.options?.slice(0, Math.max(1, question.min_choices ?? 1)).map((option) => option.value)
    case 'address':
      return { line1: '1 Example Street', town: 'Exampleton', postcode: 'EX1 1EX' }
    case 'place':
      return { lat: 51.5, long: -0.12 }
    default:
      return 'questions' in question ? sampleRows(question) : undefined
  }
}

function sampleText(question: Question | RowQuestion): string | undefined {
  const { min_length: min = 0, max_length: max = 20_000, pattern } = question
  const filler = 'Example answer '.repeat(Math.ceil(min / 15) + 1)
  const candidates = [...texts, filler.slice(0, Math.max(min, 1)).replace(/\s$/, 'x')]
  const compiled = pattern === undefined ? null : compilePattern(pattern)
  if (compiled && 'problem' in compiled) return undefined
  return candidates.find((text) => text.length >= min && text.length <= max && (!compiled || compiled.pattern.testExact(text)))
}

function sampleNumber(question: Question | RowQuestion): number | string | undefined {
  const min = typeof question.min === 'number' ? question.min : Number.NEGATIVE_INFINITY
  const max = typeof question.max === 'number' ? question.max : Number.POSITIVE_INFINITY
  const value = [1, Math.ceil(min), Math.floor(max)].find((each) => Number.isFinite(each) && each >= min && each <= max)
  if (value === undefined) return undefined
  return question.kind === 'integer' ? value : String(value)
}

/** Where a limit moves with today, only a day that moves with it stays valid; where none does, a day that stays. */
function isForever(day: string, question: Question | RowQuestion): boolean {
  const moves = question.min === 'today' || question.max === 'today'
  return day.startsWith('today') === moves && isValid(question, day)
}

function sampleRows(question: Question): unknown {
  if (question.kind !== 'repeating_group' || !question.questions) return undefined
  const row: Record<string, unknown> = {}
  for (const column of question.questions) {
    const value = sampleAnswer(column)
    if (value === undefined && column.required) return undefined
    if (value !== undefined && column.when === undefined) row[column.id] = value
  }
  return Array.from({ length: Math.max(1, question.min_rows ?? 1) }, () => row)
}
