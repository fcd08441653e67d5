import type { Format } from '../shapes.ts'
import type { Context } from './context.ts'
import type { Section, Severity, Verdict } from './verdict.ts'

/** One thing that a server keeps to, or not. */
export type Rule = {
  /** Stays the same for good: other projects name it. */
  readonly id: string
  readonly section: Section
  readonly severity: Severity
  /** What it checks, as a sentence that is true of a server that passes. */
  readonly says: string
  /** Whether it is judged once for each format that is checked, or once in one of them. */
  readonly per: 'format' | 'once'
  /** `write`: makes requests on the server. `both`: compares XML with JSON. */
  readonly needs?: 'write' | 'both'
  run(context: Context, format: Format): Promise<Verdict>
}
