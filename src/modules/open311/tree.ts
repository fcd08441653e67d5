import { readXml, Unreadable, type XmlElement } from './xml.ts'

/** A document of either format: XML is read as the JSON that stands for it (JSON Support: the Spark convention). */
export type Tree = string | number | boolean | null | readonly Tree[] | { readonly [name: string]: Tree }

/** Reads a document; the format is told by its first character, for content types of living servers lie. Throws `Unreadable`. */
export function readTree(body: string): Tree {
  const plain = body.replace(/^\uFEFF/, '').trimStart()
  if (plain.startsWith('<')) {
    const root = readXml(plain)
    return { [root.name]: treeOf(root) }
  }
  try {
    return asTree(JSON.parse(plain))
  } catch {
    return readLeadingZeros(plain)
  }
}

/** `001` is no JSON number, yet the specification's own examples and some servers write codes so: they are read as texts. */
function readLeadingZeros(body: string): Tree {
  const mended = body.replaceAll(/"(?:[^"\\]|\\.)*"|-?\b0\d+\b(?![.\d])/g, (part) => (part.startsWith('"') ? part : `"${part}"`))
  try {
    return asTree(JSON.parse(mended))
  } catch {
    throw new Unreadable('it is neither XML nor JSON')
  }
}

function asTree(value: unknown, depth = 0): Tree {
  if (depth > 20) throw new Unreadable('it is nested too deep')
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map((each: unknown) => asTree(each, depth + 1))
  if (typeof value !== 'object') return null
  return Object.fromEntries(Object.entries(value).map(([name, each]: [string, unknown]) => [name, asTree(each, depth + 1)]))
}

function treeOf({ children, text: own }: XmlElement): Tree {
  if (children.length === 0) return own
  const names = Map.groupBy(children, ({ name }) => name)
  return Object.fromEntries([...names].map(([name, same]) => [name, same.length === 1 && same[0] ? treeOf(same[0]) : same.map(treeOf)]))
}

/** The first of the named members that is there; null when there is none. */
export function field(tree: Tree, ...names: readonly string[]): Tree {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) return null
  for (const [name, value] of names.flatMap((each) => Object.entries(tree).filter(([key]) => key === each))) {
    if (name !== '' && value !== null) return value
  }
  return null
}

/** The entries of a list, however it is wrapped: `[a, b]`, `{many: [..]}`, `{many: {one: [..]}}`, `{one: {..}}`, or one alone. */
export function listed(tree: Tree, many: string, one: string): readonly Tree[] {
  if (Array.isArray(tree))
    return tree.flatMap((each: Tree) => (field(each, one) !== null && onlyHas(each, one) ? listed(field(each, one), many, one) : [each]))
  if (tree === null || tree === '') return []
  if (typeof tree !== 'object') return [tree]
  const inside = field(tree, many, 'requests', 'data', 'results')
  if (inside !== null && typeof inside === 'object') return listed(inside, many, one)
  const single = field(tree, one)
  if (single !== null && onlyHas(tree, one)) return Array.isArray(single) ? single : [single]
  return Object.keys(tree).length === 0 || onlyHas(tree, many) ? [] : [tree]
}

function onlyHas(tree: Tree, name: string): boolean {
  return typeof tree === 'object' && tree !== null && Object.keys(tree).every((key) => key === name)
}

/** The first of the named members as text without space around it; numbers as they are written; null when empty or absent. */
export function text(tree: Tree, ...names: readonly string[]): string | null {
  const value = field(tree, ...names)
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return null
  const said = String(value).trim()
  return said === '' || said === 'null' ? null : said
}

/** The first of the named members as a number, also when it is written as text or with a decimal comma; null when it is none. */
export function numberIn(tree: Tree, ...names: readonly string[]): number | null {
  const said = text(tree, ...names)
  if (said === null || !/^[+-]?\d{1,20}([.,]\d{1,30})?(e[+-]?\d{1,3})?$/i.test(said)) return null
  const value = Number(said.replace(',', '.'))
  return Number.isFinite(value) ? value : null
}

/** A truth value, also when it is written as text; null when it is none. */
export function boolean(tree: Tree): boolean | null {
  const said = typeof tree === 'object' ? '' : String(tree).toLowerCase()
  return said === 'true' || said === '1' ? true : said === 'false' || said === '0' ? false : null
}
