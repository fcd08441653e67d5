import { every, itemsOf, judgeShape, services, some, told } from '../context.ts'
import { type Item, shapes } from '../document.ts'
import type { Rule } from '../rule.ts'
import { fail, pass, skip } from '../verdict.ts'

const section = 'GET Service List'
const fields = ['service_code', 'service_name', 'description', 'metadata', 'type', 'keywords', 'group']

/** A rule about each service of the list. */
function each(
  id: string,
  severity: Rule['severity'],
  says: string,
  expected: string,
  judge: (item: Item, json: boolean) => string | null,
): Rule {
  return {
    id,
    section,
    severity,
    says,
    per: 'format',
    async run(context, format) {
      const { answer, items } = await services(context, format)
      return every(answer, some(items, 'services'), 'service_code', expected, (item) => judge(item, format === 'json'))
    },
  }
}

const oneFrom = (name: string, allowed: readonly string[]) => (item: Item) =>
  allowed.includes(item.text(name) ?? '') ? null : `${name} is ${item.text(name) ?? '(none)'}`

/** Rules about the service list. */
export const serviceRules: readonly Rule[] = [
  {
    id: 'services.answers',
    section,
    severity: 'must',
    says: 'The service list answers with 200.',
    per: 'format',
    async run({ probe }, format) {
      const answer = await probe.get('services', format)
      return answer.status === 200 && answer.fault === null ? pass() : fail('200', told(answer), answer.request)
    },
  },
  {
    id: 'services.no-key',
    section,
    severity: 'must',
    says: 'Reading needs no key.',
    per: 'once',
    async run({ probe }, format) {
      // asked outright: a server that wants a key is read with one from here on
      const answer = await probe.get('services', format, { api_key: null })
      return [401, 403].includes(answer.status) ? fail('200 without api_key', told(answer), answer.request) : pass()
    },
  },
  {
    id: 'services.root',
    section,
    severity: 'must',
    says: 'It is a list: services around service elements in XML, an array of objects in JSON.',
    per: 'format',
    async run(context, format) {
      const answer = await context.probe.get('services', format)
      if (answer.status !== 200) return skip('it did not answer with 200')
      return judgeShape(answer, () => itemsOf(context, answer, format, shapes.services))
    },
  },
  {
    id: 'services.some',
    section,
    severity: 'should',
    says: 'It has at least one service.',
    per: 'format',
    async run(context, format) {
      const { answer, items } = await services(context, format)
      return items.length > 0 ? pass() : fail('at least one service', 'an empty list', answer.request)
    },
  },
  each('services.code', 'must', 'Each service has a service_code.', 'a service_code', (item) =>
    item.text('service_code') === null ? 'it has no service_code' : null,
  ),
  {
    id: 'services.code-unique',
    section,
    severity: 'must',
    says: 'No service_code is there twice.',
    per: 'format',
    async run(context, format) {
      const { answer, items } = await services(context, format)
      const codes = items.flatMap((item) => item.text('service_code') ?? [])
      const twice = codes.find((code, index) => codes.indexOf(code) !== index)
      return twice === undefined ? pass() : fail('each service_code once', `${twice} is there twice`, answer.request)
    },
  },
  each('services.name', 'must', 'Each service has a service_name.', 'a service_name', (item) =>
    item.text('service_name') === null ? 'it has no service_name' : null,
  ),
  each('services.metadata', 'must', 'metadata is true or false.', 'true or false', oneFrom('metadata', ['true', 'false'])),
  each(
    'services.type',
    'must',
    'type is realtime, batch or blackbox.',
    'realtime, batch or blackbox',
    oneFrom('type', ['realtime', 'batch', 'blackbox']),
  ),
  each(
    'services.fields',
    'should',
    'Each service has description, keywords and group, empty ones included.',
    'every member of the specification',
    (item) => {
      const missing = fields.filter((name) => !item.has(name))
      return missing.length === 0 ? null : `it lacks ${missing.join(', ')}`
    },
  ),
  each('services.keywords', 'should', 'keywords is one text, separated by commas, not a list.', 'a text', (item) =>
    ['array', 'object', 'elements'].includes(item.type('keywords') ?? '') ? `keywords is ${item.type('keywords')}` : null,
  ),
  each('services.group', 'should', 'group is one text, not a list.', 'a text', (item) =>
    ['array', 'object', 'elements'].includes(item.type('group') ?? '') ? `group is ${item.type('group')}` : null,
  ),
  each('services.foreign', 'should', 'There are no members that the specification does not know.', 'only known members', (item) => {
    const foreign = item.names.filter((name) => !fields.includes(name))
    return foreign.length === 0 ? null : `it has ${foreign.join(', ')}`
  }),
]
