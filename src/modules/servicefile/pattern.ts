import { RE2JS } from 're2js'

/** A regular expression that runs in linear time (RE2 syntax), or the reason why it is none. */
export function compilePattern(source: string, flags = ''): { pattern: RE2JS } | { problem: string } {
  if (source.length > 500) return { problem: 'a pattern may have 500 characters' }
  if (/[^smi]/.test(flags)) return { problem: `flags may be s, m and i, not "${flags}"` }
  let bits = 0
  if (flags.includes('i')) bits |= RE2JS.CASE_INSENSITIVE
  if (flags.includes('s')) bits |= RE2JS.DOTALL
  if (flags.includes('m')) bits |= RE2JS.MULTILINE
  try {
    return { pattern: RE2JS.compile(source, bits) }
  } catch (error) {
    return { problem: `not a linear-time (RE2) pattern: ${error instanceof Error ? error.message : String(error)}` }
  }
}
