import { fileURLToPath } from 'node:url'
import { dayIn } from '../kernel/time.ts'
import { loadMessages } from '../platform/i18n.ts'
import { closeDay, noteDay, openDay } from './account.ts'
import { apiRoutes } from './api.ts'
import { checkoutRoutes } from './checkout.ts'
import { Database } from './database.ts'
import { keysIn, newId } from './keys.ts'
import { officeRoutes } from './office.ts'
import { deliverDue } from './outbox.ts'
import { assetRoutes } from './page.ts'
import type { Delays, Merchant, Parts } from './parts.ts'
import { passTime } from './payments.ts'
import { bankServer } from './server.ts'

/** How to start a bank. */
export type BankOptions = {
  /** The loopback port; 0: any that is free. */
  readonly port: number
  /** The folder with `bank.sqlite` and `keys.json`; made when it is not there. */
  readonly dir: string
  readonly merchant: Merchant
  /** Where webhooks go; what cannot be delivered yet waits. A function is asked each time. */
  readonly webhookUrl: string | (() => string | null)
  /** Where payers find the bank; the loopback address when left out. */
  readonly publicUrl?: string
  readonly delays?: Partial<Delays>
  readonly log?: Parts['log']
  readonly now: () => Date
}

/** A bank that runs. */
export type Bank = {
  readonly url: string
  /** What the merchant's API is called with. */
  readonly key: string
  /** What webhooks are signed with (`whsec_...`). */
  readonly webhookSecret: string
  /** Another one at every start. */
  readonly instance: string
  /** Does what is due now: expiries, late payments, refunds, webhooks. It also happens by itself, four times a second. */
  tick(): Promise<void>
  /** Ends it; what is not delivered is delivered after the next start. */
  close(): Promise<void>
}

const usual: Delays = { timeout: 60_000, late: 15_000, refund: 2_000, lateWebhook: 30_000, retry: 1_000 }

/** Starts a bank on a folder; throws BankTaken when another process has the folder, and the fault of the port. */
export async function startBank(options: BankOptions): Promise<Bank> {
  const keys = keysIn(options.dir)
  const messages = await loadMessages([fileURLToPath(new URL('locales', import.meta.url))])
  const db = new Database(options.dir)
  const instance = newId('run')
  const { webhookUrl } = options
  let url = ''
  const parts: Parts = {
    db,
    keys,
    merchant: options.merchant,
    delays: { ...usual, ...options.delays },
    messages,
    publicUrl: () => options.publicUrl ?? url,
    webhookUrl: typeof webhookUrl === 'function' ? webhookUrl : () => webhookUrl,
    now: options.now,
    nudge: () => void setImmediate(() => void pulse.beat()),
    log: options.log ?? (() => undefined),
  }
  const pulse = pulseOf(parts)
  const app = bankServer(parts)
  app.get('/healthz', async () => ({ bank: 'harbourbank', instance }))
  app.register(assetRoutes)
  app.register(async (inner) => apiRoutes(inner, parts), { prefix: '/v1' })
  app.register(async (inner) => officeRoutes(inner, parts), { prefix: '/office' })
  app.register(async (inner) => checkoutRoutes(inner, parts))
  try {
    db.transact(() => noteDay(parts, openDay(parts)))
    await app.listen({ host: '127.0.0.1', port: options.port })
  } catch (error) {
    await app.close()
    db.close()
    throw error
  }
  const address = app.server.address()
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : options.port}`
  const timer = setInterval(() => void pulse.beat(), 250)
  return {
    url: parts.publicUrl(),
    key: keys.merchantKey,
    webhookSecret: keys.webhookSecret,
    instance,
    tick: () => pulse.beat(),
    async close() {
      clearInterval(timer)
      await app.close()
      await pulse.end()
      db.close()
    },
  }
}

/** What the bank does by itself; `beat` settles when what was due at its call is done. A slow receiver holds only webhooks up. */
function pulseOf(parts: Parts): { beat(): Promise<void>; end(): Promise<void> } {
  const stopped = new AbortController()
  const clock = oneByOne(parts, stopped.signal, async () => {
    while (passTime(parts) > 0) await new Promise((done) => setImmediate(done))
    if (openDay(parts) < dayIn(parts.merchant.zone, parts.now())) closeDay(parts)
  })
  const post = oneByOne(parts, stopped.signal, () => deliverDue(parts, stopped.signal))
  return {
    async beat() {
      await Promise.all([clock.call(), post.call()])
    },
    async end() {
      stopped.abort()
      await Promise.all([clock.last(), post.last()])
    },
  }
}

/** Makes work run never twice at once: calls that come while it runs share the next run. */
function oneByOne(parts: Parts, signal: AbortSignal, work: () => Promise<unknown>): { call(): Promise<void>; last(): Promise<void> } {
  let last: Promise<void> = Promise.resolve()
  let waiting: Promise<void> | null = null
  const run = async (): Promise<void> => {
    waiting = null
    if (signal.aborted) return
    await work().catch((error: unknown) => parts.log('the pulse failed', { error: error instanceof Error ? error.message : '' }))
  }
  return {
    call() {
      waiting ??= last = last.then(run)
      return waiting
    },
    last: () => last,
  }
}
