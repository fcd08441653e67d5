import { evaluate, FeelFunction, parseExpression } from 'feelin'
import { analyseFeel, children, type FeelAnalysis, type FeelNode, type FeelProblem } from './feelanalysis.ts'
import { safeBuiltin } from './feelbuiltins.ts'
import type { Names, ValueSize } from './feelcost.ts'

export type { FeelProblem } from './feelanalysis.ts'

/** Written out, an expression may not be longer than this (conditions of `if` are written twice). */
const MAX_WRITTEN = 40_000

/**
 * A FEEL expression (DMN 1.5, chapter 10) that is ready to run. It is compiled into one function of the names it
 * reads, at its first run: running a compiled function is a hundred times faster than evaluating a text, and a small
 * list of arguments a thousand times faster than a context of all names.
 */
export class FeelExpression {
  readonly source: string
  /** The names it reads, in the order in which `run` takes their values. */
  readonly names: readonly string[]
  /** The steps that one run may take at most (feelcost.ts). */
  readonly cost: number
  /** How large its value may be. */
  readonly size: ValueSize
  readonly #builtins: readonly string[]
  readonly #refused: boolean
  #compiled: { call: (...values: unknown[]) => unknown; warnings: unknown[] } | null = null

  /** Use `compileFeel`, which checks it first; a refused expression always gives null. */
  constructor(source: string, { names, builtins, problems, cost, size }: FeelAnalysis) {
    this.source = source
    this.names = names
    this.cost = cost
    this.size = size
    this.#builtins = builtins
    this.#refused = problems.length > 0
  }

  /** The value for these values of `names`, as FEEL sees them; null when it cannot be told. Never throws. */
  run(values: readonly unknown[]): unknown {
    if (this.#refused) return null
    try {
      this.#compiled ??= this.#compile()
      const { call, warnings } = this.#compiled
      const value = call(...values)
      // feelin keeps a warning, with the values it saw, for every null operand: let go of them at once.
      if (warnings.length > 0) warnings.length = 0
      return value === undefined ? null : value
    } catch {
      return null
    }
  }

  /** Compiles it now, so that its first run is as fast as any other. Never throws. */
  warm(): void {
    if (this.#refused) return
    try {
      this.#compiled ??= this.#compile()
    } catch {
      // Its runs give null.
    }
  }

  #compile(): { call: (...values: unknown[]) => unknown; warnings: unknown[] } {
    const written = writeThreeValued(this.source)
    const context = Object.fromEntries(this.#builtins.map((name) => [name, safeBuiltin(name)] as const).filter(([, fn]) => fn))
    const { value, warnings } = evaluate(`function(${this.names.join(', ')}) ${written}`, context)
    if (!(value instanceof FeelFunction)) return { call: () => null, warnings: [] }
    return { call: value.fn, warnings }
  }
}

/**
 * Reads an expression that may use `names` (and inside filters `columns` of rows) and says what is wrong with it.
 * An expression with problems gives null whenever it is run. Never throws. What is refused as unsafe is told in
 * feelanalysis.ts. Two things differ from plain feelin: `if` with a condition that is neither true nor false gives
 * null (never the else branch), and money is whole minor units, because FEEL computes with floats (0.1 + 0.2).
 */
export function compileFeel(
  source: string,
  names: Names,
  columns: Names = new Set(),
): { expression: FeelExpression; problems: FeelProblem[] } {
  const analysis = analyseFeel(source, names, columns)
  return { expression: new FeelExpression(source, analysis), problems: analysis.problems }
}

/** Runs an expression on values by name, as FEEL sees them; a name without a value is null. Never throws. */
export function evaluateFeel(expression: FeelExpression, values: Readonly<Record<string, unknown>>): unknown {
  return expression.run(expression.names.map((name) => (Object.hasOwn(values, name) ? (values[name] ?? null) : null)))
}

/** Writes `if c then a else b` so that it is null unless `c` is true or false. */
function writeThreeValued(source: string): string {
  if (!/\bif\b/.test(source)) return source
  const written = write(source, parseExpression(source, {}, undefined).topNode)
  if (written.length > MAX_WRITTEN) throw new RangeError('expression grows too long')
  return written
}

function write(source: string, node: FeelNode): string {
  const parts = children(node)
  if (node.name === 'IfExpression') {
    const [condition, then, otherwise] = [parts[1], parts[3], parts[5]].map((part) => (part ? write(source, part) : 'null'))
    return `(if (${condition}) = true then ${then} else if (${condition}) = false then ${otherwise} else null)`
  }
  let text = ''
  let at = node.from
  for (const part of parts) {
    text += source.slice(at, part.from) + write(source, part)
    at = part.to
  }
  return text + source.slice(at, node.to)
}
