import { evaluate, FeelFunction } from 'feelin'
import { comparingBuiltins } from './feelcost.ts'
import { type CompiledPattern, compilePattern, trimmed } from './pattern.ts'

/** Values longer than these make a built-in answer null instead of working long. */
const MAX_TEXT = 20_000
const MAX_LIST = 10_000
const MAX_COMPARED = 100
const MAX_PIECES = 100
/** RE2 is linear in one match, but replacing and splitting look for one from each place of a text (feelcost.ts). */
export const MAX_MATCHED = 500
/** There are three flags; longer texts of them would fill what is kept. */
const MAX_FLAGS = 3

/** The built-ins that take a regular expression, and which arguments it and its flags are. */
export const patternBuiltins: ReadonlyMap<string, { index: number; name: string; flags: number | null }> = new Map([
  ['matches', { index: 1, name: 'pattern', flags: 2 }],
  ['replace', { index: 1, name: 'pattern', flags: 3 }],
  ['split', { index: 1, name: 'delimiter', flags: null }],
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
  const patterns: Patterns = new Map()
  if (name === 'matches') return new FeelFunction((...args: unknown[]) => matches(patterns, args), ['input', 'pattern', 'flags'])
  if (name === 'replace')
    return new FeelFunction((...args: unknown[]) => replace(patterns, args), ['input', 'pattern', 'replacement', 'flags'])
  if (name === 'split') return new FeelFunction((...args: unknown[]) => split(patterns, args), ['string', 'delimiter'])
  if (!builtinNames.has(name)) return null
  const original: unknown = evaluate(name, {}).value
  if (typeof original !== 'function') return null
  const names = '$args' in original && Array.isArray(original.$args) ? original.$args.map(String) : []
  const limit = comparingBuiltins.has(name) ? MAX_COMPARED : MAX_LIST
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

/** The patterns that one built-in of one expression has met: literals of its text, so they are few. */
type Patterns = Map<string, CompiledPattern | null>

function compiled(known: Patterns, pattern: unknown, flags: unknown): CompiledPattern | null {
  if (typeof pattern !== 'string' || (flags !== undefined && flags !== null && typeof flags !== 'string')) return null
  const key = `${flags ?? ''}/${pattern}`
  const before = known.get(key)
  if (before !== undefined) return before && trimmed(before)
  if ((flags ?? '').length > MAX_FLAGS) return null
  const made = compilePattern(pattern, flags ?? '')
  const usable = 'problem' in made ? null : made
  known.set(key, usable)
  return usable
}

function matches(known: Patterns, [input, pattern, flags]: readonly unknown[]): boolean | null {
  const regex = compiled(known, pattern, flags)
  if (typeof input !== 'string' || input.length > MAX_MATCHED || !regex) return null
  return regex.pattern.matcher(input).find()
}

function replace(known: Patterns, [input, pattern, replacement, flags]: readonly unknown[]): string | null {
  const regex = compiled(known, pattern, flags)
  if (typeof input !== 'string' || input.length > MAX_MATCHED || typeof replacement !== 'string') return null
  if (!regex || replacement.length > 200) return null
  const result = regex.pattern.matcher(input).replaceAll(replacement)
  return result.length <= MAX_TEXT ? result : null
}

function split(known: Patterns, [text, delimiter]: readonly unknown[]): string[] | null {
  const regex = compiled(known, delimiter, '')
  if (typeof text !== 'string' || text.length > MAX_MATCHED || !regex) return null
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
