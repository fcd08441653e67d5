import { Webhook } from 'standardwebhooks'
import type { Job } from '../../../../platform/jobs.ts'
import { type JournalEvent, textIn } from '../../../../platform/journal/event.ts'
import type { Subscriber } from '../../../../platform/journal/subscribers.ts'
import { type Platform, transact } from '../../../../platform/platform.ts'
import type { Bill } from '../../bill.ts'
import { openItem } from '../../items.ts'
import { refundById } from '../../refunds/index.ts'
import { billsById } from '../../store.ts'
import { billJson, PROGRAM } from '../bills.ts'
import type { HookEvent } from '../client.ts'
import { forgetAsks } from '../store.ts'
import { post, type Tried } from './guard.ts'
import { DELIVER, deliverAt, pause } from './hooks.ts'
import * as store from './store.ts'

const types: Readonly<Record<string, HookEvent>> = {
  'payments.bill.issued': 'bill.issued',
  'payments.bill.paid': 'bill.paid',
  'payments.bill.paid_part': 'bill.part_paid',
  'payments.bill.reopened': 'bill.reopened',
  'payments.bill.corrected': 'bill.changed',
  'payments.bill.relieved': 'bill.changed',
  'payments.bill.deferred': 'bill.changed',
  'payments.bill.cancelled': 'bill.cancelled',
  'payments.refund.moved': 'bill.refunded',
}

/** Pauses between tries, in seconds; the last one stays until the days are over. */
const PAUSES = [5, 60, 300, 1_800, 3_600, 7_200, 14_400, 28_800]
/** How long a message is tried, and a program may fail at everything. */
const PATIENCE_MS = 3 * 86_400_000
/** Whoever took a message has so long. */
const TAKEN_MS = 60_000
const LATE_MS = 5 * 60_000
const KEPT_MS = 30 * 86_400_000

/** Writes a message for each program that wants to know of a line of the journal, once. */
export const hookSubscriber: Subscriber = {
  name: 'payments.webhooks',
  types: Object.keys(types),
  async handle(tx, events) {
    const about: Array<{ event: JournalEvent; bill: string }> = []
    for (const event of events) {
      const bill = event.type === 'payments.refund.moved' ? await refunded(tx, event) : event.stream
      if (bill !== null) about.push({ event, bill })
    }
    const wanted = await store.hooksOfBills(tx.db, [...new Set(about.map(({ bill }) => bill))])
    if (wanted.length === 0) return
    const bills = new Map((await billsById(tx.db, wanted.map((each) => each.bill_id))).map((bill) => [bill.id, bill])) // prettier-ignore
    for (const { event, bill: billId } of about) {
      const bill = bills.get(billId)
      const type = bill === undefined ? undefined : typeOf(event, bill)
      for (const hook of wanted.filter((each) => each.bill_id === billId && type !== undefined && each.events.includes(type)))
        if (type !== undefined && bill !== undefined)
          await write(tx, { hook: hook.hook_id, active: hook.state === 'active', event, type, bill: { ...bill, number: hook.number } })
    }
  },
}

/** What a line of the journal is to a program; a bill that has ended with it is told of as that alone. */
function typeOf({ type, data }: JournalEvent, bill: Bill): HookEvent | undefined {
  if (type === 'payments.bill.corrected' && data['to'] === '0') return undefined
  if (type === 'payments.bill.relieved' && data['kind'] === 'written_off' && bill.state === 'written_off') return 'bill.written_off'
  return types[type]
}

async function refunded(tx: Platform, event: JournalEvent): Promise<string | null> {
  return textIn(event.data, 'to') === 'succeeded' ? ((await refundById(tx, event.stream))?.bill_id ?? null) : null
}

type Message = { hook: string; active: boolean; event: JournalEvent; type: HookEvent; bill: Parameters<typeof billJson>[1] }

async function write(tx: Platform, { hook, active, event, type, bill }: Message): Promise<void> {
  const amount = textIn(event.data, 'amount')
  const data = { ...billJson(tx, bill), ...(amount === '' ? {} : { amount }) }
  const id = tx.newId()
  const added = await store.insertDelivery(tx.db, {
    id,
    hook_id: hook,
    event: event.id,
    type,
    bill_id: bill.id,
    body: JSON.stringify({ type, timestamp: event.occurredAt.toISOString(), data }),
    state: 'waiting',
    tries: 0,
    next_at: active ? tx.now() : null,
    last_status: null,
    last_fault: null,
    made_at: tx.now(),
    ended_at: null,
  })
  if (added && active) await deliverAt(tx, id)
}

/** The jobs that bring messages to programs; `demo` lets addresses of this machine through. */
export function hookJobs(demo: boolean): Job[] {
  return [
    {
      name: DELIVER,
      async run(platform, payload) {
        if (typeof payload['delivery'] === 'string') await deliver(platform, payload['delivery'], demo)
      },
    },
    {
      name: 'payments:deliveries',
      cron: '*/5 * * * *',
      async run(platform) {
        const now = platform.now()
        for (const id of await store.lateDeliveries(platform.db, new Date(now.getTime() - LATE_MS), 1_000))
          await transact(platform, (tx) => deliverAt(tx, id))
        await store.forgetDeliveries(platform.db, new Date(now.getTime() - KEPT_MS))
        await forgetAsks(platform.db, new Date(now.getTime() - KEPT_MS))
      },
    },
  ]
}

/** Tries a message once: at least once it arrives, always with the same webhook-id, until three days are over. */
async function deliver(platform: Platform, id: string, demo: boolean): Promise<void> {
  const now = platform.now()
  const delivery = await store.takeDelivery(platform.db, id, now, new Date(now.getTime() + TAKEN_MS))
  const hook = delivery && (await store.hookById(platform.db, delivery.hook_id))
  if (!delivery || !hook) return
  if (hook.state === 'paused' || hook.ended) return store.changeDelivery(platform.db, id, { next_at: null })
  const tried = await post(hook.url, delivery.body, await headersFor(platform, delivery, now), demo)
  const said = { last_status: tried.status, last_fault: tried.fault }
  if (arrived(tried)) {
    await store.changeDelivery(platform.db, id, { ...said, state: 'delivered', next_at: null, ended_at: platform.now() })
    if (hook.failing_since !== null) await store.changeHook(platform.db, hook.id, { failing_since: null })
    return
  }
  const since = await store.markFailing(platform.db, hook.id, now)
  const over = now.getTime() - delivery.made_at.getTime() >= PATIENCE_MS
  const next = new Date(now.getTime() + 1_000 * (PAUSES[Math.min(delivery.tries, PAUSES.length) - 1] ?? 5))
  await transact(platform, async (tx) => {
    await store.changeDelivery(tx.db, id, over ? { ...said, state: 'failed', next_at: null, ended_at: now } : { ...said, next_at: next })
    if (!over) await deliverAt(tx, id, next)
  })
  // 410: the address is gone for good (Standard Webhooks)
  if (tried.status === 410 || now.getTime() - since.getTime() >= PATIENCE_MS) await giveUp(platform, hook, since)
}

const arrived = ({ status }: Tried): boolean => status !== null && status >= 200 && status < 300

async function giveUp(platform: Platform, hook: Parameters<typeof pause>[1] & { agency: string }, since: Date): Promise<void> {
  await transact(platform, async (tx) => {
    await pause(tx, hook)
    const story = { client: hook.client_id, since: tx.city.dayOf(since) }
    await openItem(tx, PROGRAM, { key: `webhook:${hook.id}:${since.toISOString()}`, kind: 'webhook_failing', agency: hook.agency, story })
  })
}

/** The headers of a message (Standard Webhooks): signed with every secret that holds, so that one can be replaced. */
async function headersFor(platform: Platform, delivery: store.Delivery, now: Date): Promise<Record<string, string>> {
  const secrets = await store.secretsOf(platform.db, delivery.hook_id, now)
  const signed = secrets.map(({ id, key_version: version, wrapped_secret: wrapped }) =>
    new Webhook(platform.keys.unwrap(version, wrapped, store.secretContext(id)).toString()).sign(delivery.id, now, delivery.body),
  )
  return {
    'user-agent': 'Stoa webhooks',
    'webhook-id': delivery.id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': signed.join(' '),
  }
}
