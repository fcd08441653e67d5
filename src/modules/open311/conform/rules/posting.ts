import type { Format, NewRequest } from '../../shapes.ts'
import { parseW3c } from '../../time.ts'
import { type Context, filtered, itemsOf, judgeError, judgeErrorDocument, judgeShape, requests, told } from '../context.ts'
import { type Item, shapes } from '../document.ts'
import { askedDraft, created, isRequired, keysOf, made, madeId, plainDraft, receiptOf, send, without, WORDS } from '../draft.ts'
import { coordinate } from './requests.ts'
import type { Query } from '../probe.ts'
import type { Rule } from '../rule.ts'
import { fail, pass, type Severity, skip, stop, type Verdict } from '../verdict.ts'

const section = 'POST Service Request'

const rule = (id: string, severity: Severity, says: string, run: Rule['run']): Rule => ({
  id,
  section,
  severity,
  says,
  per: 'format',
  needs: 'write',
  run,
})

/** A POST that must be refused: with one of these statuses and an error document. */
function refuses(
  id: string,
  says: string,
  statuses: readonly number[],
  form: (context: Context, format: Format) => Promise<Partial<NewRequest>>,
): Rule {
  return rule(id, 'must', says, async (context, format) =>
    judgeError(context, await send(context, format, await form(context, format)), format, statuses),
  )
}

const changed = (change: Partial<NewRequest>) => async (context: Context, format: Format) => ({
  ...(await plainDraft(context, format)).form,
  ...change,
})

function withKey(id: string, says: string, key: string | null): Rule {
  return rule(id, 'must', says, async (context, format) =>
    judgeError(context, await send(context, format, (await plainDraft(context, format)).form, key), format, [403]),
  )
}

/** The request that was made, read back. */
async function back(context: Context, format: Format): Promise<{ item: Item; request: string }> {
  const id = await madeId(context, format)
  const answer = await context.once(`back ${format}`, () => context.probe.get(`requests/${encodeURIComponent(id)}`, format, {}, true))
  if (answer.status !== 200) return stop('the request could not be read back')
  try {
    const [item] = itemsOf(context, answer, format, shapes.requests)
    return { item: item ?? stop('the request could not be read back'), request: answer.request }
  } catch {
    return stop('the request could not be read back')
  }
}

const refusals: readonly Rule[] = [
  withKey('post.no-key', 'Without api_key a request is refused with 403.', null),
  withKey('post.bad-key', 'With an api_key that is none a request is refused with 403.', 'no-such-key-5f0c1d'),
  refuses('post.no-service', 'Without service_code a request is refused with 400.', [400], changed({ service_code: null })),
  refuses(
    'post.unknown-service',
    'With a service_code that is none a request is refused with 404.',
    [404],
    changed({ service_code: 'no-such-service-5f0c1d' }),
  ),
  refuses(
    'post.no-place',
    'Without lat and long, address_string and address_id a request is refused with 400.',
    [400],
    changed({ lat: null, long: null }),
  ),
  refuses('post.half-place', 'With lat and no long a request is refused with 400.', [400], changed({ long: null })),
  refuses('post.bad-place', 'With a lat that is no number a request is refused with 400.', [400], changed({ lat: 'north' })),
  refuses('post.place-outside', 'With a lat beyond the poles a request is refused with 400.', [400], changed({ lat: '123.4' })),
  refuses('post.required-attribute', 'Without a required attribute a request is refused with 400.', [400], async (context, format) =>
    without((await askedDraft(context, format, isRequired)).form, 'attributes'),
  ),
  rule(
    'post.unlisted-value',
    'should',
    'A value that is not in the list of its attribute is refused with 400.',
    async (context, format) => {
      const { form, attributes } = await askedDraft(context, format, (attribute) => keysOf(attribute).length > 0)
      const code = attributes.find((attribute) => keysOf(attribute).length > 0)?.text('code') ?? ''
      const answer = await send(context, format, {
        ...form,
        attributes: new Map([...(form.attributes ?? []), [code, ['no-such-value-5f0c1d']]]),
      })
      return judgeError(context, answer, format, [400])
    },
  ),
  rule(
    'post.long-description',
    'should',
    'A description of more than 4,000 characters is refused with 400, or cut.',
    async (context, format) => {
      const { form } = await plainDraft(context, format)
      const answer = await send(context, format, { ...form, description: 'Test. '.repeat(800) })
      return answer.status === 400 || created(answer)
        ? pass(answer.status === 400 ? 'refused' : 'taken')
        : fail('400, or taken', told(answer), answer.request)
    },
  ),
  rule('post.all-errors', 'may', 'Several errors are told at once.', async (context, format) => {
    const { form } = await plainDraft(context, format)
    const answer = await send(context, format, without(form, 'service_code', 'lat', 'long'))
    const document = judgeErrorDocument(context, answer, format)
    if (document.kind !== 'pass') return skip('the error document could not be read')
    const { length } = itemsOf(context, answer, format, shapes.errors)
    return length > 1 ? pass() : fail('an error for service_code and one for the place', '1 error', answer.request)
  }),
]

const receipts: readonly Rule[] = [
  rule('post.created', 'must', 'A request with all that is needed is taken with 200 or 201.', async (context, format) => {
    const { answer } = await made(context, format)
    return created(answer) ? pass() : fail('200 or 201', told(answer), answer.request)
  }),
  rule('post.root', 'must', 'The answer is a list with one request.', async (context, format) => {
    const { answer } = await made(context, format)
    if (!created(answer)) return skip('no request could be made')
    const shape = judgeShape(answer, () => itemsOf(context, answer, format, shapes.requests))
    if (shape.kind !== 'pass') return shape
    const { length } = itemsOf(context, answer, format, shapes.requests)
    return length === 1 ? pass() : fail('one request', `${length} requests`, answer.request)
  }),
  rule('post.id-or-token', 'must', 'It holds a service_request_id or a token, never both.', async (context, format) => {
    const { answer, item, id, token, draft } = await made(context, format)
    if (!item) return skip('no request could be made')
    if ((id === null) !== (token === null)) return pass(id === null ? 'a token' : 'an id')
    const type = (await context.once('types', async () => typesOf(context, format))).get(draft.service)
    if (id === null && type === 'blackbox') return pass('neither: the service is a blackbox')
    return fail('service_request_id or token', id === null ? 'neither' : 'both', answer.request)
  }),
  rule('tokens.resolved', 'must', 'A token leads to the id of its request, and is named with it.', async (context, format) => {
    const { token } = await made(context, format)
    if (token === null) return skip('the server gave no token')
    const id = await madeId(context, format)
    const answer = await context.probe.get(`tokens/${encodeURIComponent(token)}`, format, {}, true)
    const found = receiptOf(context, { form: {}, service: '', attributes: [] }, answer, format)
    return found.id === id && found.token === token
      ? pass()
      : fail(`${id} and ${token}`, `${found.id ?? 'no id'} and ${found.token ?? 'no token'}`, answer.request)
  }),
]

async function typesOf(context: Context, format: Format): Promise<Map<string, string | null>> {
  const answer = await context.probe.get('services', format)
  return new Map(itemsOf(context, answer, format, shapes.services).map((item) => [item.text('service_code') ?? '', item.text('type')]))
}

const readings: readonly Rule[] = [
  rule('post.read-back', 'must', 'What was made can be asked for by its id, with its service.', async (context, format) => {
    const id = await madeId(context, format)
    const { draft } = await made(context, format)
    const answer = await context.once(`back ${format}`, () => context.probe.get(`requests/${encodeURIComponent(id)}`, format, {}, true))
    if (answer.status !== 200) return fail(`200 with ${id}`, told(answer), answer.request)
    const { item, request } = await back(context, format)
    return item.text('service_request_id') === id && item.text('service_code') === draft.service
      ? pass()
      : fail(
          `${id} with service_code ${draft.service}`,
          `${item.text('service_request_id') ?? '(none)'} with ${item.text('service_code') ?? '(none)'}`,
          request,
        )
  }),
  rule('post.open', 'must', 'It is open.', async (context, format) => {
    const { item, request } = await back(context, format)
    return item.text('status') === 'open' ? pass() : fail('open', item.text('status') ?? '(none)', request)
  }),
  rule('post.time', 'must', 'Its requested_datetime is now.', async (context, format) => {
    const { item, request } = await back(context, format)
    const at = parseW3c(item.text('requested_datetime') ?? '')?.getTime()
    const apart = at === undefined ? Number.POSITIVE_INFINITY : Math.abs(at - context.probe.options.now().getTime())
    return apart < 15 * 60_000 ? pass() : fail('a time within 15 minutes of now', item.text('requested_datetime') ?? '(none)', request)
  }),
  rule('post.place', 'must', 'It is where it was put, to about 100 metres.', async (context, format) => {
    const { item, request } = await back(context, format)
    const { form } = (await made(context, format)).draft
    const [lat, long] = [coordinate(item, 'lat'), coordinate(item, 'long')]
    const near = lat !== null && long !== null && Math.abs(lat - Number(form.lat)) < 0.001 && Math.abs(long - Number(form.long)) < 0.002
    return near
      ? pass()
      : fail(`${form.lat ?? ''}, ${form.long ?? ''}`, `${item.text('lat') ?? '(none)'}, ${item.text('long') ?? '(none)'}`, request)
  }),
  rule('post.words', 'must', 'Its description is what was sent, letter by letter.', async (context, format) => {
    const { item, request } = await back(context, format)
    const description = item.text('description')
    if (description === null) return skip('the server does not show descriptions')
    return description.includes(WORDS) ? pass() : fail(WORDS, description, request)
  }),
  rule('post.listed', 'must', 'It is found by its id in the list, and by its service.', async (context, format) => {
    const id = await madeId(context, format)
    const { service } = (await made(context, format)).draft
    await requests(context, format)
    const queries: readonly Query[] = [{ service_request_id: id }, { service_code: service, status: 'open' }]
    for (const query of queries) {
      const answer = await context.probe.get('requests', format, query, true)
      const there =
        answer.status === 200 && (await filtered(context, format, query)).items.some((item) => item.text('service_request_id') === id)
      if (!there) return fail(`a list with ${id}`, told(answer), answer.request)
    }
    return pass()
  }),
]

/** Sends a draft that must be taken. */
async function taken(context: Context, format: Format, form: Partial<NewRequest>): Promise<Verdict> {
  const answer = await send(context, format, form)
  return created(answer) ? pass() : fail('200 or 201', told(answer), answer.request)
}

const once = (made: Rule): Rule => ({ ...made, per: 'once' })

const more: readonly Rule[] = [
  rule('post.attributes', 'must', 'Answers are taken as attribute[code].', async (context, format) =>
    taken(context, format, (await askedDraft(context, format, isRequired)).form),
  ),
  once(
    rule('post.several-values', 'must', 'Several values of a list are taken as attribute[code][].', async (context, format) => {
      const several = (attribute: Item): boolean => attribute.text('datatype') === 'multivaluelist' && keysOf(attribute).length > 1
      const { form, attributes } = await askedDraft(context, format, several)
      const attribute = attributes.find(several)
      if (!attribute) return stop('no service asks for several values')
      return taken(context, format, {
        ...form,
        attributes: new Map([...(form.attributes ?? []), [attribute.text('code') ?? '', keysOf(attribute).slice(0, 2)]]),
      })
    }),
  ),
  once(
    rule(
      'post.empty-parameters',
      'must',
      'An empty parameter is as if it had not been sent (Optional Arguments).',
      async (context, format) => {
        const { form } = await plainDraft(context, format)
        const sent = new URLSearchParams({ api_key: context.probe.options.key ?? '' })
        for (const name of ['jurisdiction_id', 'service_code', 'lat', 'long', 'description'] as const)
          if (form[name]) sent.set(name, form[name])
        for (const name of ['email', 'phone', 'media_url', 'address_string', 'address_id', 'account_id', 'device_id']) sent.set(name, '')
        for (const [code, [value]] of form.attributes ?? []) sent.set(`attribute[${code}]`, value ?? '')
        const answer = await context.probe.post('requests', format, sent)
        return created(answer) ? pass() : fail('200 or 201', told(answer), answer.request)
      },
    ),
  ),
  once(
    rule('post.address', 'should', 'An address_string is enough of a place.', async (context, format) => {
      const address = (await requests(context, format)).items.flatMap((item) => item.text('address') ?? [])[0]
      if (address === undefined) return stop('no request has an address')
      const { form } = await plainDraft(context, format)
      return taken(context, format, { ...without(form, 'lat', 'long'), address_string: address })
    }),
  ),
  once(
    rule('post.repeated', 'may', 'The same request sent again is answered with the same id.', async (context, format) => {
      const { draft, id } = await made(context, format)
      if (id === null) return skip('no request could be made')
      const answer = await send(context, format, draft.form)
      const again = receiptOf(context, draft, answer, format).id
      return again === id ? pass() : fail(id, again ?? told(answer), answer.request)
    }),
  ),
]

/** Rules that make requests, and send some that must be refused. */
export const postingRules: readonly Rule[] = [
  ...refusals,
  ...receipts.map((each): Rule => (each.id.startsWith('tokens.') ? { ...each, section: 'GET service_request_id from a token' } : each)),
  ...readings,
  ...more,
]
