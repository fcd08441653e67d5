import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  type Provider,
  ProviderAway,
  type ProviderPayment,
  ProviderRefused,
  type RefundAsk,
} from '../../src/modules/payments/providers/port.ts'
import { attempt, refund, stranger } from './fixtures/ids.ts'
import { type Replay, type Reply, type Seen, startReplay } from './replay.ts'
import { govukpay } from './stages/govukpay.ts'
import { harbourbank } from './stages/harbourbank.ts'
import { type Expected, openStage, type Scene, scenes, type Stage } from './stages/stage.ts'
import { stripepay } from './stages/stripe.ts'

const stages = [harbourbank, stripepay, govukpay]
const garbage = ['', 'null', '7', '[]', '"x"', '{', '{}', '<html></html>', '{"id":7}', '{"data":[],"error":null}', '{"error":"no"}']
const returnUrl = 'https://city.example/pay/return?t=1'

type Acts = Readonly<Record<Scene, (provider: Provider) => Promise<unknown>>>

function refundAsk(stage: Stage): RefundAsk {
  return { refund, payment: stage.payment, amount: 1000n, currency: stage.currency, earlier: 500n }
}

function startOf(stage: Stage, provider: Provider): Promise<ProviderPayment> {
  return provider.start({ attempt, amount: 4550n, currency: stage.currency, description: 'Parking permit', language: 'en', returnUrl })
}

function captureOf(stage: Stage, provider: Provider, amount = 4550n): Promise<ProviderPayment> {
  return provider.capture({ attempt, payment: stage.payment, amount, currency: stage.currency })
}

function actsOf(stage: Stage): Acts {
  const status = (provider: Provider): Promise<unknown> => provider.status({ attempt, payment: stage.payment })
  const capture = (provider: Provider): Promise<unknown> => captureOf(stage, provider)
  const giveBack = (provider: Provider): Promise<unknown> => provider.refund(refundAsk(stage))
  const refundBy = (id: string | null) => (provider: Provider) => provider.refundStatus({ ...refundAsk(stage), id })
  const settled = (provider: Provider): Promise<unknown> => provider.settlements('2026-11-20', '2026-11-23')
  return {
    start: (provider) => startOf(stage, provider),
    open: status,
    pending: status,
    'captured by card': status,
    'captured in a wallet': status,
    declined: status,
    expired: status,
    cancelled: status,
    'a state nobody knows': status,
    'found by attempt': (provider) => provider.status({ attempt, payment: null }),
    'not found by attempt': (provider) => provider.status({ attempt: stranger, payment: null }),
    capture,
    'capture again': capture,
    refund: giveBack,
    'refund again': giveBack,
    'refund by id': refundBy(stage.refund),
    'refund that failed': refundBy(stage.refund),
    'refund found without id': refundBy(null),
    'refund not found': refundBy(null),
    settlements: settled,
    'no settlements': settled,
  }
}

/** What every provider must tell; `payUrl` is looked at by itself. */
function toldOf(stage: Stage): Readonly<Record<Scene, unknown>> {
  const payment = (state: ProviderPayment['state'], fields: Partial<ProviderPayment> = {}): unknown => ({
    id: stage.payment,
    state,
    reason: null,
    amount: 4550n,
    currency: stage.currency,
    captured: 0n,
    refunded: 0n,
    chargebacks: [],
    method: null,
    ...fields,
  })
  const captured = payment('captured', { captured: 4550n, method: 'card' })
  const nothing = {
    id: null,
    state: 'unknown',
    reason: null,
    amount: 0n,
    currency: 'XXX',
    captured: 0n,
    refunded: 0n,
    chargebacks: [],
    method: null,
  }
  const succeeded = { id: stage.refund, state: 'succeeded' }
  return {
    start: payment('open'),
    open: payment('open'),
    pending: payment('pending'),
    'captured by card': captured,
    'captured in a wallet': payment('captured', { captured: 4550n, method: 'wallet' }),
    declined: payment('failed', { reason: 'declined' }),
    expired: payment('expired', { reason: 'timeout' }),
    cancelled: payment('cancelled', { reason: 'closed' }),
    'a state nobody knows': payment('unknown'),
    'found by attempt': captured,
    'not found by attempt': nothing,
    capture: captured,
    'capture again': captured,
    refund: { id: stage.refund, state: 'pending' },
    'refund again': succeeded,
    'refund by id': succeeded,
    'refund that failed': { id: stage.refund, state: 'failed' },
    'refund found without id': succeeded,
    'refund not found': { id: null, state: 'unknown' },
    settlements: stage.settlements,
    'no settlements': [],
  }
}

function withoutUrl(told: unknown): unknown {
  if (typeof told !== 'object' || told === null || !('payUrl' in told)) return told
  const { payUrl: _, ...rest } = told
  return rest
}

function assertSent(seen: Seen, expected: Expected, stage: Stage): void {
  assert.equal(seen.call, expected.call)
  for (const [name, value] of Object.entries({ ...stage.headers, ...expected.headers })) assert.equal(seen.headers[name], value, name)
  if (expected.query) assert.deepEqual(seen.query, expected.query)
  if (expected.json !== undefined) assert.deepEqual(JSON.parse(seen.body), expected.json)
  if (expected.form) assert.deepEqual(Object.fromEntries(new URLSearchParams(seen.body)), expected.form)
}

for (const stage of stages) {
  describe(stage.config.provider, () => {
    let server: Replay
    let provider: Provider
    before(async () => {
      server = await startReplay()
      provider = await openStage(stage, server.url)
    })
    after(() => server.close())

    for (const scene of scenes) {
      it(`tells: ${scene}`, async () => {
        const { script, sent } = stage.plays(server.url)[scene]
        server.play(script)
        const told = await actsOf(stage)[scene](provider)
        assert.deepEqual(server.strays, [])
        assert.deepEqual(withoutUrl(told), toldOf(stage)[scene])
        if (sent.length > 0) assert.equal(server.seen.length, sent.length, server.seen.map(({ call }) => call).join(', '))
        for (const [at, expected] of sent.entries()) {
          const seen = server.seen[at]
          assert.ok(seen)
          assertSent(seen, expected, stage)
        }
      })
    }

    it('gives the hosted page while a payment is open, and only then', async () => {
      const urlOf = async (scene: Scene): Promise<string | null> => {
        server.play(stage.plays(server.url)[scene].script)
        return (await provider.status({ attempt, payment: stage.payment })).payUrl
      }
      const url = await urlOf('open')
      assert.ok(url && provider.origins.includes(new URL(url).origin))
      for (const scene of ['pending', 'captured by card', 'declined', 'expired', 'cancelled'] as const)
        assert.equal(await urlOf(scene), null, scene)
    })

    it('adds up: net is gross less fee in every line', async () => {
      server.play(stage.plays(server.url).settlements.script)
      const [settlement] = await provider.settlements('2026-11-20', '2026-11-23')
      assert.ok(settlement && settlement.lines.length > 2)
      for (const line of settlement.lines) assert.equal(line.net, line.gross - line.fee)
      assert.equal(
        settlement.lines.reduce((sum, line) => sum + line.net, 0n),
        settlement.net,
      )
    })

    it('takes an answer about another payment for no answer', async () => {
      server.play(stage.plays(server.url)['captured by card'].script)
      await assert.rejects(provider.status({ attempt: stranger, payment: stage.payment }), ProviderAway)
    })

    it('takes an answer with another amount for no answer', async () => {
      server.play(stage.plays(server.url).start.script)
      const ask = { attempt, amount: 4551n, currency: stage.currency, description: 'x', language: 'en', returnUrl }
      await assert.rejects(provider.start(ask), ProviderAway)
    })

    faults(stage, () => server, 'away')
    faults(stage, () => server, 'refused')
  })
}

/** Whatever a provider does wrong, in whatever call, is one of two errors, and neither says a secret. */
function faults(stage: Stage, server: () => Replay, kind: 'away' | 'refused'): void {
  const acts: readonly Scene[] = [
    'start',
    'open',
    'found by attempt',
    'capture',
    'refund',
    'refund by id',
    'refund found without id',
    'settlements',
  ]
  const quiet = (error: unknown): void => {
    assert.ok(error instanceof Error)
    const shown = `${error.message} ${error.stack} ${JSON.stringify(error)}`
    for (const secret of [stage.config.key, stage.config.webhookSecret, '4242', 'Words that', server().url, returnUrl])
      assert.ok(!shown.includes(secret), secret)
  }
  if (kind === 'refused') {
    for (const status of [400, 401, 402, 404, 412, 422]) {
      it(`is refused with ${status}`, async () => {
        const provider = await openStage(stage, server().url)
        server().play(() => ({ status, json: stage.failure('card_declined') }))
        for (const act of acts) {
          await assert.rejects(actsOf(stage)[act](provider), (error) => {
            quiet(error)
            assert.ok(error instanceof ProviderRefused, `${act}: ${String(error)}`)
            assert.equal(error.code, 'card_declined')
            return true
          })
        }
      })
    }
    it('is refused by a status alone', async () => {
      const provider = await openStage(stage, server().url)
      for (const text of ['<html>403</html>', '[]', '7', '']) {
        server().play(() => ({ status: 403, text }))
        await assert.rejects(startOf(stage, provider), (error) => error instanceof ProviderRefused && error.code === 'status_403')
      }
    })
    it('does not repeat words of a refusal', async () => {
      const provider = await openStage(stage, server().url)
      server().play(() => ({ status: 422, json: stage.failure('not a code: 4242 4242 4242 4242') }))
      await assert.rejects(startOf(stage, provider), (error) => error instanceof ProviderRefused && error.code === 'status_422')
    })
    return
  }
  const away = async (reply: Parameters<Replay['play']>[0], patience = {}): Promise<void> => {
    const provider = await openStage(stage, server().url, patience)
    for (const act of acts) {
      server().play(reply)
      await assert.rejects(actsOf(stage)[act](provider), (error) => {
        quiet(error)
        assert.ok(error instanceof ProviderAway, `${act}: ${String(error)}`)
        return true
      })
      const calls = server().seen.map(({ call }) => call)
      assert.equal(new Set(calls).size, calls.length, `again: ${calls.join(', ')}`)
      assert.ok(!calls.some((call) => call.endsWith('/elsewhere')), 'a redirect was followed')
    }
  }
  for (const status of [301, 302, 307, 408, 429, 500, 502, 503]) {
    it(`is away with ${status}, and neither follows nor tries again`, async () => {
      const headers = { location: `${server().url}/elsewhere` }
      await away((call) => (call.endsWith('/elsewhere') ? { json: {} } : { status, json: stage.failure('x'), headers }))
    })
  }
  for (const text of garbage) it(`is away when the answer is ${JSON.stringify(text)}`, () => away(() => ({ text })))
  it('is away when the connection breaks', () => away(() => ({ fate: 'drop' })))
  it('is away when half an answer comes', () => away(() => ({ fate: 'half', text: '{"id":' })))
  it('is away when nothing comes in time', () => away(() => ({ fate: 'hang' }), { timeoutMs: 60 }))
  it('is away when the answer is too long', async () => {
    const provider = await openStage(stage, server().url, { maxBytes: 20_000 })
    for (const act of acts) {
      for (const [padding, fits] of [
        ['', true],
        ['x'.repeat(30_000), false],
      ] as const) {
        const { script } = stage.plays(server().url)[act]
        const padded = (reply: Reply): Reply => (reply.json ? { ...reply, json: { ...reply.json, padding } } : reply)
        server().play(Object.fromEntries(Object.entries(script).map(([call, replies]) => [call, [replies].flat().map(padded)])))
        const told = actsOf(stage)[act](provider)
        if (fits) await told
        else await assert.rejects(told, (error) => error instanceof ProviderAway && error.message === 'answer_too_long')
      }
    }
  })
}
