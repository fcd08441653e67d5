import type { Format } from '../../shapes.ts'
import { datatypes } from '../../shapes.ts'
import { type Context, judgeError, judgeShape, oneOf, services, told } from '../context.ts'
import type { Item } from '../document.ts'
import type { Answer } from '../probe.ts'
import type { Rule } from '../rule.ts'
import { fail, pass, stop, type Verdict } from '../verdict.ts'

const section = 'GET Service Definition'
/** How many definitions are looked at: those of the first services that have one. */
const MOST = 5

/** A code that no server has. */
const UNKNOWN = 'no-such-service-5f0c1d'

type Definition = { readonly code: string; readonly answer: Answer; readonly item: Item; readonly attributes: readonly Item[] }

async function answers(context: Context, format: Format): Promise<Array<{ code: string; answer: Answer }>> {
  const { items } = await services(context, format)
  const codes = items.filter((item) => item.text('metadata') === 'true').flatMap((item) => item.text('service_code') ?? [])
  if (codes.length === 0) stop('no service says that it has a definition')
  const found: Array<{ code: string; answer: Answer }> = []
  for (const code of codes.slice(0, MOST))
    found.push({ code, answer: await context.probe.get(`services/${encodeURIComponent(code)}`, format) })
  return found
}

/** The definitions that can be read. */
export async function definitions(context: Context, format: Format): Promise<readonly Definition[]> {
  const found = (await answers(context, format)).flatMap(({ code, answer }): Definition[] => {
    try {
      const item = oneOf(context, answer, format, 'service_definition')
      return answer.status === 200 ? [{ code, answer, item, attributes: item.list('attributes', 'attribute') ?? [] }] : []
    } catch {
      return []
    }
  })
  return found.length === 0 ? stop('no definition could be read') : found
}

/** A rule about each attribute of the definitions. */
function each(
  id: string,
  severity: Rule['severity'],
  says: string,
  expected: string,
  judge: (item: Item, format: Format) => string | null,
): Rule {
  return {
    id,
    section,
    severity,
    says,
    per: 'format',
    async run(context, format) {
      const all = await definitions(context, format)
      if (all.every(({ attributes }) => attributes.length === 0)) stop('no definition has attributes')
      for (const { answer, attributes } of all) {
        for (const item of attributes) {
          const came = judge(item, format)
          if (came !== null) return fail(expected, `attribute ${item.text('code') ?? '(without code)'}: ${came}`, answer.request)
        }
      }
      return pass()
    },
  }
}

/** A rule about each definition as a whole. */
function whole(
  id: string,
  severity: Rule['severity'],
  says: string,
  expected: string,
  judge: (definition: Definition) => string | null,
): Rule {
  return {
    id,
    section,
    severity,
    says,
    per: 'format',
    async run(context, format) {
      for (const definition of await definitions(context, format)) {
        const came = judge(definition)
        if (came !== null) return fail(expected, came, definition.answer.request)
      }
      return pass()
    },
  }
}

/** A rule about each answer to a definition that must be there. */
function answering(id: string, says: string, judge: (context: Context, answer: Answer, format: Format) => Verdict): Rule {
  return {
    id,
    section,
    severity: 'must',
    says,
    per: 'format',
    async run(context, format) {
      for (const { answer } of await answers(context, format)) {
        const verdict = judge(context, answer, format)
        if (verdict.kind !== 'pass') return verdict
      }
      return pass()
    },
  }
}

const twice = (texts: readonly string[]): string | undefined => texts.find((text, index) => texts.indexOf(text) !== index)
const isTruth = (name: string) => (item: Item) =>
  /^(true|false)$/.test(item.text(name) ?? '') ? null : `${name} is ${item.text(name) ?? '(none)'}`
const isList = (item: Item): boolean => /^(single|multi)valuelist$/.test(item.text('datatype') ?? '')

/** Rules about service definitions. */
export const definitionRules: readonly Rule[] = [
  answering('definition.answers', 'Each service with metadata=true has a definition.', (_, answer) =>
    answer.status === 200 && answer.fault === null ? pass() : fail('200', told(answer), answer.request),
  ),
  answering('definition.root', 'It is one service_definition: an element in XML, an object in JSON.', (context, answer, format) =>
    answer.status === 200 ? judgeShape(answer, () => oneOf(context, answer, format, 'service_definition')) : pass(),
  ),
  whole('definition.code', 'must', 'It names the service that was asked for.', 'the service_code that was asked for', ({ code, item }) =>
    item.text('service_code') === code ? null : (item.text('service_code') ?? 'none'),
  ),
  whole('definition.attributes', 'must', 'It has a list of attributes.', 'attributes as a list', ({ item }) =>
    item.list('attributes', 'attribute') === null ? `attributes is ${item.type('attributes') ?? 'absent'}` : null,
  ),
  each('definition.variable', 'must', 'variable is true or false.', 'true or false', isTruth('variable')),
  each('definition.attribute-code', 'must', 'Each attribute has a code.', 'a code', (item) =>
    item.text('code') === null ? 'it has no code' : null,
  ),
  whole(
    'definition.attribute-code-unique',
    'must',
    'No attribute code is there twice in a definition.',
    'each code once',
    ({ attributes }) => {
      const found = twice(attributes.flatMap((item) => item.text('code') ?? []))
      return found === undefined ? null : `${found} is there twice`
    },
  ),
  each('definition.datatype', 'must', `datatype is one of ${datatypes.join(', ')}.`, datatypes.join(', '), (item) =>
    datatypes.some((type) => type === item.text('datatype')) ? null : `datatype is ${item.text('datatype') ?? '(none)'}`,
  ),
  each('definition.required', 'must', 'required is true or false.', 'true or false', isTruth('required')),
  each('definition.order', 'must', 'order is a positive whole number.', 'a positive whole number', (item) =>
    /^[1-9]\d*$/.test(item.text('order') ?? '') ? null : `order is ${item.text('order') ?? '(none)'}`,
  ),
  whole('definition.order-unique', 'must', 'No order is there twice in a definition.', 'each order once', ({ attributes }) => {
    const found = twice(attributes.flatMap((item) => item.text('order') ?? []))
    return found === undefined ? null : `order ${found} is there twice`
  }),
  each('definition.description', 'should', 'Each attribute says what is asked for.', 'a description', (item) =>
    item.text('description') === null ? 'it has no description' : null,
  ),
  each('definition.fields', 'should', 'datatype_description is there, though it may be empty.', 'datatype_description', (item) =>
    item.has('datatype_description') ? null : 'it has no datatype_description',
  ),
  each(
    'definition.values',
    'must',
    'Attributes of a list type have values, each with a key and a name.',
    'values with key and name',
    (item) => {
      if (!isList(item)) return null
      const values = item.list('values', 'value')
      if (values === null || values.length === 0) return 'it has no values'
      return values.every((value) => value.text('key') !== null && value.text('name') !== null) ? null : 'a value lacks its key or its name'
    },
  ),
  each('definition.values-unique', 'must', 'No key is there twice in the values of an attribute.', 'each key once', (item) => {
    const found = twice((item.list('values', 'value') ?? []).flatMap((value) => value.text('key') ?? []))
    return found === undefined ? null : `key ${found} is there twice`
  }),
  {
    id: 'definition.unknown',
    section,
    severity: 'must',
    says: 'An unknown service_code is answered with 404 and an error document.',
    per: 'format',
    run: async (context, format) => judgeError(context, await context.probe.get(`services/${UNKNOWN}`, format), format, [404]),
  },
]
