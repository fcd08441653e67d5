import type { Format } from '../../shapes.ts'
import { parseW3c, w3cDateTime } from '../../time.ts'
import { type Context, every, itemsOf, judgeError, judgeShape, told } from '../context.ts'
import { type Item, shapes } from '../document.ts'
import type { Answer } from '../probe.ts'
import type { Rule } from '../rule.ts'
import { fail, pass, type Severity, stop } from '../verdict.ts'

const section = 'Service Request Updates'
const PATH = 'servicerequestupdates'

async function offered(context: Context, format: Format): Promise<Answer> {
  const answer = await context.probe.get(PATH, format)
  return answer.status === 200 && answer.fault === null ? answer : stop('the server has no updates')
}

async function updates(context: Context, format: Format): Promise<{ answer: Answer; items: readonly Item[] }> {
  const answer = await offered(context, format)
  try {
    const items = itemsOf(context, answer, format, shapes.updates)
    return items.length === 0 ? stop('there are no updates') : { answer, items }
  } catch {
    return stop('the updates could not be read')
  }
}

const rule = (id: string, severity: Severity, says: string, run: Rule['run']): Rule => ({ id, section, severity, says, per: 'format', run })

const timeOf = (item: Item): number | null => parseW3c(item.text('updated_datetime') ?? '')?.getTime() ?? null

/** Rules about the updates that FixMyStreet added to GeoReport v2: what was said about requests, in order. */
export const updateRules: readonly Rule[] = [
  rule('updates.offered', 'may', 'The history of requests can be read at servicerequestupdates.', async ({ probe }, format) => {
    const answer = await probe.get(PATH, format)
    return answer.status === 200 ? pass() : fail('200', told(answer), answer.request)
  }),
  rule(
    'updates.root',
    'should',
    'It is a list: service_request_updates around request_update in XML, an array in JSON.',
    async (context, format) => {
      const answer = await offered(context, format)
      return judgeShape(answer, () => itemsOf(context, answer, format, shapes.updates))
    },
  ),
  rule(
    'updates.fields',
    'should',
    'Each update has update_id, service_request_id, status and updated_datetime with a zone.',
    async (context, format) => {
      const { answer, items } = await updates(context, format)
      return every(answer, items, 'update_id', 'update_id, service_request_id, status, updated_datetime with a zone', (item) => {
        const missing = ['update_id', 'service_request_id', 'status'].find((name) => item.text(name) === null)
        if (missing !== undefined) return `it has no ${missing}`
        return timeOf(item) === null ? `updated_datetime is ${item.text('updated_datetime') ?? '(none)'}` : null
      })
    },
  ),
  rule('updates.dates', 'should', 'start_date and end_date leave out what was said before and after.', async (context, format) => {
    const times = (await updates(context, format)).items.flatMap((item) => timeOf(item) ?? []).sort((a, b) => a - b)
    const at = times[Math.floor(times.length / 2)]
    if (at === undefined) return stop('no update has a time')
    const query = { start_date: w3cDateTime(new Date(at)), end_date: w3cDateTime(new Date(at + 86_400_000)) }
    const answer = await context.probe.get(PATH, format, query)
    if (answer.status !== 200) return fail('200', told(answer), answer.request)
    return every(
      answer,
      itemsOf(context, answer, format, shapes.updates),
      'update_id',
      `updates from ${query.start_date} to ${query.end_date}`,
      (item) => {
        const time = timeOf(item)
        return time !== null && (time < at || time > at + 86_401_000) ? `said at ${item.text('updated_datetime') ?? ''}` : null
      },
    )
  }),
  {
    ...rule('updates.post-no-key', 'should', 'An update without api_key is refused with 403.', async (context, format) => {
      const { items } = await updates(context, format)
      const form = new URLSearchParams({
        service_request_id: items[0]?.text('service_request_id') ?? '',
        update_id: 'test-5f0c1d',
        description: 'Test',
        status: 'OPEN',
      })
      return judgeError(context, await context.probe.post(PATH, format, form), format, [403])
    }),
    needs: 'write',
  },
]
