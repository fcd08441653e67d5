import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { startBank } from '../../src/harbourbank/index.ts'
import { payByCard, payerAt } from '../support/payer.ts'
import { callBank, makeStage, merchant, plainAsk, type Stage } from './stage.ts'

/** Waits until something is so, for at most ten seconds. */
async function until(what: string, so: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !so();) {
    if (Date.now() > end) throw new Error(`never: ${what}`)
    await new Promise((done) => setTimeout(done, 10))
  }
}

describe('webhooks', () => {
  let stage: Stage
  beforeEach(async () => {
    stage = await makeStage()
  })
  afterEach(() => stage.close())

  const types = (): string[] => stage.receiver.came.map(({ type }) => type)
  const weather = (fields: Record<string, string>) => stage.call('POST', '/office/weather', fields)

  test('come at once and are signed as the library checks it', async () => {
    const { id, pay_url: payUrl } = await stage.pay()
    await payByCard(payUrl)
    await until('a webhook', () => stage.receiver.came.length === 1)
    const [came] = stage.receiver.came
    assert.deepEqual(
      [came?.type, came?.data['id'], came?.data['captured'], came?.data['reference']],
      ['payment.captured', id, '2500', 'attempt-1'],
    )
  })

  test('are tried again with the same id, later each time, until they are taken', async () => {
    let refusals = 3
    stage.receiver.answer = () => (refusals-- > 0 ? 500 : 204)
    const { pay_url: payUrl } = await stage.pay()
    await payByCard(payUrl)
    await until('the first try', () => stage.receiver.came.length === 1)
    await stage.bank.tick()
    const counts: number[] = []
    for (const ms of [500, 700, 1_200, 900, 4_000, 1_200, 100_000]) {
      await stage.pass(ms)
      counts.push(stage.receiver.came.length)
    }
    assert.deepEqual(counts, [1, 2, 2, 3, 3, 4, 4])
    assert.equal(new Set(stage.receiver.came.map(({ id }) => id)).size, 1)
  })

  test('are not followed elsewhere, and a redirect is no answer', async () => {
    let elsewhere = 0
    const other = createServer((_request, response) => {
      elsewhere += 1
      response.end()
    }).listen(0, '127.0.0.1')
    await new Promise((done) => other.once('listening', done))
    const address = other.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const redirecting = createServer((_request, response) => response.writeHead(302, { location: `http://127.0.0.1:${port}/` }).end())
    await new Promise<void>((done) => redirecting.listen(0, '127.0.0.1', done))
    const at = redirecting.address()
    const dir = await mkdtemp(join(tmpdir(), 'harbourbank-away-'))
    const bank = await startBank({
      port: 0,
      dir,
      merchant,
      now: () => new Date(),
      webhookUrl: `http://127.0.0.1:${typeof at === 'object' && at ? at.port : 0}/`,
    })
    const { told } = await callBank(bank, 'POST', '/v1/payments', plainAsk)
    await payerAt(told.pay_url).send('cancel')
    await bank.tick()
    assert.equal(elsewhere, 0)
    assert.match(await (await fetch(`${bank.url}/office`)).text(), /to be delivered/)
    await bank.close()
    redirecting.close()
    other.close()
    await rm(dir, { recursive: true, force: true })
  })

  test('outlive the bank: what was not taken is delivered after the next start', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'harbourbank-outbox-'))
    const options = { port: 0, dir, merchant, now: () => new Date() }
    const first = await startBank({ ...options, webhookUrl: () => null })
    const { told } = await callBank(first, 'POST', '/v1/payments', plainAsk)
    await payerAt(told.pay_url).send('cancel')
    await first.tick()
    await first.close()
    const came: string[] = []
    const server = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (part: string) => (body += part))
      request.on('end', () => {
        came.push(String((JSON.parse(body) as { type: unknown }).type))
        response.end()
      })
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`
    const second = await startBank({ ...options, webhookUrl: url })
    assert.equal(second.webhookSecret, first.webhookSecret)
    await second.tick()
    assert.deepEqual(came, ['payment.cancelled'])
    await second.tick()
    assert.equal(came.length, 1)
    await second.close()
    server.closeAllConnections()
    server.close()
    await rm(dir, { recursive: true, force: true })
  })

  test('of a slow receiver hold nothing else up', async () => {
    const hanging = createServer(() => undefined)
    await new Promise<void>((done) => hanging.listen(0, '127.0.0.1', done))
    const address = hanging.address()
    const slow = await makeStage({ webhookUrl: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/` })
    const one = await slow.pay()
    await payByCard(one.pay_url)
    const other = await slow.pay({ expires_in: 1 })
    const begun = Date.now()
    for (let state = ''; state !== 'expired' && Date.now() - begun < 5_000;) {
      state = (await slow.now(other.id)).state
      await new Promise((done) => setTimeout(done, 50))
    }
    assert.equal((await slow.now(other.id)).state, 'expired')
    await slow.close()
    assert.ok(Date.now() - begun < 5_000, 'closing does not wait for the receiver')
    hanging.closeAllConnections()
    hanging.close()
  })

  test('are lost, late, doubled or held as the weather says, and the payment is what it is', async () => {
    await weather({ webhooks: 'lost' })
    const lost = await stage.pay()
    await payByCard(lost.pay_url)
    await stage.pass(600_000)
    assert.deepEqual([types(), (await stage.now(lost.id)).state], [[], 'captured'])

    await weather({ webhooks: 'late' })
    await payByCard((await stage.pay()).pay_url)
    await stage.pass(29_000)
    assert.deepEqual(types(), [])
    await stage.pass(1_500)
    assert.deepEqual(types(), ['payment.captured'])

    await weather({ webhooks: 'duplicate' })
    await payerAt((await stage.pay()).pay_url).send('cancel')
    await stage.pass(1_000)
    assert.deepEqual(types().slice(1), ['payment.cancelled', 'payment.cancelled'])
    assert.equal(stage.receiver.came[1]?.id, stage.receiver.came[2]?.id)

    await weather({ webhooks: 'held' })
    await payByCard((await stage.pay()).pay_url)
    await stage.pass(86_000_000)
    assert.equal(types().length, 3)
    await weather({ webhooks: 'prompt' })
    await stage.pass(0)
    assert.equal(types().length, 4)
  })

  test('of shuffled weather and of its card come in another order than things happened', async () => {
    await weather({ webhooks: 'shuffled' })
    const { pay_url: payUrl } = await stage.pay({ capture: 'automatic' })
    await payByCard(payUrl, '4000000000000341')
    await stage.pass(15_500)
    await stage.pass(15_500)
    await stage.pass(5_000)
    assert.deepEqual(types().toSorted(), ['payment.captured', 'payment.expired', 'payment.pending'])
    await weather({ webhooks: 'prompt' })
    stage.receiver.came.length = 0
    await payByCard((await stage.pay()).pay_url, '4000000000003220')
    for (let i = 0; i < 9; i += 1) await stage.pass(500)
    assert.equal(types().length, 6)
    assert.equal(new Set(stage.receiver.came.map(({ id }) => id)).size, 3)
    assert.deepEqual([...new Set(types())], ['payment.captured', 'payment.authorised', 'payment.pending'])
  })
})
