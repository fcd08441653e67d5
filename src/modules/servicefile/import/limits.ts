import { compilePattern } from '../pattern.ts'
import type { Words } from '../../../kernel/text.ts'
import type { Notes } from './notes.ts'

/**
 * A regular expression of a form as a pattern for the whole answer; undefined (and reported) when it is not RE2. A
 * form's expression may match anywhere, so that what it leaves open at either end is opened.
 */
export function patternFor(source: string, path: string, notes: Notes): string | undefined {
  const body = source.trim()
  if (body === '') return undefined
  const begins = body.startsWith('^') ? '' : '(?s:.*)'
  const ends = body.endsWith('$') && !body.endsWith('\\$') ? '' : '(?s:.*)'
  const pattern = begins === '' && ends === '' ? body : `${begins}(?:${body})${ends}`
  const compiled = compilePattern(pattern)
  if (!('problem' in compiled)) return pattern
  notes.add(path, 'pattern', `the regular expression ${body.slice(0, 120)} is left out: ${compiled.problem}`)
  return undefined
}

/** Least and most lengths that a service file may have; what lies beyond is reported. */
export function lengthsFor(
  min: number | undefined,
  max: number | undefined,
  path: string,
  notes: Notes,
): { min_length?: number; max_length?: number } {
  const lengths: { min_length?: number; max_length?: number } = {}
  if (min !== undefined && min > 0) lengths.min_length = Math.min(20_000, Math.floor(min))
  if (max !== undefined && max >= 1) lengths.max_length = Math.min(20_000, Math.floor(max))
  if ((max ?? 1) > 20_000) notes.add(path, 'limit', `the longest answer of ${max} characters became 20000`)
  return lengths
}

/** A message that goes with a pattern, when there is one of both. */
export function messageFor(pattern: string | undefined, message: Words | undefined): { pattern?: string; pattern_message?: Words } {
  return pattern === undefined ? {} : { pattern, ...(message ? { pattern_message: message } : {}) }
}

/** How many decimals a number may have: as many as the form names, else two, or as many as its limits have; the last two are reported. */
export function decimalsFor(named: number | undefined, limits: ReadonlyArray<number | undefined>, path: string, notes: Notes): number {
  if (named !== undefined) return Math.min(9, Math.max(0, Math.floor(named)))
  const most = Math.min(9, Math.max(2, ...limits.map((limit) => decimalsOf(limit ?? 0))))
  const message = `numbers take at most ${most} decimals: the form does not say how many`
  if (most === 2) notes.tally(path, 'decimals', message)
  else notes.add(path, 'decimals', message)
  return most
}

/** The decimals that a number is written with: 3 for 0.001, 7 for 1e-7. */
function decimalsOf(value: number): number {
  const [, fraction = '', exponent = '0'] = /^-?\d+(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? []
  return Math.max(0, fraction.length - Number(exponent))
}
