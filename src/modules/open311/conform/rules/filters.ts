import { type Context, filtered, itemsOf, requests, services, some, told } from '../context.ts'
import { type Item, shapes } from '../document.ts'
import type { Answer, Query } from '../probe.ts'
import type { Rule } from '../rule.ts'
import { fail, pass, type Severity, stop, type Verdict } from '../verdict.ts'
import type { Format } from '../../shapes.ts'
import { w3cDateTime } from '../../time.ts'
import { madeAt } from './requests.ts'

const section = 'GET Service Requests'
const DAY = 86_400_000
const SPAN = 90 * DAY

const rule = (id: string, severity: Severity, says: string, run: Rule['run']): Rule => ({ id, section, severity, says, per: 'format', run })

const idOf = (item: Item): string => item.text('service_request_id') ?? ''
const idsOf = (items: readonly Item[]): Set<string> => new Set(items.map(idOf))

/** What a filter must do: every request it gives fits, and none that is known to fit is left out. */
function judgeFilter(
  all: readonly Item[],
  { answer, items }: { answer: Answer; items: readonly Item[] },
  expected: string,
  fits: (item: Item) => boolean | null,
): Verdict {
  const wrong = items.find((item) => fits(item) === false)
  if (wrong) return fail(`only ${expected}`, `${idOf(wrong)} (${said(wrong)})`, answer.request)
  // as many as without the filter may be one full page of a server that has more
  if (items.length >= all.length) return pass()
  const there = idsOf(items)
  const missing = all.find((item) => fits(item) === true && !there.has(idOf(item)))
  return missing ? fail(`all ${expected}`, `${idOf(missing)} (${said(missing)}) is left out`, answer.request) : pass()
}

const said = (item: Item): string =>
  `${item.text('status') ?? ''} ${item.text('service_code') ?? ''} ${item.text('requested_datetime') ?? ''}`

/** Requests that can tell a filter that works from one that does not. */
async function known(context: Context, format: Format): Promise<readonly [Item, ...Item[]]> {
  return some((await requests(context, format)).items, 'requests')
}

async function judged(
  context: Context,
  format: Format,
  query: Query,
  expected: string,
  fits: (item: Item) => boolean | null,
): Promise<Verdict> {
  return judgeFilter(await known(context, format), await filtered(context, format, query), expected, fits)
}

const codeIs = (codes: readonly string[]) => (item: Item) => codes.includes(item.text('service_code') ?? '')

/** Codes of the known requests, the rarest first. */
function codesOf(items: readonly Item[]): string[] {
  const counts = Map.groupBy(
    items.flatMap((item) => item.text('service_code') ?? []),
    (code) => code,
  )
  return [...counts].sort(([, a], [, b]) => a.length - b.length).map(([code]) => code)
}

/** An instant that parts the known requests: the one of the middle. */
async function middle(context: Context, format: Format): Promise<number> {
  const times = (await known(context, format)).flatMap((item) => madeAt(item) ?? []).sort((a, b) => a - b)
  const at = times[Math.floor(times.length / 2)]
  if (at === undefined || times[0] === times.at(-1)) return stop('all requests are of one time')
  return at
}

const from = (at: number) => (item: Item) => notNull(madeAt(item), (made) => made >= at)
const upTo = (at: number) => (item: Item) => notNull(madeAt(item), (made) => made < at + 1_000)
const notNull = (made: number | null, judge: (made: number) => boolean): boolean | null => (made === null ? null : judge(made))
const instant = (at: number): string => w3cDateTime(new Date(at))

async function sameAs(context: Context, format: Format, query: Query, expected: string): Promise<Verdict> {
  const plain = idsOf(await known(context, format))
  const { answer, items } = await filtered(context, format, query)
  const ids = idsOf(items)
  const [missing, more] = [[...plain.difference(ids)], [...ids.difference(plain)]]
  if (missing.length === 0 && more.length === 0) return pass()
  return fail(
    expected,
    `${ids.size} requests for ${plain.size}; without ${missing.slice(0, 3).join(', ') || 'none'}, with ${more.slice(0, 3).join(', ') || 'none'} more`,
    answer.request,
  )
}

/** A query that no request fits may be refused or find nothing; it must not find everything. */
async function refusedOrNothing(context: Context, format: Format, query: Query, expected: string): Promise<Verdict> {
  await known(context, format)
  const answer = await context.probe.get('requests', format, query)
  if (answer.fault === null && answer.status >= 400 && answer.status < 500) return pass('refused')
  if (answer.fault !== null || answer.status !== 200) return fail(expected, told(answer), answer.request)
  const { items } = await filtered(context, format, query)
  return items.length === 0 ? pass('nothing found') : fail(expected, `${items.length} requests`, answer.request)
}

const statusRules: readonly Rule[] = [
  ...(['open', 'closed'] as const).map((status) =>
    rule(`filter.status-${status}`, 'must', `status=${status} gives the ${status} requests, and no others.`, (context, format) =>
      judged(context, format, { status }, `${status} requests`, (item) => item.text('status') === status),
    ),
  ),
  rule('filter.status-list', 'must', 'status=open,closed gives both.', (context, format) =>
    sameAs(context, format, { status: 'open,closed' }, 'the same as without status'),
  ),
  rule('filter.status-unknown', 'should', 'A status that is none is refused or finds nothing.', (context, format) =>
    refusedOrNothing(context, format, { status: 'no-such-status' }, '400, or no request'),
  ),
]

const codeRules: readonly Rule[] = [
  rule('filter.service-code', 'must', 'service_code gives the requests of that service, and no others.', async (context, format) => {
    const [code] = codesOf(await known(context, format))
    if (code === undefined) return stop('no request has a service_code')
    return judged(context, format, { service_code: code }, `requests with service_code ${code}`, codeIs([code]))
  }),
  rule('filter.service-code-list', 'must', 'Several service codes are given with commas.', async (context, format) => {
    const codes = codesOf(await known(context, format)).slice(0, 2)
    if (codes.length < 2) return stop('the requests are of one service')
    return judged(context, format, { service_code: codes.join(',') }, `requests with service_code ${codes.join(' or ')}`, codeIs(codes))
  }),
  rule('filter.service-code-unknown', 'must', 'A service_code that is none is refused or finds nothing.', (context, format) =>
    refusedOrNothing(context, format, { service_code: 'no-such-service-5f0c1d' }, '404 or 400, or no request'),
  ),
  rule('filter.combined', 'must', 'Several filters hold together.', async (context, format) => {
    const all = await known(context, format)
    const [code] = codesOf((await services(context, format)).items.length > 0 ? all : []).reverse()
    const status = all.find((item) => item.text('service_code') === code)?.text('status')
    if (code === undefined || !status) return stop('no request has a service_code and a status')
    const fits = (item: Item): boolean => item.text('service_code') === code && item.text('status') === status
    return judged(context, format, { service_code: code, status }, `${status} requests with service_code ${code}`, fits)
  }),
]

const idRules: readonly Rule[] = [
  rule('filter.ids', 'must', 'service_request_id with several ids gives exactly those.', async (context, format) => {
    const wanted = [...idsOf(await known(context, format))].slice(0, 3)
    if (wanted.some((id) => id.includes(','))) return stop('ids hold commas')
    const { answer, items } = await filtered(context, format, { service_request_id: wanted.join(',') })
    const got = idsOf(items)
    return got.symmetricDifference(new Set(wanted)).size === 0
      ? pass()
      : fail(`exactly ${wanted.join(', ')}`, [...got].slice(0, 5).join(', ') || 'none', answer.request)
  }),
  rule('filter.ids-override', 'must', 'service_request_id overrides all other arguments.', async (context, format) => {
    const [first] = await known(context, format)
    const query = {
      service_request_id: idOf(first),
      status: first.text('status') === 'open' ? 'closed' : 'open',
      start_date: '2001-01-01T00:00:00Z',
      end_date: '2001-01-02T00:00:00Z',
    }
    const { answer, items } = await filtered(context, format, query)
    return items.length === 1 && items[0] && idOf(items[0]) === idOf(first)
      ? pass()
      : fail(`${idOf(first)}, whatever else is asked`, `${items.length} requests`, answer.request)
  }),
  rule('filter.ids-unknown', 'must', 'An id that is none finds nothing.', (context, format) =>
    refusedOrNothing(context, format, { service_request_id: 'no-such-request-5f0c1d' }, '404, or no request'),
  ),
]

const dateRules: readonly Rule[] = [
  rule('filter.start-date', 'must', 'start_date leaves out what was made before.', async (context, format) => {
    const at = await middle(context, format)
    return judged(context, format, { start_date: instant(at) }, `requests made at ${instant(at)} or later`, from(at))
  }),
  rule('filter.end-date', 'must', 'end_date leaves out what was made after.', async (context, format) => {
    const at = await middle(context, format)
    const { answer, items } = await filtered(context, format, { end_date: instant(at) })
    const wrong = items.find((item) => upTo(at)(item) === false)
    return wrong ? fail(`only requests made up to ${instant(at)}`, `${idOf(wrong)} (${said(wrong)})`, answer.request) : pass()
  }),
  rule('filter.date-range', 'must', 'start_date and end_date together give what was made between them.', async (context, format) => {
    const at = await middle(context, format)
    const [start, end] = [at - 10 * DAY, at]
    const fits = (item: Item): boolean | null => notNull(madeAt(item), (made) => made >= start && made < end + 1_000)
    // whether the very second of the end is inside is left to the server
    const sure = (item: Item): boolean | null => (fits(item) && (madeAt(item) ?? end) >= end ? null : fits(item))
    return judged(
      context,
      format,
      { start_date: instant(start), end_date: instant(end) },
      `requests made from ${instant(start)} to ${instant(end)}`,
      sure,
    )
  }),
  rule('filter.date-zone', 'must', 'The zone of start_date counts.', async (context, format) => {
    const at = await middle(context, format)
    const elsewhere = `${instant(at + 5 * 3_600_000).slice(0, 19)}+05:00`
    const plain = await filtered(context, format, { start_date: instant(at) })
    const zoned = await filtered(context, format, { start_date: elsewhere })
    const difference = idsOf(plain.items).symmetricDifference(idsOf(zoned.items))
    return difference.size === 0
      ? pass()
      : fail(`the same for ${elsewhere} as for ${instant(at)}`, `${difference.size} requests differ`, zoned.answer.request)
  }),
  rule('filter.date-bad', 'should', 'A date that is none is refused with 400.', async (context, format) => {
    const answer = await context.probe.get('requests', format, { start_date: 'no-date' })
    return answer.status === 400 ? pass() : fail('400', told(answer), answer.request)
  }),
  rule('filter.nothing', 'should', 'What finds nothing is answered with 200 and an empty list.', async (context, format) => {
    const { answer, items } = await filtered(context, format, { start_date: '1971-01-01T00:00:00Z', end_date: '1971-01-02T00:00:00Z' })
    return items.length === 0 ? pass() : fail('an empty list', `${items.length} requests`, answer.request)
  }),
  rule('filter.default-90-days', 'must', 'Without dates, only the most recent 90 days are given.', async (context, format) => {
    const { answer, items } = await requests(context, format)
    const since = context.probe.options.now().getTime() - SPAN - DAY
    const old = some(items, 'requests').find((item) => (madeAt(item) ?? since) < since)
    return old
      ? fail('only requests of the last 90 days', `${idOf(old)} of ${old.text('requested_datetime') ?? ''}`, answer.request)
      : pass()
  }),
  rule(
    'filter.span-90-days',
    'must',
    'A range of more than 90 days is refused, or not more than 90 days are given.',
    async (context, format) => {
      const end = context.probe.options.now().getTime() + DAY
      const query = { start_date: instant(end - 400 * DAY), end_date: instant(end) }
      const answer = await context.probe.get('requests', format, query)
      if (answer.status === 400) return pass('refused')
      const times = (await filtered(context, format, query)).items.flatMap((item) => madeAt(item) ?? [])
      const span = times.length === 0 ? 0 : times.reduce((a, b) => Math.max(a, b)) - times.reduce((a, b) => Math.min(a, b))
      return span <= SPAN + DAY ? pass() : fail('400, or at most 90 days', `${Math.round(span / DAY)} days`, answer.request)
    },
  ),
]

const volumeRules: readonly Rule[] = [
  rule('filter.most-1000', 'must', 'Not more than 1,000 requests are given at once.', async (context, format) => {
    const { answer, items } = await requests(context, format)
    return items.length <= 1_000 ? pass() : fail('at most 1000 requests', `${items.length} requests`, answer.request)
  }),
  rule('filter.empty-parameters', 'must', 'An empty parameter is as if it were not there (Optional Arguments).', (context, format) =>
    sameAs(
      context,
      format,
      { status: '', service_code: '', service_request_id: '', start_date: '', end_date: '' },
      'the same as without parameters',
    ),
  ),
  rule('order.newest-first', 'may', 'The newest requests come first.', async (context, format) => {
    const { answer, items } = await requests(context, format)
    const times = items.flatMap((item) => madeAt(item) ?? [])
    const at = times.findIndex((time, index) => time > (times[index - 1] ?? time))
    return at < 0 ? pass() : fail('the newest first', `${items[at]?.text('requested_datetime') ?? ''} after an older one`, answer.request)
  }),
  rule('paging.page-size', 'may', 'page_size limits how many are given.', async (context, format) => {
    const all = await known(context, format)
    if (all.length < 4) return stop('the server has fewer than four requests')
    const { answer, items } = await filtered(context, format, { page: '1', page_size: '2' })
    return items.length === 2 ? pass() : fail('2 requests', `${items.length} requests`, answer.request)
  }),
  rule('paging.pages', 'should', 'Where there are pages, they do not overlap and leave nothing out.', async (context, format) => {
    const all = await known(context, format)
    const answer = await context.probe.get('requests', format, { page: '1', page_size: '2' })
    const first = answer.status === 200 ? itemsOf(context, answer, format, shapes.requests) : []
    if (first.length !== 2 || all.length < 4) return stop('the server has no pages')
    const second = await filtered(context, format, { page: '2', page_size: '2' })
    const wanted = all.slice(0, 4).map(idOf).join(', ')
    const got = [...first, ...second.items].map(idOf).join(', ')
    return got === wanted ? pass() : fail(wanted, got, second.answer.request)
  }),
]

/** Rules about what the filters of GET requests do. */
export const filterRules: readonly Rule[] = [...statusRules, ...codeRules, ...idRules, ...dateRules, ...volumeRules]
