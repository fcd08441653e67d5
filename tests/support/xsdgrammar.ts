/**
 * The types of a message schema of ISO 20022 in the notation of src/modules/iso20022/dictionary.ts, one for each line. Throws
 * where the schema has anything the notation has no word for, so that nothing of it is passed over.
 */
export function grammarLines(xsd: string): string[] {
  const lines: string[] = []
  for (const [, kind, name, body] of xsd.matchAll(/<xs:(complex|simple)Type name="([^"]+)">([\s\S]*?)<\/xs:\1Type>/g)) {
    if (name !== 'Document') lines.push(`${name} ${kind === 'simple' ? simple(body ?? '') : complex(body ?? '')}`)
  }
  const named = xsd.match(/<xs:(complexType|simpleType|group|attributeGroup)\b/g)?.length
  if (named !== lines.length + 1) throw new Error(`the schema has ${named} types, ${lines.length + 1} were read`)
  return lines
}

const FACETS = ['minLength', 'maxLength', 'pattern', 'enumeration', 'fractionDigits', 'totalDigits', 'minInclusive']

function simple(body: string): string {
  const base = /base="xs:(\w+)"/.exec(body)?.[1] ?? ''
  const facets = [...body.matchAll(/<xs:(\w+) value="([^"]*)"/g)].map(([, name = '', value = '']) => ({ name, value }))
  const strange = facets.find((facet) => !FACETS.includes(facet.name))
  if (strange) throw new Error(`the notation has no word for ${strange.name}`)
  const values = (...names: string[]): string[] =>
    names.flatMap((name) => facets.filter((facet) => facet.name === name).map((facet) => facet.value))
  const used = (word: string, ...names: string[]): string => {
    if (facets.some((facet) => !names.includes(facet.name))) throw new Error(`the notation has no words for ${body}`)
    return [word, ...values(...names)].join(' ')
  }
  if (base === 'decimal') return used('decimal', 'totalDigits', 'fractionDigits', 'minInclusive')
  if (base === 'base64Binary') return used('base64', 'minLength', 'maxLength')
  if (base !== 'string') return used(base)
  if (values('enumeration').length > 0) return used('enum', 'enumeration')
  return values('pattern').length > 0 ? used('pattern', 'pattern') : used('text', 'minLength', 'maxLength')
}

function complex(body: string): string {
  if (body.includes('<xs:simpleContent>')) {
    const found = /<xs:extension base="(\w+)">\s*<xs:attribute name="Ccy" type="(\w+)" use="required"\/>\s*<\/xs:extension>/.exec(body)
    if (!found) throw new Error(`the notation has no words for ${body}`)
    return `amount ${found[1]} ${found[2]}`
  }
  const [group, ...more] = body.match(/<xs:(sequence|choice|all|complexContent|attribute)\b[^>]*>/g) ?? []
  if (!group || more.length > 0) throw new Error(`the notation has no words for ${body}`)
  if (body.includes('<xs:any namespace="##any" processContents="lax"/>')) return 'any'
  const elements = [...body.matchAll(/<xs:element ([^>]*)\/>/g)].map(([, attributes = '']) => element(attributes))
  return [group.slice('<xs:'.length, -1), ...elements].join(' ')
}

function element(attributes: string): string {
  const value = (name: string): string | undefined => new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1]
  const min = value('minOccurs') ?? '1'
  const max = value('maxOccurs') ?? '1'
  const signs = new Map([['1 1', ''], ['0 1', '?'], ['0 unbounded', '*'], ['1 unbounded', '+']]) // prettier-ignore
  const times = signs.get(`${min} ${max}`) ?? `{${min},${max}}`
  return `${value('name')}${times}:${value('type')}`
}
