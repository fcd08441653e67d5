import { parseW3c } from '../../time.ts'
import { type Context, judgeShape, oneOf, told } from '../context.ts'
import type { Item } from '../document.ts'
import type { Answer } from '../probe.ts'
import type { Rule } from '../rule.ts'
import { fail, pass, skip, stop } from '../verdict.ts'
import type { Format } from '../../shapes.ts'

const section = 'Service Discovery'

/** Where servers have it: beside the methods, above them, or at the root of the host; unless the operator says where. */
async function found(context: Context): Promise<Answer> {
  return context.once('discovery', async () => {
    const format: Format = context.formats.includes('xml') ? 'xml' : 'json'
    const { base } = context.probe.options
    const parents = [base, base.replace(/\/[^/]+$/, ''), new URL(base).origin]
    const places = context.discovery === null ? [...new Set(parents)].map((parent) => `${parent}/discovery.${format}`) : [context.discovery]
    let answer = await context.probe.fetch(places[0] ?? base)
    for (const place of places.slice(1)) {
      if (answer.status === 200) break
      const next = await context.probe.fetch(place)
      if (next.status === 200) answer = next
    }
    return answer
  })
}

async function document(context: Context): Promise<{ answer: Answer; item: Item }> {
  const answer = await found(context)
  if (answer.status !== 200) stop('there is no discovery document')
  try {
    return { answer, item: oneOf(context, answer, answer.format ?? 'xml', 'discovery') }
  } catch {
    return stop('the discovery document could not be read')
  }
}

const isV2 = (item: Item): boolean => /georeport_?v2/i.test(item.text('specification') ?? '')

async function endpoint(context: Context): Promise<{ answer: Answer; item: Item }> {
  const { answer, item } = await document(context)
  const all = (item.list('endpoints', 'endpoint') ?? []).filter(isV2)
  const same = all.find((each) => pathOf(each.text('url')) === pathOf(context.probe.options.base))
  return { answer, item: same ?? all[0] ?? stop('the discovery document names no endpoint of GeoReport v2') }
}

const pathOf = (url: string | null): string | null => (url === null ? null : (URL.parse(url)?.pathname.replace(/\/+$/, '') ?? null))

const rule = (id: string, severity: Rule['severity'], says: string, run: Rule['run']): Rule => ({
  id,
  section,
  severity,
  says,
  per: 'once',
  run,
})

/** Rules about the discovery document. */
export const discoveryRules: readonly Rule[] = [
  rule('discovery.found', 'must', 'There is a discovery document, beside the methods or above them.', async (context) => {
    const answer = await found(context)
    return answer.status === 200 ? pass() : fail('200 with a discovery document', told(answer), answer.request)
  }),
  rule('discovery.document', 'must', 'The discovery document is well-formed and its root is discovery.', async (context) => {
    const answer = await found(context)
    if (answer.status !== 200) return skip('there is no discovery document')
    return judgeShape(answer, () => oneOf(context, answer, answer.format ?? 'xml', 'discovery'))
  }),
  rule('discovery.endpoint', 'must', 'It names an endpoint whose specification is GeoReport v2.', async (context) => {
    const { answer, item } = await document(context)
    const all = item.list('endpoints', 'endpoint') ?? []
    if (all.some(isV2)) return pass()
    return fail(
      'an endpoint with the specification http://wiki.open311.org/GeoReport_v2',
      all.map((each) => each.text('specification') ?? '(none)').join(', ') || 'no endpoint',
      answer.request,
    )
  }),
  rule('discovery.endpoint-here', 'should', 'One of its endpoints is the address that is checked.', async (context) => {
    const { answer, item } = await endpoint(context)
    const url = item.text('url')
    return pathOf(url) === pathOf(context.probe.options.base) ? pass() : fail(context.probe.options.base, url ?? 'no url', answer.request)
  }),
  rule('discovery.endpoint-url', 'must', 'The address of the endpoint is absolute.', async (context) => {
    const { answer, item } = await endpoint(context)
    const url = item.text('url')
    return url !== null && /^https?:$/.test(URL.parse(url)?.protocol ?? '')
      ? pass()
      : fail('an http or https address', url ?? 'none', answer.request)
  }),
  rule('discovery.formats', 'must', 'The endpoint lists its formats as content types, text/xml among them.', async (context) => {
    const { answer, item } = await endpoint(context)
    const formats = item.texts('formats', 'format')
    return formats.some((format) => /^text\/xml\b/i.test(format))
      ? pass()
      : fail('formats with text/xml', formats.join(', ') || 'none', answer.request)
  }),
  rule('discovery.formats-work', 'must', 'The service list answers in each format that the endpoint lists.', async (context) => {
    const { item } = await endpoint(context)
    const listed = item
      .texts('formats', 'format')
      .flatMap((format): Format[] => (/xml/i.test(format) ? ['xml'] : /json/i.test(format) ? ['json'] : []))
    for (const format of new Set(listed)) {
      const answer = await context.probe.get('services', format)
      if (answer.status !== 200) return fail(`200 for services.${format}`, told(answer), answer.request)
    }
    return pass()
  }),
  rule('discovery.changeset', 'should', 'The changesets of the document and of the endpoint are dates with a zone.', async (context) => {
    const { answer, item } = await endpoint(context)
    const whole = (await document(context)).item.text('changeset')
    const bad = [whole, item.text('changeset')].find((date) => date === null || parseW3c(date) === null)
    return bad === undefined ? pass() : fail('a date and time with a zone', bad ?? 'none', answer.request)
  }),
  rule('discovery.type', 'should', 'The endpoint says whether it is for production, test or acceptance.', async (context) => {
    const { answer, item } = await endpoint(context)
    const type = item.text('type')
    return ['production', 'test', 'acceptance'].includes(type ?? '')
      ? pass()
      : fail('production, test or acceptance', type ?? 'none', answer.request)
  }),
  rule('discovery.contact', 'should', 'It says whom to ask for help.', async (context) => {
    const { answer, item } = await document(context)
    return item.text('contact') === null ? fail('a contact', 'none', answer.request) : pass()
  }),
  rule('discovery.key-service', 'should', 'It says how to get a key.', async (context) => {
    const { answer, item } = await document(context)
    return item.text('key_service') === null ? fail('a key_service', 'none', answer.request) : pass()
  }),
]
