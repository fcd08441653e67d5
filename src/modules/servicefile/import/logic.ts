import { ALWAYS, type Cube, Diagram, type Fn, NEVER } from './diagram.ts'

export { ALWAYS, type Fn, NEVER, TooEntangled } from './diagram.ts'

/** What a condition asks of one question's answer. Without an answer every test is false. */
export type Test =
  /** The answer is this value. */
  | { is: 'equal'; value: string | boolean }
  /** The list of values holds this one. */
  | { is: 'has'; value: string }
  /** `left op right`, both FEEL; `number` is the number on the right when it is a plain one. */
  | { is: 'compare'; left: string; op: Comparison; right: string; number?: number }

export type Comparison = '>' | '>=' | '<' | '<=' | '='

/** A condition over answers. */
export type Rule =
  | { op: 'constant'; value: boolean }
  | { op: 'test'; question: string; test: Test }
  | { op: 'not'; of: Rule }
  | { op: 'all' | 'any'; of: readonly Rule[] }

/** What is known of a question: its values when they are a closed list, and whether it must be answered. */
export type Asked = { id: string; required: boolean; values?: readonly string[] }

type Atom = { question: string; test: Test }

const opposite: Readonly<Record<Comparison, string>> = { '>': '<=', '>=': '<', '<': '>=', '<=': '>', '=': '!=' }
const OTHER = Symbol('another value')

/** A text as a FEEL string literal. */
export function quoted(text: string): string {
  return JSON.stringify(text)
}

/**
 * The conditions of one form. Questions are declared in the order in which they are asked, each with the function
 * under which it is seen; then conditions on them compile to functions, and functions are written as FEEL that is
 * short (it knows that a question has one value, that 3 is more than 2 and that an unseen question has no answer)
 * and safe (a missing answer makes a test false and its opposite true, never null).
 */
export class Logic {
  readonly diagram = new Diagram()
  readonly #asked = new Map<string, Asked & { seen: Fn }>()
  readonly #atoms: Atom[] = []
  readonly #variables = new Map<string, number>()
  readonly #expected = new Map<string, Test[]>()
  /** The tests of each question, by variable. */
  readonly #byQuestion = new Map<string, number[]>()
  /** Which combinations of tests can be true together; it only ever gets narrower. */
  #possible: Fn = ALWAYS

  /** Says which rules will be compiled, so that what a question is tested for is known when it is declared. */
  expect(rules: readonly Rule[]): void {
    for (const rule of rules) {
      if (rule.op === 'test') this.#expected.set(rule.question, [...(this.#expected.get(rule.question) ?? []), rule.test])
      else if (rule.op !== 'constant') this.expect(rule.op === 'not' ? [rule.of] : rule.of)
    }
  }

  /** Says that a question is asked from here on, and when it is seen. */
  declare(question: Asked, seen: Fn): void {
    this.#asked.set(question.id, { ...question, seen })
    const fresh = (this.#expected.get(question.id) ?? []).flatMap((test) => this.#variable(question.id, test).fresh ?? [])
    if (fresh.length > 0) this.#narrow(question.id, fresh)
  }

  /** The question that is always asked and answered before anything that reads it. */
  isAlwaysAnswered(id: string): boolean {
    const asked = this.#asked.get(id)
    return asked !== undefined && asked.required && asked.seen === ALWAYS
  }

  /** The questions a rule reads that have not been asked yet. */
  notYetAsked(rule: Rule): string[] {
    return questionsOf(rule).filter((id) => !this.#asked.has(id))
  }

  /** A rule as a function; null when it is too entangled. */
  compile(rule: Rule): Fn | null {
    this.#prepare(rule)
    return this.diagram.attempt(() => this.#compiled(rule))
  }

  /** Names the tests of a rule, so that compiling it adds nothing that is kept. */
  #prepare(rule: Rule): void {
    if (rule.op === 'test') {
      const { fresh } = this.#variable(rule.question, rule.test)
      if (fresh !== undefined) this.#narrow(rule.question, [fresh])
    } else if (rule.op !== 'constant') for (const part of rule.op === 'not' ? [rule.of] : rule.of) this.#prepare(part)
  }

  #compiled(rule: Rule): Fn {
    switch (rule.op) {
      case 'constant':
        return rule.value ? ALWAYS : NEVER
      case 'test':
        return this.#atom(rule.question, rule.test)
      case 'not':
        return this.diagram.not(this.#compiled(rule.of))
      case 'all':
        return this.diagram.and(...rule.of.map((part) => this.#compiled(part)))
      case 'any':
        return this.diagram.or(...rule.of.map((part) => this.#compiled(part)))
    }
  }

  /** `ALWAYS` or `NEVER` when the function cannot be otherwise, else the function. */
  settle(fn: Fn): Fn {
    const { diagram } = this
    const possible = this.#possible
    const settled = diagram.ask(() => {
      if (diagram.and(fn, possible) === NEVER) return NEVER
      return diagram.and(diagram.not(fn), possible) === NEVER ? ALWAYS : fn
    })
    return settled ?? fn
  }

  /**
   * The function as FEEL, for a place that is seen only `within` another; undefined when it is always true there, null
   * when it is too entangled to be written.
   */
  feel(fn: Fn, within: Fn = ALWAYS): string | undefined | null {
    const found = this.diagram.ask((): { text: string | undefined } => {
      const care = this.diagram.and(within, this.#possible)
      const alone = this.#sameTest(fn, care)
      if (alone !== undefined) return { text: this.#literal(alone, true) }
      const cubes = this.diagram.cubes(this.diagram.and(fn, care), this.diagram.or(fn, this.diagram.not(care)))
      if (cubes.some((cube) => cube.length === 0)) return { text: undefined }
      return { text: cubes.length === 0 ? 'false' : balanced(this.#grouped(cubes), 'or') }
    })
    return found === null ? null : found.text
  }

  /** The one test that a function comes to wherever it matters: `= "left"` says more than `!= "right"`. */
  #sameTest(fn: Fn, care: Fn): number | undefined {
    const { diagram } = this
    if (fn === ALWAYS || fn === NEVER || diagram.and(fn, care) === NEVER || diagram.and(diagram.not(fn), care) === NEVER) return undefined
    const read = [...diagram.support(fn)]
    if (read.length === 1 && read[0] !== undefined && diagram.variable(read[0]) === fn) return read[0]
    const wanted = diagram.and(fn, care)
    const questions = [...new Set(read.map((variable) => this.#atoms[variable]?.question ?? ''))]
    const near = questions.flatMap((id) => this.#byQuestion.get(id) ?? []).toSorted((a, b) => a - b)
    // of many ways on, each holds where its own test does, the last that it reads
    const last = Math.max(...read)
    if (diagram.and(diagram.variable(last), care) === wanted) return last
    return near.find((index) => diagram.and(diagram.variable(index), care) === wanted)
  }

  /** The questions that FEEL of this function would read. */
  reads(fn: Fn): string[] {
    const possible = this.#possible
    const { diagram } = this
    const cubes = diagram.ask(() => diagram.cubes(diagram.and(fn, possible), diagram.or(fn, diagram.not(possible)))) ?? []
    return [...new Set(cubes.flat().map(({ variable }) => this.#atoms[variable]?.question ?? ''))]
  }

  #atom(id: string, test: Test): Fn {
    const { variable, isOpposite } = this.#variable(id, test)
    return isOpposite ? this.diagram.not(this.diagram.variable(variable)) : this.diagram.variable(variable)
  }

  /** The variable of a test; `fresh` is the same when it is new, `isOpposite` when the test holds where the variable does not. */
  #variable(id: string, test: Test): { variable: number; fresh?: number; isOpposite: boolean } {
    // Answered yes-or-no questions have one variable, so that "not yes" and "no" are the same.
    if (test.is === 'equal' && test.value === false && this.isAlwaysAnswered(id)) {
      return { ...this.#variable(id, { is: 'equal', value: true }), isOpposite: true }
    }
    const key = `${id} ${JSON.stringify(test)}`
    const known = this.#variables.get(key)
    if (known !== undefined) return { variable: known, isOpposite: false }
    const variable = this.#atoms.push({ question: id, test }) - 1
    this.#variables.set(key, variable)
    return { variable, fresh: variable, isOpposite: false }
  }

  /** New tests of a question can hold only where it is seen, and together with what else is asked of it. */
  #narrow(id: string, fresh: readonly number[]): void {
    const { diagram } = this
    const all = [...(this.#byQuestion.get(id) ?? []), ...fresh]
    this.#byQuestion.set(id, all)
    const seen = this.#asked.get(id)?.seen ?? ALWAYS
    // where this grows too large, less is known, and conditions are longer than they need to be
    const narrower = diagram.attempt(() =>
      diagram.and(this.#possible, diagram.or(diagram.not(this.#anyOf(fresh)), seen), this.#link(id, all, fresh)),
    )
    this.#possible = narrower ?? this.#possible
  }

  #anyOf(variables: readonly number[]): Fn {
    return this.diagram.or(...variables.toSorted((a, b) => b - a).map((variable) => this.diagram.variable(variable)))
  }

  /** How the tests of a question go together, as far as the new ones are concerned. */
  #link(id: string, all: readonly number[], fresh: readonly number[]): Fn {
    const { diagram } = this
    const equals = all.filter((index) => this.#atoms[index]?.test.is === 'equal')
    // an answer has one value: of many tests for a value at most one holds
    let link: Fn = ALWAYS
    let later: Fn = NEVER
    for (const variable of equals.toSorted((a, b) => b - a)) {
      const own = diagram.variable(variable)
      link = diagram.choose(own, diagram.not(later), link)
      later = diagram.or(own, later)
    }
    if (this.#isComplete(id, equals)) link = diagram.and(link, later)
    const others = all.filter((index) => !equals.includes(index))
    const candidates = others.length > 0 ? this.#candidates(id) : []
    const isNew = new Set(fresh)
    for (const [at, first] of others.length > 0 ? all.entries() : [])
      for (const second of all.slice(at + 1)) {
        const isSettled = !isNew.has(first) && !isNew.has(second)
        const isBoth = equals.includes(first) && equals.includes(second)
        if (!isSettled && !isBoth) link = diagram.and(link, this.#pair(first, second, candidates))
      }
    return link
  }

  /** Whether one of these tests for a value must hold. */
  #isComplete(id: string, equals: readonly number[]): boolean {
    const values = this.#asked.get(id)?.values
    if (!values || !this.isAlwaysAnswered(id)) return false
    const tested = new Set(equals.map((index) => {
      const test = this.#atoms[index]?.test
      return test?.is === 'equal' ? String(test.value) : ''
    })) // prettier-ignore
    return values.every((value) => tested.has(value))
  }

  #pair(first: number, second: number, candidates: ReadonlyArray<string | symbol | null>): Fn {
    const [a, b] = [this.#atoms[first], this.#atoms[second]]
    if (!a || !b || !isDecided(a.test) || !isDecided(b.test)) return ALWAYS
    const { diagram } = this
    let possible: Fn = NEVER
    for (const candidate of candidates) {
      const is = (index: number, holds: boolean): Fn => (holds ? diagram.variable(index) : diagram.not(diagram.variable(index)))
      possible = diagram.or(possible, diagram.and(is(first, holdsFor(a.test, candidate)), is(second, holdsFor(b.test, candidate))))
    }
    return possible
  }

  /** Answers that between them make every possible combination of this question's tests. */
  #candidates(id: string): Array<string | symbol | null> {
    const asked = this.#asked.get(id)
    const none = this.isAlwaysAnswered(id) ? [] : [null]
    if (asked?.values) return [...asked.values, ...none]
    const values: Array<string | symbol | null> = [OTHER, ...none]
    for (const { question, test } of this.#atoms) {
      if (question !== id) continue
      if (test.is === 'equal') values.push(String(test.value))
      if (test.is === 'compare' && test.number !== undefined) {
        values.push(...[test.number - 0.001, test.number, test.number + 0.001].map(String))
      }
    }
    return values
  }

  /** Cubes as FEEL; single equalities of one question are joined to `in`. */
  #grouped(cubes: readonly Cube[]): string[] {
    const lists = new Map<string, string[]>()
    const parts: string[] = []
    for (const cube of cubes) {
      const only = cube.length === 1 && cube[0]?.value === true ? this.#atoms[cube[0].variable] : undefined
      if (only?.test.is === 'equal' && typeof only.test.value === 'string') {
        lists.set(only.question, [...(lists.get(only.question) ?? []), quoted(only.test.value)])
        continue
      }
      const literals = cube.toSorted((a, b) => a.variable - b.variable).map(({ variable, value }) => this.#literal(variable, value))
      const text = balanced(literals, 'and')
      parts.push(literals.length > 1 && cubes.length > 1 ? `(${text})` : text)
    }
    const joined = [...lists].map(([id, values]) => (values.length === 1 ? `${id} = ${values[0]}` : `${id} in (${values.join(', ')})`))
    return [...joined, ...parts]
  }

  #literal(variable: number, value: boolean): string {
    const atom = this.#atoms[variable]
    if (!atom) return 'false'
    const { question, test } = atom
    const sure = this.isAlwaysAnswered(question)
    if (test.is === 'equal') {
      if (typeof test.value === 'string') return `${question} ${value ? '=' : '!='} ${quoted(test.value)}`
      return sure ? `${question} = ${value === test.value}` : `${question} ${value ? '=' : '!='} ${test.value}`
    }
    const yes = test.is === 'has' ? `list contains(${question}, ${quoted(test.value)})` : `${test.left} ${test.op} ${test.right}`
    if (value) return yes
    const no = test.is === 'has' ? `not(${yes})` : `${test.left} ${opposite[test.op]} ${test.right}`
    return sure ? no : `(${question} = null or ${no})`
  }
}

/** The questions that a rule reads. */
export function questionsOf(rule: Rule): string[] {
  if (rule.op === 'test') return [rule.question]
  if (rule.op === 'not') return questionsOf(rule.of)
  return rule.op === 'constant' ? [] : [...new Set(rule.of.flatMap(questionsOf))]
}

function isDecided(test: Test): boolean {
  return test.is === 'equal' || (test.is === 'compare' && test.number !== undefined)
}

function holdsFor(test: Test, candidate: string | symbol | null): boolean {
  if (typeof candidate !== 'string') return false
  if (test.is === 'equal') return String(test.value) === candidate
  if (test.is !== 'compare' || test.number === undefined || candidate.trim() === '') return false
  const value = Number(candidate)
  const results = { '>': value > test.number, '>=': value >= test.number, '<': value < test.number, '<=': value <= test.number, '=': value === test.number } // prettier-ignore
  return results[test.op]
}

/** Joins many terms in a balanced tree of brackets, because an expression may not be nested deep. */
function balanced(terms: readonly string[], word: 'and' | 'or'): string {
  if (terms.length <= 12) return terms.join(` ${word} `)
  const half = Math.ceil(terms.length / 2)
  return `(${balanced(terms.slice(0, half), word)}) ${word} (${balanced(terms.slice(half), word)})`
}
