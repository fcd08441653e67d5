import { dictionary } from './dictionary.ts'
import { lexical } from './lexical.ts'

/** What an element may hold: other elements in order or one of several, a text, a text with a currency, or anything. */
export type ElementType = {
  readonly name: string
  readonly holds: 'sequence' | 'choice' | 'text' | 'amount' | 'any'
  readonly parts: readonly Part[]
  /** Where each element name stands in `parts`. */
  readonly at: ReadonlyMap<string, number>
  /** Whether a text is a value of the type; always true for what holds elements. */
  readonly fits: (text: string) => boolean
  /** Whether a text is a value of the Ccy attribute. */
  readonly currencyFits: (text: string) => boolean
}

/** An element of a sequence or choice and how often it may stand there. */
export type Part = { readonly name: string; readonly min: number; readonly max: number; readonly type: ElementType }

/** A message definition: its namespace and the type of its one root element, Document. */
export type Grammar = { readonly namespace: string; readonly root: ElementType }

const never = (): boolean => false

/** The grammar of a message whose Document holds one element of a name and type of the dictionary. */
export function grammarOf(namespace: string, name: string, type: string): Grammar {
  const texts = new Map(
    dictionary
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  )
  const known = new Map<string, ElementType>()
  const typeOf = (wanted: string): ElementType => {
    const found = known.get(wanted)
    if (found) return found
    const parts: Part[] = []
    const at = new Map<string, number>()
    const made = { name: wanted, ...contentOf(wanted, texts), parts, at }
    known.set(wanted, made)
    if (made.holds === 'sequence' || made.holds === 'choice') {
      for (const text of wordsOf(wanted, texts).slice(1)) {
        const part = partOf(text)
        at.set(part.name, parts.length)
        parts.push({ ...part, type: typeOf(part.type) })
      }
    }
    return made
  }
  const message: Part = { name, min: 1, max: 1, type: typeOf(type) }
  return {
    namespace,
    root: { name: 'Document', holds: 'sequence', parts: [message], at: new Map([[name, 0]]), fits: never, currencyFits: never },
  }
}

function wordsOf(name: string, texts: ReadonlyMap<string, string>): string[] {
  const text = texts.get(name)
  if (text === undefined) throw new Error(`the dictionary has no type ${name}`)
  return text.split(' ')
}

function contentOf(name: string, texts: ReadonlyMap<string, string>): Pick<ElementType, 'holds' | 'fits' | 'currencyFits'> {
  const words = wordsOf(name, texts)
  const [first, number, currency] = words
  if (first === 'sequence' || first === 'choice' || first === 'any') return { holds: first, fits: never, currencyFits: never }
  if (first !== 'amount') return { holds: 'text', fits: lexical(words), currencyFits: never }
  return { holds: 'amount', fits: lexical(wordsOf(number ?? '', texts)), currencyFits: lexical(wordsOf(currency ?? '', texts)) }
}

function partOf(text: string): { name: string; min: number; max: number; type: string } {
  const found = /^(\w+)(\?|\*|\+|\{(\d+),(\d+)\})?:(\w+)$/.exec(text)
  if (!found) throw new Error(`the dictionary says ${text}`)
  const [, name = '', times, from, to, type = ''] = found
  if (from !== undefined) return { name, min: Number(from), max: Number(to), type }
  const many = times === '*' || times === '+'
  return { name, min: times === '?' || times === '*' ? 0 : 1, max: many ? Number.POSITIVE_INFINITY : 1, type }
}
