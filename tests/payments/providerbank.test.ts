import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Bank, startBank } from '../../src/harbourbank/index.ts'
import { uuidv7 } from '../../src/kernel/id.ts'
import { openProvider } from '../../src/modules/payments/providers/open.ts'
import {
  type Notice,
  type Provider,
  ProviderAway,
  type ProviderPayment,
  ProviderRefused,
} from '../../src/modules/payments/providers/port.ts'
import { freePort } from '../support/port.ts'
import { payByCard, payByWallet, payerAt } from '../support/payer.ts'

// The adapter against the bank itself: real pages, real webhooks, real settlements.
const newId = (): string => uuidv7(new Date(), randomBytes(10))
const returnUrl = 'http://city.test/pay/return?t=signed'

let dir: string
let bank: Bank
let provider: Provider
let receiver: Server
const notices: Notice[] = []
const faults: unknown[] = []

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stoa-bank-'))
  const port = await freePort()
  receiver = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      provider
        .parseWebhook(request.headers, Buffer.concat(parts), new Date())
        .then((told) => {
          notices.push(...told)
          response.writeHead(204).end()
        })
        .catch((error: unknown) => {
          faults.push(error)
          response.writeHead(401).end()
        })
    })
  })
  await new Promise<void>((done) => receiver.listen(port, '127.0.0.1', done))
  const merchant = { name: { en: 'Harbourview' }, iban: 'DE89370400440532013000', currency: 'EUR', zone: 'UTC' }
  const delays = { timeout: 20, late: 20, refund: 20, lateWebhook: 20, retry: 20 }
  bank = await startBank({ port: 0, dir, merchant, webhookUrl: `http://127.0.0.1:${port}/`, now: () => new Date(), delays })
  const opened = await openProvider({ provider: 'harbourbank', url: bank.url, key: bank.key, webhookSecret: bank.webhookSecret })
  assert.ok(opened)
  provider = opened
})
after(async () => {
  await bank.close()
  receiver.closeAllConnections()
  await new Promise((done) => receiver.close(done))
  await rm(dir, { recursive: true, force: true })
})

type Begun = { readonly attempt: string; readonly id: string; readonly url: string }

async function begin(amount = 4550n): Promise<Begun> {
  const attempt = newId()
  const made = await provider.start({ attempt, amount, currency: 'EUR', description: 'تصريح وقوف', language: 'ar', returnUrl })
  assert.equal(made.state, 'open')
  assert.ok(made.id && made.payUrl)
  assert.ok(provider.origins.includes(new URL(made.payUrl).origin))
  return { attempt, id: made.id, url: made.payUrl }
}

const statusOf = ({ attempt, id }: Begun): Promise<ProviderPayment> => provider.status({ attempt, payment: id })

async function until<T>(look: () => Promise<T>, fits: (seen: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 100; tries += 1) {
    const seen = await look()
    if (fits(seen)) return seen
    await bank.tick()
    await new Promise((done) => setTimeout(done, 20))
  }
  throw new Error('It did not happen.')
}

const office = async (path: string, body: object): Promise<void> => {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${bank.url}/office/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  assert.equal(response.status, 200, await response.text())
}

describe('the adapter and Harbour Bank', () => {
  it('begins one payment for an attempt, however often it is asked, and refuses another amount', async () => {
    const attempt = newId()
    const ask = { attempt, amount: 100n, currency: 'EUR', description: 'Fee', language: 'en', returnUrl }
    const all = await Promise.all(Array.from({ length: 8 }, () => provider.start(ask)))
    assert.equal(new Set(all.map(({ id }) => id)).size, 1)
    assert.equal((await provider.status({ attempt, payment: null })).id, all[0]?.id)
    await assert.rejects(
      provider.start({ ...ask, amount: 200n }),
      (error) => error instanceof ProviderRefused && error.code === 'idempotency.other',
    )
  })

  it('knows nothing of an attempt that was never begun', async () => {
    const told = await provider.status({ attempt: newId(), payment: null })
    assert.deepEqual([told.id, told.state], [null, 'unknown'])
    await assert.rejects(provider.status({ attempt: newId(), payment: 'pay_none' }), ProviderRefused)
  })

  for (const [card, state, reason] of [
    ['4111 1111 1111 1111', 'captured', null],
    ['4000 0000 0000 0002', 'failed', 'declined'],
    ['4000 0000 0000 9995', 'failed', 'insufficient_funds'],
    ['4000 0000 0000 0127', 'failed', 'authentication'],
    ['4000 0000 0000 0119', 'failed', 'timeout'],
    ['4000 0000 0000 0341', 'captured', null],
    ['4000 0000 0000 3220', 'captured', null],
  ] as const) {
    it(`tells what became of card ${card}: ${state} ${reason ?? ''}`, async () => {
      const begun = await begin()
      await payByCard(begun.url, card)
      const told = await until(
        () => statusOf(begun),
        (seen) => seen.state === state,
      )
      assert.deepEqual([told.reason, told.captured, told.method], [reason, state === 'captured' ? 4550n : 0n, 'card'])
      assert.equal(told.payUrl, null)
      await until(
        async () => notices,
        (all) => all.some(({ attempt, payment }) => attempt === begun.attempt && payment === begun.id),
      )
    })
  }

  it('tells of a wallet, and of a payer who gave up', async () => {
    const one = await begin()
    await payByWallet(one.url)
    assert.deepEqual([(await statusOf(one)).state, (await statusOf(one)).method], ['captured', 'wallet'])
    const other = await begin()
    await payerAt(other.url).send('cancel')
    assert.deepEqual([(await statusOf(other)).state, (await statusOf(other)).reason], ['cancelled', 'closed'])
  })

  it('captures a part of what a payer agreed to', async () => {
    const attempt = newId()
    const body = JSON.stringify({
      amount: '1000',
      currency: 'EUR',
      reference: attempt,
      description: 'Deposit',
      language: 'en',
      return_url: returnUrl,
      capture: 'manual',
    })
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${bank.key}`, 'idempotency-key': attempt }
    await fetch(`${bank.url}/v1/payments`, { method: 'POST', headers, body })
    const found = await provider.status({ attempt, payment: null })
    await payByCard(found.payUrl ?? '')
    const ask = { attempt, payment: found.id ?? '', amount: 400n, currency: 'EUR' }
    assert.equal((await provider.status({ attempt, payment: ask.payment })).state, 'authorised')
    await assert.rejects(provider.capture({ ...ask, amount: 1001n }), ProviderRefused)
    const taken = [await provider.capture(ask), await provider.capture(ask)]
    assert.deepEqual(
      taken.map(({ state, captured }) => [state, captured]),
      [
        ['captured', 400n],
        ['captured', 400n],
      ],
    )
    await assert.rejects(provider.capture({ ...ask, amount: 500n }), ProviderRefused)
  })

  it('gives back once, and tells it without the id', async () => {
    const begun = await begin()
    await payByCard(begun.url)
    const ask = { refund: newId(), payment: begun.id, amount: 1000n, currency: 'EUR', earlier: 0n }
    assert.deepEqual(await provider.refundStatus({ ...ask, id: null }), { id: null, state: 'unknown' })
    const all = await Promise.all(Array.from({ length: 8 }, () => provider.refund(ask)))
    assert.equal(new Set(all.map(({ id }) => id)).size, 1)
    await until(
      () => provider.refundStatus({ ...ask, id: null }),
      ({ state }) => state === 'succeeded',
    )
    assert.equal((await statusOf(begun)).refunded, 1000n)
    await until(
      async () => notices,
      (seen) => seen.some(({ refund }) => refund === all[0]?.id),
    )
    await assert.rejects(provider.refund({ ...ask, refund: newId(), amount: 4000n, earlier: 1000n }), ProviderRefused)
  })

  it('tells of a refund that failed', async () => {
    const begun = await begin()
    await payByCard(begun.url, '4000 0000 0000 5126')
    const ask = { refund: newId(), payment: begun.id, amount: 4550n, currency: 'EUR', earlier: 0n }
    const { id } = await provider.refund(ask)
    await until(
      () => provider.refundStatus({ ...ask, id }),
      ({ state }) => state === 'failed',
    )
  })

  it('tells of chargebacks, and settles to the cent', async () => {
    const begun = await begin(10_000n)
    await payByCard(begun.url)
    await office('chargebacks', { payment: begun.id, amount: '2500' })
    const told = await statusOf(begun)
    assert.deepEqual(
      told.chargebacks.map(({ amount, fee }) => [amount, fee]),
      [[2500n, 1500n]],
    )
    await office('close-day', {})
    const day = new Date().toISOString().slice(0, 10)
    const later = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
    const settlements = await provider.settlements(day, later)
    const [settlement] = settlements
    assert.ok(settlement && settlement.reference !== '')
    for (const each of settlements)
      assert.equal(
        each.lines.reduce((sum, line) => sum + line.net, 0n),
        each.net,
      )
    const lines = settlements.flatMap((each) => each.lines)
    for (const line of lines) assert.equal(line.net, line.gross - line.fee)
    const ours = lines.filter(({ attempt }) => attempt === begun.attempt)
    assert.deepEqual(
      ours.map(({ kind, gross, payment }) => [kind, gross, payment]),
      [
        ['payment', 10_000n, begun.id],
        ['chargeback', -2500n, begun.id],
      ],
    )
    assert.deepEqual(await provider.settlements('2001-01-01', '2001-01-02'), [])
  })

  it('does not guess when the bank does and does not say so', async () => {
    const attempt = newId()
    const ask = { attempt, amount: 300n, currency: 'EUR', description: 'Fee', language: 'en', returnUrl }
    await office('weather', { api: 'cut' })
    await assert.rejects(provider.start(ask), ProviderAway)
    await office('weather', { api: 'down' })
    await assert.rejects(provider.status({ attempt, payment: null }), ProviderAway)
    await office('weather', { api: 'up' })
    const found = await provider.status({ attempt, payment: null })
    assert.equal(found.state, 'open')
    assert.equal((await provider.start(ask)).id, found.id)
  })

  it('was never told anything whose signature did not fit', () => {
    assert.deepEqual(faults, [])
    assert.ok(notices.length > 10)
  })
})
