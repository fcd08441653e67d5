import { SaxesParser, type SaxesTagNS } from 'saxes'
import { type Fault, type FaultCode, MessageFault } from './fault.ts'
import type { ElementType, Grammar, Part } from './grammar.ts'
import { isBlank } from './lexical.ts'
import type { Limits } from './limits.ts'
import type { XmlNode } from './node.ts'

const SCHEMA_INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance'
const HINTS = ['schemaLocation', 'noNamespaceSchemaLocation']

/**
 * What a reader does when an element of a type has ended: what it returns stands in the element's place as `made`; after
 * null the element is forgotten, after undefined it stays as it is. `fail` throws a fault at the element. `above` is the element around it.
 */
export type Taker = (node: XmlNode, above: XmlNode, fail: (code: FaultCode, detail: string, at?: XmlNode) => never) => unknown

/** An element under way: how far its type's parts have been read. */
type Frame = { readonly node: XmlNode; readonly type: ElementType; part: number; count: number; anything: number }

const anything: ElementType = { name: 'anything', holds: 'any', parts: [], at: new Map(), fits: () => false, currencyFits: () => false }

/**
 * Reads a message piece by piece and holds every element, attribute and value against its grammar; the first fault is
 * thrown as MessageFault. Document types, entities of its own and processing instructions are refused.
 */
export class Walker {
  readonly #grammar: Grammar
  readonly #takers: Readonly<Record<string, Taker>>
  readonly #limits: Required<Limits>
  readonly #parser = new SaxesParser({ xmlns: true, position: true, defaultXMLVersion: '1.0', forceXMLVersion: true })
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  readonly #frames: Frame[] = []
  #bytes = 0
  #characters = 0
  #held = 0
  /** Where the parser stood when it last told of something. */
  #told = 0
  #root: XmlNode | null = null

  /** `takers` by type name, such as ReportEntry10. */
  constructor(grammar: Grammar, takers: Readonly<Record<string, Taker>>, limits: Required<Limits>) {
    this.#grammar = grammar
    this.#takers = takers
    this.#limits = limits
    const parser = this.#parser
    // With a seventh handler V8 keeps the parser in its slow form, and reading takes four times as long; so errors are caught
    // where they are thrown, the XML declaration is looked at with the first element, and comments are not told of.
    parser.on('doctype', () => this.#fail('forbidden', 'a document type is not allowed'))
    parser.on('processinginstruction', () => this.#fail('forbidden', 'processing instructions are not allowed'))
    parser.on('opentag', (tag) => this.#open(tag))
    parser.on('closetag', () => this.#close())
    parser.on('text', (text) => this.#text(text))
    parser.on('cdata', (text) => this.#text(text))
  }

  /** Reads a few thousand bytes more. */
  write(bytes: Uint8Array): void {
    if (this.#bytes === 0 && bytes.length >= 2 && isUtf16(bytes)) this.#fail('encoding', 'only UTF-8 is read')
    this.#bytes += bytes.length
    if (this.#bytes > this.#limits.bytes) this.#fail('limit', `the message is longer than ${this.#limits.bytes} bytes`)
    this.#feed(bytes)
    if (this.#characters - this.#told > this.#limits.text)
      this.#fail('limit', `a text or tag is longer than ${this.#limits.text} characters`)
  }

  /** Says that there is no more; gives the Document element. */
  end(): XmlNode {
    this.#feed(null)
    this.#parse(null)
    if (!this.#root || this.#frames.length > 0) return this.#fail('xml', 'the message ends too early')
    return this.#root
  }

  #feed(bytes: Uint8Array | null): void {
    let text: string
    try {
      text = bytes ? this.#decoder.decode(bytes, { stream: true }) : this.#decoder.decode()
    } catch {
      return this.#fail('encoding', 'these bytes are not UTF-8')
    }
    this.#characters += text.length
    this.#parse(text)
  }

  #parse(text: string | null): void {
    try {
      this.#parser.write(text)
    } catch (error) {
      // The parser's own errors begin with the place; everything else is not about the message.
      const told = error instanceof Error ? /^\d+:\d+: ([^]*)$/.exec(error.message) : null
      if (error instanceof MessageFault || !told) throw error
      this.#fail('xml', `this is not well-formed XML: ${told[1]}`)
    }
  }

  #tell(): void {
    this.#told = this.#parser.position
  }

  #open(tag: SaxesTagNS): void {
    this.#tell()
    const above = this.#frames.at(-1)
    const type = above ? this.#inside(above, tag) : this.#first(tag)
    if (this.#frames.length >= this.#limits.depth) this.#fail('limit', `elements stand in one another more than ${this.#limits.depth} deep`)
    this.#held += 1
    if (this.#held > this.#limits.elements) this.#fail('limit', `more than ${this.#limits.elements} elements belong together`)
    const node: XmlNode = {
      name: tag.local,
      line: this.#parser.line,
      column: this.#parser.column + 1,
      currency: type === anything ? '' : this.#attributes(tag, type),
      text: '',
      children: [],
      made: undefined,
    }
    this.#frames.push({ node, type, part: type.holds === 'choice' ? -1 : 0, count: 0, anything: 0 })
  }

  #first(tag: SaxesTagNS): ElementType {
    const { namespace, root } = this.#grammar
    const { version, encoding } = this.#parser.xmlDecl
    if (version !== undefined && version !== '1.0') this.#fail('forbidden', 'only XML 1.0 is read')
    if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) this.#fail('encoding', 'only UTF-8 is read')
    if (tag.uri !== namespace) this.#fail('namespace', `the message is not of ${namespace}`)
    if (tag.local !== root.name) this.#fail('element', `the message does not begin with ${root.name}`)
    return root
  }

  #inside(above: Frame, tag: SaxesTagNS): ElementType {
    const { type } = above
    if (type.holds === 'any') {
      above.anything += 1
      if (type !== anything && above.anything > 1) this.#fail('element', 'only one element may stand here')
      if (tag.uri === this.#grammar.namespace) this.#fail('element', 'elements of the message may not stand here')
      return anything
    }
    if (tag.uri !== this.#grammar.namespace) this.#fail('namespace', `the element ${tag.local} is not of ${this.#grammar.namespace}`)
    const at = type.at.get(tag.local)
    const part = at === undefined ? undefined : type.parts[at]
    if (at === undefined || !part) return this.#fail('element', `there is no element ${tag.local} here`)
    if (at === above.part) {
      above.count += 1
      if (above.count > part.max) this.#fail('element', `${tag.local} stands here too often`)
      return part.type
    }
    if (type.holds === 'choice' ? above.part >= 0 : at < above.part) this.#fail('element', `${tag.local} does not stand in its place`)
    if (type.holds === 'sequence') this.#complete(above, at)
    above.part = at
    above.count = 1
    return part.type
  }

  /** Whether nothing that must be there is missing before a part (or the end) of a sequence. */
  #complete(frame: Frame, to: number): void {
    const { parts } = frame.type
    const missing = (part: Part | undefined, count: number): void => {
      if (part && count < part.min) this.#fail('missing', `${part.name} is missing`)
    }
    missing(parts[frame.part], frame.count)
    for (let at = frame.part + 1; at < to; at += 1) missing(parts[at], 0)
  }

  #attributes(tag: SaxesTagNS, type: ElementType): string {
    let currency: string | null = null
    for (const key in tag.attributes) {
      const attribute = tag.attributes[key]
      if (!attribute) continue
      if (attribute.prefix === 'xmlns' || attribute.name === 'xmlns') {
        // The parser leaves out white space around a namespace, which XML does not.
        if (attribute.value.trim() !== attribute.value) return this.#fail('namespace', 'a namespace has white space around it')
        continue
      }
      if (attribute.uri === SCHEMA_INSTANCE && HINTS.includes(attribute.local)) continue
      if (type.holds !== 'amount' || attribute.name !== 'Ccy')
        return this.#fail('attribute', `${tag.local} has an attribute that is not known`)
      if (!type.currencyFits(attribute.value)) return this.#fail('value', `the currency of ${tag.local} is not three capital letters`)
      currency = attribute.value
    }
    if (type.holds === 'amount' && currency === null) return this.#fail('missing', `${tag.local} does not say its currency`)
    return currency ?? ''
  }

  #text(text: string): void {
    this.#tell()
    const frame = this.#frames.at(-1)
    if (!frame || frame.type === anything) return
    if (frame.type.holds === 'text' || frame.type.holds === 'amount') {
      frame.node.text = frame.node.text === '' ? text : frame.node.text + text
      if (frame.node.text.length > this.#limits.text) this.#fail('limit', `a text is longer than ${this.#limits.text} characters`)
    } else if (!isBlank(text)) this.#fail('element', `${frame.node.name} may not hold text`)
  }

  #close(): void {
    this.#tell()
    const frame = this.#frames.at(-1)
    if (!frame) return
    const { node, type } = frame
    if (type.holds === 'sequence') this.#complete(frame, type.parts.length)
    else if (type.holds === 'choice' && frame.part < 0) this.#fail('missing', `${node.name} is empty`)
    else if (type.holds === 'any' && type !== anything && frame.anything === 0) this.#fail('missing', `${node.name} is empty`)
    else if ((type.holds === 'text' || type.holds === 'amount') && !type.fits(node.text))
      this.#fail('value', `the value of ${node.name} is not allowed`)
    const above = this.#frames.at(-2)
    if (above) this.#attach(node, type, above.node)
    else this.#root = node
    this.#frames.pop()
  }

  #attach(node: XmlNode, type: ElementType, above: XmlNode): void {
    if (type === anything) {
      this.#held -= 1
      return
    }
    const taker = this.#takers[type.name]
    if (taker) {
      node.made = taker(node, above, (code, detail, at) => this.#fail(code, detail, at))
      if (node.made !== undefined) {
        this.#held -= sizeOf(node) - (node.made === null ? 0 : 1)
        node.children = []
      }
    }
    if (node.made !== null) above.children.push(node)
  }

  #fail(code: FaultCode, detail: string, at?: XmlNode): never {
    const place = at ?? { line: this.#parser.line, column: this.#parser.column + 1 }
    throw new MessageFault(this.#fault(code, detail, place))
  }

  #fault(code: FaultCode, detail: string, place: { line: number; column: number }): Fault {
    const path = this.#frames.map((frame, depth) => {
      const above = this.#frames[depth - 1]
      const many = (above?.type.parts[above.part]?.max ?? 1) > 1
      return many ? `${frame.node.name}[${above?.count}]` : frame.node.name
    })
    return { code, line: place.line, column: place.column, path: path.join('/'), detail }
  }
}

function sizeOf(node: XmlNode): number {
  let size = 1
  for (const child of node.children) size += sizeOf(child)
  return size
}

function isUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes
  return (first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe) || first === 0 || second === 0
}

/** Bytes in pieces of at most 64 KB, so that no step takes long and limits are looked at often. */
export function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}
