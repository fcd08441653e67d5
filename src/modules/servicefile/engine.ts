import type { Money } from '../../kernel/money.ts'
import type { Answers, Issue } from './answers.ts'
import { answerToFeel, coerceFeel, feelDay, feelToJson, safeInteger, toTruth } from './feelvalues.ts'
import { validateAnswer } from './question.ts'
import { outcomes, type Outcome, type Question } from './schema.ts'
import type { Calculation, GraphNode, Service } from './service.ts'
import { evaluateTable } from './table.ts'

/** What the city knows beyond the answers, by fact id; a fact that is absent is null. */
export type Facts = Readonly<Record<string, unknown>>

/** A page that is to be seen: its visible questions and statements (by index), and whether it is done. */
export type PageView = { id: string; questions: string[]; statements: number[]; done: boolean }

/** Everything that follows from the answers; null always means "cannot tell yet". */
export type Evaluation = {
  /** The visible pages in order. */
  readonly pages: readonly PageView[]
  /** The first visible page that is not done; null when all are. */
  readonly page: string | null
  /** The valid answers of visible questions, cleaned, in the order of the form. */
  readonly answers: Readonly<Record<string, unknown>>
  /** What is wrong or missing on visible questions, in the order of the form. */
  readonly issues: readonly Issue[]
  /** Computed values as JSON; money as a whole number of minor units, dates as `YYYY-MM-DD`. */
  readonly computed: Readonly<Record<string, unknown>>
  /** Whether all criteria are met; false as soon as one is not. True when there are none. */
  readonly eligible: boolean | null
  readonly criteria: ReadonlyArray<{ id: string; met: boolean | null }>
  /** The fee; 0n is free (also when the file names no fee). */
  readonly fee: Money | null
  /** Working days until the legal deadline; null also when the file has none. */
  readonly deadlineDays: number | null
  /** Who is responsible: by routing rule, else the file's agency. */
  readonly agency: string
  /** The outcome of the automatic decision; null: an officer decides. */
  readonly decision: Outcome | null
  /** Whether every visible page is done. */
  readonly complete: boolean
  /** What the next evaluation builds on; not enumerable, so it is never stored or sent. */
  readonly memo?: Memo
}

type QuestionState = { visible: boolean; issues: Issue[]; value: unknown }
type PageState = { view: PageView | null; issues: Issue[]; answers: Record<string, unknown> }

/** The working values of one evaluation, by node. */
export type Memo = {
  readonly service: Service
  readonly facts: Facts
  readonly today: string
  readonly given: unknown[]
  readonly values: unknown[]
  /** 1 when nothing it was worked out from is still to be answered. */
  readonly settled: Uint8Array
  readonly states: Array<QuestionState | undefined>
  readonly pages: PageState[]
}

/**
 * Evaluates all that follows from answers and facts on a day (`YYYY-MM-DD`). Answers may be any JSON; those of
 * questions that are not visible count as not given. With `previous`, an evaluation of the same service, facts and
 * day, only what depends on changed answers is worked out again; the result is the same. Never throws.
 *
 * FEEL says that null = "x" is false, so a result that still depends on an open question is held back as null.
 */
export function evaluate(service: Service, answers: Answers, facts: Facts, today: string, previous?: Evaluation): Evaluation {
  const before = previous?.memo
  const base = before && before.service === service && before.today === today && sameFacts(before.facts, facts) ? before : null
  const count = service.nodes.length
  const memo: Memo = {
    service,
    facts,
    today,
    given: base ? base.given.slice() : new Array<unknown>(count).fill(undefined),
    values: base ? base.values.slice() : new Array<unknown>(count).fill(null),
    settled: base ? base.settled.slice() : new Uint8Array(count),
    states: base ? base.states.slice() : new Array<QuestionState | undefined>(count).fill(undefined),
    pages: base ? base.pages.slice() : [],
  }
  const dirty = new Uint8Array(count)
  if (!base) dirty.fill(1)
  for (const page of service.pageNodes) for (const index of page.questions) takeAnswer(memo, index, answers, dirty)
  const changed = new Uint8Array(count)
  for (let index = 0; index < count; index += 1) {
    if (dirty[index] === 0) continue
    const node = service.nodes[index]
    if (!node || (!work(memo, node, index) && base)) continue
    changed[index] = 1
    if (base) for (const dependent of node.dependents) dirty[dependent] = 1
  }
  return assemble(memo, changed)
}

function sameFacts(a: Facts, b: Facts): boolean {
  if (a === b) return true
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && Object.is(a[key], b[key]))
}

function takeAnswer(memo: Memo, index: number, answers: Answers, dirty: Uint8Array): void {
  const kind = memo.service.nodes[index]?.kind
  if (kind?.type !== 'question') return
  const given = Object.hasOwn(answers, kind.question.id) ? answers[kind.question.id] : undefined
  if (given === memo.given[index] && (given === null || typeof given !== 'object')) return
  memo.given[index] = given
  dirty[index] = 1
}

/** Works one node out and says whether anything others may see of it has changed. */
function work(memo: Memo, node: GraphNode, index: number): boolean {
  if (node.kind.type === 'question') return workQuestion(memo, node, node.kind, index)
  const settled = !node.broken && node.inputs.every((input) => memo.settled[input] === 1) ? 1 : 0
  const value = node.broken ? null : valueOf(memo, node, settled === 1)
  const same = settled === memo.settled[index] && sameValue(value, memo.values[index])
  memo.values[index] = value
  memo.settled[index] = node.kind.type === 'page' && value === null ? 0 : settled
  return !same
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  return a !== null && b !== null && typeof a === 'object' && typeof b === 'object' && 'iso' in a && 'iso' in b && a.iso === b.iso
}

function valueOf(memo: Memo, node: GraphNode, settled: boolean): unknown {
  const { kind, calculation } = node
  switch (kind.type) {
    case 'today':
      return feelDay(memo.today)
    case 'fact':
      return Object.hasOwn(memo.facts, kind.id) ? (feelDay(memo.facts[kind.id]) ?? memo.facts[kind.id] ?? null) : null
    case 'page':
    case 'statement':
      return calculation ? toTruth(calculate(calculation, memo.values)) : true
    case 'computed':
      return calculation ? coerceFeel(kind.as, calculate(calculation, memo.values)) : null
    case 'question':
      return null
    default:
      return calculation && settled ? finalValue(kind.type, calculate(calculation, memo.values)) : null
  }
}

function finalValue(type: 'criterion' | 'validation' | 'fee' | 'deadline' | 'agency' | 'decision', value: unknown): unknown {
  switch (type) {
    case 'criterion':
    case 'validation':
      return toTruth(value)
    case 'fee':
    case 'deadline': {
      const whole = safeInteger(value)
      return whole !== null && whole >= 0 && (type === 'fee' || whole <= 10_000) ? whole : null
    }
    case 'agency':
      return typeof value === 'string' ? value : null
    case 'decision':
      return outcomes.find((outcome) => outcome === value) ?? null
  }
}

/** Runs an expression or table on the values of its nodes. */
export function calculate(calculation: Calculation, values: readonly unknown[]): unknown {
  const given = calculation.slots.map((slot) => values[slot] ?? null)
  return 'table' in calculation ? evaluateTable(calculation.table, given).value : calculation.expression.run(given)
}

function workQuestion(memo: Memo, node: GraphNode, kind: Extract<GraphNode['kind'], { type: 'question' }>, index: number): boolean {
  const { question } = kind
  const pageSeen = memo.values[kind.pageNode] === true
  const when = node.broken ? null : node.calculation ? toTruth(calculate(node.calculation, memo.values)) : true
  const visible = pageSeen && when === true
  const sure = node.inputs.every((input) => memo.settled[input] === 1) && when !== null
  const checked = visible
    ? validateAnswer(question, memo.given[index], memo.today, memo.service.patterns)
    : { issues: [], value: undefined }
  const value = questionToFeel(question, checked.value)
  const settled = sure && checked.issues.length === 0 ? 1 : 0
  const before = memo.states[index]
  const same =
    before !== undefined &&
    before.visible === visible &&
    settled === memo.settled[index] &&
    before.value === checked.value &&
    before.issues.length === 0 &&
    checked.issues.length === 0 &&
    sameValue(value, memo.values[index])
  memo.states[index] = { visible, issues: checked.issues, value: checked.value }
  memo.values[index] = value
  memo.settled[index] = settled
  return !same
}

/** A valid answer as FEEL sees it; rows of a group hold every column, null where nothing was answered. */
function questionToFeel(question: Question, value: unknown): unknown {
  if (question.kind !== 'repeating_group' || !Array.isArray(value)) return answerToFeel(question.kind, value, question.of)
  return value.map((row: Record<string, unknown>) =>
    Object.fromEntries((question.questions ?? []).map((column) => [column.id, answerToFeel(column.kind, row[column.id], column.of)])),
  )
}

function assemble(memo: Memo, changed: Uint8Array): Evaluation {
  const { service } = memo
  for (const [index, nodes] of service.pageNodes.entries()) {
    const groups = [nodes.questions, nodes.validations, nodes.statements]
    const touched = changed[nodes.page] === 1 || groups.some((group) => group.some((node) => changed[node] === 1))
    if (touched || !memo.pages[index]) memo.pages[index] = viewPage(memo, index)
  }
  const issues: Issue[] = []
  const pages: PageView[] = []
  for (const page of memo.pages) {
    if (!page.view) continue
    pages.push(page.view)
    issues.push(...page.issues)
  }
  const page = pages.find((each) => !each.done)?.id ?? null
  let answers: Record<string, unknown> | null = null
  let computed: Record<string, unknown> | null = null
  const evaluation: Evaluation = {
    pages,
    page,
    // A thousand values are written out only for those who look at them.
    get answers() {
      answers ??= keptAnswers(memo)
      return answers
    },
    issues,
    get computed() {
      computed ??= computedJson(memo)
      return computed
    },
    ...results(memo),
    complete: page === null,
  }
  Object.defineProperty(evaluation, 'memo', { value: memo, enumerable: false })
  return evaluation
}

function keptAnswers(memo: Memo): Record<string, unknown> {
  const answers: Record<string, unknown> = {}
  for (const page of memo.pages) if (page.view) Object.assign(answers, page.answers)
  return answers
}

function viewPage(memo: Memo, index: number): PageState {
  const nodes = memo.service.pageNodes[index]
  const id = memo.service.definition.form.pages[index]?.id
  if (!nodes || id === undefined || memo.values[nodes.page] !== true) return { view: null, issues: [], answers: {} }
  const questions: string[] = []
  const issues: Issue[] = []
  const answers: Record<string, unknown> = {}
  for (const node of nodes.questions) {
    const state = memo.states[node]
    const kind = memo.service.nodes[node]?.kind
    if (!state?.visible || kind?.type !== 'question') continue
    questions.push(kind.question.id)
    issues.push(...state.issues)
    if (state.value !== undefined) answers[kind.question.id] = state.value
    issues.push(...ruleIssues(memo, nodes.validations, kind.question.id, state))
  }
  const statements = nodes.statements.flatMap((node) => {
    const kind = memo.service.nodes[node]?.kind
    return kind?.type === 'statement' && memo.values[node] === true ? [kind.statement] : []
  })
  return { view: { id, questions, statements, done: issues.length === 0 }, issues, answers }
}

function ruleIssues(memo: Memo, validations: readonly number[], question: string, state: QuestionState): Issue[] {
  if (state.value === undefined) return []
  return validations.flatMap((node): Issue[] => {
    const kind = memo.service.nodes[node]?.kind
    if (kind?.type !== 'validation' || kind.question !== question || memo.values[node] !== false) return []
    return [{ question, code: 'rule', rule: kind.id }]
  })
}

type Results = Pick<Evaluation, 'eligible' | 'criteria' | 'fee' | 'deadlineDays' | 'agency' | 'decision'>

function results(memo: Memo): Results {
  const { definition, currency, nodes, resultNodes } = memo.service
  const criteria: Array<{ id: string; met: boolean | null }> = []
  let fee: Money | null = definition.fee ? null : { amount: 0n, currency }
  let deadlineDays: number | null = null
  let agency = definition.agency
  let decision: Outcome | null = null
  for (const index of resultNodes) {
    const kind = nodes[index]?.kind
    const value = memo.values[index]
    if (kind?.type === 'criterion') criteria.push({ id: kind.id, met: toTruth(value) })
    else if (kind?.type === 'fee' && typeof value === 'number') fee = { amount: BigInt(value), currency }
    else if (kind?.type === 'deadline' && typeof value === 'number') deadlineDays = value
    else if (kind?.type === 'agency' && typeof value === 'string') agency = value
    else if (kind?.type === 'decision') decision = outcomes.find((outcome) => outcome === value) ?? null
  }
  const eligible = criteria.some(({ met }) => met === false) ? false : criteria.every(({ met }) => met === true) ? true : null
  return { eligible, criteria, fee, deadlineDays, agency, decision }
}

function computedJson(memo: Memo): Record<string, unknown> {
  const json: Record<string, unknown> = {}
  for (const index of memo.service.computedNodes) {
    const kind = memo.service.nodes[index]?.kind
    if (kind?.type === 'computed') json[kind.id] = feelToJson(memo.values[index])
  }
  return json
}
