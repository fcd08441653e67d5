import type { Format } from '../../shapes.ts'
import { type Context, requests, services, told } from '../context.ts'
import { faultIn, type Item } from '../document.ts'
import type { Answer } from '../probe.ts'
import type { Rule } from '../rule.ts'
import { fail, pass, skip, stop, type Verdict } from '../verdict.ts'
import { definitions } from './definition.ts'

const rule = (id: string, section: Rule['section'], severity: Rule['severity'], says: string, run: Rule['run']): Rule => ({
  id,
  section,
  severity,
  says,
  per: 'format',
  run,
})

/** Answers of this run that should be documents of a format: what worked, and errors that came from the methods. */
function documents(context: Context, format: Format): readonly Answer[] {
  const all = context.probe.answers.filter((answer) => answer.format === format && answer.fault === null && answer.status === 200)
  return all.length === 0 ? stop(`nothing was answered in ${format}`) : all
}

function first(answers: readonly Answer[], expected: string, judge: (answer: Answer) => string | null): Verdict {
  for (const answer of answers) {
    const came = judge(answer)
    if (came !== null) return fail(expected, came, answer.request)
  }
  return pass(`${answers.length} answers`)
}

const typeOf = (answer: Answer): string => answer.headers.get('content-type') ?? 'no content type'

function onlyFor(wanted: Format, made: Rule): Rule {
  return { ...made, run: async (context, format) => (format === wanted ? made.run(context, format) : skip(`only for ${wanted}`)) }
}

/** How a value stands in each format: the same for numbers that are equal. */
function comparable(text: string | null): string | null {
  return text !== null && /^-?\d+(\.\d+)?$/.test(text) && !/^-?0\d/.test(text)
    ? String(Number(text))
    : (text?.replaceAll(/\s+/g, ' ') ?? null)
}

function difference(xml: readonly Item[], json: readonly Item[], id: string, fields: readonly string[]): string | null {
  const others = new Map(json.map((item) => [comparable(item.text(id)), item]))
  for (const item of xml) {
    const other = others.get(comparable(item.text(id)))
    if (!other) return `${item.text(id) ?? '(none)'} is in XML alone`
    const name = fields.find((field) => comparable(item.text(field)) !== comparable(other.text(field)))
    if (name !== undefined)
      return `${item.text(id) ?? ''}: ${name} is ${item.text(name) ?? '(none)'} in XML and ${other.text(name) ?? '(none)'} in JSON`
  }
  return xml.length === json.length ? null : `${xml.length} in XML, ${json.length} in JSON`
}

function same(id: string, says: string, compare: (context: Context) => Promise<{ request: string; came: string | null }>): Rule {
  return {
    ...rule(id, 'JSON Support', 'must', says, async (context) => {
      const { request, came } = await compare(context)
      return came === null ? pass() : fail('the same in XML and JSON', came, request)
    }),
    per: 'once',
    needs: 'both',
  }
}

const serviceFields = ['service_name', 'description', 'metadata', 'type', 'keywords', 'group']
const requestFields = [
  'status', 'status_notes', 'service_name', 'service_code', 'description', 'agency_responsible', 'service_notice', 'requested_datetime',
  'updated_datetime', 'expected_datetime', 'address', 'address_id', 'zipcode', 'lat', 'long', 'media_url',
] // prettier-ignore
const attributeFields = ['variable', 'datatype', 'required', 'order', 'description', 'datatype_description']

/** Rules about content types, encoding and the documents as such; they look at every answer of the run, so they come last. */
export const formatRules: readonly Rule[] = [
  rule('encoding.utf8', 'Encoding', 'must', 'Every answer is UTF-8.', async (context, format) =>
    first(documents(context, format), 'UTF-8', (answer) => (answer.utf8 ? null : 'bytes that are not UTF-8')),
  ),
  rule('encoding.charset', 'Encoding', 'must', 'The content type says charset=utf-8.', async (context, format) =>
    first(documents(context, format), 'charset=utf-8', (answer) => (/;\s*charset="?utf-8"?/i.test(typeOf(answer)) ? null : typeOf(answer))),
  ),
  onlyFor('xml', rule('encoding.declaration', 'Encoding', 'must', 'XML begins with a declaration that names UTF-8.', async (context) =>
    first(documents(context, 'xml'), '<?xml version="1.0" encoding="utf-8"?>', ({ text }) =>
      /^\uFEFF?<\?xml[^>]+encoding=["']utf-8["']/i.test(text) ? null : text.slice(0, 60),
    ),
  )), // prettier-ignore
  rule('formats.content-type', 'Format Support', 'must', 'The content type is text/xml or application/json.', async (context, format) => {
    const wanted = format === 'xml' ? 'text/xml' : 'application/json'
    return first(documents(context, format), wanted, (answer) =>
      typeOf(answer).split(';')[0]?.trim().toLowerCase() === wanted ? null : typeOf(answer),
    )
  }),
  rule(
    'formats.error-content-type',
    'Format Support',
    'should',
    'Errors have the content type of the format that was asked for.',
    async (context, format) => {
      const wanted = format === 'xml' ? 'text/xml' : 'application/json'
      const errors = context.probe.answers.filter(
        (answer) => answer.format === format && /services\/no-such|requests\/no-such/.test(answer.request) && answer.status >= 400,
      )
      if (errors.length === 0) return skip('no error was answered')
      return first(errors, wanted, (answer) => (typeOf(answer).startsWith(wanted) ? null : typeOf(answer)))
    },
  ),
  { ...rule('formats.xml', 'Format Support', 'must', 'XML is offered.', async ({ probe }) => {
    const answer = await probe.get('services', 'xml')
    return answer.status === 200 ? pass() : fail('200 for services.xml', told(answer), answer.request)
  }), per: 'once' }, // prettier-ignore
  { ...rule('formats.json', 'Format Support', 'may', 'JSON is offered.', async ({ probe }) => {
    const answer = await probe.get('services', 'json')
    return answer.status === 200 ? pass() : fail('200 for services.json', told(answer), answer.request)
  }), per: 'once' }, // prettier-ignore
  rule('formats.time', 'Format Support', 'should', 'Every answer comes within ten seconds.', async (context, format) =>
    first(
      context.probe.answers.filter((answer) => answer.format === format),
      'an answer within 10 seconds',
      ({ milliseconds, fault }) => (milliseconds > 10_000 ? `${fault ?? 'it took'} ${Math.round(milliseconds / 1000)} s` : null),
    ),
  ),
  { ...rule('formats.cors', 'Format Support', 'may', 'Pages of other sites may read it (CORS).', async ({ probe }, format) => {
    const answer = await probe.get('services', format)
    const allowed = answer.headers.get('access-control-allow-origin')
    return allowed === null ? fail('access-control-allow-origin', 'none', answer.request) : pass(allowed)
  }), per: 'once' }, // prettier-ignore
  rule('formats.well-formed', 'Format Support', 'must', 'Every document is well-formed.', async (context, format) =>
    first(documents(context, format), format === 'xml' ? 'well-formed XML' : 'well-formed JSON', ({ text }) => faultIn(text, format)),
  ),
  onlyFor('xml', rule('xml.namespace', 'XML Support', 'should', 'There is no namespace but the one of the specification.', async (context) =>
    first(documents(context, 'xml'), 'no namespace', ({ text }) => /\sxmlns(?::\w+)?=["'](?!http:\/\/wiki\.open311\.org\/GeoReport_v2\/?["'])[^"']*["']/.exec(text)?.[0] ?? null),
  )), // prettier-ignore
  onlyFor('xml', rule('xml.no-dtd', 'XML Support', 'should', 'There is no document type definition.', async (context) =>
    first(documents(context, 'xml'), 'no <!DOCTYPE', ({ text }) => /<!DOCTYPE/i.exec(text)?.[0] ?? null),
  )), // prettier-ignore
  onlyFor('json', rule('json.booleans', 'JSON Support', 'should', 'metadata, required and variable are true or false, not texts.', async (context) => {
    const { answer, items } = await services(context, 'json')
    const bad = items.find((item) => item.has('metadata') && item.type('metadata') !== 'boolean')
    if (bad) return fail('metadata as a boolean', `metadata is a ${bad.type('metadata') ?? ''}`, answer.request)
    for (const definition of items.some((item) => item.text('metadata') === 'true') ? await definitions(context, 'json') : []) {
      const wrong = definition.attributes.find((item) => item.type('required') !== 'boolean' || item.type('variable') !== 'boolean')
      if (wrong) return fail('required and variable as booleans', `required is a ${wrong.type('required') ?? 'absent'}, variable a ${wrong.type('variable') ?? 'absent'}`, definition.answer.request)
    }
    return pass()
  })), // prettier-ignore
  onlyFor('json', rule('json.coordinates', 'JSON Support', 'should', 'lat and long are numbers, not texts.', async (context) => {
    const { answer, items } = await requests(context, 'json')
    const bad = items.find((item) => ['lat', 'long'].some((name) => !['number', 'null', null].includes(item.type(name))))
    return bad ? fail('lat and long as numbers', `lat is a ${bad.type('lat') ?? ''}, long a ${bad.type('long') ?? ''}`, answer.request) : pass()
  })), // prettier-ignore
  onlyFor('json', rule('json.null', 'JSON Support', 'should', 'What is not told is null, not an empty text.', async (context) => {
    const { answer, items } = await requests(context, 'json')
    const bad = items.flatMap((item) => item.names.filter((name) => item.type(name) === 'string' && item.text(name) === null).map((name) => `${item.text('service_request_id') ?? ''}: ${name}`))
    return bad[0] === undefined ? pass() : fail('null', `${bad[0]} is an empty text`, answer.request)
  })), // prettier-ignore
  same('formats.same-services', 'XML and JSON have the same services.', async (context) => {
    const [xml, json] = [await services(context, 'xml'), await services(context, 'json')]
    return { request: json.answer.request, came: difference(xml.items, json.items, 'service_code', serviceFields) }
  }),
  same('formats.same-definition', 'XML and JSON have the same attributes.', async (context) => {
    const json = await definitions(context, 'json')
    for (const { code, attributes } of await definitions(context, 'xml')) {
      const other = json.find((each) => each.code === code)
      const came = other ? difference(attributes, other.attributes, 'code', attributeFields) : `the definition of ${code} is in XML alone`
      if (came !== null) return { request: other?.answer.request ?? '', came }
    }
    return { request: '', came: null }
  }),
  same('formats.same-requests', 'XML and JSON have the same requests.', async (context) => {
    const [xml, json] = [await requests(context, 'xml'), await requests(context, 'json')]
    return { request: json.answer.request, came: difference(xml.items, json.items, 'service_request_id', requestFields) }
  }),
]
