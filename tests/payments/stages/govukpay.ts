import { attempt, refund, stranger } from '../fixtures/ids.ts'
import * as govuk from '../fixtures/govukpay.ts'
import type { Play, Stage } from './stage.ts'

const { ids } = govuk
const all = 'GET /v1/payments'
const one = `GET /v1/payments/${ids.payment}`
const refunds = `POST /v1/payments/${ids.payment}/refunds`
const listed = `GET /v1/payments/${ids.payment}/refunds`
const oneRefund = `GET /v1/payments/${ids.payment}/refunds/${ids.refund}`
const settled = { settlement_summary: { settled_date: '2026-11-23' } }

const asked = {
  amount: 4550,
  reference: attempt,
  description: 'Parking permit',
  return_url: 'https://city.example/pay/return?t=1',
  delayed_capture: false,
  language: 'en',
}

function status(payment: unknown): Play {
  return { script: { [one]: { json: payment } }, sent: [{ call: one }] }
}

/** The hosted page at the server that plays the provider. */
function here(origin: string, status: string, code?: string): Readonly<Record<string, unknown>> {
  return govuk.payment(status, { _links: { next_url: { href: `${origin}/secure/invented-token`, method: 'GET' } } }, code)
}

function refundPlays(): Pick<
  Record<string, Play>,
  'refund' | 'refund again' | 'refund by id' | 'refund that failed' | 'refund found without id' | 'refund not found'
> {
  const before = govuk.refunded('success', { refund_id: 'earlier', amount: 500, created_date: '2026-11-21T08:00:00.000Z' })
  const errored = govuk.refunded('error', { refund_id: 'errored', created_date: '2026-11-21T08:30:00.000Z' })
  const done = govuk.refunds(govuk.refunded('success'), errored, before)
  return {
    refund: {
      script: { [one]: { json: govuk.partlyRefunded(500) }, [refunds]: { status: 202, json: govuk.refunded('submitted') } },
      sent: [
        { call: one },
        { call: refunds, headers: { 'idempotency-key': refund }, json: { amount: 1000, refund_amount_available: 4050 } },
      ],
    },
    'refund again': {
      script: { [one]: { json: govuk.partlyRefunded(1500) }, [listed]: { json: done } },
      sent: [{ call: one }, { call: listed }],
    },
    'refund by id': { script: { [oneRefund]: { json: govuk.refunded('success') } }, sent: [] },
    'refund that failed': { script: { [oneRefund]: { json: govuk.refunded('error') } }, sent: [] },
    'refund found without id': { script: { [listed]: { json: done } }, sent: [{ call: listed }] },
    'refund not found': { script: { [listed]: { json: govuk.refunds(before) } }, sent: [{ call: listed }] },
  }
}

/** GOV.UK Pay as its public documents describe it. */
export const govukpay: Stage = {
  config: { provider: 'govuk_pay', key: 'api_test_secret', webhookSecret: 'webhook-signing-secret' },
  currency: 'GBP',
  payment: ids.payment,
  refund: ids.refund,
  headers: { authorization: 'Bearer api_test_secret', accept: 'application/json' },
  failure: govuk.failure,
  plays: (origin) => {
    const capture = `POST /v1/payments/${ids.payment}/capture`
    const period = { from_settled_date: '2026-11-20', to_settled_date: '2026-11-24', page: '1', display_size: '500' }
    const none = { json: govuk.results() }
    return {
      start: {
        script: { [all]: none, 'POST /v1/payments': { status: 201, json: here(origin, 'created') } },
        sent: [
          { call: all, query: { reference: attempt } },
          { call: 'POST /v1/payments', headers: { 'idempotency-key': attempt }, json: asked },
        ],
      },
      open: status(here(origin, 'started')),
      pending: status(govuk.payment('submitted')),
      'captured by card': status(govuk.payment('success')),
      'captured in a wallet': status(govuk.payment('success', { card_details: { wallet_type: 'Apple Pay' } })),
      declined: status(govuk.payment('failed', {}, 'P0010')),
      expired: status(govuk.payment('failed', {}, 'P0020')),
      cancelled: status(govuk.payment('failed', {}, 'P0030')),
      'a state nobody knows': status(govuk.payment('bewitched')),
      'found by attempt': {
        script: {
          [all]: { json: govuk.results(govuk.payment('failed', { payment_id: 'anotherone' }, 'P0020'), govuk.payment('submitted')) },
          [one]: { json: govuk.payment('success') },
        },
        sent: [{ call: all, query: { reference: attempt } }, { call: one }],
      },
      'not found by attempt': { script: { [all]: none }, sent: [{ call: all, query: { reference: stranger } }] },
      capture: {
        script: { [one]: [{ json: govuk.payment('capturable') }, { json: govuk.payment('success') }], [capture]: { status: 204 } },
        sent: [{ call: one }, { call: capture, json: {} }, { call: one }],
      },
      'capture again': { script: { [one]: { json: govuk.payment('success') } }, sent: [{ call: one }] },
      ...refundPlays(),
      settlements: {
        script: {
          [all]: {
            json: govuk.results(
              govuk.payment('success', { ...settled, fee: 89, net_amount: 4461 }),
              govuk.payment('success', { settlement_summary: { settled_date: '2026-11-24' }, fee: 1 }),
            ),
          },
          'GET /v1/refunds': { json: govuk.results(govuk.refunded('success', { ...settled, payment_id: ids.payment })) },
          'GET /v1/disputes': { json: govuk.results(govuk.dispute) },
        },
        sent: [
          { call: all, query: period },
          { call: 'GET /v1/refunds', query: period },
          { call: 'GET /v1/disputes', query: period },
        ],
      },
      'no settlements': { script: { [all]: none, 'GET /v1/refunds': none, 'GET /v1/disputes': none }, sent: [] },
    }
  },
  settlements: [
    {
      id: '2026-11-23',
      day: '2026-11-23',
      currency: 'GBP',
      net: -2589n,
      reference: '2026-11-23',
      lines: [
        { kind: 'payment', payment: ids.payment, attempt, gross: 4550n, fee: 89n, net: 4461n },
        { kind: 'refund', payment: ids.payment, attempt: null, gross: -1000n, fee: 0n, net: -1000n },
        { kind: 'chargeback', payment: ids.payment, attempt: null, gross: -4550n, fee: 1500n, net: -6050n },
      ],
    },
  ],
}
