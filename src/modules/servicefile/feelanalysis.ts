import { parseExpression } from 'feelin'
import { isBuiltin, MAX_MATCHED, patternBuiltins } from './feelbuiltins.ts'
import { FeelCost, matchCost, MAX_COST, type Names, type ValueSize } from './feelcost.ts'
import { compilePattern } from './pattern.ts'

/** One fault of an expression; `offset` counts characters from its beginning. */
export type FeelProblem = { code: 'syntax' | 'unknown_name' | 'unsafe'; message: string; offset: number }

/** A node of feelin's parse tree. */
export type FeelNode = ReturnType<typeof parseExpression>['topNode']

/**
 * What an expression reads, the steps that it may take at most (half a microsecond each), how large its
 * value may be, and why it may not run.
 */
export type FeelAnalysis = { names: string[]; builtins: string[]; problems: FeelProblem[]; cost: number; size: ValueSize }

/**
 * What is refused, because an expression of a service file must not hold the process (100 ms):
 * - patterns that are no literal or not RE2 (feelin's `matches("aaa...!", "(a+)+$")` does not end);
 * - ranges that are iterated without whole literal bounds (feelin loops for ever on `1..2.5`), and ranges kept as
 *   values, which could be iterated later;
 * - more than MAX_COST steps (feelcost.ts), each node counted once for every time the loops around it may run it (a list of answers
 *   counts as 100, which `question.ts` holds to; patterns and list functions count more);
 * - growth: `partial`, context entries that read entries beside them, `+` in what a loop or filter goes over, loops
 *   more than three deep; the safe built-ins and `coerceFeel` bound the rest;
 * - function definitions, except as the order given to `sort`: FEEL functions can call themselves;
 * - `now()` and `today()`: time is given, as `today`.
 */
const MAX_SPAN = 10_000
const LIST_SIZE = 100
const MAX_LOOPS = 3
const MAX_NESTING = 200

type Scope = {
  locals: ReadonlySet<string>
  siblings: ReadonlySet<string>
  weight: number
  loops: number
  depth: number
  filter: boolean
}

/** Reads the names of an expression and finds what is wrong or dangerous in it; never throws. */
export function analyseFeel(source: string, names: Names, columns: Names): FeelAnalysis {
  const analyser = new Analyser(source, names, columns)
  analyser.read()
  return {
    names: [...analyser.used],
    builtins: [...analyser.builtins],
    problems: analyser.problems,
    cost: analyser.cost,
    size: analyser.result,
  }
}

class Analyser {
  readonly source: string
  readonly names: Names
  readonly columns: Names
  readonly weights: FeelCost
  readonly used = new Set<string>()
  readonly builtins = new Set<string>()
  readonly problems: FeelProblem[] = []
  cost = 0
  result: ValueSize = 'rows'

  constructor(source: string, names: Names, columns: Names) {
    this.source = source
    this.names = names
    this.columns = columns
    this.weights = new FeelCost(names, columns)
  }

  read(): void {
    const none: ReadonlySet<string> = new Set()
    try {
      const top = parseExpression(this.source, {}, undefined).topNode
      this.visit(top, {
        locals: none,
        siblings: none,
        weight: 1,
        loops: 0,
        depth: 0,
        filter: false,
      })
      this.result = this.weights.size(top, (node) => this.text(node), none)
    } catch (error) {
      this.problems.push({
        code: 'syntax',
        message: error instanceof Error ? error.message : 'cannot be read',
        offset: 0,
      })
    }
    if (this.cost > MAX_COST) {
      this.problems.push({ code: 'unsafe', message: 'may take too many steps: loop over less', offset: 0 })
    }
  }

  text(node: FeelNode): string {
    return this.source.slice(node.from, node.to)
  }

  refuse(node: FeelNode, message: string): void {
    this.problems.push({ code: 'unsafe', message, offset: node.from })
  }

  visitChildren(node: FeelNode, scope: Scope): void {
    for (const child of children(node)) this.visit(child, scope)
  }

  visit(node: FeelNode, outer: Scope): void {
    const scope = { ...outer, depth: outer.depth + 1 }
    this.cost += scope.weight
    if (scope.depth > MAX_NESTING) return this.tooDeep(node)
    this.cost += scope.weight * this.weights.of(node, (part) => this.text(part), scope.locals)
    if (node.type.isError) return this.syntax(node)
    switch (node.name) {
      case 'VariableName':
        return this.name(node, scope)
      case '?':
        this.problems.push({ code: 'unknown_name', message: '? stands only in tests of a table', offset: node.from })
        return
      case 'ForExpression':
      case 'QuantifiedExpression':
        return this.loop(node, scope)
      case 'FilterExpression':
        return this.filter(node, scope)
      case 'IfExpression':
        return this.condition(node, scope)
      case 'Context':
        return this.context(node, scope)
      case 'Interval':
        return this.interval(node, scope)
      case 'FunctionDefinition':
        return this.definition(node, scope)
      case 'FunctionInvocation':
        return this.invocation(node, scope)
      case 'SimplePositiveUnaryTest':
        // The grammar takes `> > 3`, which means nothing.
        if (children(node).some((child) => child.name === 'SimplePositiveUnaryTest')) this.syntax(node)
        return this.visitChildren(node, scope)
      case 'QualifiedName':
        return
      default:
        return this.visitChildren(node, scope)
    }
  }

  tooDeep(node: FeelNode): void {
    if (!this.problems.some((problem) => problem.message === 'is nested too deep')) this.refuse(node, 'is nested too deep')
  }

  syntax(node: FeelNode): void {
    if (this.problems.some((problem) => problem.code === 'syntax')) return
    const rest = this.source.slice(node.from, node.from + 20)
    const message = rest === '' ? 'ends too early' : `cannot be read at "${rest}"`
    this.problems.push({ code: 'syntax', message, offset: node.from })
  }

  name(node: FeelNode, scope: Scope): void {
    const name =
      children(node)
        .map((part) => this.text(part))
        .join(' ') || this.text(node)
    if (scope.siblings.has(name)) this.refuse(node, `entry "${name}" of a context may not be read by entries beside it`)
    if (scope.locals.has(name)) return
    if (name === 'partial') return this.refuse(node, '"partial" may grow without end')
    const known = this.names.has(name)
    if (known) this.used.add(name)
    else if (isBuiltin(name)) this.builtins.add(name)
    if (known || isBuiltin(name) || (scope.filter && this.columns.has(name))) return
    const hint = name === 'now' ? ': time is given as "today"' : ''
    this.problems.push({ code: 'unknown_name', message: `there is no "${name}"${hint}`, offset: node.from })
  }

  loop(node: FeelNode, scope: Scope): void {
    const locals = new Set(scope.locals)
    let inner: Scope = { ...scope, locals, loops: scope.loops + 1 }
    if (inner.loops > MAX_LOOPS) this.refuse(node, 'has loops more than three deep')
    for (const child of children(node)) {
      if (child.name !== 'InExpressions') {
        this.visit(child, inner)
        continue
      }
      for (const [index, each] of children(child).entries()) {
        if (index >= MAX_LOOPS) this.refuse(each, 'has loops more than three deep')
        const [variable, ...rest] = children(each)
        const domain = rest.at(-1)
        if (!variable || !domain) continue
        this.visit(domain, inner)
        this.noGrowth(domain)
        locals.add(this.text(variable))
        inner = { ...inner, weight: inner.weight * this.size(domain) }
      }
    }
  }

  filter(node: FeelNode, scope: Scope): void {
    const [target, , test] = children(node)
    if (!target || !test) return this.visitChildren(node, scope)
    this.visit(target, scope)
    if (test.name === 'NumericLiteral') return
    this.noGrowth(target)
    const locals = new Set(scope.locals).add('item')
    // A text is spread into one entry a character when it is filtered, so literal lists count five times more.
    const size = this.size(target) * (target.name === 'List' ? 500 : 1)
    const inner = { ...scope, locals, filter: true, loops: scope.loops + 1, weight: scope.weight * size }
    if (inner.loops > MAX_LOOPS) this.refuse(node, 'has loops more than three deep')
    this.visit(test, inner)
  }

  noGrowth(node: FeelNode): void {
    if (node.name === 'ArithOp' && this.text(node) === '+') {
      this.refuse(node, '"+" may not stand in what a loop or filter goes over')
    }
    for (const child of children(node)) this.noGrowth(child)
  }

  condition(node: FeelNode, scope: Scope): void {
    for (const [index, child] of children(node).entries()) {
      // The condition is written twice when it is compiled (feel.ts).
      this.visit(child, index === 1 ? { ...scope, weight: scope.weight * 2 } : scope)
    }
  }

  context(node: FeelNode, scope: Scope): void {
    const keys = new Set(scope.siblings)
    const entries = children(node).filter((child) => child.name === 'ContextEntry')
    for (const entry of entries) {
      const key = entry.firstChild
      if (key) keys.add(this.text(key).replaceAll('"', ''))
    }
    for (const entry of entries) for (const child of children(entry).slice(1)) this.visit(child, { ...scope, siblings: keys })
    for (const child of children(node)) if (child.type.isError) this.syntax(child)
  }

  interval(node: FeelNode, scope: Scope): void {
    const test = node.parent
    const around = test?.name === 'SimplePositiveUnaryTest' ? test.parent : null
    const holder = around?.name === 'ParenthesizedExpression' ? around.parent : around
    if (holder?.name !== 'IterationContext' && holder?.name !== 'PositiveUnaryTest') {
      this.refuse(node, 'a range may stand only after "in"')
    }
    this.visitChildren(node, scope)
  }

  definition(node: FeelNode, scope: Scope): void {
    const call = node.parent?.parent
    const called = call?.name === 'FunctionInvocation' && call.firstChild ? this.text(call.firstChild) : ''
    if (called !== 'sort') this.refuse(node, 'functions may be defined only as the order of "sort"')
    const locals = new Set(scope.locals)
    for (const child of children(node)) {
      if (child.name === 'FormalParameters') {
        for (const parameter of children(child)) locals.add(this.text(parameter))
      } else this.visit(child, { ...scope, locals, loops: scope.loops + 1, weight: scope.weight * LIST_SIZE * 8 })
    }
  }

  invocation(node: FeelNode, scope: Scope): void {
    const [target, ...rest] = children(node)
    if (!target) return
    const name = this.text(target).trim().replaceAll(/\s+/g, ' ')
    if (name === 'today' || name === 'now') return this.refuse(node, `"${name}()" reads the clock: write today`)
    if (target.name !== 'VariableName' && target.name !== 'SpecialFunctionName') {
      return this.refuse(target, 'only built-in functions may be called')
    }
    if (target.name === 'VariableName' && (!isBuiltin(name) || this.names.has(name) || scope.locals.has(name))) {
      this.problems.push({ code: 'unknown_name', message: `there is no function "${name}"`, offset: target.from })
      return
    }
    const given = rest.find((child) => child.name.endsWith('Parameters'))
    const size = given ? this.weights.size(given, (part) => this.text(part), scope.locals) : 'number'
    this.cost += scope.weight * (this.weights.call(name, size) + this.pattern(name, node))
    this.visit(target, scope)
    for (const child of rest) this.visit(child, scope)
  }

  /** What the pattern of a call costs; 0 when it takes none, or one that is refused. */
  pattern(name: string, node: FeelNode): number {
    const place = patternBuiltins.get(name)
    if (!place) return 0
    const parameters = children(node).find((child) => child.name.endsWith('Parameters'))
    const given = parameters ? children(parameters) : []
    const argument = (called: string, index: number): FeelNode | null | undefined => {
      const named = given.find((each) => each.name === 'NamedParameter' && each.firstChild && this.text(each.firstChild) === called)
      return named ? named.lastChild : given[index]
    }
    const literal = argument(place.name, place.index)
    const flags = place.flags === null ? null : argument('flags', place.flags)
    // Flags that are worked out could be anything, and what is compiled for each is kept.
    if (flags && flags.name !== 'StringLiteral' && flags.name !== 'NamedParameter')
      this.refuse(flags, `the flags of "${name}" must be a literal text`)
    const literally = literal?.name === 'StringLiteral' ? literal : null
    const pattern = literally ? compilePattern(this.text(literally).slice(1, -1).replaceAll('\\\\', '\\')) : null
    if (!literally || !pattern) this.refuse(node, `the pattern of "${name}" must be a literal text`)
    else if ('problem' in pattern) this.refuse(literally, pattern.problem)
    else return matchCost(pattern.size, MAX_MATCHED) * (name === 'matches' ? 1 : 20)
    return 0
  }

  /** How many elements a loop over this may see at most. */
  size(node: FeelNode): number {
    const [start, , end] = node.name === 'IterationContext' ? children(node) : []
    if (start && end) return this.span(node, start, end)
    if (node.name === 'Interval') {
      const [, from, , to] = children(node)
      return from && to ? this.span(node, from, to) : 1
    }
    if (node.name === 'VariableName' || node.name === 'PathExpression') return LIST_SIZE
    const parts = children(node)
    if (node.name === 'List') return Math.max(1, parts.length - 2)
    if (node.name === 'InExpressions') return parts.reduce((product, part) => product * this.size(part), 1)
    if (node.name === 'FilterExpression' && parts[0]) return this.size(parts[0])
    return Math.max(1, parts.reduce((sum, part) => sum + this.size(part), 0) - (parts.length > 0 ? parts.length - 1 : 0))
  }

  span(node: FeelNode, from: FeelNode, to: FeelNode): number {
    const [a, b] = [this.text(from), this.text(to)]
    if (!/^-?\d{1,9}$/.test(a) || !/^-?\d{1,9}$/.test(b)) {
      this.refuse(node, 'a loop over a range needs whole numbers as its bounds')
      return 1
    }
    const span = Math.abs(Number(b) - Number(a)) + 1
    if (span > MAX_SPAN) this.refuse(node, `a loop may go over ${MAX_SPAN} numbers, not ${span}`)
    return span
  }
}

/** The children of a node, comments and spaces left out; what could not be read is among them. */
export function children(node: FeelNode): FeelNode[] {
  const list: FeelNode[] = []
  for (let child = node.firstChild; child; child = child.nextSibling) if (child.type.isError || !child.type.isSkipped) list.push(child)
  return list
}
