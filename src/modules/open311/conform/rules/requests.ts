import type { Format } from '../../shapes.ts'
import { parseW3c } from '../../time.ts'
import { every, itemsOf, judgeShape, requests, services, some, told } from '../context.ts'
import { type Item, shapes } from '../document.ts'
import type { Rule } from '../rule.ts'
import { fail, pass, type Severity, skip } from '../verdict.ts'

const section = 'GET Service Requests'
const known = [
  'service_request_id', 'status', 'status_notes', 'service_name', 'service_code', 'description', 'agency_responsible', 'service_notice',
  'requested_datetime', 'updated_datetime', 'expected_datetime', 'address', 'address_id', 'zipcode', 'lat', 'long', 'media_url',
] as const // prettier-ignore
/** Members of which the specification does not say that they may be left out. */
const always = ['service_name', 'service_code', 'description', 'requested_datetime', 'updated_datetime', 'address', 'lat', 'long'] as const

/** A rule about each request that is answered without a filter. */
function each(id: string, severity: Severity, says: string, expected: string, judge: (item: Item, format: Format) => string | null): Rule {
  return {
    id,
    section,
    severity,
    says,
    per: 'format',
    async run(context, format) {
      const { answer, items } = await requests(context, format)
      return every(answer, some(items, 'requests'), 'service_request_id', expected, (item) => judge(item, format))
    },
  }
}

const dated = (name: string, needed: boolean) => (item: Item) => {
  const said = item.text(name)
  if (said === null) return needed ? `it has no ${name}` : null
  return parseW3c(said) === null ? `${name} is ${said}` : null
}

const w3c = 'a date and time with a zone, as 2010-01-01T00:00:00Z'
const HTML = /<\/?(?:p|br|div|span|a|b|i|u|em|strong|ul|ol|li|script|style|img|iframe|font|table|h[1-6])(?:\s[^<>]*)?\/?>/i

/** A coordinate; null when it is no number. */
export function coordinate(item: Item, name: 'lat' | 'long'): number | null {
  const said = item.text(name)
  return said !== null && /^[+-]?\d{1,3}(\.\d{1,30})?(e-?\d{1,2})?$/i.test(said) ? Number(said) : null
}

/** When a request was made, in milliseconds; null when that cannot be read. */
export function madeAt(item: Item): number | null {
  return parseW3c(item.text('requested_datetime') ?? '')?.getTime() ?? null
}

function notAPlace(item: Item): string | null {
  if (item.text('lat') === null && item.text('long') === null)
    return item.text('address') === null ? 'it has neither lat and long nor an address' : null
  const [lat, long] = [coordinate(item, 'lat'), coordinate(item, 'long')]
  const fine = lat !== null && long !== null && Math.abs(lat) <= 90 && Math.abs(long) <= 180
  return fine ? null : `lat ${item.text('lat') ?? '(none)'}, long ${item.text('long') ?? '(none)'}`
}

/** Rules about what requests look like. */
export const requestRules: readonly Rule[] = [
  {
    id: 'requests.answers',
    section,
    severity: 'must',
    says: 'The list of requests answers with 200.',
    per: 'format',
    async run({ probe }, format) {
      const answer = await probe.get('requests', format)
      return answer.status === 200 && answer.fault === null ? pass() : fail('200', told(answer), answer.request)
    },
  },
  {
    id: 'requests.root',
    section,
    severity: 'must',
    says: 'It is a list: service_requests around request elements in XML, an array of objects in JSON.',
    per: 'format',
    async run(context, format) {
      const answer = await context.probe.get('requests', format)
      if (answer.status !== 200) return skip('it did not answer with 200')
      return judgeShape(answer, () => itemsOf(context, answer, format, shapes.requests))
    },
  },
  each('requests.id', 'must', 'Each request has a service_request_id.', 'a service_request_id', (item) =>
    item.text('service_request_id') === null ? 'it has no service_request_id' : null,
  ),
  {
    id: 'requests.id-unique',
    section,
    severity: 'must',
    says: 'No request is there twice.',
    per: 'format',
    async run(context, format) {
      const { answer, items } = await requests(context, format)
      const seen = new Set<string>()
      for (const id of items.flatMap((item) => item.text('service_request_id') ?? [])) {
        if (seen.has(id)) return fail('each service_request_id once', `${id} is there twice`, answer.request)
        seen.add(id)
      }
      return pass()
    },
  },
  each('requests.status', 'must', 'status is open or closed, written so.', 'open or closed', (item) =>
    /^(open|closed)$/.test(item.text('status') ?? '') ? null : `status is ${item.text('status') ?? '(none)'}`,
  ),
  each('requests.service-code', 'must', 'Each request has a service_code.', 'a service_code', (item) =>
    item.text('service_code') === null ? 'it has no service_code' : null,
  ),
  {
    id: 'requests.service-known',
    section,
    severity: 'should',
    says: 'The service_code of each request is in the service list.',
    per: 'format',
    async run(context, format) {
      const codes = new Set((await services(context, format)).items.map((item) => item.text('service_code')))
      const { answer, items } = await requests(context, format)
      return every(answer, some(items, 'requests'), 'service_request_id', 'a code of the service list', (item) =>
        codes.has(item.text('service_code')) ? null : `service_code is ${item.text('service_code') ?? '(none)'}`,
      )
    },
  },
  each('requests.service-name', 'should', 'Each request has a service_name.', 'a service_name', (item) =>
    item.text('service_name') === null ? 'it has no service_name' : null,
  ),
  each('requests.fields', 'should', 'What may not be left out is there, though it may be empty.', always.join(', '), (item) => {
    const missing = always.filter((name) => !item.has(name))
    return missing.length === 0 ? null : `it lacks ${missing.join(', ')}`
  }),
  each(
    'requests.foreign',
    'should',
    'There are no members that the specification does not know, but extended_attributes.',
    'only known members',
    (item) => {
      const foreign = item.names.filter((name) => name !== 'extended_attributes' && !known.some((one) => one === name))
      return foreign.length === 0 ? null : `it has ${foreign.join(', ')}`
    },
  ),
  each('requests.description-plain', 'must', 'description holds no HTML.', 'text without HTML', (item) => {
    const tag = HTML.exec(item.text('description') ?? '')
    return tag ? `description has ${tag[0]}` : null
  }),
  each('requests.description-length', 'must', 'description has at most 4,000 characters.', 'at most 4000 characters', (item) => {
    const { length } = [...(item.text('description') ?? '')]
    return length > 4_000 ? `description has ${length} characters` : null
  }),
  each('requests.requested-datetime', 'must', 'requested_datetime is there, with a zone.', w3c, dated('requested_datetime', true)),
  each('requests.updated-datetime', 'must', 'updated_datetime has a zone where it is told.', w3c, dated('updated_datetime', false)),
  each('requests.expected-datetime', 'must', 'expected_datetime has a zone where it is told.', w3c, dated('expected_datetime', false)),
  each(
    'requests.updated-after',
    'should',
    'No request was updated before it was made.',
    'updated_datetime at or after requested_datetime',
    (item) => {
      const [made, updated] = [madeAt(item), parseW3c(item.text('updated_datetime') ?? '')?.getTime() ?? null]
      return made !== null && updated !== null && updated < made
        ? `made ${item.text('requested_datetime')}, updated ${item.text('updated_datetime')}`
        : null
    },
  ),
  each(
    'requests.place',
    'must',
    'Each request has lat and long in degrees, or an address.',
    'lat from -90 to 90 and long from -180 to 180, or an address',
    notAPlace,
  ),
  each('requests.place-real', 'should', 'No request is at 0/0.', 'a real place', (item) =>
    coordinate(item, 'lat') === 0 && coordinate(item, 'long') === 0 ? 'lat and long are 0' : null,
  ),
  each('requests.media-url', 'should', 'media_url is an absolute address where it is told.', 'an http or https address', (item) => {
    const url = item.text('media_url')
    return url === null || /^https?:$/.test(URL.parse(url)?.protocol ?? '') ? null : `media_url is ${url}`
  }),
]
