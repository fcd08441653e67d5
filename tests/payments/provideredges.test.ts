import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openProvider } from '../../src/modules/payments/providers/open.ts'
import { type Provider, ProviderAway, ProviderRefused, type RefundAsk } from '../../src/modules/payments/providers/port.ts'
import * as govuk from './fixtures/govukpay.ts'
import * as bank from './fixtures/harbourbank.ts'
import { attempt, refund } from './fixtures/ids.ts'
import * as stripe from './fixtures/stripe.ts'
import { type Replay, startReplay } from './replay.ts'
import { govukpay } from './stages/govukpay.ts'
import { harbourbank } from './stages/harbourbank.ts'
import { openStage, type Stage } from './stages/stage.ts'
import { stripepay } from './stages/stripe.ts'

// What one provider does and the others do not.
let server: Replay
before(async () => {
  server = await startReplay()
})
after(() => server.close())

const refusedWith = (code: string) => (error: unknown) => error instanceof ProviderRefused && error.code === code

function start(stage: Stage, provider: Provider, fields: Partial<Parameters<Provider['start']>[0]> = {}): Promise<unknown> {
  const ask = {
    attempt,
    amount: 4550n,
    currency: stage.currency,
    description: 'Parking permit',
    language: 'en',
    returnUrl: 'https://city.example/r',
  }
  return provider.start({ ...ask, ...fields })
}

function refundAsk(stage: Stage, fields: Partial<RefundAsk> = {}): RefundAsk {
  return { refund, payment: stage.payment, amount: 1000n, currency: stage.currency, earlier: 500n, ...fields }
}

describe('opening a provider', () => {
  it('gives none when none is configured', async () => assert.equal(await openProvider(undefined), null))

  it('knows the public addresses of Stripe and GOV.UK Pay', async () => {
    const secrets = { key: 'k', webhookSecret: 'whsec_x' }
    assert.deepEqual((await openProvider({ provider: 'stripe', ...secrets }))?.origins, ['https://checkout.stripe.com'])
    const pages = ['https://www.payments.service.gov.uk', 'https://card.payments.service.gov.uk']
    assert.deepEqual((await openProvider({ provider: 'govuk_pay', ...secrets }))?.origins, pages)
  })

  it('refuses an address that is none, and a webhook secret that cannot be one', async () => {
    const secrets = { key: 'k', webhookSecret: 'whsec_aW52ZW50ZWQ=' }
    for (const provider of ['stripe', 'govuk_pay', 'harbourbank'] as const)
      await assert.rejects(openProvider({ provider, url: 'not an address', ...secrets }))
    await assert.rejects(openProvider({ provider: 'harbourbank', ...secrets }))
    await assert.rejects(openProvider({ provider: 'harbourbank', url: 'http://bank.test', key: 'k', webhookSecret: 'whsec_' }))
  })

  it('sends a payer to nobody but the provider', async () => {
    for (const [stage, made] of [
      [harbourbank, bank.payment('https://elsewhere.example', 'created')],
      [stripepay, stripe.session('open', { url: 'https://checkout.stripe.com.elsewhere.example/c' })],
      [govukpay, govuk.payment('created', { _links: { next_url: { href: 'javascript:alert(1)' } } })],
    ] as const) {
      const provider = await openStage(stage, server.url)
      server.play((call) => ({ json: call === 'GET /v1/payments' ? govuk.results() : made }))
      await assert.rejects(start(stage, provider), (error) => error instanceof ProviderAway && error.message === 'pay_page_elsewhere')
    }
  })

  it('sends no sign that nobody sees, and no more than fits', async () => {
    const description = `\u202eParking\n<permit> ${'x'.repeat(300)}`
    for (const stage of [harbourbank, stripepay, govukpay]) {
      const provider = await openStage(stage, server.url)
      server.play(stage.plays(server.url).start.script)
      await start(stage, provider, { description, language: 'ar' })
      const body = server.seen.at(-1)?.body ?? ''
      assert.match(body, /Parking/)
      assert.doesNotMatch(body, /\\u202e|\\n|%E2%80%AE|%0A|\u202e/)
      assert.doesNotMatch(body, /x{260}/)
    }
  })
})

describe('Stripe', () => {
  let provider: Provider
  before(async () => void (provider = await openStage(stripepay, server.url)))

  const paid = (fields: Readonly<Record<string, unknown>>): unknown =>
    stripe.session('complete', { payment_intent: stripe.intent('succeeded', fields) })
  const one = `GET /v1/checkout/sessions/${stripe.ids.session}`

  it('tells a chargeback once money is gone, that it was won, and none for an inquiry', async () => {
    const back = { ...stripe.movement('dispute_reversal', 4550, 0, null), id: 'txn_back' }
    const taken = stripe.movement('dispute', -4550, 2000, null)
    const told = { id: 'du_invented1', amount: 4550n, fee: 2000n }
    for (const [moved, expected] of [
      [[taken], [{ ...told, won: null }]],
      [[], []],
      [[taken, back], [{ ...told, won: { feeBack: 0n } }]],
      [[taken, { ...back, fee: -2000 }], [{ ...told, won: { feeBack: 2000n } }]],
    ] as const) {
      const disputes = stripe.list('/v1/disputes', stripe.dispute({ balance_transactions: moved }))
      server.play({ [one]: { json: paid({ latest_charge: stripe.charge({ disputed: true }) }) }, 'GET /v1/disputes': { json: disputes } })
      assert.deepEqual((await provider.status({ attempt, payment: stripe.ids.session })).chargebacks, expected)
      assert.deepEqual(server.seen[1]?.query, { limit: '100', payment_intent: stripe.ids.intent })
    }
  })

  it('counts what was captured and given back', async () => {
    server.play({ [one]: { json: paid({ amount_received: 4000, latest_charge: stripe.charge({ amount_refunded: 1500 }) }) } })
    const told = await provider.status({ attempt, payment: stripe.ids.session })
    assert.deepEqual([told.captured, told.refunded, told.amount], [4000n, 1500n, 4550n])
  })

  it('captures a part once, and no other part later', async () => {
    const hold = { json: stripe.session('complete', { payment_intent: stripe.intent('requires_capture') }) }
    const capture = `POST /v1/payment_intents/${stripe.ids.intent}/capture`
    server.play({ [one]: [hold, { json: paid({ amount_received: 4000 }) }], [capture]: { json: stripe.intent('succeeded') } })
    const ask = { attempt, payment: stripe.ids.session, amount: 4000n, currency: 'EUR' }
    assert.equal((await provider.capture(ask)).captured, 4000n)
    assert.equal(server.seen[1]?.body, 'amount_to_capture=4000')
    server.play({ [one]: { json: paid({ amount_received: 4000 }) } })
    await assert.rejects(provider.capture({ ...ask, amount: 4550n }), refusedWith('captured_already'))
    server.play({ [one]: { json: stripe.session('open') } })
    await assert.rejects(provider.capture(ask), refusedWith('not_authorised'))
  })

  it('tells why the bank said no', async () => {
    for (const [last, reason] of [
      [{ code: 'card_declined', decline_code: 'insufficient_funds' }, 'insufficient_funds'],
      [{ code: 'payment_intent_authentication_failure' }, 'authentication'],
      [{ code: 'card_declined', decline_code: 'lost_card' }, 'declined'],
      [{ code: 'processing_error' }, 'other'],
      [null, 'other'],
    ] as const) {
      const failed = stripe.intent('requires_payment_method', { last_payment_error: last })
      server.play({ [one]: { json: stripe.session('complete', { payment_status: 'unpaid', payment_intent: failed }) } })
      const told = await provider.status({ attempt, payment: stripe.ids.session })
      assert.deepEqual([told.state, told.reason], ['failed', reason])
    }
  })

  it('refuses amounts that it would count in another way', async () => {
    server.play({})
    await assert.rejects(start(stripepay, provider, { currency: 'ISK' }), refusedWith('currency'))
    await assert.rejects(start(stripepay, provider, { currency: 'KWD', amount: 1001n }), refusedWith('amount'))
    await assert.rejects(start(stripepay, provider, { amount: 2n ** 60n }), refusedWith('amount'))
    await assert.rejects(start(stripepay, provider, { amount: 0n }), refusedWith('amount'))
    await assert.rejects(start(stripepay, provider, { attempt: 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6' }), refusedWith('attempt'))
    assert.deepEqual(server.seen, [])
  })

  it('takes a conflict with a call under way for no answer', async () => {
    server.play(() => ({ status: 409, json: stripe.failure('lock_timeout') }))
    await assert.rejects(start(stripepay, provider), ProviderAway)
  })

  it('reads lists to their end, and gives up when there is none', async () => {
    const page = {
      ...stripe.list('/v1/checkout/sessions', stripe.session('open', { id: 'cs_p1', client_reference_id: 'other' })),
      has_more: true,
    }
    const last = stripe.list('/v1/checkout/sessions', stripe.session('complete'))
    server.play({ 'GET /v1/checkout/sessions': [{ json: page }, { json: last }], [one]: { json: paid({}) } })
    assert.equal((await provider.status({ attempt, payment: null })).state, 'captured')
    assert.equal(server.seen[1]?.query['starting_after'], 'cs_p1')
    server.play({ 'GET /v1/checkout/sessions': { json: page } })
    await assert.rejects(
      provider.status({ attempt, payment: null }),
      (error) => error instanceof ProviderAway && error.message === 'pages_without_end',
    )
  })

  it('leaves movements of other kinds out, so that the payout does not add up', async () => {
    const moved = stripe.list(
      '/v1/balance_transactions',
      stripe.movement('charge', 4550, 89, stripe.charge()),
      stripe.movement('risk_reserved_funds', -1000, 0, null),
    )
    server.play({
      'GET /v1/payouts': { json: stripe.list('/v1/payouts', { ...stripe.payout, trace_id: null }) },
      'GET /v1/balance_transactions': { json: moved },
    })
    const [settlement] = await provider.settlements('2026-11-20', '2026-11-23')
    assert.equal(settlement?.lines.length, 1)
    assert.equal(settlement.reference, 'po_invented1')
  })
})

describe('GOV.UK Pay', () => {
  let provider: Provider
  before(async () => void (provider = await openStage(govukpay, server.url)))
  const one = `GET /v1/payments/${govuk.ids.payment}`

  it('begins nothing twice: what the attempt began already is found', async () => {
    const begun = govuk.payment('started', { _links: { next_url: { href: `${server.url}/secure/t` } } })
    server.play({ 'GET /v1/payments': { json: govuk.results(begun) }, [one]: { json: begun } })
    await start(govukpay, provider)
    assert.deepEqual(
      server.seen.map(({ call }) => call),
      ['GET /v1/payments', one],
    )
  })

  it('asks again when the key was used and the search is late', async () => {
    server.play({ 'GET /v1/payments': { json: govuk.results() }, 'POST /v1/payments': { status: 409, json: govuk.failure('P0191') } })
    await assert.rejects(start(govukpay, provider), ProviderAway)
  })

  it('takes pounds only, up to its limit, and captures all or nothing', async () => {
    server.play({ [one]: { json: govuk.payment('capturable') } })
    await assert.rejects(start(govukpay, provider, { currency: 'EUR' }), refusedWith('currency'))
    await assert.rejects(start(govukpay, provider, { amount: 10_000_001n }), refusedWith('amount'))
    const part = { attempt, payment: govuk.ids.payment, amount: 4000n, currency: 'GBP' }
    await assert.rejects(provider.capture(part), refusedWith('partial_capture'))
  })

  it('counts a surcharge apart: it is not ours', async () => {
    server.play({ [one]: { json: govuk.payment('success', { total_amount: 4800 }) } })
    assert.equal((await provider.status({ attempt, payment: govuk.ids.payment })).captured, 4550n)
  })

  it('settles a surcharge as what lessens the fees: the payment is what we asked for', async () => {
    const paid = govuk.payment('success', { total_amount: 4800, fee: 120, settlement_summary: { settled_date: '2026-11-23' } })
    const none = { json: govuk.results() }
    server.play({ 'GET /v1/payments': { json: govuk.results(paid) }, 'GET /v1/refunds': none, 'GET /v1/disputes': none })
    const [settlement] = await provider.settlements('2026-11-20', '2026-11-23')
    assert.deepEqual(
      settlement?.lines.map(({ kind, gross, fee, net }) => [kind, gross, fee, net]),
      [['payment', 4550n, -130n, 4680n]],
    )
    assert.equal(settlement?.net, 4680n)
  })

  it('gives nothing back when something was given back elsewhere', async () => {
    for (const submitted of [0, 700, 4550]) {
      server.play({ [one]: { json: govuk.partlyRefunded(submitted) } })
      await assert.rejects(
        provider.refund(refundAsk(govukpay)),
        (error) => error instanceof ProviderAway && error.message === 'refunded_elsewhere',
      )
      assert.equal(server.seen.length, 1)
    }
  })

  it('does not guess about a refund that the late list does not show yet', async () => {
    server.play({ [one]: { json: govuk.partlyRefunded(1500) }, [`${one}/refunds`]: { json: govuk.refunds() } })
    assert.deepEqual(await provider.refund(refundAsk(govukpay)), { id: null, state: 'unknown' })
  })

  it('tells the fee of a payment that failed, in all pages', async () => {
    const failed = govuk.payment('failed', { fee: 20, settlement_summary: { settled_date: '2026-11-23' } }, 'P0010')
    const page = { ...govuk.results(failed), total: 2 }
    const none = { json: govuk.results() }
    server.play({ 'GET /v1/payments': { json: page }, 'GET /v1/refunds': none, 'GET /v1/disputes': none })
    const [settlement] = await provider.settlements('2026-11-20', '2026-11-23')
    assert.deepEqual(
      settlement?.lines.map(({ kind, gross, net }) => [kind, gross, net]),
      [
        ['fee', 0n, -20n],
        ['fee', 0n, -20n],
      ],
    )
    assert.equal(server.seen[1]?.query['page'], '2')
    await assert.rejects(provider.settlements('yesterday', '2026-11-23'), refusedWith('period'))
  })
})

describe('Harbour Bank', () => {
  it('tells chargebacks and why a payment ended', async () => {
    const provider = await openStage(harbourbank, server.url)
    const one = `GET /v1/payments/${bank.ids.payment}`
    const chargebacks = [{ id: 'cbk_1', amount: '4550', fee: '1500', opened_at: '2026-11-22T00:00:00Z' }]
    for (const [state, won] of [
      ['open', null],
      ['won', { feeBack: 0n }],
    ] as const) {
      const told = { chargebacks: chargebacks.map((each) => ({ ...each, state })), charged_back: '4550' }
      server.play({ [one]: { json: bank.payment(server.url, 'captured', told) } })
      const said = await provider.status({ attempt, payment: bank.ids.payment })
      assert.deepEqual(said.chargebacks, [{ id: 'cbk_1', amount: 4550n, fee: 1500n, won }])
    }
    for (const [said, reason] of [
      ['insufficient_funds', 'insufficient_funds'],
      ['authentication_failed', 'authentication'],
      ['constructor', 'other'],
      [null, 'other'],
    ]) {
      server.play({ [one]: { json: bank.payment(server.url, 'failed', { reason: said }) } })
      assert.equal((await provider.status({ attempt, payment: bank.ids.payment })).reason, reason)
    }
  })
})
