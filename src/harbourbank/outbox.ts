import { Webhook } from 'standardwebhooks'
import { big, text, type Row } from './database.ts'
import { newId } from './keys.ts'
import type { Parts } from './parts.ts'
import type { Course } from './payment.ts'
import { weatherOf, type Weather } from './weather.ts'

type Message = {
  readonly type: string
  readonly payment: string
  readonly data: Readonly<Record<string, unknown>>
  readonly course: Course | null
}

/** Waits between tries, as multiples of the first: about three days in all. */
const backoff = [1, 2, 5, 15, 60, 300, 900, 3600, 7200, 21_600, 43_200, 86_400, 86_400] as const

/** Puts a webhook into the outbox, in the transaction of what it tells of; the weather decides how it travels. */
export function tell(parts: Parts, message: Message): void {
  const now = parts.now()
  const id = newId('msg')
  const body = JSON.stringify({ type: message.type, timestamp: now.toISOString(), data: message.data })
  const manner = message.course === 'shuffled' ? 'shuffled' : weatherOf(parts).webhooks
  const twice = manner === 'duplicate' || message.course === 'shuffled'
  const wait = waitOf(parts, manner, message.payment)
  const state = manner === 'lost' || manner === 'held' ? manner : 'due'
  for (const later of twice ? [0, 500] : [0])
    parts.db.run(
      'insert into deliveries (message, type, payment, body, state, next_at, made_at) values (?, ?, ?, ?, ?, ?, ?)',
      id,
      message.type,
      message.payment,
      body,
      state,
      now.getTime() + wait + later,
      now.getTime(),
    )
  parts.nudge()
}

/** In shuffled weather the first news of a payment waits longest, so that later news overtakes it. */
function waitOf({ db, delays }: Parts, manner: Weather['webhooks'], payment: string): number {
  if (manner === 'late') return delays.lateWebhook
  if (manner !== 'shuffled') return 0
  const before = Number(big(db.one('select count(distinct message) as n from deliveries where payment = ?', payment) ?? {}, 'n'))
  return Math.max(0, 3 - before) * 1000
}

/**
 * Delivers the webhooks that are due, eight at a time, each signed anew (Standard Webhooks 1.0). What is not answered with
 * 2xx within ten seconds is tried again, later each time; at least once, never only "perhaps".
 */
export async function deliverDue(parts: Parts, signal: AbortSignal): Promise<number> {
  const url = parts.webhookUrl()
  if (url === null) return 0
  const due = parts.db.all(
    "select seq, message, type, body, tries from deliveries where state = 'due' and next_at <= ? order by next_at, seq limit 64",
    parts.now().getTime(),
  )
  for (let at = 0; at < due.length && !signal.aborted; at += 8)
    await Promise.all(due.slice(at, at + 8).map((row) => deliver(parts, url, row, signal)))
  return due.length
}

async function deliver(parts: Parts, url: string, row: Row, signal: AbortSignal): Promise<void> {
  const seq = big(row, 'seq')
  const answer = await send(parts, url, text(row, 'message'), text(row, 'body'), signal)
  if (signal.aborted) return
  const now = parts.now().getTime()
  if (answer >= 200 && answer < 300) {
    parts.db.run("update deliveries set state = 'delivered', tries = tries + 1, ended_at = ? where seq = ?", now, seq)
    return
  }
  const tries = Number(big(row, 'tries'))
  const wait = backoff[tries]
  parts.log('webhook not taken', { type: text(row, 'type'), answer, tries: tries + 1 })
  if (wait === undefined) parts.db.run("update deliveries set state = 'given_up', tries = tries + 1, ended_at = ? where seq = ?", now, seq)
  else parts.db.run('update deliveries set tries = tries + 1, next_at = ? where seq = ?', now + wait * parts.delays.retry, seq)
}

/** The status of the answer; 0 when none came. */
async function send(parts: Parts, url: string, id: string, body: string, signal: AbortSignal): Promise<number> {
  const at = parts.now()
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'HarbourBank/1',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(parts.keys.webhookSecret).sign(id, at, body),
  }
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(10_000)])
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: limit })
    await response.body?.cancel()
    return response.status
  } catch {
    return 0
  }
}
