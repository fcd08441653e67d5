import { compileFeel, type FeelExpression, type FeelProblem } from './feel.ts'
import type { Names, ValueSize } from './feelcost.ts'
import type { ComputedType } from './feelvalues.ts'
import { compilePatterns, type Patterns } from './patterns.ts'
import type { Question, QuestionKind, RowQuestion, ServiceDefinition, Workflow } from './schema.ts'
import { compileTable, type CompiledTable } from './table.ts'
import { workflowOf } from './workflow.ts'

/** Where in a service file something stands. */
export type FilePath = ReadonlyArray<string | number>

/** A fault found while compiling; the engine treats a faulty expression as null. */
export type ServiceProblem = { path: FilePath; code: FeelProblem['code'] | 'cycle'; message: string; offset: number }

/** An expression or table with the nodes that its names stand for. */
export type Calculation =
  | { readonly expression: FeelExpression; readonly slots: readonly number[] }
  | { readonly table: CompiledTable; readonly slots: readonly number[] }

/** What a node of the dependency graph is. */
export type NodeKind =
  | { type: 'today' }
  | { type: 'fact'; id: string }
  | { type: 'page'; page: number }
  | { type: 'statement'; page: number; statement: number }
  | { type: 'question'; page: number; pageNode: number; question: Question }
  | { type: 'computed'; id: string; as: ComputedType }
  | { type: 'criterion'; id: string }
  | { type: 'validation'; id: string; question: string; page: number }
  | { type: 'fee' }
  | { type: 'deadline' }
  | { type: 'agency' }
  | { type: 'decision' }

/** One thing that is evaluated; every input has a smaller index, except in a cycle (`broken`: always null). */
export type GraphNode = {
  readonly kind: NodeKind
  readonly calculation: Calculation | null
  readonly inputs: readonly number[]
  readonly dependents: readonly number[]
  readonly broken: boolean
}

/** A service definition compiled for evaluation; it holds no answers and may be shared by everyone. */
export type Service = {
  readonly definition: ServiceDefinition
  readonly workflow: Workflow
  /** The currency of its fee and of computed money: the fee's own, else the city's. */
  readonly currency: string
  readonly nodes: readonly GraphNode[]
  /** The node of each name that FEEL may read. */
  readonly byName: ReadonlyMap<string, number>
  /** The nodes of each page, by page index. */
  readonly pageNodes: ReadonlyArray<{ page: number; statements: number[]; questions: number[]; validations: number[] }>
  /** The nodes of computed values, and of criteria, fee, deadline, agency and decision, in the order of the file. */
  readonly computedNodes: readonly number[]
  readonly resultNodes: readonly number[]
  /** Guards of transitions by id; their names may include `case`. */
  readonly guards: ReadonlyMap<string, FeelExpression>
  readonly validity: ReadonlyMap<string, { from: FeelExpression; until: FeelExpression | null }>
  /** The patterns of its questions, ready to match. */
  readonly patterns: Patterns
  /** The steps that one full pass over all rules and patterns may take at most (feelcost.ts). */
  readonly cost: number
  readonly problems: readonly ServiceProblem[]
}

type Draft = {
  kind: NodeKind
  path: FilePath
  name?: string
  source: FeelExpression | CompiledTable | null
  /** Drafts it depends on beyond the names it reads. */
  after: number[]
}

/**
 * Compiles a definition: expressions, dependency graph and evaluation order. Money and fees that name no currency are in
 * `currency`, that of the city: `definition` of the service names it everywhere. Faults become `problems`; never throws.
 */
export function compileService(given: ServiceDefinition, currency = 'EUR'): Service {
  const definition = withCurrency(given, currency)
  const compiler = new Compiler(definition)
  compiler.draftForm()
  compiler.draftRules()
  const { nodes, position } = link(compiler.drafts, compiler.byName, compiler.problems)
  const byName = new Map([...compiler.byName].map(([name, draft]) => [name, position[draft] ?? 0] as const))
  const pageNodes = definition.form.pages.map(() => ({
    page: 0,
    statements: [] as number[],
    questions: [] as number[],
    validations: [] as number[],
  }))
  for (const draft of compiler.drafts.keys()) {
    const at = position[draft] ?? 0
    const kind = nodes[at]?.kind
    const holder = kind && 'page' in kind ? pageNodes[kind.page] : undefined
    if (!kind || !holder) continue
    if (kind.type === 'page') holder.page = at
    else if (kind.type === 'statement') holder.statements.push(at)
    else if (kind.type === 'question') holder.questions.push(at)
    else if (kind.type === 'validation') holder.validations.push(at)
  }
  const inFileOrder = (types: ReadonlyArray<NodeKind['type']>): number[] =>
    compiler.drafts.flatMap((draft, i) => (types.includes(draft.kind.type) ? [position[i] ?? 0] : []))
  const { guards, validity } = compiler.afterwards()
  const patterns = compilePatterns(definition)
  return {
    definition,
    workflow: workflowOf(definition),
    currency: definition.fee?.currency ?? currency,
    nodes,
    byName,
    pageNodes,
    computedNodes: inFileOrder(['computed']),
    resultNodes: inFileOrder(['criterion', 'fee', 'deadline', 'agency', 'decision']),
    guards,
    validity,
    patterns,
    cost: compiler.cost + patterns.cost,
    problems: compiler.problems,
  }
}

class Compiler {
  readonly definition: ServiceDefinition
  readonly names: ReadonlyMap<string, ValueSize>
  readonly columns: ReadonlyMap<string, ValueSize>
  /** The steps that all expressions and tables may take together. */
  cost = 0
  readonly drafts: Draft[] = []
  readonly byName = new Map<string, number>()
  readonly problems: ServiceProblem[] = []

  constructor(definition: ServiceDefinition) {
    this.definition = definition
    this.names = feelNames(definition)
    const rows = definition.form.pages.flatMap((page) => page.questions.flatMap((question) => question.questions ?? []))
    this.columns = new Map(rows.map((column) => [column.id, answerSize(column)] as const))
    this.add({ kind: { type: 'today' }, path: [], name: 'today', source: null, after: [] })
    for (const [i, fact] of definition.rules.facts.entries()) {
      this.add({
        kind: { type: 'fact', id: fact.id },
        path: ['rules', 'facts', i],
        name: fact.id,
        source: null,
        after: [],
      })
    }
  }

  add(draft: Draft): number {
    const index = this.drafts.push(draft) - 1
    if (draft.name !== undefined && !this.byName.has(draft.name)) this.byName.set(draft.name, index)
    return index
  }

  feel(source: string, path: FilePath, names: Names = this.names): FeelExpression {
    const { expression, problems } = compileFeel(source, names, this.columns)
    this.cost += expression.cost
    this.problems.push(...problems.map((problem) => ({ ...problem, path })))
    return expression
  }

  draftForm(): void {
    for (const [p, page] of this.definition.form.pages.entries()) {
      const path = ['form', 'pages', p]
      const when = page.when === undefined ? null : this.feel(page.when, [...path, 'when'])
      const pageDraft = this.add({ kind: { type: 'page', page: p }, path: [...path, 'when'], source: when, after: [] })
      for (const [s, statement] of (page.statements ?? []).entries()) {
        const at = [...path, 'statements', s, 'when']
        const source = statement.when === undefined ? null : this.feel(statement.when, at)
        this.add({ kind: { type: 'statement', page: p, statement: s }, path: at, source, after: [] })
      }
      for (const [q, question] of page.questions.entries()) {
        const at = [...path, 'questions', q, 'when']
        const source = question.when === undefined ? null : this.feel(question.when, at)
        const kind = { type: 'question', page: p, pageNode: pageDraft, question } as const
        this.add({ kind, path: at, name: question.id, source, after: [pageDraft] })
      }
    }
  }

  draftRules(): void {
    const { rules, fee, deadline, routing, decision } = this.definition
    for (const [i, computed] of rules.computed.entries()) {
      const path = ['rules', 'computed', i]
      const kind = { type: 'computed', id: computed.id, as: computed.type } as const
      this.add({ kind, path, name: computed.id, source: this.computedSource(computed, path), after: [] })
    }
    for (const [i, criterion] of rules.eligibility.entries()) {
      const path = ['rules', 'eligibility', i, 'condition']
      this.add({
        kind: { type: 'criterion', id: criterion.id },
        path,
        source: this.feel(criterion.condition, path),
        after: [],
      })
    }
    for (const [i, validation] of rules.validations.entries()) {
      const path = ['rules', 'validations', i, 'valid']
      const page = this.definition.form.pages.findIndex((each) => each.questions.some((q) => q.id === validation.question))
      const kind = {
        type: 'validation',
        id: validation.id,
        question: validation.question,
        page: Math.max(page, 0),
      } as const
      const target = this.byName.get(validation.question)
      const after = target === undefined ? [] : [target]
      this.add({ kind, path, source: this.feel(validation.valid, path), after })
    }
    const single = (type: 'fee' | 'deadline' | 'agency' | 'decision', source: string | undefined, path: FilePath): void => {
      if (source !== undefined) this.add({ kind: { type }, path, source: this.feel(source, path), after: [] })
    }
    single('fee', fee?.amount, ['fee', 'amount'])
    single('deadline', deadline?.working_days, ['deadline', 'working_days'])
    single('agency', routing?.agency, ['routing', 'agency'])
    single('decision', decision?.automatic, ['decision', 'automatic'])
  }

  computedSource(computed: ServiceDefinition['rules']['computed'][number], path: FilePath): FeelExpression | CompiledTable | null {
    if (computed.expression !== undefined) return this.feel(computed.expression, [...path, 'expression'])
    if (!computed.table) return null
    const { table, problems } = compileTable(computed.table, this.names, this.columns)
    this.cost += table.cost
    this.problems.push(...problems.map((problem) => ({ ...problem, path: [...path, 'table', ...problem.path] })))
    return table
  }

  afterwards(): Pick<Service, 'guards' | 'validity'> {
    const withCase = new Map(this.names).set('case', 'rows')
    const guards = new Map<string, FeelExpression>()
    for (const [i, transition] of (this.definition.workflow?.transitions ?? []).entries()) {
      if (transition.guard === undefined) continue
      guards.set(transition.id, this.feel(transition.guard, ['workflow', 'transitions', i, 'guard'], withCase))
    }
    const validity = new Map<string, { from: FeelExpression; until: FeelExpression | null }>()
    for (const [i, document] of this.definition.documents.entries()) {
      const { from = 'today', until } = document.valid ?? {}
      validity.set(document.id, {
        from: this.feel(from, ['documents', i, 'valid', 'from']),
        until: until === undefined ? null : this.feel(until, ['documents', i, 'valid', 'until']),
      })
    }
    return { guards, validity }
  }
}

/** The names that FEEL may read in a service: its questions, computed values and facts, and `today`. */
function feelNames(definition: ServiceDefinition): ReadonlyMap<string, ValueSize> {
  const questions = definition.form.pages.flatMap((page) => page.questions)
  const { facts, computed } = definition.rules
  return new Map<string, ValueSize>([
    ['today', 'text'],
    ...facts.map((fact) => [fact.id, 'number'] as const),
    ...questions.map((question) => [question.id, answerSize(question)] as const),
    ...computed.map((each) => [each.id, computedSizes[each.type]] as const),
  ])
}

const computedSizes: Readonly<Record<ComputedType, ValueSize>> = {
  number: 'number',
  money: 'number',
  boolean: 'number',
  string: 'text',
  date: 'text',
  list: 'rows',
  context: 'rows',
}

const sizes: Partial<Record<QuestionKind, ValueSize>> = {
  integer: 'number',
  decimal: 'number',
  money: 'number',
  yes_no: 'number',
  many_of: 'list',
  file: 'list',
  address: 'rows',
  place: 'rows',
  repeating_group: 'rows',
}

function answerSize(question: Question | RowQuestion): ValueSize {
  return sizes[question.kind] ?? (question.of === 'address' ? 'rows' : 'text')
}

/** A definition in which every money question, also in rows, and the fee name their currency. */
function withCurrency(definition: ServiceDefinition, currency: string): ServiceDefinition {
  const priced = <Asked extends RowQuestion>(question: Asked): Asked =>
    question.kind === 'money' && question.currency === undefined ? { ...question, currency } : question
  const pages = definition.form.pages.map((page) => ({
    ...page,
    questions: page.questions.map((question) => {
      const asked = priced(question)
      return asked.questions ? { ...asked, questions: asked.questions.map(priced) } : asked
    }),
  }))
  const { fee } = definition
  return { ...definition, form: { ...definition.form, pages }, ...(fee ? { fee: { ...fee, currency: fee.currency ?? currency } } : {}) }
}

/** Orders the drafts so that inputs come first; what is in a cycle comes last and is broken. */
function link(
  drafts: readonly Draft[],
  byName: ReadonlyMap<string, number>,
  problems: ServiceProblem[],
): { nodes: GraphNode[]; position: number[] } {
  const reads = drafts.map((draft) => (draft.source?.names ?? []).map((name) => byName.get(name) ?? 0))
  const inputs = drafts.map((draft, i) => [...new Set([...(reads[i] ?? []), ...draft.after])])
  const dependents: number[][] = drafts.map(() => [])
  const waiting = inputs.map((list) => list.length)
  for (const [i, list] of inputs.entries()) for (const input of list) dependents[input]?.push(i)
  const order = waiting.flatMap((count, i) => (count === 0 ? [i] : []))
  for (let at = 0; at < order.length; at += 1) {
    for (const dependent of dependents[order[at] ?? 0] ?? []) {
      const left = (waiting[dependent] ?? 0) - 1
      waiting[dependent] = left
      if (left === 0) order.push(dependent)
    }
  }
  const sound = order.length
  const rest = drafts.flatMap((_, i) => ((waiting[i] ?? 0) > 0 ? [i] : []))
  for (const i of rest) {
    const draft = drafts[i]
    const circle = circleThrough(i, inputs)
    if (!draft || circle.length === 0) continue
    const words = circle.map((each) => drafts[each]?.name ?? drafts[each]?.kind.type ?? '').join(' -> ')
    problems.push({ path: draft.path, code: 'cycle', message: `depends on itself: ${words}`, offset: 0 })
  }
  order.push(...rest)
  const position: number[] = []
  for (const [at, draft] of order.entries()) position[draft] = at
  const at = (draft: number): number => position[draft] ?? 0
  const nodes = order.map((index, place): GraphNode => {
    const draft = drafts[index]
    const kind = draft?.kind ?? { type: 'today' }
    const slots = (reads[index] ?? []).map(at)
    const source = draft?.source ?? null
    const calculation = source === null ? null : 'rows' in source ? { table: source, slots } : { expression: source, slots }
    return {
      kind: kind.type === 'question' ? { ...kind, pageNode: at(kind.pageNode) } : kind,
      calculation,
      inputs: (inputs[index] ?? []).map(at),
      dependents: (dependents[index] ?? []).map(at),
      broken: place >= sound,
    }
  })
  return { nodes, position }
}

/** A way from a draft back to itself along inputs; empty when it only waits for a circle elsewhere. */
function circleThrough(start: number, inputs: ReadonlyArray<readonly number[]>): number[] {
  const cameFrom = new Map<number, number>()
  const queue = [start]
  for (let at = 0; at < queue.length; at += 1) {
    const here = queue[at] ?? 0
    for (const input of inputs[here] ?? []) {
      if (input === start) {
        const way = [start]
        for (let back = here; back !== start; back = cameFrom.get(back) ?? start) way.push(back)
        return [...way, start].reverse()
      }
      if (!cameFrom.has(input)) {
        cameFrom.set(input, here)
        queue.push(input)
      }
    }
  }
  return []
}
