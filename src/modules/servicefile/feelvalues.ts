import { FeelDate, parseDate } from 'feelin'
import type { QuestionKind } from './schema.ts'

/** What a computed value may be, as the service file names it. */
export type ComputedType = 'number' | 'string' | 'boolean' | 'money' | 'date' | 'list' | 'context'

/** Sizes above which a value is null, so that rules feeding one another cannot grow text or lists without end. */
const MAX_TEXT = 20_000
const MAX_LIST = 10_000
const MAX_PARTS = 20_000
const MAX_DEPTH = 8

/** True and false stay; anything else is null, because "cannot tell" is not "no". */
export function toTruth(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null
}

/** A calendar day as a FEEL date; null when it is none. */
export function feelDay(day: unknown): FeelDate | null {
  return typeof day === 'string' ? parseDate(day) : null
}

/**
 * A valid answer as FEEL sees it: money is its whole minor units (a number), `decimal` a number, `date` a FEEL date,
 * addresses and places contexts, files a list of ids. FEEL computes with floats, so money never enters as units.
 */
export function answerToFeel(kind: QuestionKind, value: unknown, of?: string): unknown {
  if (value === undefined || value === null) return null
  const shape = kind === 'attribute' ? of : kind
  if (shape === 'date') return feelDay(value)
  if (shape === 'decimal') return finite(Number(value))
  if (shape === 'money') return safeInteger(Number((value as { amount: string }).amount))
  return value
}

/** A value that FEEL gave as plain JSON: dates as `YYYY-MM-DD`, durations as ISO 8601, functions and ranges as null. */
export function feelToJson(value: unknown): unknown {
  const budget = { parts: MAX_PARTS }
  const json = plain(value, 0, budget)
  return budget.parts < 0 ? null : json
}

function plain(value: unknown, depth: number, budget: { parts: number }): unknown {
  budget.parts -= 1
  if (value === null || value === undefined || depth > MAX_DEPTH || budget.parts < 0) return null
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return finite(value)
  if (typeof value === 'string') return value.length > MAX_TEXT ? null : value
  if (Array.isArray(value)) {
    return value.length > MAX_LIST ? null : value.map((item) => plain(item, depth + 1, budget))
  }
  if (typeof value !== 'object') return null
  if (Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, depth + 1, budget)]))
  }
  if ('iso' in value && typeof value.iso === 'string') return value.iso
  return null
}

/** A result as its declared type, still as FEEL sees it; null when it is of another type, too large or not finite. */
export function coerceFeel(type: ComputedType, value: unknown): unknown {
  switch (type) {
    case 'boolean':
      return toTruth(value)
    case 'number':
      return typeof value === 'number' ? finite(value) : null
    case 'money':
      return safeInteger(value)
    case 'string':
      return typeof value === 'string' && value.length <= MAX_TEXT ? value : null
    case 'date':
      return value instanceof FeelDate ? value : feelDay(value)
    case 'list':
      return Array.isArray(value) && isSmall(value) ? value : null
    case 'context':
      return value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype && isSmall(value)
        ? value
        : null
  }
}

/** Whole minor units as FEEL's number; null when it is no integer that a float holds exactly. */
export function safeInteger(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

function isSmall(value: unknown): boolean {
  const budget = { parts: MAX_PARTS }
  count(value, 0, budget)
  return budget.parts >= 0
}

function count(value: unknown, depth: number, budget: { parts: number }): void {
  budget.parts -= typeof value === 'string' ? 1 + Math.floor(value.length / 10) : 1
  if (budget.parts < 0) return
  if (depth > MAX_DEPTH) budget.parts = -1
  else if (Array.isArray(value)) for (const item of value) count(item, depth + 1, budget)
  else if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) count(item, depth + 1, budget)
  }
}
