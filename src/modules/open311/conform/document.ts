import type { Format } from '../shapes.ts'
import { readXml, Unreadable, type XmlElement } from '../xml.ts'

/** One entry of a list, or one member of a document, seen the same way in both formats. */
export type Item = {
  /** The names of its members as they came, repeated ones repeated. */
  readonly names: readonly string[]
  has(name: string): boolean
  /** A member as text without space around it; null when it is absent or empty. */
  text(name: string): string | null
  /** The type of a member in JSON: `string`, `number`, `boolean`, `null`, `array`, `object`; `text` or `elements` in XML; null when absent. */
  type(name: string): string | null
  /** The entries of a list below a member; null when there is no such list. */
  list(name: string, each: string): readonly Item[] | null
  /** Texts of a list below a member. */
  texts(name: string, each: string): readonly string[]
}

/** What a list is called: in XML `root` around `each`; JSON has neither name (JSON Support). */
export type Shape = { readonly root: string; readonly each: string }

/** The lists of GeoReport v2. */
export const shapes = {
  services: { root: 'services', each: 'service' },
  requests: { root: 'service_requests', each: 'request' },
  errors: { root: 'errors', each: 'error' },
  updates: { root: 'service_request_updates', each: 'request_update' },
} as const satisfies Readonly<Record<string, Shape>>

/** A document that is not what it should be: what was expected and what is there. */
export class Misshapen extends Error {
  readonly expected: string
  constructor(expected: string, came: string) {
    super(came)
    this.expected = expected
    this.name = 'Misshapen'
  }
}

/** Reads a list. Throws `Misshapen`. */
export function readList(text: string, format: Format, shape: Shape): readonly Item[] {
  if (format === 'json') {
    const value = readJson(text)
    if (!Array.isArray(value)) throw new Misshapen('a JSON array', typeName(value) === 'object' ? 'an object' : `a ${typeName(value)}`)
    return value.map((each: unknown) => jsonItem(asObject(each, 'an array of objects')))
  }
  const root = wellFormed(text)
  if (root.name !== shape.root) throw new Misshapen(`the root element <${shape.root}>`, `<${root.name}>`)
  const other = root.children.find(({ name }) => name !== shape.each)
  if (other) throw new Misshapen(`only <${shape.each}> in <${shape.root}>`, `<${other.name}>`)
  if (root.children.length === 0 && root.text !== '') throw new Misshapen(`<${shape.each}> elements`, root.text)
  return root.children.map(xmlItem)
}

/** Reads a document of one thing. Throws `Misshapen`. */
export function readOne(text: string, format: Format, root: string): Item {
  if (format === 'json') return jsonItem(asObject(readJson(text), 'a JSON object'))
  const element = wellFormed(text)
  if (element.name !== root) throw new Misshapen(`the root element <${root}>`, `<${element.name}>`)
  return xmlItem(element)
}

/** Why a text is not well-formed; null when it is. */
export function faultIn(text: string, format: Format): string | null {
  try {
    if (format === 'json') readJson(text)
    else wellFormed(text)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be read'
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    throw new Misshapen('well-formed JSON', text.trim() === '' ? 'an empty body' : text)
  }
}

/** Entities that are not the five of XML 1.0 or numbered need a document type definition, which is not read. */
const STRANGE_ENTITY = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)[^;\s<]{0,20};?/

function wellFormed(text: string): XmlElement {
  if (text.trim() === '') throw new Misshapen('well-formed XML', 'an empty body')
  const plain = text.replaceAll(/<!\[CDATA\[.*?\]\]>|<!--.*?-->/gs, '')
  const entity = STRANGE_ENTITY.exec(plain)
  if (entity) throw new Misshapen('well-formed XML', `an ampersand that is not escaped: ${entity[0]}`)
  if (/[\u0000-\u0008\u000B\u000C\u000E-\u001F]/.test(plain)) throw new Misshapen('well-formed XML', 'a control character')
  try {
    return readXml(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    const why = error instanceof Unreadable ? error.message : 'it cannot be read'
    throw new Misshapen('well-formed XML', `${why}: ${text.slice(0, 120)}`)
  }
}

function typeName(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

function asObject(value: unknown, expected: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Misshapen(expected, typeName(value))
  return { ...value }
}

function jsonItem(object: Readonly<Record<string, unknown>>): Item {
  const has = (name: string): boolean => Object.hasOwn(object, name)
  const listOf = (name: string): readonly unknown[] | null => (has(name) && Array.isArray(object[name]) ? object[name] : null)
  return {
    names: Object.keys(object),
    has,
    text: (name) => (has(name) ? plain(object[name]) : null),
    type: (name) => (has(name) ? typeName(object[name]) : null),
    list: (name) => listOf(name)?.map((each) => jsonItem(typeName(each) === 'object' ? asObject(each, 'an object') : {})) ?? null,
    texts: (name) => (listOf(name) ?? []).flatMap((each) => plain(each) ?? []),
  }
}

function plain(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return null
  const said = String(value).trim()
  return said === '' ? null : said
}

function xmlItem(element: XmlElement): Item {
  const member = (name: string): XmlElement | undefined => element.children.find((child) => child.name === name)
  const below = (name: string, each: string): readonly XmlElement[] | null =>
    member(name)?.children.filter((child) => child.name === each) ?? null
  return {
    names: element.children.map(({ name }) => name),
    has: (name) => member(name) !== undefined,
    text: (name) => plain(member(name)?.text),
    type: (name) => (member(name) ? ((member(name)?.children.length ?? 0) > 0 ? 'elements' : 'text') : null),
    list: (name, each) => below(name, each)?.map(xmlItem) ?? null,
    texts: (name, each) => (below(name, each) ?? []).flatMap(({ text }) => plain(text) ?? []),
  }
}
