import type { XMLParser } from 'fast-xml-parser'
import { createRequire } from 'node:module'
import { once } from '../../kernel/once.ts'

/** What XML 1.0 cannot hold (2.2): control characters, half surrogate pairs, and the two that are no characters. */
const ILLEGAL =
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g
const SPECIAL = /[<>&\r\u0000-\u0008\u000B\u000C\u000E-\u001F\uD800-\uDFFF\uFFFE\uFFFF]/
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
])

/** How documents begin (Encoding): the declaration with its encoding. */
export const XML_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'

/** Text for an element's content: escaped, and without what XML 1.0 cannot hold; line ends become `\n` as readers make them. */
export function xmlText(text: string): string {
  if (!SPECIAL.test(text)) return text
  return text.replaceAll(/\r\n?/g, '\n').replaceAll(ILLEGAL, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** One element with a value; an empty one when there is none. */
export function element(name: string, value: string | number | boolean | null): string {
  return `<${name}>${value === null ? '' : xmlText(String(value))}</${name}>`
}

/** An element of a document that was read: its children, or its text without the space around it. */
export type XmlElement = { readonly name: string; readonly children: readonly XmlElement[]; readonly text: string }

/** A document that cannot be read, and why in a few words. */
export class Unreadable extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'Unreadable'
  }
}

const DEEPEST = 20

/** Loaded with the first document: many processes never read one. */
const library = once((): typeof import('fast-xml-parser') => createRequire(import.meta.url)('fast-xml-parser'))

/**
 * Reads an XML document from another server. A document type definition is refused, and no entity but the five of XML 1.0
 * and numbered characters is known, so nothing can grow or be fetched. Throws `Unreadable`.
 */
export function readXml(body: string): XmlElement {
  if (/<!DOCTYPE/i.test(body)) throw new Unreadable('it has a document type definition')
  const valid = library().XMLValidator.validate(body)
  if (valid !== true) throw new Unreadable(`it is not well-formed: ${valid.err.msg} (line ${valid.err.line})`)
  const parser = new (library().XMLParser)({
    preserveOrder: true,
    ignoreAttributes: true,
    ignoreDeclaration: true,
    ignorePiTags: true,
    parseTagValue: false,
    trimValues: false,
    processEntities: false,
    cdataPropName: '#cdata',
    removeNSPrefix: true,
  })
  const roots = elementsIn(parsed(parser, body), 0)
  const [root] = roots
  if (!root || roots.length > 1) throw new Unreadable('it does not have one root element')
  return root
}

/** The parser refuses names that a script would stumble over, and too many levels. */
function parsed(parser: XMLParser, body: string): unknown {
  try {
    return parser.parse(body)
  } catch (error) {
    throw new Unreadable(error instanceof Error ? error.message : 'it cannot be read')
  }
}

function elementsIn(nodes: unknown, depth: number): XmlElement[] {
  if (depth > DEEPEST) throw new Unreadable('its elements are nested too deep')
  return entriesIn(nodes).flatMap(([name, inner]) =>
    name.startsWith('#') || name === ':@' ? [] : [{ name, children: elementsIn(inner, depth + 1), text: textIn(inner).trim() }],
  )
}

function textIn(nodes: unknown): string {
  return entriesIn(nodes)
    .map(([name, inner]) => {
      if (name === '#text') return typeof inner === 'string' ? plainText(inner) : ''
      return name === '#cdata'
        ? entriesIn(inner)
            .map(([, text]) => String(text))
            .join('')
        : ''
    })
    .join('')
}

function entriesIn(nodes: unknown): Array<[string, unknown]> {
  if (!Array.isArray(nodes)) return []
  return nodes.flatMap((node: unknown) => (typeof node === 'object' && node !== null ? Object.entries(node) : []))
}

function plainText(text: string): string {
  if (!text.includes('&') && !text.includes('\r')) return text
  return text.replaceAll(/\r\n?/g, '\n').replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi, (all, decimal, hex, name) => {
    if (typeof name === 'string') return ENTITIES.get(name) ?? all
    const point = typeof decimal === 'string' ? Number(decimal) : Number.parseInt(String(hex), 16)
    return point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) ? String.fromCodePoint(point) : ''
  })
}
