import type { QuestionKind } from '../schema.ts'
import { type Comparison, quoted, type Rule } from './logic.ts'

/** A question as conditions of a form see it. */
export type Field = { id: string; kind: QuestionKind }

const isDay = /^\d{4}-\d{2}-\d{2}$/

/** The FEEL that reads a field as a number; null when it cannot be one. */
function asNumber(field: Field): string | null {
  if (field.kind === 'integer' || field.kind === 'decimal') return field.id
  return field.kind === 'one_of' || field.kind === 'text' ? `number(${field.id})` : null
}

function not(rule: Rule | null): Rule | null {
  return rule && { op: 'not', of: rule }
}

function test(field: Field, left: string, op: Comparison, right: string, number?: number): Rule {
  return { op: 'test', question: field.id, test: { is: 'compare', left, op, right, ...(number === undefined ? {} : { number }) } }
}

/** `field = value` in the way of the field's kind; null when its kind has no such test. */
export function equals(field: Field, value: string): Rule | null {
  const equal = (to: string | boolean): Rule => ({ op: 'test', question: field.id, test: { is: 'equal', value: to } })
  switch (field.kind) {
    case 'yes_no':
      if (/^(true|yes)$/i.test(value)) return equal(true)
      return /^(false|no)$/i.test(value) ? equal(false) : null
    case 'many_of':
      return has(field, value)
    case 'date':
      return isDay.test(value) ? test(field, field.id, '=', `date(${quoted(value)})`) : null
    case 'integer':
    case 'decimal':
      return order(field, '=', value)
    case 'text':
    case 'long_text':
    case 'email':
    case 'phone':
    case 'one_of':
      return equal(value)
    default:
      return null
  }
}

/** Whether a list of values holds one. */
export function has(field: Field, value: string): Rule | null {
  return field.kind === 'many_of' ? { op: 'test', question: field.id, test: { is: 'has', value } } : null
}

/** `field op value` for numbers and days; null when either is neither. */
export function order(field: Field, op: Comparison, value: string): Rule | null {
  if (field.kind === 'date') return isDay.test(value) ? test(field, field.id, op, `date(${quoted(value)})`) : null
  const left = asNumber(field)
  const number = Number(value)
  return left === null || value.trim() === '' || !Number.isFinite(number) ? null : test(field, left, op, String(number), number)
}

/** The length of a text compared with a number. */
export function length(field: Field, op: Comparison, value: string): Rule | null {
  const isText = field.kind === 'text' || field.kind === 'long_text' || field.kind === 'email' || field.kind === 'phone'
  return isText && /^\d+$/.test(value) ? test(field, `string length(${field.id})`, op, value) : null
}

/** A day compared with today moved by a period; a negative period lies in the past. */
export function orderRelative(field: Field, op: Comparison, period: number, unit: string): Rule | null {
  const letter = { year: 'Y', month: 'M', week: 'W', day: 'D' }[unit.toLowerCase().replace(/s$/, '')]
  if (field.kind !== 'date' || letter === undefined || !Number.isInteger(period)) return null
  const size = letter === 'W' ? `P${Math.abs(period) * 7}D` : `P${Math.abs(period)}${letter}`
  const right = period === 0 ? 'today' : `today ${period < 0 ? '-' : '+'} duration(${quoted(size)})`
  return test(field, field.id, op, right)
}

/**
 * A condition in the words of the Defra forms designer: `is`, `is not`, `contains`, `is longer than`, `is at least`,
 * `is before`, ... ; null when the field has no such test.
 */
export function compare(field: Field, operator: string, value: string): Rule | null {
  switch (operator.trim().toLowerCase()) {
    case 'is':
      return equals(field, value)
    case 'is not':
      return not(equals(field, value))
    case 'contains':
      return has(field, value) ?? equals(field, value)
    case 'does not contain':
      return not(has(field, value) ?? equals(field, value))
    case 'is longer than':
      return length(field, '>', value)
    case 'is shorter than':
      return length(field, '<', value)
    case 'has length':
      return length(field, '=', value)
    case 'is at least':
      return order(field, '>=', value)
    case 'is at most':
      return order(field, '<=', value)
    case 'is more than':
    case 'is after':
      return order(field, '>', value)
    case 'is less than':
    case 'is before':
      return order(field, '<', value)
    default:
      return null
  }
}

/** A condition on how far a day lies from today: "is at least 18 years in the past" is on or before that day. */
export function compareRelative(field: Field, operator: string, period: number, unit: string, direction: string): Rule | null {
  const past = /past/i.test(direction)
  const signed = past ? -period : period
  const operators: Readonly<Record<string, readonly [Comparison, Comparison]>> = {
    'is at least': ['<=', '>='],
    'is at most': ['>=', '<='],
    'is less than': ['>', '<'],
    'is more than': ['<', '>'],
    is: ['=', '='],
    'is before': ['<', '<'],
    'is after': ['>', '>'],
  }
  const pair = operators[operator.trim().toLowerCase()]
  return pair ? orderRelative(field, past ? pair[0] : pair[1], signed, unit) : null
}
