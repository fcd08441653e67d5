import type { parseExpression } from 'feelin'

type FeelNode = ReturnType<typeof parseExpression>['topNode']

/** How large a value of FEEL may be: a number or truth, a text or date, a list of such, or rows and contexts. */
export type ValueSize = 'number' | 'text' | 'list' | 'rows'

/** Names that an expression may read, with the size of what they stand for; of a name without one the worst is taken. */
export type Names = ReadonlySet<string> | ReadonlyMap<string, ValueSize>

/** What all rules and patterns of one file may cost together in one full pass, and so what one expression may. */
export const MAX_COST = 200_000

/** Steps of a regular expression (an instruction and a character each) that cost as much as one step of FEEL. */
const MATCHES_PER_STEP = 5

/** The size that goes with a name. */
export function sizeOf(names: Names, name: string): ValueSize {
  return names instanceof Map ? (names.get(name) ?? 'rows') : 'rows'
}

/** What matching a text of so many characters against a pattern of this size may cost at most. */
export function matchCost(program: number, characters: number): number {
  return Math.ceil((program * characters) / MATCHES_PER_STEP)
}

const numberBuiltins = new Set([
  'number', 'not', 'string length', 'contains', 'matches', 'starts with', 'ends with', 'list contains', 'count', 'sum', 'mean',
  'all', 'any', 'product', 'median', 'stddev', 'decimal', 'floor', 'ceiling', 'abs', 'round up', 'round down', 'round half up',
  'round half down', 'modulo', 'sqrt', 'log', 'exp', 'odd', 'even', 'is', 'before', 'after', 'day of year', 'week of year',
]) // prettier-ignore
const textBuiltins = new Set([
  'string', 'date', 'date and time', 'time', 'duration', 'years and months duration', 'substring', 'upper case', 'lower case',
  'substring before', 'substring after', 'replace', 'string join', 'day of week', 'month of year', 'min', 'max',
]) // prettier-ignore

/** Built-ins that compare every element of a list with every other. */
export const comparingBuiltins: ReadonlySet<string> = new Set([
  'distinct values', 'union', 'sort', 'mode', 'list replace', 'flatten', 'index of',
]) // prettier-ignore

const scanning = new Map([
  ['substring', 2_000], ['contains', 250], ['substring before', 250], ['substring after', 250], ['upper case', 200],
  ['lower case', 200], ['string', 200], ['duration', 80], ['years and months duration', 80],
  ['string join', 80], ['sum', 60], ['mean', 60], ['stddev', 80], ['median', 60], ['product', 60],
]) // prettier-ignore

/** Measures what running the nodes of one expression costs beyond visiting them; a step is half a microsecond. */
export class FeelCost {
  readonly names: Names
  /** How many columns the widest group of rows may have. */
  readonly columns: Names

  constructor(names: Names, columns: Names) {
    this.names = names
    this.columns = columns
  }

  /** How large the value of a node may be, with these names standing for elements of what a loop goes over. */
  size(node: FeelNode, text: (node: FeelNode) => string, locals: ReadonlySet<string>): ValueSize {
    const parts = partsOf(node)
    const [first] = parts
    switch (node.name) {
      case 'NumericLiteral':
      case 'BooleanLiteral':
      case 'NullLiteral':
      case 'Comparison':
      case 'Conjunction':
      case 'Disjunction':
      case 'QuantifiedExpression':
      case 'InstanceOfExpression':
        return 'number'
      case 'StringLiteral':
      case 'DateTimeLiteral':
        return 'text'
      case 'VariableName': {
        const name = nameOf(node, text)
        return locals.has(name) ? 'rows' : sizeOf(this.names.has(name) ? this.names : this.columns, name)
      }
      case 'PathExpression':
        return first ? this.path(first, parts.at(-1), text, locals) : 'rows'
      case 'FunctionInvocation': {
        const name = first ? nameOf(first, text) : ''
        if (numberBuiltins.has(name)) return 'number'
        return textBuiltins.has(name) ? 'text' : 'rows'
      }
      case 'IfExpression':
        return worst(parts.slice(1).map((part) => this.size(part, text, locals)))
      case 'ArithmeticExpression':
      case 'ParenthesizedExpression':
      case 'Expression':
      case 'PositionalParameters':
      case 'PositiveUnaryTests':
      case 'PositiveUnaryTest':
      case 'SimplePositiveUnaryTest':
      case 'Interval':
        return worst(parts.map((part) => this.size(part, text, locals)))
      default:
        return 'rows'
    }
  }

  path(from: FeelNode, to: FeelNode | undefined, text: (node: FeelNode) => string, locals: ReadonlySet<string>): ValueSize {
    const size = sizeOf(this.columns, to ? text(to).trim() : '')
    if (!locals.has(text(from).trim())) return size === 'rows' ? 'rows' : 'list'
    return size
  }

  /** What a node costs each time it is run, beyond its children; `text` gives its source. */
  of(node: FeelNode, text: (node: FeelNode) => string, locals: ReadonlySet<string>): number {
    const parts = partsOf(node)
    if (node.name === 'ArithmeticExpression') return this.size(node, text, locals) === 'number' ? 0 : 140
    if (node.name === 'PathExpression') return parts[0] && locals.has(text(parts[0]).trim()) ? 1 : 20
    if (node.name !== 'Comparison') return 0
    const sizes = parts.map((part) => this.size(part, text, locals))
    if (sizes.includes('number')) return 0
    if (sizes.includes('text')) return 5
    const tests = parts.reduce((sum, part) => sum + (part.name === 'PositiveUnaryTests' ? partsOf(part).length : 0), 0)
    return Math.max(1, tests) * this.equal(sizes.includes('rows') ? 'rows' : 'list')
  }

  /** What calling a built-in costs, beyond its arguments; patterns cost more (`matchCost`). */
  call(name: string, given: ValueSize): number {
    if (!comparingBuiltins.has(name)) return scanning.get(name) ?? 30
    return given === 'number' || given === 'text' ? 30 : given === 'list' ? 1_500 : 50 * this.equal('rows')
  }

  equal(size: 'list' | 'rows'): number {
    return size === 'list' ? 150 : 300 * Math.max(1, this.columns.size)
  }
}

const order: readonly ValueSize[] = ['number', 'text', 'list', 'rows']

function worst(sizes: readonly ValueSize[]): ValueSize {
  return order[Math.max(0, ...sizes.map((size) => order.indexOf(size)))] ?? 'rows'
}

function nameOf(node: FeelNode, text: (node: FeelNode) => string): string {
  return text(node).trim().replaceAll(/\s+/g, ' ')
}

/** The operands among the children of a node: no signs, words of the language or spaces. */
function partsOf(node: FeelNode): FeelNode[] {
  const list: FeelNode[] = []
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (!child.type.isSkipped && /^[A-Z]/.test(child.name) && !child.name.endsWith('Op')) list.push(child)
  }
  return list
}
