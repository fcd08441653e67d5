import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { Stripe } from 'stripe'
import { Problem } from '../../src/kernel/problem.ts'
import { type Notice, type Provider, ProviderAway, ProviderRefused } from '../../src/modules/payments/providers/port.ts'
import * as govuk from './fixtures/govukpay.ts'
import * as bank from './fixtures/harbourbank.ts'
import { attempt, refund } from './fixtures/ids.ts'
import * as stripe from './fixtures/stripe.ts'
import { type Replay, type Reply, startReplay } from './replay.ts'
import { govukpay } from './stages/govukpay.ts'
import { harbourbank } from './stages/harbourbank.ts'
import { openStage, type Stage } from './stages/stage.ts'
import { stripepay } from './stages/stripe.ts'

type Headers = Record<string, string | string[] | undefined>

const now = new Date('2026-11-20T10:05:00.000Z')
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1_000)
const otherSecret = { harbourbank: 'whsec_YW5vdGhlciBzZWNyZXQ=', stripe: 'whsec_other', govuk_pay: 'other' }

/** A message as each provider signs it. */
type Hook = {
  readonly stage: Stage
  readonly timed: boolean
  readonly signature: string
  readonly sign: (body: string, secret: string, at: Date) => Headers
  /** The header with several signatures, as while the secret is changed; null where the provider has one only. */
  readonly several: ((wrong: string, right: string) => string) | null
  readonly messages: ReadonlyArray<readonly [name: string, body: unknown, notices: readonly Omit<Notice, 'event'>[]]>
  readonly event: string
}

const sdk = new Stripe('sk_test_secret')

const hooks: readonly Hook[] = [
  {
    stage: harbourbank,
    timed: true,
    signature: 'webhook-signature',
    sign: (body, secret, at) => ({
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign('msg_1', at, body),
    }),
    several: (wrong, right) => `v1a,not-ours ${wrong} ${right}`,
    event: 'msg_1',
    messages: [
      [
        'a payment',
        { type: 'payment.captured', timestamp: now.toISOString(), data: bank.payment('http://bank.test', 'captured') },
        [{ attempt, payment: bank.ids.payment, refund: null }],
      ],
      [
        'a refund',
        { type: 'refund.succeeded', data: { payment: bank.payment('http://bank.test', 'captured'), refund: bank.refunded('succeeded') } },
        [{ attempt, payment: bank.ids.payment, refund: bank.ids.refund }],
      ],
      [
        'a chargeback',
        { type: 'chargeback.opened', data: { payment: bank.payment('http://bank.test', 'captured'), chargeback: { id: 'cbk_1' } } },
        [{ attempt, payment: bank.ids.payment, refund: null }],
      ],
      ['something new', { type: 'holiday.announced', data: { day: '2026-12-25' } }, []],
    ],
  },
  {
    stage: stripepay,
    timed: true,
    signature: 'stripe-signature',
    sign: (payload, secret, at) => ({
      'stripe-signature': sdk.webhooks.generateTestHeaderString({ payload, secret, timestamp: Math.floor(at.getTime() / 1_000) }),
    }),
    several: (wrong, right) => `${right.split(',')[0]},${wrong.split(',')[1]},${right.split(',')[1]},v0=not-ours`,
    event: 'evt_invented1',
    messages: [
      [
        'a session',
        stripe.event('checkout.session.completed', stripe.session('complete')),
        [{ attempt, payment: stripe.ids.session, refund: null }],
      ],
      ['a charge', stripe.event('charge.refunded', stripe.charge()), [{ attempt, payment: null, refund: null }]],
      ['an intent', stripe.event('payment_intent.succeeded', stripe.intent('succeeded')), [{ attempt, payment: null, refund: null }]],
      ['our refund', stripe.event('refund.updated', stripe.refunded('succeeded')), [{ attempt, payment: null, refund: stripe.ids.refund }]],
      [
        'a refund made by hand',
        stripe.event('refund.created', stripe.refunded('succeeded', { metadata: {} })),
        [{ attempt, payment: stripe.ids.session, refund: stripe.ids.refund }],
      ],
      ['a dispute', stripe.event('charge.dispute.created', stripe.dispute()), [{ attempt, payment: stripe.ids.session, refund: null }]],
      [
        'a session that is not ours',
        stripe.event('checkout.session.completed', stripe.session('complete', { client_reference_id: 'shop-7' })),
        [],
      ],
      ['something new', stripe.event('customer.created', { object: 'customer', id: 'cus_1', metadata: { attempt } }), []],
    ],
  },
  {
    stage: govukpay,
    timed: false,
    signature: 'pay-signature',
    sign: (body, secret) => ({ 'pay-signature': createHmac('sha256', secret).update(body).digest('hex') }),
    several: null,
    event: 'inventedmessage1',
    messages: [
      [
        'a payment',
        govuk.message('payment', govuk.ids.payment, govuk.payment('success')),
        [{ attempt, payment: govuk.ids.payment, refund: null }],
      ],
      [
        'a payment in capitals',
        govuk.message('PAYMENT', govuk.ids.payment, govuk.payment('success')),
        [{ attempt, payment: govuk.ids.payment, refund: null }],
      ],
      [
        'a refund',
        govuk.message('refund', govuk.ids.refund, govuk.refunded('success', { payment_id: govuk.ids.payment })),
        [{ attempt: null, payment: govuk.ids.payment, refund: govuk.ids.refund }],
      ],
      [
        'a payment that is not ours',
        govuk.message('payment', govuk.ids.payment, govuk.payment('success', { reference: 'LIBRARY-7' })),
        [{ attempt: null, payment: govuk.ids.payment, refund: null }],
      ],
      ['something new', { id: 'x', news: true }, []],
    ],
  },
]

let server: Replay
before(async () => {
  server = await startReplay()
})
after(() => server.close())

const forged = (error: unknown): boolean => error instanceof Problem && error.status === 401 && error.code === 'payments.signature'

for (const hook of hooks) {
  const { config } = hook.stage
  describe(`webhooks of ${config.provider}`, () => {
    let provider: Provider
    before(async () => void (provider = await openStage(hook.stage, server.url)))
    const sessions = { 'GET /v1/checkout/sessions': { json: stripe.list('/v1/checkout/sessions', stripe.session('complete')) } }
    const body = JSON.stringify(hook.messages[0]?.[1])
    const parse = (headers: Headers, text = body): Promise<readonly Notice[]> => provider.parseWebhook(headers, Buffer.from(text), now)

    for (const [name, message, expected] of hook.messages) {
      it(`tells what happened: ${name}`, async () => {
        server.play(sessions)
        const text = JSON.stringify(message)
        const notices = await parse(hook.sign(text, config.webhookSecret, now), text)
        assert.deepEqual(
          notices,
          expected.map((notice) => ({ event: hook.event, ...notice })),
        )
      })
    }

    it('refuses a wrong signature, a changed body, another secret, and none at all', async () => {
      const right = hook.sign(body, config.webhookSecret, now)
      const signature = String(right[hook.signature])
      await parse(right)
      for (const wrong of [
        signature.slice(0, -1),
        `${signature}x`,
        signature.toUpperCase(),
        '',
        'v1,',
        't=1,v1=',
        '\u0000',
        'é'.repeat(64),
      ])
        await assert.rejects(parse({ ...right, [hook.signature]: wrong }), forged, wrong)
      await assert.rejects(parse(right, body.replace('45', '46')), forged)
      await assert.rejects(parse(right, `${body} `), forged)
      await assert.rejects(parse(right, ''), forged)
      await assert.rejects(parse(hook.sign(body, otherSecret[config.provider], now)), forged)
      await assert.rejects(parse({ ...right, [hook.signature]: [signature] }), forged)
      for (const name of Object.keys(right)) await assert.rejects(parse({ ...right, [name]: undefined }), forged, name)
    })

    it('takes a right one among several signatures', async () => {
      const wrong = String(hook.sign(body, otherSecret[config.provider], now)[hook.signature])
      const right = hook.sign(body, config.webhookSecret, now)
      const both = hook.several?.(wrong, String(right[hook.signature]))
      if (both === undefined) {
        await assert.rejects(parse({ ...right, [hook.signature]: `${wrong} ${String(right[hook.signature])}` }), forged)
        return
      }
      assert.equal((await parse({ ...right, [hook.signature]: both })).length, 1)
      const none = hook.several?.(wrong, wrong)
      await assert.rejects(parse({ ...right, [hook.signature]: none }), forged)
    })

    it('refuses an old message', async () => {
      assert.equal((await parse(hook.sign(body, config.webhookSecret, ago(299)))).length, 1)
      const old = parse(hook.sign(body, config.webhookSecret, ago(302)))
      if (hook.timed) await assert.rejects(old, forged)
      else assert.equal((await old).length, 1)
    })

    it('refuses what is signed and no message', async () => {
      for (const text of ['{', 'hello', '"'])
        await assert.rejects(
          parse(hook.sign(text, config.webhookSecret, now), text),
          (error) => error instanceof Problem && error.status === 400,
          text,
        )
      for (const text of ['null', '7', '[]', '{}', '{"data":{"object":null}}'])
        assert.deepEqual(await parse(hook.sign(text, config.webhookSecret, now), text), [], text)
    })

    it('throws nothing but refusals, whatever comes', async () => {
      const header = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant(undefined), fc.array(fc.string(), { maxLength: 2 }))
      const headers = fc.record({
        'webhook-id': header,
        'webhook-timestamp': fc.oneof(header, fc.nat().map(String)),
        [hook.signature]: header,
      })
      await fc.assert(
        fc.asyncProperty(headers, fc.uint8Array({ maxLength: 200 }), async (given, bytes) => {
          await assert.rejects(provider.parseWebhook(given, Buffer.from(bytes), now), forged)
        }),
        { numRuns: 300 },
      )
    })

    it('throws nothing but refusals for whatever is signed', async () => {
      server.play((): Reply => ({ status: 503 }))
      await fc.assert(
        fc.asyncProperty(broken(hook.messages.map(([, message]) => message)), async (message) => {
          const text = JSON.stringify(message)
          await parse(hook.sign(text, config.webhookSecret, now), text).catch(onlyRefusals)
        }),
        { numRuns: 300 },
      )
    })
  })
}

function onlyRefusals(error: unknown): void {
  assert.ok(error instanceof Problem || error instanceof ProviderAway || error instanceof ProviderRefused, String(error))
}

/** Right messages with one value, somewhere, replaced by another. */
function broken(messages: readonly unknown[]): fc.Arbitrary<unknown> {
  const odd = fc.oneof(
    fc.constantFrom(null, '', 0, -1, 1.5, 2 ** 53, 1e308, true, [], {}, 'constructor', '__proto__', '-5', '99999999999999999999', '\ud800'),
    fc.jsonValue(),
  )
  return fc.tuple(fc.constantFrom(...messages), fc.nat(), odd).map(([message, at, value]) => replaced(message, at, value))
}

function replaced(message: unknown, at: number, value: unknown): unknown {
  let count = 0
  JSON.stringify(message, (_, each: unknown) => {
    count += 1
    return each
  })
  let seen = 0
  const text = JSON.stringify(message, (_, each: unknown) => (seen++ === at % count ? value : each))
  return text === undefined ? null : JSON.parse(text)
}

describe('answers with something broken in them', () => {
  for (const { stage } of hooks) {
    it(`never make ${stage.config.provider} throw anything else, and never a wrong amount`, async () => {
      const provider = await openStage(stage, server.url)
      const plays = stage.plays(server.url)
      const ask = { refund, payment: stage.payment, amount: 1000n, currency: stage.currency, earlier: 500n }
      const started = {
        attempt,
        amount: 4550n,
        currency: stage.currency,
        description: 'x',
        language: 'es',
        returnUrl: 'https://city.example/r',
      }
      const acts: ReadonlyArray<readonly [keyof typeof plays, () => Promise<unknown>]> = [
        ['start', async () => assert.equal((await provider.start(started)).amount, 4550n)],
        ['captured in a wallet', () => provider.status({ attempt, payment: stage.payment })],
        ['found by attempt', () => provider.status({ attempt, payment: null })],
        ['capture', () => provider.capture({ attempt, payment: stage.payment, amount: 4550n, currency: stage.currency })],
        ['refund', () => provider.refund(ask)],
        ['refund again', () => provider.refund(ask)],
        ['refund by id', () => provider.refundStatus({ ...ask, id: stage.refund })],
        ['refund found without id', () => provider.refundStatus({ ...ask, id: null })],
        ['settlements', () => provider.settlements('2026-11-20', '2026-11-23')],
      ]
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...acts), fc.nat(), fc.nat(), fc.jsonValue(), async ([scene, act], which, at, value) => {
          const script = Object.entries(plays[scene].script).map(([call, reply]) => [call, [reply].flat()] as const)
          const total = script.reduce((sum, [, replies]) => sum + replies.length, 0)
          let turn = 0
          server.play(
            Object.fromEntries(
              script.map(([call, replies]) => [
                call,
                replies.map((reply) => (turn++ === which % total ? { ...reply, json: replaced(reply.json, at, value) } : reply)),
              ]),
            ),
          )
          await act().catch(onlyRefusals)
        }),
        { numRuns: 400 },
      )
    })
  }
})
