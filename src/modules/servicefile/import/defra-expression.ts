import { equals, type Field, has, length, order, orderRelative } from './compare.ts'
import type { Comparison, Rule } from './logic.ts'

type Token = { kind: 'name' | 'text' | 'number' | 'sign' | 'end'; text: string }
type Operand =
  | { is: 'field'; field: Field }
  | { is: 'length'; field: Field }
  | { is: 'value'; value: string }
  | { is: 'relative'; period: number; unit: string }

const TOKENS =
  /\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_$][\w$.]*(?:-[\w$.]+)*)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(==|!=|>=|<=|&&|\|\||[<>=()!,-])|(\S))/g
const mirrored: Readonly<Record<string, string>> = { '>': '<', '<': '>', '>=': '<=', '<=': '>=' }

class Unreadable extends Error {}

/**
 * Reads a condition that is written as an expression, such as `checkBefore.ukPassport == true and length(name) > 3`;
 * null when it has something in it that is not known. `field` finds a question by its name.
 */
export function readExpression(source: string, field: (name: string) => Field | undefined): Rule | null {
  try {
    const reader = new ExpressionReader(tokens(source), field)
    const rule = reader.any()
    return reader.isAtEnd() ? rule : null
  } catch (error) {
    if (error instanceof Unreadable) return null
    throw error
  }
}

function tokens(source: string): Token[] {
  const list: Token[] = []
  for (const [, number, name, double, single, sign, other] of source.matchAll(TOKENS)) {
    if (number !== undefined) list.push({ kind: 'number', text: number })
    else if (name !== undefined) list.push({ kind: 'name', text: name })
    else if (double !== undefined || single !== undefined)
      list.push({ kind: 'text', text: (double ?? single ?? '').replaceAll(/\\(.)/g, '$1') })
    else if (sign !== undefined) list.push({ kind: 'sign', text: sign })
    else if (other !== undefined) throw new Unreadable()
  }
  return list
}

class ExpressionReader {
  readonly #tokens: readonly Token[]
  readonly #field: (name: string) => Field | undefined
  #at = 0
  #depth = 0

  constructor(list: readonly Token[], field: (name: string) => Field | undefined) {
    this.#tokens = list
    this.#field = field
  }

  isAtEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  any(): Rule {
    if ((this.#depth += 1) > 50) throw new Unreadable()
    const parts = [this.#all()]
    while (this.#take('or') || this.#take('||')) parts.push(this.#all())
    this.#depth -= 1
    return parts.length === 1 && parts[0] ? parts[0] : { op: 'any', of: parts }
  }

  #all(): Rule {
    const parts = [this.#not()]
    while (this.#take('and') || this.#take('&&')) parts.push(this.#not())
    return parts.length === 1 && parts[0] ? parts[0] : { op: 'all', of: parts }
  }

  #not(): Rule {
    if (this.#take('not') || this.#take('!')) return { op: 'not', of: this.#not() }
    if (this.#take('(')) {
      const rule = this.any()
      this.#expect(')')
      return rule
    }
    return this.#comparison()
  }

  #comparison(): Rule {
    const left = this.#operand()
    const sign = this.#sign()
    if (sign === null) return this.#sure(left.is === 'field' ? equals(left.field, 'true') : null)
    const right = this.#operand()
    if (sign === 'in') return this.#sure(left.is === 'value' && right.is === 'field' ? has(right.field, left.value) : null)
    if (left.is === 'value' || left.is === 'relative') return this.#compare(right, mirrored[sign] ?? sign, left)
    return this.#compare(left, sign, right)
  }

  #compare(left: Operand, sign: string, right: Operand): Rule {
    if (sign === '!=') return { op: 'not', of: this.#compare(left, '=', right) }
    const op = sign as Comparison
    if (right.is === 'relative' && left.is === 'field') return this.#sure(orderRelative(left.field, op, right.period, right.unit))
    if (right.is !== 'value') throw new Unreadable()
    if (left.is === 'length') return this.#lengthOf(left.field, op, right.value)
    if (left.is !== 'field') throw new Unreadable()
    return this.#sure(op === '=' ? equals(left.field, right.value) : order(left.field, op, right.value))
  }

  #lengthOf(field: Field, op: Comparison, value: string): Rule {
    return this.#sure(length(field, op, value))
  }

  #operand(): Operand {
    const token: Token = this.#tokens[this.#at] ?? { kind: 'end', text: '' }
    this.#at += 1
    if (token.kind === 'text' || token.kind === 'number') return { is: 'value', value: token.text }
    if (token.kind === 'sign' && token.text === '-') {
      const number = this.#operand()
      return number.is === 'value' ? { is: 'value', value: `-${number.value}` } : this.#fail()
    }
    if (token.kind !== 'name') return this.#fail()
    if (token.text === 'true' || token.text === 'false') return { is: 'value', value: token.text }
    if (this.#take('(')) return this.#call(token.text)
    return { is: 'field', field: this.#field(token.text) ?? this.#fail() }
  }

  #call(name: string): Operand {
    const first = this.#operand()
    if (name === 'length' && first.is === 'field') {
      this.#expect(')')
      return { is: 'length', field: first.field }
    }
    if (name !== 'dateForComparison' || first.is !== 'value') return this.#fail()
    this.#expect(',')
    const unit = this.#operand()
    this.#expect(')')
    return unit.is === 'value' ? { is: 'relative', period: Number(first.value), unit: unit.value } : this.#fail()
  }

  #sign(): string | null {
    for (const sign of ['==', '!=', '>=', '<=', '>', '<', '=', 'in']) if (this.#take(sign)) return sign === '==' ? '=' : sign
    return null
  }

  #take(text: string): boolean {
    const token = this.#tokens[this.#at]
    if (!token || token.text !== text || (token.kind !== 'name' && token.kind !== 'sign')) return false
    this.#at += 1
    return true
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw new Unreadable()
  }

  #sure(rule: Rule | null): Rule {
    return rule ?? this.#fail()
  }

  #fail(): never {
    throw new Unreadable()
  }
}
