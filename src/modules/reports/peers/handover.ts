import { Problem } from '../../../kernel/problem.ts'
import { inLanguage } from '../../../kernel/text.ts'
import { enqueue, type Job } from '../../../platform/jobs.ts'
import { textIn } from '../../../platform/journal/event.ts'
import { record } from '../../../platform/journal/journal.ts'
import type { Subscriber } from '../../../platform/journal/subscribers.ts'
import { transact } from '../../../platform/platform.ts'
import { type Actor, allow, SEED_CHANNEL, systemActor } from '../../access/index.ts'
import { decodeReceipt, decodeRequests, type NewRequest, type ServiceRequest, writeRequestForm } from '../../open311/index.ts'
import type { Authority } from '../categories/file.ts'
import type { Report } from '../report.ts'
import { writeLine } from '../service/act.ts'
import { type Board, endReport, factsOf, getReport, pageOf, within } from '../service/index.ts'
import { exchange, type Reply, retryAfter } from './exchange.ts'
import { notesOf, sayingOf } from './mirror.ts'
import { sentBefore } from './sentbefore.ts'
import { addHandover, changeHandover, type Handover, handoverOf, takeDue } from './store.ts'

/** The keys with which this city sends to other bodies' servers, by authority. */
export type PeerKeys = ReadonlyMap<string, string>

type Endpoint = NonNullable<Authority['open311']>

const JOB = 'reports:handover'
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** How often it is tried: the pauses double from a minute to six hours, so that a server may be away for more than a day. */
const MOST_TRIES = 14
const LONGEST_PAUSE = 6 * HOUR
/** For so long a try has its report to itself: more than the patience of all that a try asks. */
const TRY_TIME = 2 * MINUTE
/** What a run does at most; the next one goes on. Its job is taken for abandoned after ten minutes. */
const MOST_A_RUN = { steps: 1_000, time: 4 * MINUTE } as const
/** After this long nobody asks any more how it stands there. */
const ASKED_DAYS = 400
const peers = systemActor('peers')

/**
 * Ends a report as another body's to mend. Where the city's file names that body's Open311 endpoint, the report is sent there by
 * a job, and what is said of it there later is shown on its page. Throws 404 for an authority that is not there, 409 when the
 * report has ended or changed.
 */
export async function handOver(
  board: Board,
  actor: Actor,
  reportId: string,
  authorityId: string,
  text?: string,
  revision?: number,
): Promise<Report> {
  return transact(board.platform, async (tx) => {
    const inside = within(board, tx)
    const report = await endReport(inside, actor, reportId, { outcome: 'not_ours', authority: authorityId }, text, revision)
    await noteHandover(inside, report)
    return report
  })
}

/** Sends what was given up once more. Throws 404 when the report was not handed over to a server, 409 when it is being sent or was taken there, and while it is hidden. */
export async function sendAgain(board: Board, actor: Actor, reportId: string): Promise<void> {
  await transact(board.platform, async (tx) => {
    const report = await getReport(within(board, tx), reportId, true)
    allow(actor, 'reports.triage', factsOf(report))
    const handover = await handoverOf(tx.db, report.id)
    if (!handover) throw new Problem('reports.not-handed-over', 404, 'This report was not sent to another server.')
    if (handover.state !== 'failed') throw new Problem('reports.changed', 409, 'Somebody else changed this report while you had it open.')
    if (report.hidden) throw new Problem('reports.hidden-stays', 409, 'This report is hidden, and is not sent to others.')
    const now = tx.now()
    const changed = await changeHandover(tx.db, handover, { state: 'waiting', tries: 0, next_at: now, fault: null, changed_at: now })
    if (!changed) throw new Problem('reports.changed', 409, 'Somebody else changed this report while you had it open.')
    await record(tx, actor, { type: 'reports.report.handed', stream: report.id, data: { authority: handover.authority } })
    await enqueue(tx, JOB, {}, { key: JOB })
  })
}

/** Asks for a report to be sent; once for each report, and only where its authority has an endpoint. */
async function noteHandover(board: Board, report: Report): Promise<void> {
  if (report.closure?.outcome !== 'not_ours') return
  const authority = board.categories.authority(report.closure.authority)
  if (!authority?.open311) return
  const tx = board.platform
  const now = tx.now()
  const added = await addHandover(tx.db, {
    report_id: report.id,
    authority: authority.id,
    key: tx.newId(),
    state: 'waiting',
    tries: 0,
    next_at: now,
    token: null,
    remote_id: null,
    remote_status: null,
    fault: null,
    started_at: now,
    changed_at: now,
  })
  if (added) await enqueue(tx, JOB, {}, { key: JOB })
}

/** Every ending as another body's is handed over, whoever of the staff said so; not what was invented, or brought from a past. */
export function handoverSubscriber(board: Board): Subscriber {
  return {
    name: 'reports.handover',
    types: ['reports.report.ended'],
    async handle(tx, events) {
      for (const event of events) {
        if (textIn(event.data, 'outcome') !== 'not_ours' || event.channel === SEED_CHANNEL || event.actor.startsWith('system:')) continue
        const inside = within(board, tx)
        await noteHandover(inside, await getReport(inside, event.stream))
      }
    },
  }
}

/** The job that sends what was handed over, finds the ids behind tokens, and asks how it stands there. */
export function handoverJob(board: Board, keys: PeerKeys): Job {
  return {
    name: JOB,
    cron: '*/5 * * * *',
    run: (platform) => runHandovers({ ...board, platform }, keys),
  }
}

/** Does what is due, one after another, up to the most of a run; doing it again changes nothing. */
export async function runHandovers(board: Board, keys: PeerKeys): Promise<void> {
  const began = board.platform.now().getTime()
  for (let steps = 0; steps < MOST_A_RUN.steps; steps += 1) {
    const now = board.platform.now()
    if (now.getTime() - began > MOST_A_RUN.time) return
    // one at a time: those behind a slow one would outlive the time that they were taken for, and be sent twice
    const handover = await takeDue(board.platform.db, now, new Date(now.getTime() + TRY_TIME))
    if (!handover) return
    await step(board, handover, keys)
  }
}

async function step(board: Board, handover: Handover, keys: PeerKeys): Promise<void> {
  // only what the city's file names is ever asked
  const endpoint = board.categories.authority(handover.authority)?.open311
  if (!endpoint) return giveUp(board, handover, 'no_endpoint')
  if (handover.state === 'waiting') return send(board, handover, endpoint, keys.get(handover.authority) ?? null)
  return handover.remote_id === null ? resolve(board, handover, endpoint) : listen(board, handover, endpoint, handover.remote_id)
}

async function send(board: Board, handover: Handover, endpoint: Endpoint, key: string | null): Promise<void> {
  const report = await getReport(board, handover.report_id)
  if (report.hidden) return giveUp(board, handover, 'hidden')
  const service = endpoint.services[report.category]
  if (service === undefined) return giveUp(board, handover, 'no_service')
  // a try before this one may have been taken, and its answer lost; or it broke off with this program
  if (handover.changed_at > handover.started_at) {
    const before = await sentBefore(addressOf(endpoint, 'requests.xml'), report.reference, handover.started_at, board.platform.now())
    if (before.id !== null) return sent(board, handover, { service_request_id: before.id, token: null })
    if (before.unsure) return later(board, handover, before.unsure)
  }
  if (!(await changeHandover(board.platform.db, handover, { changed_at: board.platform.now() }))) return
  const url = addressOf(endpoint, 'requests.xml', false)
  const reply = await exchange({
    url,
    form: writeRequestForm(requestOf(board, report, service, endpoint.jurisdiction_id ?? null), key),
    headers: { 'idempotency-key': handover.key, 'accept-language': report.language },
    patience: 30_000,
    bytes: 1_000_000,
  })
  const receipt = reply.status === 200 || reply.status === 201 ? receiptIn(reply) : null
  if (receipt) return sent(board, handover, receipt)
  if (isFinal(reply)) return giveUp(board, handover, `status_${reply.status}`)
  return later(board, handover, reply)
}

/** What is sent: what the public may read anyway, and where it can be read; never who reported it. */
function requestOf(board: Board, report: Report, service: string, jurisdiction: string | null): Partial<NewRequest> {
  const about = `${inLanguage(board.platform.city.name, report.language).text}, ${report.reference}: ${pageOf(board.platform, report)}`
  return {
    jurisdiction_id: jurisdiction,
    service_code: service,
    lat: String(report.lat),
    long: String(report.long),
    address_string: report.address,
    description: `${[...report.text].slice(0, 3_500).join('')}\n\n${about}`,
    attributes: new Map(),
  }
}

function receiptIn(reply: Reply): { readonly service_request_id: string | null; readonly token: string | null } | null {
  try {
    return decodeReceipt(reply.text)
  } catch {
    return null
  }
}

/** Refusals that would be the same tomorrow. */
function isFinal({ status }: Reply): boolean {
  return status >= 400 && status < 500 && ![408, 409, 421, 423, 425, 429].includes(status)
}

async function sent(board: Board, handover: Handover, receipt: { service_request_id: string | null; token: string | null }): Promise<void> {
  await transact(board.platform, async (tx) => {
    const now = tx.now()
    const wait = receipt.service_request_id === null ? MINUTE : HOUR
    // whoever tries it meanwhile: it was taken there
    const changed = await changeHandover(
      tx.db,
      { report_id: handover.report_id, state: 'waiting' },
      {
        state: 'sent',
        tries: 0,
        token: receipt.token,
        remote_id: receipt.service_request_id,
        fault: null,
        next_at: new Date(now.getTime() + wait),
        changed_at: now,
      },
    )
    if (!changed) return
    await record(tx, peers, { type: 'reports.report.handed', stream: handover.report_id, data: { authority: handover.authority } })
  })
}

/** Tries again after a pause that doubles, or as long as the other side asks for; gives up at last. */
async function later(board: Board, handover: Handover, reply: Reply): Promise<void> {
  const { platform } = board
  const tries = handover.tries + 1
  const fault = reply.fault ?? (reply.status === 200 || reply.status === 201 ? 'no_receipt' : `status_${reply.status}`)
  if (tries >= MOST_TRIES && handover.state === 'waiting') return giveUp(board, { ...handover, tries }, fault)
  const now = platform.now()
  const pause = Math.max(
    Math.min(MINUTE * 2 ** Math.min(handover.tries, 20), LONGEST_PAUSE),
    Math.min(retryAfter(reply.headers, now) ?? 0, DAY),
  )
  await changeHandover(platform.db, handover, { tries, fault, next_at: new Date(now.getTime() + pause), changed_at: now })
}

async function giveUp(board: Board, handover: Handover, fault: string): Promise<void> {
  await transact(board.platform, async (tx) => {
    const state = handover.state === 'waiting' ? 'failed' : 'over'
    const change = { state, tries: handover.tries, fault, next_at: null, changed_at: tx.now() } as const
    if (!(await changeHandover(tx.db, handover, change))) return
    const data = { authority: handover.authority, fault }
    await record(tx, peers, { type: 'reports.report.handing_failed', stream: handover.report_id, data })
  })
}

async function resolve(board: Board, handover: Handover, endpoint: Endpoint): Promise<void> {
  const token = handover.token ?? ''
  const reply = await exchange({ url: addressOf(endpoint, `tokens/${encodeURIComponent(token)}.xml`), patience: 30_000, bytes: 1_000_000 })
  const id = reply.status === 200 ? (receiptIn(reply)?.service_request_id ?? null) : null
  if (id === null) return tooOld(board, handover) ? giveUp(board, handover, 'no_id') : later(board, handover, reply)
  const now = board.platform.now()
  await changeHandover(board.platform.db, handover, { remote_id: id, tries: 0, fault: null, next_at: now, changed_at: now })
}

function tooOld(board: Board, handover: Handover): boolean {
  return board.platform.now().getTime() - handover.started_at.getTime() > ASKED_DAYS * DAY
}

async function listen(board: Board, handover: Handover, endpoint: Endpoint, id: string): Promise<void> {
  const reply = await exchange({ url: addressOf(endpoint, `requests/${encodeURIComponent(id)}.xml`), patience: 30_000, bytes: 5_000_000 })
  const found = reply.status === 200 ? requestIn(reply, id) : null
  if (!found) return tooOld(board, handover) || reply.status === 410 ? giveUp(board, handover, 'not_found') : later(board, handover, reply)
  await transact(board.platform, async (tx) => {
    const inside = within(board, tx)
    const report = await getReport(inside, handover.report_id, true)
    const now = tx.now()
    const closed = found.status === 'closed'
    const over =
      tooOld(board, handover) || (closed && handover.remote_status === 'closed' && now.getTime() - handover.changed_at.getTime() > 30 * DAY)
    const changed = await changeHandover(tx.db, handover, {
      state: over ? 'over' : 'sent',
      remote_status: found.status,
      tries: 0,
      fault: null,
      next_at: over ? null : new Date(now.getTime() + (closed ? DAY : HOUR)),
      // since when it stands as it does
      ...(handover.remote_status === found.status ? {} : { changed_at: now }),
    })
    if (changed) await hear(inside, report, handover, found)
  })
}

function requestIn(reply: Reply, id: string): ServiceRequest | null {
  try {
    const all = decodeRequests(reply.text)
    return all.find((request) => request.service_request_id === id) ?? null
  } catch {
    return null
  }
}

/** Shows on the report's page what the other body says of it, once for each saying. */
async function hear(board: Board, report: Report, handover: Handover, { status, ...request }: ServiceRequest): Promise<void> {
  const notes = notesOf(request)
  const first = handover.remote_status === null
  const changed = handover.remote_status !== status
  // that it was taken is told by the hand-over itself
  if (notes === null && (!changed || (first && status === 'open'))) return
  const t = board.words.translator(report.language)
  const text = notes ?? t(status === 'closed' ? 'reports.peers.closed_there' : 'reports.peers.open_there')
  const told = `${status}:${notes === null ? (request.updated_datetime ?? '') : sayingOf(notes)}`
  const update = await writeLine(board, report, { kind: 'message', by: 'peer', text, source_id: told })
  if (update === null) return
  await record(board.platform, peers, { type: 'reports.update.written', stream: report.id, data: { update, by: 'peer' } })
}

function addressOf(endpoint: Endpoint, path: string, named = true): URL {
  const url = new URL(`${endpoint.url.replace(/\/+$/, '')}/${path}`)
  if (named && endpoint.jurisdiction_id !== undefined) url.searchParams.set('jurisdiction_id', endpoint.jurisdiction_id)
  return url
}
