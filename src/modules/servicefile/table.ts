import { parseUnaryTests } from 'feelin'
import { compileFeel, type FeelExpression, type FeelProblem } from './feel.ts'
import { children, type FeelNode } from './feelanalysis.ts'
import type { Names, ValueSize } from './feelcost.ts'
import type { DecisionTable } from './schema.ts'

/** One fault in a decision table and where it stands in it. */
export type TableProblem = FeelProblem & { path: ReadonlyArray<string | number> }

/**
 * What a table gave: `rules` are the indexes of the rules it comes from. `note` says why `value` is null: an input is
 * missing (`cannot_tell`), no rule matches (`no_match`), or several match where the hit policy allows one (`conflict`).
 */
export type TableResult = { value: unknown; rules: number[]; note: 'cannot_tell' | 'no_match' | 'conflict' | null }

/** What a test against a literal costs, in steps of FEEL. */
const LITERAL_COST = 0.1

/** The name under which a test reads its input. */
const INPUT = 'input_value'

type Test = (input: unknown, values: readonly unknown[]) => boolean | null
type CostedTest = { test: Test; cost: number; problems: FeelProblem[] }
type Bound = { expression: FeelExpression; slots: readonly number[] }

/** A DMN decision table (DMN 1.5, chapter 8) ready to run. */
export type CompiledTable = {
  readonly names: readonly string[]
  readonly hit: DecisionTable['hit']
  readonly inputs: readonly Bound[]
  readonly rows: ReadonlyArray<{ tests: readonly Test[]; outputs: readonly Bound[] }>
  readonly outputIds: readonly string[]
  /** The steps that one run may take at most (feelcost.ts). */
  readonly cost: number
  /** All expressions of its inputs, tests and outputs. */
  readonly expressions: readonly FeelExpression[]
}

/** Compiles a table whose cells may read `names`; a cell with a problem gives null. Never throws. */
export function compileTable(
  table: DecisionTable,
  names: Names,
  columns: Names = new Set(),
): { table: CompiledTable; problems: TableProblem[] } {
  const problems: TableProblem[] = []
  const slots = new Map<string, number>()
  const expressions: FeelExpression[] = []
  const bind = (expression: FeelExpression): Bound => {
    expressions.push(expression)
    const slotOf = (name: string): number => {
      if (name === INPUT) return -1
      const slot = slots.get(name) ?? slots.size
      slots.set(name, slot)
      return slot
    }
    return { expression, slots: expression.names.map(slotOf) }
  }
  const compile = (source: string, path: ReadonlyArray<string | number>): Bound => {
    const { expression, problems: found } = compileFeel(source, names, columns)
    problems.push(...found.map((problem) => ({ ...problem, path })))
    return bind(expression)
  }
  const inputs = table.inputs.map((input, i) => compile(input.expression, ['inputs', i, 'expression']))
  const known = inputs.map(() => new Map<string, CostedTest>())
  const readable = inputs.map((input) => withInput(names, input.expression.size))
  let cost = expressions.reduce((sum, each) => sum + each.cost, 0)
  const test = (source: string, i: number, path: ReadonlyArray<string | number>): Test => {
    const before = known[i]?.get(source)
    const made = before ?? compileTest(source, readable[i] ?? names, columns, bind)
    if (!before) problems.push(...made.problems.map((problem) => ({ ...problem, path })))
    if (made.problems.length === 0) known[i]?.set(source, made)
    cost += made.cost
    return made.test
  }
  const rows = table.rules.map((rule, r) => ({
    tests: table.inputs.map((_, i) => test(rule.when[i] ?? '-', i, ['rules', r, 'when', i])),
    outputs: rule.then.map((source, i) => compile(source, ['rules', r, 'then', i])),
  }))
  for (const row of rows) for (const { expression } of row.outputs) cost += expression.cost
  const outputIds = (table.outputs ?? []).map((output) => output.id)
  return { table: { names: [...slots.keys()], hit: table.hit, inputs, rows, outputIds, cost, expressions }, problems }
}

function withInput(names: Names, size: ValueSize): Names {
  return names instanceof Map ? new Map([...names, [INPUT, size]]) : new Set([...names.keys(), INPUT])
}

/**
 * Runs a table on the values of its `names`. A missing (null) input leaves every test but `-` undetermined, unless the
 * test itself speaks of null; while an undetermined rule could still change the result, the result is null.
 */
export function evaluateTable(table: CompiledTable, values: readonly unknown[]): TableResult {
  const inputs = table.inputs.map((input) => call(input, values, null))
  const matched: number[] = []
  let undetermined = -1
  for (const [index, row] of table.rows.entries()) {
    const holds = rowHolds(row.tests, inputs, values)
    if (holds === null && undetermined < 0) undetermined = index
    if (holds === true) matched.push(index)
    if (table.hit === 'F' && holds !== false) break
  }
  const first = matched[0]
  const single = table.hit === 'U' || table.hit === 'A' || table.hit === 'F'
  const open = undetermined >= 0 && (!single || first === undefined || undetermined < first)
  if (table.hit === 'U' && matched.length > 1) return { value: null, rules: matched, note: 'conflict' }
  if (open) return { value: null, rules: matched, note: 'cannot_tell' }
  if (first === undefined) return { value: null, rules: [], note: 'no_match' }
  const results = (single && table.hit !== 'A' ? [first] : matched).map((index) => output(table, index, values))
  if (table.hit === 'A' && results.some((result) => JSON.stringify(result) !== JSON.stringify(results[0]))) {
    return { value: null, rules: matched, note: 'conflict' }
  }
  const rules = table.hit === 'F' ? [first] : matched
  return { value: single ? (results[0] ?? null) : aggregate(table.hit, results), rules, note: null }
}

function rowHolds(tests: readonly Test[], inputs: readonly unknown[], values: readonly unknown[]): boolean | null {
  let holds: boolean | null = true
  for (const [i, test] of tests.entries()) {
    const result = test(inputs[i] ?? null, values)
    if (result === false) return false
    if (result === null) holds = null
  }
  return holds
}

function output(table: CompiledTable, index: number, values: readonly unknown[]): unknown {
  const results = (table.rows[index]?.outputs ?? []).map((bound) => call(bound, values, null))
  if (table.outputIds.length < 2) return results[0] ?? null
  return Object.fromEntries(table.outputIds.map((id, i) => [id, results[i] ?? null]))
}

function aggregate(hit: DecisionTable['hit'], results: unknown[]): unknown {
  if (hit === 'C#') return results.length
  if (hit === 'R' || hit === 'C') return results
  const numbers = results.filter((value) => typeof value === 'number')
  if (numbers.length !== results.length) return null
  if (hit === 'C+') return numbers.reduce((sum, value) => sum + value, 0)
  return hit === 'C<' ? Math.min(...numbers) : Math.max(...numbers)
}

function call(bound: Bound, values: readonly unknown[], input: unknown): unknown {
  return bound.expression.run(bound.slots.map((slot) => (slot < 0 ? input : (values[slot] ?? null))))
}

type Part = (input: unknown, values: readonly unknown[]) => boolean | null

/** Compiles one cell of unary tests (DMN 1.5, 10.3.2.7): any of its parts, or none of them under `not(...)`. */
function compileTest(source: string, names: Names, columns: Names, bind: (expression: FeelExpression) => Bound): CostedTest {
  if (source.trim() === '-') return { test: () => true, cost: LITERAL_COST, problems: [] }
  const top = parseUnaryTests(source, {}, undefined).topNode
  const parts: FeelNode[] = []
  const problems: FeelProblem[] = []
  collect(top, source, parts, problems)
  const negated = top.firstChild?.name === 'not'
  let cost = 0
  const tests = parts.map((part) => {
    const quick = literalTest(part, source)
    cost += LITERAL_COST
    if (quick) return quick
    const asks = mentions(part, '?')
    const text = asks ? replaceQuestion(part, source) : `${INPUT} in (${source.slice(part.from, part.to)})`
    const { expression, problems: found } = compileFeel(text, names, columns)
    problems.push(...found.map((problem) => ({ ...problem, offset: part.from })))
    cost += expression.cost
    const bound = bind(expression)
    const speaksOfNull = asks || mentions(part, 'null')
    return (input: unknown, values: readonly unknown[]): boolean | null => {
      if (input === null && !speaksOfNull) return null
      const result = call(bound, values, input)
      return typeof result === 'boolean' ? result : null
    }
  })
  const test: Test = (input, values) => {
    const any = anyOf(tests, input, values)
    return negated ? (any === null ? null : !any) : any
  }
  if (parts.length === 0 && problems.length === 0) problems.push({ code: 'syntax', message: 'is no test', offset: 0 })
  return { test: problems.length > 0 ? () => null : test, cost, problems }
}

function anyOf(tests: readonly Part[], input: unknown, values: readonly unknown[]): boolean | null {
  let any: boolean | null = false
  for (const test of tests) {
    const result = test(input, values)
    if (result === true) return true
    if (result === null) any = null
  }
  return any
}

function collect(node: FeelNode, source: string, parts: FeelNode[], problems: FeelProblem[]): void {
  for (const child of children(node)) {
    if (child.type.isError) {
      const message = `cannot be read at "${source.slice(child.from, child.from + 20)}"`
      problems.push({ code: 'syntax', message, offset: child.from })
    } else if (child.name === 'PositiveUnaryTest') parts.push(child)
    else collect(child, source, parts, problems)
  }
}

function mentions(node: FeelNode, name: string): boolean {
  return node.name === name || children(node).some((child) => mentions(child, name))
}

function replaceQuestion(node: FeelNode, source: string): string {
  const parts = children(node)
  if (node.name === '?') return INPUT
  let text = ''
  let at = node.from
  for (const part of parts) {
    text += source.slice(at, part.from) + replaceQuestion(part, source)
    at = part.to
  }
  return text + source.slice(at, node.to)
}

/** Tests against literals run without FEEL: most cells of a table are such. */
function literalTest(part: FeelNode, source: string): Part | null {
  const text = source.slice(part.from, part.to).trim()
  if (text === 'null') return (input) => input === null
  if (text === 'true' || text === 'false') return same('boolean', text === 'true')
  if (/^"[^"\\]*"$/.test(text)) return same('string', text.slice(1, -1))
  if (/^-?\d+(\.\d+)?$/.test(text)) return same('number', Number(text))
  const compare = /^(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)$/.exec(text)
  if (compare) {
    const limit = Number(compare[2])
    const below = compare[1]?.startsWith('<') === true
    const equal = compare[1]?.endsWith('=') === true
    return numeric((value) => (value === limit ? equal : below ? value < limit : value > limit))
  }
  const range = /^([[(\]])\s*(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)\s*([\])[])$/.exec(text)
  if (!range) return null
  const [low, high] = [Number(range[2]), Number(range[3])]
  const [withLow, withHigh] = [range[1] === '[', range[4] === ']']
  return numeric((value) => (withLow ? value >= low : value > low) && (withHigh ? value <= high : value < high))
}

function same(type: string, literal: unknown): Part {
  return (input) => (input === null ? null : typeof input === type && input === literal)
}

function numeric(holds: (value: number) => boolean): Part {
  return (input) => (typeof input === 'number' ? holds(input) : null)
}
