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
  #known: { atoms: number; asked: number; possible: Fn } | null = null

  /** Says that a question is asked from here on, and when it is seen. */
  declare(question: Asked, seen: Fn): void {
    this.#asked.set(question.id, { ...question, seen })
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

  compile(rule: Rule): Fn {
    switch (rule.op) {
      case 'constant':
        return rule.value ? ALWAYS : NEVER
      case 'test':
        return this.#atom(rule.question, rule.test)
      case 'not':
        return this.diagram.not(this.compile(rule.of))
      case 'all':
        return this.diagram.and(...rule.of.map((part) => this.compile(part)))
      case 'any':
        return this.diagram.or(...rule.of.map((part) => this.compile(part)))
    }
  }

  /** `ALWAYS` or `NEVER` when the function cannot be otherwise, else the function. */
  settle(fn: Fn): Fn {
    const possible = this.#possible()
    if (this.diagram.and(fn, possible) === NEVER) return NEVER
    return this.diagram.and(this.diagram.not(fn), possible) === NEVER ? ALWAYS : fn
  }

  /** The function as FEEL, for a place that is seen only `within` another; undefined when it is always true there. */
  feel(fn: Fn, within: Fn = ALWAYS): string | undefined {
    const care = this.diagram.and(within, this.#possible())
    const alone = this.#sameTest(fn, care)
    if (alone !== undefined) return this.#literal(alone, true)
    const cubes = this.diagram.cubes(this.diagram.and(fn, care), this.diagram.or(fn, this.diagram.not(care)))
    if (cubes.some((cube) => cube.length === 0)) return undefined
    if (cubes.length === 0) return 'false'
    return balanced(this.#grouped(cubes), 'or')
  }

  /** The one test that a function comes to wherever it matters: `= "left"` says more than `!= "right"`. */
  #sameTest(fn: Fn, care: Fn): number | undefined {
    const { diagram } = this
    if (fn === ALWAYS || fn === NEVER || diagram.and(fn, care) === NEVER || diagram.and(diagram.not(fn), care) === NEVER) return undefined
    const same = this.#atoms.findIndex((_, index) => {
      const test = diagram.variable(index)
      return diagram.and(diagram.choose(test, diagram.not(fn), fn), care) === NEVER
    })
    return same < 0 ? undefined : same
  }

  /** The questions that FEEL of this function would read. */
  reads(fn: Fn): string[] {
    const cubes = this.diagram.cubes(this.diagram.and(fn, this.#possible()), this.diagram.or(fn, this.diagram.not(this.#possible())))
    return [...new Set(cubes.flat().map(({ variable }) => this.#atoms[variable]?.question ?? ''))]
  }

  #atom(id: string, test: Test): Fn {
    // Answered yes-or-no questions have one variable, so that "not yes" and "no" are the same.
    if (test.is === 'equal' && test.value === false && this.isAlwaysAnswered(id)) {
      return this.diagram.not(this.#atom(id, { is: 'equal', value: true }))
    }
    const key = `${id} ${JSON.stringify(test)}`
    let variable = this.#variables.get(key)
    if (variable === undefined) {
      variable = this.#atoms.push({ question: id, test }) - 1
      this.#variables.set(key, variable)
    }
    return this.diagram.variable(variable)
  }

  /** Which combinations of tests can be true together. */
  #possible(): Fn {
    const sizes = { atoms: this.#atoms.length, asked: this.#asked.size }
    if (this.#known?.atoms === sizes.atoms && this.#known.asked === sizes.asked) return this.#known.possible
    const possible = this.#findPossible()
    this.#known = { ...sizes, possible }
    return possible
  }

  #findPossible(): Fn {
    const { diagram } = this
    let possible: Fn = ALWAYS
    for (const [index, atom] of this.#atoms.entries()) {
      const seen = this.#asked.get(atom.question)?.seen ?? ALWAYS
      possible = diagram.and(possible, diagram.or(diagram.not(diagram.variable(index)), seen))
      for (let other = 0; other < index; other += 1) possible = diagram.and(possible, this.#pair(other, index))
    }
    return possible
  }

  #pair(first: number, second: number): Fn {
    const [a, b] = [this.#atoms[first], this.#atoms[second]]
    if (!a || !b || a.question !== b.question || !isDecided(a.test) || !isDecided(b.test)) return ALWAYS
    const { diagram } = this
    let possible: Fn = NEVER
    for (const candidate of this.#candidates(a.question)) {
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
