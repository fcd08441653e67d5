import { attempt, refund } from '../fixtures/ids.ts'
import * as stripe from '../fixtures/stripe.ts'
import type { Play, Stage } from './stage.ts'

const { ids } = stripe
const sessions = 'GET /v1/checkout/sessions'
const one = `GET /v1/checkout/sessions/${ids.session}`
const make = 'POST /v1/checkout/sessions'
const capture = `POST /v1/payment_intents/${ids.intent}/capture`
const refunds = 'POST /v1/refunds'
const listed = 'GET /v1/refunds'
const oneRefund = `GET /v1/refunds/${ids.refund}`
const whole = { 'expand[0]': 'payment_intent.latest_charge' }

const form = {
  mode: 'payment',
  client_reference_id: attempt,
  'metadata[attempt]': attempt,
  'line_items[0][quantity]': '1',
  'line_items[0][price_data][currency]': 'eur',
  'line_items[0][price_data][unit_amount]': '4550',
  'line_items[0][price_data][product_data][name]': 'Parking permit',
  'payment_intent_data[capture_method]': 'automatic',
  'payment_intent_data[description]': 'Parking permit',
  'payment_intent_data[metadata][attempt]': attempt,
  'adaptive_pricing[enabled]': 'false',
  locale: 'en',
  expires_at: '1795172400',
  success_url: 'https://city.example/pay/return?t=1',
  cancel_url: 'https://city.example/pay/return?t=1',
}

function status(session: unknown): Play {
  return { script: { [one]: { json: session } }, sent: [{ call: one, query: whole }] }
}

function paid(fields: Readonly<Record<string, unknown>> = {}): unknown {
  return stripe.session('complete', { payment_intent: stripe.intent('succeeded', fields) })
}

function wallet(): unknown {
  const details = { type: 'card', card: { wallet: { type: 'apple_pay' } } }
  return paid({ latest_charge: stripe.charge({ payment_method_details: details }) })
}

function refundPlays(): Pick<
  Record<string, Play>,
  'refund' | 'refund again' | 'refund by id' | 'refund that failed' | 'refund found without id' | 'refund not found'
> {
  const none = { json: stripe.list('/v1/refunds') }
  const made = {
    json: stripe.list('/v1/refunds', stripe.refunded('succeeded', { id: 're_other', metadata: {} }), stripe.refunded('succeeded')),
  }
  const look = { call: listed, query: { limit: '100', payment_intent: ids.intent } }
  const body = { payment_intent: ids.intent, amount: '1000', 'metadata[refund]': refund, 'metadata[attempt]': attempt }
  return {
    refund: {
      script: { [one]: { json: paid() }, [listed]: none, [refunds]: { json: stripe.refunded('pending') } },
      sent: [{ call: one }, look, { call: refunds, headers: { 'idempotency-key': refund }, form: body }],
    },
    'refund again': { script: { [one]: { json: paid() }, [listed]: made }, sent: [{ call: one }, look] },
    'refund by id': { script: { [oneRefund]: { json: stripe.refunded('succeeded') } }, sent: [{ call: oneRefund }] },
    'refund that failed': { script: { [oneRefund]: { json: stripe.refunded('canceled') } }, sent: [] },
    'refund found without id': { script: { [one]: { json: paid() }, [listed]: made }, sent: [{ call: one }, look] },
    'refund not found': { script: { [one]: { json: paid() }, [listed]: none }, sent: [{ call: one }, look] },
  }
}

function settlementPlays(): Pick<Record<string, Play>, 'settlements' | 'no settlements'> {
  const fee = stripe.movement('fee', -115, 0, null)
  const moved = stripe.list(
    '/v1/balance_transactions',
    stripe.movement('payout', 3204, 0, ids.session),
    stripe.movement('charge', 4550, 89, stripe.charge()),
    stripe.movement('refund', -1000, 0, stripe.refunded('succeeded')),
    stripe.movement('dispute', -4550, 2000, stripe.dispute()),
    fee,
  )
  const arrival = { limit: '100', 'arrival_date[gte]': '1795132800', 'arrival_date[lt]': '1795478400', status: 'paid' }
  return {
    settlements: {
      script: {
        'GET /v1/payouts': { json: stripe.list('/v1/payouts', stripe.payout) },
        'GET /v1/balance_transactions': { json: moved },
        [sessions]: { json: stripe.list('/v1/checkout/sessions', stripe.session('complete')) },
      },
      sent: [
        { call: 'GET /v1/payouts', query: arrival },
        { call: 'GET /v1/balance_transactions', query: { limit: '100', payout: 'po_invented1', 'expand[0]': 'data.source' } },
        { call: sessions, query: { limit: '100', payment_intent: ids.intent } },
      ],
    },
    'no settlements': { script: { 'GET /v1/payouts': { json: stripe.list('/v1/payouts') } }, sent: [] },
  }
}

/** Stripe Checkout as its public API reference describes it. */
export const stripepay: Stage = {
  config: { provider: 'stripe', key: 'sk_test_secret', webhookSecret: 'whsec_invented' },
  currency: 'EUR',
  payment: ids.session,
  refund: ids.refund,
  headers: { authorization: 'Bearer sk_test_secret', 'stripe-version': '2026-10-28.endive' },
  failure: stripe.failure,
  plays: () => {
    const failed = stripe.intent('requires_payment_method', {
      last_payment_error: { code: 'card_declined', decline_code: 'generic_decline' },
    })
    const hold = { json: stripe.session('complete', { payment_intent: stripe.intent('requires_capture') }) }
    const span = { limit: '100', 'created[gte]': '1795168500', 'created[lte]': '1795170900' }
    const search = stripe.list(
      '/v1/checkout/sessions',
      stripe.session('open', { id: 'cs_other', client_reference_id: 'other' }),
      stripe.session('complete'),
    )
    return {
      start: {
        script: { [make]: { json: stripe.session('open') } },
        sent: [{ call: make, headers: { 'idempotency-key': attempt, 'content-type': 'application/x-www-form-urlencoded' }, form }],
      },
      open: status(stripe.session('open')),
      pending: status(stripe.session('complete', { payment_status: 'unpaid', payment_intent: stripe.intent('processing') })),
      'captured by card': status(paid()),
      'captured in a wallet': status(wallet()),
      declined: status(stripe.session('complete', { payment_status: 'unpaid', payment_intent: failed })),
      expired: status(stripe.session('expired', { payment_intent: stripe.intent('canceled') })),
      cancelled: status(stripe.session('complete', { payment_intent: stripe.intent('canceled') })),
      'a state nobody knows': status(stripe.session('bewitched')),
      'found by attempt': {
        script: { [sessions]: { json: search }, [one]: { json: paid() } },
        sent: [
          { call: sessions, query: span },
          { call: one, query: whole },
        ],
      },
      'not found by attempt': { script: { [sessions]: { json: search } }, sent: [{ call: sessions, query: span }] },
      capture: {
        script: { [one]: [hold, { json: paid() }], [capture]: { json: stripe.intent('succeeded') } },
        sent: [
          { call: one },
          { call: capture, headers: { 'idempotency-key': `${attempt}.capture` }, form: { amount_to_capture: '4550' } },
          { call: one },
        ],
      },
      'capture again': { script: { [one]: { json: paid() } }, sent: [{ call: one }, { call: one }] },
      ...refundPlays(),
      ...settlementPlays(),
    }
  },
  settlements: [
    {
      id: 'po_invented1',
      day: '2026-11-23',
      currency: 'EUR',
      net: -3204n,
      reference: 'TRACE-INVENTED-1',
      lines: [
        { kind: 'payment', payment: null, attempt, gross: 4550n, fee: 89n, net: 4461n },
        { kind: 'refund', payment: null, attempt, gross: -1000n, fee: 0n, net: -1000n },
        { kind: 'chargeback', payment: ids.session, attempt, gross: -4550n, fee: 2000n, net: -6550n },
        { kind: 'fee', payment: null, attempt: null, gross: 0n, fee: 115n, net: -115n },
      ],
    },
  ],
}
