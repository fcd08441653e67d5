import { decodeRequests, decodeServices, type Service, type ServiceRequest, w3cDateTime } from '../../open311/index.ts'
import type { Board } from '../service/board.ts'
import { exchange, type Reply, retryAfter } from './exchange.ts'
import { type MirrorOrder, mirrorRequests, together } from './mirror.ts'
import { type Manners, mannersOf } from './servers.ts'
import { idsToAsk, keepMirror, type Mirror, mirrorOf, type Tally } from './store.ts'

/** Which server to mirror, and how politely. */
export type PullOrder = MirrorOrder & {
  readonly url: URL
  readonly jurisdiction: string | null
  readonly key: string | null
  /** From when on, in the first run; later ones go on where the last one stopped. */
  readonly since: Date | null
  /** The zone of times that name none. */
  readonly zone: string
  /** The pause between two requests, in milliseconds. */
  readonly pause: number
  /** The most requests of one run. */
  readonly most: number
  readonly wait: (milliseconds: number) => Promise<void>
  /** Told after each page: until when everything is here, and what was done so far. */
  readonly onPage?: (until: Date, tally: Tally) => void
}

/** What a run did; `complete` when it came to now, else the next run goes on. */
export type Pulled = { readonly complete: boolean; readonly requests: number; readonly tally: Tally }

const DAY = 86_400_000
const WINDOW = 7 * DAY
const LEAST_WINDOW = 3_600_000
const DEFAULT_PAST = 90 * DAY
/** How far each run looks back: a server may show what was made with some delay. */
const OVERLAP = DAY
/** A page of so many without a following one may be cut off: half the time is asked for. */
const USUAL_LIMITS: ReadonlySet<number> = new Set([10, 20, 25, 50, 100, 200, 250, 500, 1_000])
const MOST_PAGES = 200
/** No known server gives fewer on a page: a list of so many ids is not cut off. */
const IDS_AT_ONCE = 20
/** Closed ones are looked at again for so long: some servers open them again. */
const CLOSED_DAYS = 30
const TRIES = 4
const LONGEST_PAUSE = 300_000
const NOTHING: Tally = { added: 0, changed: 0, same: 0, categories: 0, rejected: {} }

/** The most requests of a run were asked. */
class Enough extends Error {}

type Run = {
  readonly board: Board
  readonly order: PullOrder
  readonly manners: Manners
  /** JSON where it is offered; XML, which every server has, where it is not. */
  format: 'json' | 'xml'
  asked: number
  tally: Tally
  services: ReadonlyMap<string, Service>
  mirror: Mirror
}

/**
 * Mirrors the requests of another GeoReport server as reports of source `pull:NAME`: new ones by windows of time from where the
 * last run stopped, and then those that are open here, asked for by their ids. Each page is committed with how far it came, so
 * a run that is stopped goes on there. Throws an Error in words when the server cannot be asked.
 */
export async function pullRequests(board: Board, order: PullOrder): Promise<Pulled> {
  const manners = mannersOf(order.url)
  if (manners.gone !== null) throw new Error(`${order.url.host} is not asked any more: ${manners.gone}.`)
  if (manners.key && order.key === null) throw new Error(`${order.url.host} wants a key: give --key.`)
  const now = board.platform.now()
  const before = await mirrorOf(board.platform.db, order.source)
  if (before && before.url !== order.url.href) throw new Error(`${order.source} mirrors ${before.url}. Give another --name.`)
  const mirror: Mirror = before ?? {
    source: order.source, url: order.url.href, asked_until: null, updated_until: null, services_etag: null, services_modified: null, tally: NOTHING, changed_at: now,
  } // prettier-ignore
  const run: Run = { board, order, manners, format: 'json', asked: 0, tally: NOTHING, services: new Map(), mirror }
  try {
    await readServices(run)
    await readWindows(run, now)
    if (before) await askAgain(run, now)
    return { complete: true, requests: run.asked, tally: run.tally }
  } catch (error) {
    if (error instanceof Enough) return { complete: false, requests: run.asked, tally: run.tally }
    throw error
  }
}

/** Requests that were kept in a file, as reports of source `pull:NAME`. Throws an Error in words when it holds none. */
export async function pullFile(board: Board, order: MirrorOrder, body: string, zone: string): Promise<Tally> {
  return mirrorRequests(board, order, decodeRequests(body, { assumeZone: zone }), new Map())
}

async function readServices(run: Run): Promise<void> {
  const { services_etag: etag, services_modified: modified } = run.mirror
  const headers = { ...(etag === null ? {} : { 'if-none-match': etag }), ...(modified === null ? {} : { 'if-modified-since': modified }) }
  const { reply, list } = await eitherFormat(run, async () => {
    const answer = await ask(run, 'services', {}, headers)
    return { reply: answer, list: answer.status === 304 ? [] : decodeServices(answer.text) }
  })
  if (reply.status === 304) return
  run.services = new Map(list.map((service) => [service.service_code, service]))
  run.mirror = { ...run.mirror, services_etag: reply.headers.get('etag'), services_modified: reply.headers.get('last-modified') }
}

async function eitherFormat<T>(run: Run, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Enough || run.asked > 1) throw error
    run.format = 'xml'
    return work()
  }
}

async function readWindows(run: Run, now: Date): Promise<void> {
  const { mirror, order } = run
  const until = mirror.asked_until
  let from = until === null ? (order.since?.getTime() ?? now.getTime() - DEFAULT_PAST) : until.getTime() - OVERLAP
  let span = WINDOW
  while (from < now.getTime()) {
    const to = Math.min(from + span, now.getTime())
    const whole = await readWindow(run, from, to, span > LEAST_WINDOW)
    if (whole) {
      from = to
      span = WINDOW
    } else span = Math.max(LEAST_WINDOW, span / 2)
  }
}

/** Reads one window page by page; false when it may be cut off and a shorter one has to be asked for. */
async function readWindow(run: Run, from: number, to: number, mayHalve: boolean): Promise<boolean> {
  const { board, order, manners } = run
  const seen = new Map<string, ServiceRequest>()
  let firstSize = 0
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const query = {
      start_date: w3cDateTime(new Date(from)),
      end_date: w3cDateTime(new Date(to)),
      ...(page > 1 ? { page: String(page) } : {}),
    }
    const found = await askRequests(run, query)
    if (page === 1) firstSize = found.length
    const fresh = found.filter((request) => !seen.has(request.service_request_id))
    for (const request of fresh) seen.set(request.service_request_id, request)
    const full = found.length >= (manners.limit ?? 10)
    if (!full || fresh.length === 0 || manners.pages === false) {
      // no second page, and the first as long as pages usually are at most: more may have been left out
      const cut = (page === 2 && fresh.length === 0) || (page === 1 && manners.pages === false)
      if (cut && mayHalve && USUAL_LIMITS.has(firstSize)) return false
      break
    }
  }
  const inside = [...seen.values()]
  const newest = newestOf(inside)
  const was = run.mirror.updated_until
  run.mirror = {
    ...run.mirror,
    asked_until: new Date(to),
    updated_until: newest !== null && (was === null || newest > was) ? newest : was,
    changed_at: board.platform.now(),
  }
  await keep(run, inside, true)
  order.onPage?.(new Date(to), run.tally)
  return true
}

function newestOf(requests: readonly ServiceRequest[]): Date | null {
  const times = requests.flatMap((request) => (request.updated_datetime === null ? [] : [Date.parse(request.updated_datetime)]))
  return times.length === 0 ? null : new Date(times.reduce((a, b) => Math.max(a, b)))
}

async function keep(run: Run, requests: readonly ServiceRequest[], moved: boolean): Promise<void> {
  const { board, order } = run
  const before = run.tally
  const done = await mirrorRequests(board, order, requests, run.services, async (tx, tally) => {
    if (moved || requests.length > 0) await keepMirror(tx.db, { ...run.mirror, tally: together(before, tally) })
  })
  run.tally = together(before, done)
}

/** Asks for those that are open here, and those closed lately: the specification has no filter for what has changed. */
async function askAgain(run: Run, now: Date): Promise<void> {
  const { board, order } = run
  const endedSince = new Date(now.getTime() - CLOSED_DAYS * DAY)
  let after = ''
  for (;;) {
    const ids = await idsToAsk(board.platform.db, order.source, endedSince, after, IDS_AT_ONCE)
    if (ids.length === 0) return
    // an id with a comma in it cannot be part of a list
    const plain = ids.filter((id) => !id.includes(','))
    const found = plain.length === 0 ? [] : await askRequests(run, { service_request_id: plain.join(',') })
    const wanted = new Set(plain)
    await keep(run, found.filter((request) => wanted.has(request.service_request_id)), false) // prettier-ignore
    after = ids.at(-1) ?? after
  }
}

async function askRequests(run: Run, query: Readonly<Record<string, string>>): Promise<ServiceRequest[]> {
  const reply = await ask(run, 'requests', query)
  return reply.status === 404 ? [] : decodeRequests(reply.text, { assumeZone: run.order.zone })
}

/** Asks once, and again after a pause when the server is busy or away. What nobody answers ends the run with an Error in words. */
async function ask(
  run: Run,
  method: string,
  query: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const { order, manners } = run
  const url = new URL(`${order.url.href.replace(/\/+$/, '')}/${method}.${run.format}`)
  const jurisdiction = order.jurisdiction ?? manners.jurisdiction
  const all = {
    ...(jurisdiction === null ? {} : { jurisdiction_id: jurisdiction }),
    ...(order.key === null ? {} : { api_key: order.key }),
    ...query,
  }
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value)
  for (let turn = 1; ; turn += 1) {
    if (run.asked >= order.most) throw new Enough()
    if (run.asked > 0) await order.wait(order.pause)
    run.asked += 1
    const reply = await exchange({ url, headers, patience: 60_000, bytes: 50_000_000 })
    if (reply.status === 200 || reply.status === 304 || (reply.status === 404 && method === 'requests')) return reply
    const passing = reply.fault !== null || reply.status === 429 || reply.status >= 500
    if (!passing || turn >= TRIES)
      throw new Error(`${url.host} did not answer ${method}.${run.format}: ${reply.fault ?? `status ${reply.status}`}.`)
    const wanted = retryAfter(reply.headers, run.board.platform.now()) ?? 2 ** turn * 1_000
    await order.wait(Math.min(wanted, LONGEST_PAUSE))
  }
}
