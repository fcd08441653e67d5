import { RE2JS } from 're2js'

/** A regular expression ready to match, with how many instructions it has: no match does more than all of them a character. */
export type CompiledPattern = { readonly pattern: RE2JS; readonly size: number }

const MAX_SOURCE = 500
/** A pattern of more instructions is refused: repeats within repeats write a short one out to a hundred thousand. */
const MAX_PROGRAM = 2_000
/** Bytes; the automata of ordinary patterns take a few thousand. */
const MAX_LEARNED = 250_000

/** A regular expression that runs in linear time (RE2 syntax) and is not too large, or the reason why it is none. */
export function compilePattern(source: string, flags = ''): CompiledPattern | { problem: string } {
  if (source.length > MAX_SOURCE) return { problem: `a pattern may have ${MAX_SOURCE} characters` }
  if (/[^smi]/.test(flags)) return { problem: `flags may be s, m and i, not "${flags}"` }
  // Compiling a huge one takes long already, so it is not begun.
  if (writtenOut(source) > MAX_PROGRAM) return { problem: 'it repeats too much: fewer or smaller {...}' }
  let bits = 0
  if (flags.includes('i')) bits |= RE2JS.CASE_INSENSITIVE
  if (flags.includes('s')) bits |= RE2JS.DOTALL
  if (flags.includes('m')) bits |= RE2JS.MULTILINE
  try {
    const pattern = RE2JS.compile(source, bits)
    const size = pattern.programSize()
    return size > MAX_PROGRAM ? { problem: 'it repeats too much: fewer or smaller {...}' } : { pattern, size }
  } catch (error) {
    return { problem: `not a linear-time (RE2) pattern: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** Whether a whole text matches. */
export function matchesWhole(compiled: CompiledPattern, text: string): boolean {
  const fits = compiled.pattern.matches(text)
  trimmed(compiled)
  return fits
}

/**
 * Lets go of what matching has learned when that has grown large, so that patterns can be kept: RE2JS holds up to 8 MiB for
 * each, and answers decide how much. Gives the same pattern.
 */
export function trimmed(compiled: CompiledPattern): CompiledPattern {
  // made by the first match, and not by patterns that need none
  const learned: { stateBudget: number; memBudget: number; clearCache(): void } | null = compiled.pattern.re2().lazyDFA
  if (learned && learned.stateBudget - learned.memBudget > MAX_LEARNED) learned.clearCache()
  return compiled
}

/** How many atoms a pattern has when its counted repeats are written out; near enough for one that cannot be read. */
function writtenOut(source: string): number {
  const atom = /\\Q.*?(?:\\E|$)|\\[pPx]\{[^}]*\}|\\.|\[\^?\]?(?:\[:[^\]]*:\]|\\.|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}|[^]/gsu
  const open: number[] = []
  let sum = 0
  let last = 0
  for (const [text, least, most] of source.matchAll(atom)) {
    if (least !== undefined) {
      const times = Math.max(1, Number(least), Number(most ?? 0))
      sum += last * (times - 1)
      last *= times
    } else if (text === '(') {
      open.push(sum)
      sum = 0
      last = 0
    } else if (text === ')') {
      last = sum
      sum += open.pop() ?? 0
    } else if (!'*+?|'.includes(text)) {
      last = text.startsWith('\\Q') ? text.length : 1
      sum += last
    }
  }
  return open.reduce((all, each) => all + each, sum)
}
