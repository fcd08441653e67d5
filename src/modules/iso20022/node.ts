/** An element that was read and holds to its type: where it begins, its text, its Ccy, the elements in it. */
export type XmlNode = {
  readonly name: string
  readonly line: number
  readonly column: number
  readonly currency: string
  text: string
  children: XmlNode[]
  /** What a reader made of the element, instead of its children. */
  made: unknown
}

/** The first element at the end of a way of names below an element; null when there is none. */
export function find(node: XmlNode, ...way: readonly string[]): XmlNode | null {
  let at: XmlNode | undefined = node
  for (const name of way) {
    at = at.children.find((child) => child.name === name)
    if (!at) return null
  }
  return at
}

/** The text at the end of a way of names; undefined when the element is not there. */
export function textAt(node: XmlNode, ...way: readonly string[]): string | undefined {
  return find(node, ...way)?.text
}

/** All elements of a name directly in an element. */
export function all(node: XmlNode, name: string): XmlNode[] {
  return node.children.filter((child) => child.name === name)
}
