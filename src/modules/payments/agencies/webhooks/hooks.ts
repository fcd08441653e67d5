import { notFound, Problem } from '../../../../kernel/problem.ts'
import { enqueue } from '../../../../platform/jobs.ts'
import { type Platform, transact } from '../../../../platform/platform.ts'
import { type Actor, allow } from '../../../access/index.ts'
import { type HookEvent, hookEvents } from '../client.ts'
import { changing } from '../clients.ts'
import { urlFault } from './guard.ts'
import * as store from './store.ts'
import type { Delivery, Hook } from './store.ts'

/** The job that tries one message. */
export const DELIVER = 'payments:deliver'
/** How long a secret that was replaced still signs. */
const OVERLAP_MS = 24 * 3_600_000
const SHOWN = 100
const RELEASED = 10_000

/** Asks for the try of a message at a time, else as soon as may be, in the caller's transaction. */
export function deliverAt(tx: Platform, id: string, at?: Date): Promise<void> {
  return enqueue(tx, DELIVER, { delivery: id }, { key: `money-delivery:${id}`, ...(at ? { at } : {}) })
}

/**
 * Says where a program is told and of what. The first time, and for another address, there is a new secret, given this once
 * (`whsec_...`, Standard Webhooks); else null. Throws 422 for an address that is not outside, or no event.
 */
export async function setHook(
  platform: Platform,
  actor: Actor,
  clientId: string,
  wish: { readonly url: string; readonly events: readonly string[] },
  demo: boolean,
): Promise<string | null> {
  const url = wish.url.trim()
  const fault = urlFault(url, demo)
  if (fault !== null) throw new Problem(`payments.hook-${fault}`, 422, 'This address cannot be used. It begins with https:// and is on the open internet.')
  const events = hookEvents.filter((event): event is HookEvent => wish.events.includes(event))
  if (events.length === 0) throw new Problem('payments.hook-events', 422, 'Choose at least one thing to be told of.')
  return changing(platform, actor, clientId, 'webhook', async (tx) => {
    const known = await store.hookOfClient(tx.db, clientId)
    if (known && known.url === url) {
      await store.changeHook(tx.db, known.id, { events })
      return null
    }
    if (known) {
      // whoever had the old address is told nothing more, and cannot sign what the new one gets
      await store.changeHook(tx.db, known.id, { url, events, failing_since: null })
      await store.endSecrets(tx.db, known.id, tx.now())
      return newSecret(tx, known.id)
    }
    const id = tx.newId()
    await store.insertHook(tx.db, { id, client_id: clientId, url, events, state: 'active', failing_since: null, made_at: tx.now() })
    return newSecret(tx, id)
  })
} // prettier-ignore

async function newSecret(tx: Platform, hookId: string): Promise<string> {
  const id = tx.newId()
  const secret = `whsec_${Buffer.from(tx.random(32)).toString('base64')}`
  const { version, wrapped } = tx.keys.wrap(Buffer.from(secret), store.secretContext(id))
  await store.insertSecret(tx.db, { id, hook_id: hookId, key_version: version, wrapped_secret: wrapped, made_at: tx.now(), ends_at: null })
  return secret
}

async function hookOf(tx: Platform, clientId: string): Promise<Hook> {
  const hook = await store.hookOfClient(tx.db, clientId)
  if (!hook) throw notFound('address')
  return hook
}

/** Gives another secret, once; the one before signs too for a day. */
export function renewSecret(platform: Platform, actor: Actor, clientId: string): Promise<string> {
  return changing(platform, actor, clientId, 'webhook_secret', async (tx) => {
    const hook = await hookOf(tx, clientId)
    await store.endSecrets(tx.db, hook.id, new Date(tx.now().getTime() + OVERLAP_MS))
    return newSecret(tx, hook.id)
  })
}

/** Ends telling; messages that wait are gone. */
export function removeHook(platform: Platform, actor: Actor, clientId: string): Promise<void> {
  return changing(platform, actor, clientId, 'webhook_ended', (tx) => store.deleteHook(tx.db, clientId))
}

/** Goes on with a program that was paused: what waits is sent. */
export function resumeHook(platform: Platform, actor: Actor, clientId: string): Promise<void> {
  return changing(platform, actor, clientId, 'webhook_resumed', async (tx) => {
    const hook = await hookOf(tx, clientId)
    await store.changeHook(tx.db, hook.id, { state: 'active', failing_since: null })
    for (const id of await store.releaseDeliveries(tx.db, hook.id, tx.now(), RELEASED)) await deliverAt(tx, id)
  })
}

/** Tries one message again, with the same webhook-id. Throws 404 for one that has arrived or is not the program's. */
export async function retry(platform: Platform, actor: Actor, clientId: string, delivery: string): Promise<void> {
  await changing(platform, actor, clientId, 'webhook_retried', async (tx) => {
    const hook = await hookOf(tx, clientId)
    if (!(await store.retryDelivery(tx.db, hook.id, delivery, tx.now()))) throw notFound('message')
    await deliverAt(tx, delivery)
  })
}

/** A program's address with its newest messages; null when it is told nothing. */
export async function readHook(platform: Platform, actor: Actor, clientId: string): Promise<{ hook: Hook; deliveries: Delivery[] } | null> {
  allow(actor, 'money.clients')
  const hook = await store.hookOfClient(platform.db, clientId)
  return hook && { hook, deliveries: await store.deliveriesOf(platform.db, hook.id, SHOWN) }
}

/** Stops telling a program, in a transaction of its own, until an administrator lets it go on. */
export async function pause(platform: Platform, hook: Hook): Promise<void> {
  await transact(platform, async (tx) => {
    await store.changeHook(tx.db, hook.id, { state: 'paused' })
    await store.holdDeliveries(tx.db, hook.id)
  })
}
