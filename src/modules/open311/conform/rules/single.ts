import type { Format } from '../../shapes.ts'
import { type Context, itemsOf, judgeError, judgeShape, requests, some, told } from '../context.ts'
import { type Item, shapes } from '../document.ts'
import type { Answer } from '../probe.ts'
import type { Rule } from '../rule.ts'
import { fail, pass, skip } from '../verdict.ts'

const section = 'GET Service Request'
const compared = [
  'service_request_id',
  'status',
  'service_code',
  'service_name',
  'description',
  'requested_datetime',
  'lat',
  'long',
  'address',
] as const

/** The newest request of the list, and what is answered when it is asked for alone. */
async function first(context: Context, format: Format): Promise<{ id: string; listed: Item; answer: Answer }> {
  const [listed] = some(
    (await requests(context, format)).items.filter((item) => item.text('service_request_id') !== null),
    'requests',
  )
  const id = listed.text('service_request_id') ?? ''
  return { id, listed, answer: await context.probe.get(`requests/${encodeURIComponent(id)}`, format) }
}

const rule = (id: string, severity: Rule['severity'], says: string, run: Rule['run']): Rule => ({
  id,
  section,
  severity,
  says,
  per: 'format',
  run,
})

/** Rules about one request. */
export const singleRules: readonly Rule[] = [
  rule('request.answers', 'must', 'A request that is in the list can be asked for alone.', async (context, format) => {
    const { answer } = await first(context, format)
    return answer.status === 200 && answer.fault === null ? pass() : fail('200', told(answer), answer.request)
  }),
  rule('request.root', 'must', 'It is a list with that one request.', async (context, format) => {
    const { id, answer } = await first(context, format)
    if (answer.status !== 200) return skip('it did not answer with 200')
    const shape = judgeShape(answer, () => itemsOf(context, answer, format, shapes.requests))
    if (shape.kind !== 'pass') return shape
    const ids = itemsOf(context, answer, format, shapes.requests).map((item) => item.text('service_request_id') ?? '(none)')
    return ids.length === 1 && ids[0] === id
      ? pass()
      : fail(`a list of ${id} alone`, ids.slice(0, 5).join(', ') || 'an empty list', answer.request)
  }),
  rule('request.same', 'must', 'It says the same as the list.', async (context, format) => {
    const { id, listed, answer } = await first(context, format)
    const shape =
      answer.status === 200
        ? judgeShape(answer, () => itemsOf(context, answer, format, shapes.requests))
        : skip('it did not answer with 200')
    if (shape.kind !== 'pass') return skip('it could not be read')
    const alone = itemsOf(context, answer, format, shapes.requests).find((item) => item.text('service_request_id') === id)
    if (!alone) return skip('it is not there')
    const other = compared.find((name) => alone.text(name) !== listed.text(name))
    return other === undefined ? pass() : fail(`${other} ${listed.text(other) ?? '(none)'}`, alone.text(other) ?? '(none)', answer.request)
  }),
  rule('request.unknown', 'must', 'An unknown id is answered with 404 and an error document.', async (context, format) =>
    judgeError(context, await context.probe.get('requests/no-such-request-5f0c1d', format), format, [404]),
  ),
]
