import { evaluate, FeelFunction } from 'feelin'
import { compilePattern } from './pattern.ts'

/** Values longer than these make a built-in answer null instead of working long. */
const MAX_TEXT = 100_000
const MAX_LIST = 10_000
const MAX_COMPARED = 500
const MAX_PIECES = 100
/** RE2 is linear, but a hundred times slower than the engine's own: a hundred runs on this much take 100 ms. */
const MAX_MATCHED = 1_500

/** Built-ins that compare every element with every other. */
const comparing = new Set(['distinct values', 'union', 'sort', 'mode', 'list replace', 'flatten', 'index of'])

/** The built-ins that take a regular expression, and which argument it is. */
export const patternBuiltins: ReadonlyMap<string, { index: number; name: string }> = new Map([
  ['matches', { index: 1, name: 'pattern' }],
  ['replace', { index: 1, name: 'pattern' }],
  ['split', { index: 1, name: 'delimiter' }],
])

/** Whether FEEL has a built-in function of this name. */
export function isBuiltin(name: string): boolean {
  return builtinNames.has(name)
}

/**
 * The function that stands in for a FEEL built-in: `matches`, `replace` and `split` run on RE2 (linear time), and
 * every other refuses (gives null for) texts and lists beyond the limits, in arguments and in results.
 */
export function safeBuiltin(name: string): FeelFunction | null {
  if (name === 'matches') return new FeelFunction(matches, ['input', 'pattern', 'flags'])
  if (name === 'replace') return new FeelFunction(replace, ['input', 'pattern', 'replacement', 'flags'])
  if (name === 'split') return new FeelFunction(split, ['string', 'delimiter'])
  if (!builtinNames.has(name)) return null
  const original: unknown = evaluate(name, {}).value
  if (typeof original !== 'function') return null
  const names = '$args' in original && Array.isArray(original.$args) ? original.$args.map(String) : []
  const limit = comparing.has(name) ? MAX_COMPARED : MAX_LIST
  return new FeelFunction((...args: unknown[]): unknown => {
    if (!args.every((value) => fits(value, limit))) return null
    const result: unknown = original(...args)
    return fits(result, limit) ? result : null
  }, names)
}

function fits(value: unknown, limit: number): boolean {
  if (typeof value === 'string') return value.length <= MAX_TEXT
  return Array.isArray(value) ? value.length <= limit : true
}

function compiled(pattern: unknown, flags: unknown): ReturnType<typeof compilePattern> | null {
  if (typeof pattern !== 'string' || (flags !== undefined && flags !== null && typeof flags !== 'string')) return null
  return compilePattern(pattern, flags ?? '')
}

function matches(input: unknown, pattern: unknown, flags: unknown): boolean | null {
  const regex = compiled(pattern, flags)
  if (typeof input !== 'string' || input.length > MAX_MATCHED || !regex || 'problem' in regex) return null
  return regex.pattern.matcher(input).find()
}

function replace(input: unknown, pattern: unknown, replacement: unknown, flags: unknown): string | null {
  const regex = compiled(pattern, flags)
  if (typeof input !== 'string' || input.length > MAX_MATCHED || typeof replacement !== 'string') return null
  if (!regex || 'problem' in regex || replacement.length > 200) return null
  const result = regex.pattern.matcher(input).replaceAll(replacement)
  return result.length <= MAX_TEXT ? result : null
}

function split(text: unknown, delimiter: unknown): string[] | null {
  const regex = compiled(delimiter, '')
  if (typeof text !== 'string' || text.length > MAX_MATCHED || !regex || 'problem' in regex) return null
  const pieces = regex.pattern.split(text)
  return pieces.length <= MAX_PIECES ? pieces : null
}

const builtinNames: ReadonlySet<string> = new Set([
  'number', 'string', 'date', 'date and time', 'time', 'duration', 'years and months duration', 'not', 'substring',
  'string length', 'upper case', 'lower case', 'substring before', 'substring after', 'replace', 'contains', 'matches',
  'starts with', 'ends with', 'split', 'string join', 'list contains', 'list replace', 'count', 'min', 'max', 'sum',
  'mean', 'all', 'any', 'sublist', 'append', 'concatenate', 'insert before', 'remove', 'reverse', 'index of', 'union',
  'distinct values', 'flatten', 'product', 'median', 'stddev', 'mode', 'decimal', 'floor', 'ceiling', 'abs',
  'round up', 'round down', 'round half up', 'round half down', 'modulo', 'sqrt', 'log', 'exp', 'odd', 'even', 'is',
  'before', 'after', 'meets', 'met by', 'overlaps', 'includes', 'day of year', 'day of week', 'month of year',
  'week of year', 'sort', 'get value', 'get entries', 'context', 'context merge', 'context put',
]) // prettier-ignore
