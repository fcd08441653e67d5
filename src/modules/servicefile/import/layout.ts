import type { Words } from '../../../kernel/text.ts'
import type { CriterionInput, PageInput, QuestionInput } from './draft.ts'
import type { Edge, Item, Step } from './graph.ts'
import { ALWAYS, type Fn, Logic, NEVER, questionsOf, type Rule } from './logic.ts'
import { createNames } from './names.ts'
import { type Notes, reportOpen, shorten } from './notes.ts'

const MAX_QUESTIONS = 40
const MAX_STATEMENTS = 20
const MAX_FEEL = 4000

/** The pages of a draft, and a criterion of eligibility for each page that nobody can go on from. */
export type Layout = { pages: PageInput[]; eligibility: CriterionInput[] }

/**
 * Lays out steps (in order, as `inOrder` gives them) as pages one after the other: a page is seen when some way from
 * the start leads to it. A page is split where a question decides about what stands below it, or where text stands
 * between questions, because a page of a service shows its text first and is filled in as a whole.
 */
export function layOut(steps: readonly Step[], notes: Notes): Layout {
  const first = steps[0]
  const layout = new PageLayout(notes, rulesOf(steps))
  if (first) layout.begin(first)
  for (const step of steps) layout.step(step)
  return { pages: layout.pages, eligibility: layout.eligibility }
}

function rulesOf(steps: readonly Step[]): Rule[] {
  return steps.flatMap((step) => [...step.items, ...step.edges, { rule: step.shown }].flatMap(({ rule }) => rule ?? []))
}

class PageLayout {
  readonly pages: PageInput[] = []
  readonly eligibility: CriterionInput[] = []
  readonly reached = new Map<string, Fn>()
  /** Steps that a way leads to whose condition nobody could read. */
  readonly #guessed = new Set<string>()
  /** Steps that some way leads to on which every condition was read. */
  readonly #sure = new Set<string>()
  readonly #logic = new Logic()
  readonly #pageNames = createNames()
  readonly #criterionNames = createNames()
  readonly #notes: Notes

  constructor(notes: Notes, rules: readonly Rule[]) {
    this.#notes = notes
    this.#logic.expect(rules)
  }

  begin(step: Step): void {
    this.reached.set(step.key, ALWAYS)
    this.#sure.add(step.key)
  }

  step(step: Step): void {
    const logic = this.#logic
    const reached = logic.settle(this.reached.get(step.key) ?? NEVER)
    const shown = step.shown && this.#fn(step.shown, `${step.path}.condition`)
    // More people come here than should: it must not close the form to them.
    const isOpen = shown === null || this.#guessed.has(step.key) || !this.#sure.has(step.key)
    if (step.terminal && isOpen) reportOpen(step, this.#notes)
    const terminal = step.terminal && !isOpen
    const seen = shown ? logic.settle(this.#work(step.path, reached, () => logic.diagram.and(reached, shown))) : reached
    for (const [index, items] of chunks(step.items).entries()) this.#page(step, items, seen, index)
    if (step.items.length === 0 && (step.terminal || step.bare)) this.#page(step, [], seen, 0)
    if (terminal) this.#criterion(step, seen)
    const passing = (): Fn => logic.diagram.and(reached, logic.diagram.not(seen))
    this.#follow(step, terminal ? this.#work(step.path, reached, passing) : reached)
  }

  /** Conditional ways are tried in order; the one without a condition is taken when none of them is. */
  #follow(step: Step, from: Fn): void {
    const { diagram } = this.#logic
    const isSure = this.#sure.has(step.key)
    let taken: Fn = NEVER
    const reach = (edge: Edge, way: () => Fn): void => {
      const before = this.reached.get(edge.to) ?? NEVER
      const fn = this.#work(edge.path, ALWAYS, () => diagram.or(before, diagram.and(from, way())))
      this.reached.set(edge.to, fn)
    }
    for (const edge of step.edges.filter(({ rule }) => rule !== undefined)) {
      const fn = edge.rule ? this.#fn(edge.rule, edge.path) : null
      const before = taken
      if (fn === null) this.#guessed.add(edge.to)
      else if (isSure) this.#sure.add(edge.to)
      reach(edge, () => (fn === null ? ALWAYS : diagram.and(fn, diagram.not(before))))
      if (fn !== null) taken = this.#work(edge.path, before, () => diagram.or(before, fn))
    }
    for (const edge of step.edges.filter(({ rule }) => rule === undefined)) {
      if (isSure) this.#sure.add(edge.to)
      reach(edge, () => diagram.not(taken))
    }
  }

  /** A rule as a function; null, and reported, when it reads what is not asked before or is too entangled. */
  #fn(rule: Rule, path: string): Fn | null {
    const missing = this.#logic.notYetAsked(rule)
    if (missing.length === 0) {
      const fn = this.#logic.compile(rule)
      if (fn === null) this.#entangled(path)
      return fn
    }
    const reason = `its condition reads ${missing.map((id) => `"${id}"`).join(', ')}, which is not asked before it`
    this.#notes.add(path, 'condition_too_early', `${reason}: the condition is left out and what it guards is always shown`)
    return null
  }

  #entangled(path: string): void {
    this.#notes.add(
      path,
      'condition_too_entangled',
      'its conditions are too entangled to be written as one: what they guard is always shown',
    )
  }

  /** Work on conditions that is left out, and reported, where it would grow too large. */
  #work(path: string, otherwise: Fn, work: () => Fn): Fn {
    const fn = this.#logic.diagram.attempt(work)
    if (fn === null) this.#entangled(path)
    return fn ?? otherwise
  }

  #page(step: Step, items: readonly Item[], seen: Fn, index: number): void {
    const logic = this.#logic
    const own = items.map((item) => ({ item, fn: this.#item(item, seen) }))
    const any = own.length === 0 ? seen : this.#work(step.path, seen, () => logic.diagram.or(...own.map((each) => each.fn)))
    const fn = logic.settle(any)
    if (fn === NEVER) {
      this.#notes.add(step.path, 'never_shown', `its conditions never hold: page "${firstOf(step.title)}" is left out`)
      return
    }
    const title = index === 0 ? step.title : (titleOf(items) ?? step.title)
    const page: PageInput = { id: this.#pageNames.give([...pageIds(step, items, index)]), title }
    if (step.section !== undefined) page.section = step.section
    const when = this.#feel(fn, ALWAYS, step.path)
    if (when !== undefined) page.when = when
    const statements: NonNullable<PageInput['statements']> = []
    const questions: QuestionInput[] = []
    for (const { item, fn: itemFn } of own) {
      if (logic.settle(itemFn) === NEVER) {
        this.#notes.add(item.path, 'never_shown', 'its condition never holds: it is left out')
        continue
      }
      const itemWhen = this.#feel(itemFn, fn, item.path)
      if (item.statement && questions.length > 0) {
        this.#notes.tally(item.path, 'content_moved', 'text below a question is shown above the questions of its page')
      }
      if (item.statement) statements.push(itemWhen === undefined ? { text: item.statement } : { text: item.statement, when: itemWhen })
      if (item.question) questions.push(itemWhen === undefined ? item.question : withWhen(item.question, itemWhen))
    }
    if (statements.length > 0) page.statements = statements
    if (questions.length > 0) page.questions = questions
    if (items.length > 0 && statements.length === 0 && questions.length === 0) return
    this.pages.push(page)
  }

  /** When an item is seen; a question is from then on asked. */
  #item(item: Item, seen: Fn): Fn {
    const logic = this.#logic
    const own = item.rule ? this.#fn(item.rule, item.path) : null
    const fn = own === null ? seen : logic.settle(this.#work(item.path, seen, () => logic.diagram.and(seen, own)))
    const { question } = item
    if (question) {
      const values =
        question.kind === 'yes_no'
          ? ['true', 'false']
          : question.kind === 'one_of'
            ? question.options?.map(({ value }) => value)
            : undefined
      logic.declare({ id: question.id, required: question.required !== false, values }, fn)
    }
    return fn
  }

  #feel(fn: Fn, within: Fn, path: string): string | undefined {
    const feel = this.#logic.feel(fn, within)
    if (feel === null) this.#entangled(path)
    if (feel === null) return undefined
    if (feel === undefined || feel.length <= MAX_FEEL) return feel
    this.#notes.add(
      path,
      'condition_too_long',
      `its condition would have ${feel.length} characters, more than ${MAX_FEEL}: it is always shown`,
    )
    return undefined
  }

  /** Whoever sees a page without a way on may not apply: that is a criterion. */
  #criterion(step: Step, seen: Fn): void {
    const logic = this.#logic
    const name = firstOf(step.title)
    if (seen === ALWAYS || seen === NEVER) return
    const open = this.#work(step.path, ALWAYS, () => logic.diagram.not(seen))
    const condition = this.#feel(open, ALWAYS, step.path)
    if (condition === undefined) return
    const [only, ...more] = logic.reads(seen)
    const guarded = only !== undefined && more.length === 0 && logic.isAlwaysAnswered(only)
    this.eligibility.push({
      id: this.#criterionNames.give(step.ids.map((id) => `not_${id}`)),
      title: step.title,
      condition: guarded ? `if ${only} = null then null else ${condition}` : condition,
      otherwise: step.items.find((item) => item.statement)?.statement ?? step.title,
    })
    this.#notes.add(
      step.path,
      'terminal_page',
      `page "${name}" ends the form: it became a page of text and a criterion of eligibility; give the criterion a title that says what is asked for`,
    )
  }
}

function withWhen(question: QuestionInput, when: string): QuestionInput {
  const { id, kind, label, hint, required, ...rest } = question
  return { id, kind, label, ...(hint ? { hint } : {}), ...(required === undefined ? {} : { required }), when, ...rest }
}

function firstOf(words: Words): string {
  return shorten(Object.values(words)[0] ?? '', 60)
}

function pageIds(step: Step, items: readonly Item[], index: number): readonly string[] {
  const own = items.find((item) => item.question)?.question?.id
  return index > 0 && own !== undefined ? [own, ...step.ids] : step.ids
}

/** The title of the further pages of a split step: its first question's label, or the heading its text begins with. */
function titleOf(items: readonly Item[]): Words | undefined {
  const statement = items[0]?.statement
  const headings = Object.entries(statement ?? {}).map(([tag, text]) => [tag, /^#{1,6} +(.+)$/m.exec(text)?.[1]?.trim()] as const)
  if (headings.length > 0 && headings.every(([, heading]) => heading !== undefined)) {
    return Object.fromEntries(headings.map(([tag, heading]) => [tag, heading ?? '']))
  }
  return items.find((item) => item.question)?.question?.label
}

/** Splits what stands on one page of a form into pages of a service. */
function chunks(items: readonly Item[]): Item[][] {
  const result: Item[][] = []
  let current: Item[] = []
  for (const [index, item] of items.entries()) {
    const asked = current.flatMap(({ question }) => (question ? [question.id] : []))
    // A question may open under another on its page; text may depend only on pages before.
    const mayOpen = item.reveal === true && item.question !== undefined
    const reads = item.rule && !mayOpen ? questionsOf(item.rule).some((id) => asked.includes(id)) : false
    const isTextBetween =
      item.statement !== undefined && !item.reveal && asked.length > 0 && items.slice(index + 1).some((next) => next.question)
    const isFull = asked.length >= MAX_QUESTIONS || current.length - asked.length >= MAX_STATEMENTS
    if (current.length > 0 && (reads || isTextBetween || isFull)) {
      result.push(current)
      current = []
    }
    current.push(item)
  }
  if (current.length > 0) result.push(current)
  return result
}
