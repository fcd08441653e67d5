import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { present } from '../../src/kernel/invariant.ts'
import { type Bank, startBank } from '../../src/harbourbank/index.ts'
import { type Actor, holding, anonymous } from '../../src/modules/access/index.ts'
import { startAttempt, type Started, type Treasury } from '../../src/modules/payments/index.ts'
import { startApp, type TestApp } from './app.ts'
import { type Answer, cookiesOf, send } from './client.ts'
import { payByCard } from './payer.ts'
import { freePort } from './port.ts'

/** The test cards of the sandbox bank that tests name. */
export const cards = {
  pays: '4111 1111 1111 1111',
  declined: '4000 0000 0000 0002',
  insufficient: '4000 0000 0000 9995',
  unproven: '4000 0000 0000 0127',
  timeout: '4000 0000 0000 0119',
  late: '4000 0000 0000 0341',
  chargedBack: '4000 0000 0000 0259',
  shuffled: '4000 0000 0000 3220',
  refundFails: '4000 0000 0000 5126',
} as const

/** The program with a bank that takes its payments, both on one clock that tests move. */
export type Paying = {
  readonly test: TestApp
  readonly bank: Bank
  readonly treasury: Treasury
  /** Moves the clock and lets the bank do what is due. */
  pass(ms: number): Promise<void>
  /** Sends something to the bank's back office; fails unless it is done. */
  office(path: string, body?: unknown): Promise<Record<string, unknown>>
  /** What goes wrong at the bank from now on. */
  weather(weather: {
    webhooks?: 'prompt' | 'lost' | 'duplicate' | 'shuffled' | 'late' | 'held'
    api?: 'up' | 'slow' | 'down' | 'cut'
  }): Promise<void>
  /** Asks the bank's API as the city does. */
  api(path: string): Promise<Record<string, unknown>>
  /** Starts to pay bills as somebody who showed their codes. */
  start(bills: readonly string[], amount?: bigint): Promise<Started>
  /** The page to pay on; fails when it does not lead there. */
  page(bills: readonly string[], amount?: bigint): Promise<{ attempt: string; url: string }>
  /** Lets a job run now. */
  job(name: string): Promise<void>
  close(): Promise<void>
}

/** Somebody who showed the codes of these bills. */
export const holderOf = (bills: readonly string[]): Actor => holding(anonymous('web'), ...bills)

/** Starts the program and a sandbox bank wired together; webhooks find the program, and the bank's time passes quickly. */
export async function startPaying(options: { accounts?: boolean } = {}): Promise<Paying> {
  const dir = await mkdtemp(join(tmpdir(), 'stoa-bank-'))
  let ahead = 0
  const now = (): Date => new Date(Date.now() + ahead)
  const to: { url: string | null } = { url: null }
  const merchant = {
    name: { en: 'City of Harbourview' },
    iban: 'PT50000000000000000202634',
    bic: 'HVBKPTP0XXX',
    currency: 'EUR',
    zone: 'UTC',
  }
  const bank = await startBank({
    port: await freePort(),
    dir,
    merchant,
    webhookUrl: () => to.url,
    now,
    delays: { timeout: 60_000, late: 15_000, refund: 1_000, retry: 200 },
  })
  const env = { PAY_PROVIDER: 'harbourbank', PAY_URL: bank.url, PAY_KEY: bank.key, PAY_WEBHOOK_SECRET: bank.webhookSecret }
  const test = await startApp({ listen: true, ...options, env, overrides: { now } })
  to.url = `${test.url}/pay/webhooks/harbourbank`
  const treasury = present(test.app.treasury, 'the city takes money')
  const office = (path: string, body: unknown = {}): Promise<Record<string, unknown>> =>
    told(`${bank.url}/office/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const start = (bills: readonly string[], amount?: bigint): Promise<Started> =>
    startAttempt(treasury, holderOf(bills), { bills, ...(amount === undefined ? {} : { amount }), language: 'en', returnPath: '/pay' })
  return {
    test,
    bank,
    treasury,
    async pass(ms) {
      ahead += ms
      await bank.tick()
    },
    office,
    weather: async (weather) => void (await office('weather', weather)),
    api: (path) => told(`${bank.url}/v1/${path}`, { headers: { authorization: `Bearer ${bank.key}` } }),
    start,
    async page(bills, amount) {
      const started = await start(bills, amount)
      assert.equal(started.kind, 'go')
      return started
    },
    job: async (name) => {
      const job = test.app.modules.flatMap((module) => module.jobs ?? []).find((each) => each.name === name)
      await present(job, name).run(test.app.platform, {})
    },
    async close() {
      to.url = null
      await bank.close()
      await test.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function told(url: string, init: RequestInit): Promise<Record<string, unknown>> {
  const response = await fetch(url, init)
  const text = await response.text()
  assert.ok(response.ok, `${url} ${response.status} ${text}`)
  return JSON.parse(text)
}

/** Pays on the hosted page, as a browser without JavaScript does; gives the way back to the city that the bank names. */
export async function payHosted(url: string, card: string = cards.pays): Promise<string> {
  return (await payByCard(url, card)) ?? assert.fail('the hosted page did not let the payer go')
}

/** Comes back from the bank; gives the answer and the cookies for the page that it leads to. */
export async function comeBack(paying: Paying, address: string): Promise<{ answer: Answer; cookie: string }> {
  const { pathname, search } = new URL(address)
  const answer = await send(paying.test.url, { path: `${pathname}${search}` })
  return { answer, cookie: cookiesOf(answer).join('; ') }
}
