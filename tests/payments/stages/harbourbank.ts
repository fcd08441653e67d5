import { attempt, refund, stranger } from '../fixtures/ids.ts'
import * as bank from '../fixtures/harbourbank.ts'
import type { Play, Stage } from './stage.ts'

const { ids } = bank
const one = `GET /v1/payments/${ids.payment}`
const refunds = `POST /v1/payments/${ids.payment}/refunds`

const asked = {
  amount: '4550',
  currency: 'EUR',
  reference: attempt,
  description: 'Parking permit',
  language: 'en',
  return_url: 'https://city.example/pay/return?t=1',
  expires_in: 1800,
  capture: 'automatic',
}

function status(payment: unknown): Play {
  return { script: { [one]: { json: payment } }, sent: [{ call: one }] }
}

/** Harbour Bank as its README describes it. */
export const harbourbank: Stage = {
  config: { provider: 'harbourbank', key: 'key_secret', webhookSecret: 'whsec_aW52ZW50ZWQgc2VjcmV0IG9mIHRlc3Rz' },
  currency: 'EUR',
  payment: ids.payment,
  refund: ids.refund,
  headers: { authorization: 'Bearer key_secret' },
  failure: bank.failure,
  plays: (origin) => {
    const payment = (state: string, fields = {}): unknown => bank.payment(origin, state, fields)
    const refunded = (state: string): Play['script'] => ({ [refunds]: { status: 201, json: bank.refunded(state) } })
    const refundSent = [{ call: refunds, headers: { 'idempotency-key': refund }, json: { amount: '1000', reference: refund } }]
    const captures = `POST /v1/payments/${ids.payment}/captures`
    const captureSent = { call: captures, headers: { 'idempotency-key': `${attempt}.capture` }, json: { amount: '4550' } }
    const capture = {
      script: { [captures]: { status: 201, json: payment('captured') }, [one]: { json: payment('captured') } },
      sent: [captureSent, { call: one }],
    }
    return {
      start: {
        script: { 'POST /v1/payments': { status: 201, json: payment('created') } },
        sent: [{ call: 'POST /v1/payments', headers: { 'idempotency-key': attempt }, json: asked }],
      },
      open: status(payment('created')),
      pending: status(payment('pending')),
      'captured by card': status(payment('captured')),
      'captured in a wallet': status(payment('captured', { method: 'wallet' })),
      declined: status(payment('failed', { reason: 'declined' })),
      expired: status(payment('expired', { reason: 'timeout' })),
      cancelled: status(payment('cancelled', { reason: 'closed' })),
      'a state nobody knows': status(payment('bewitched')),
      'found by attempt': {
        script: { 'GET /v1/payments': { json: { payments: [payment('captured')] } } },
        sent: [{ call: 'GET /v1/payments', query: { reference: attempt } }],
      },
      'not found by attempt': {
        script: { 'GET /v1/payments': { json: { payments: [] } } },
        sent: [{ call: 'GET /v1/payments', query: { reference: stranger } }],
      },
      capture,
      'capture again': capture,
      refund: { script: refunded('pending'), sent: refundSent },
      'refund again': { script: refunded('succeeded'), sent: refundSent },
      'refund by id': { script: { [`GET /v1/refunds/${ids.refund}`]: { json: bank.refunded('succeeded') } }, sent: [] },
      'refund that failed': { script: { [`GET /v1/refunds/${ids.refund}`]: { json: bank.refunded('failed') } }, sent: [] },
      'refund found without id': {
        script: { 'GET /v1/refunds': { json: { refunds: [bank.refunded('succeeded')] } } },
        sent: [{ call: 'GET /v1/refunds', query: { reference: refund } }],
      },
      'refund not found': { script: { 'GET /v1/refunds': { json: { refunds: [] } } }, sent: [] },
      settlements: {
        script: { 'GET /v1/settlements': { json: { settlements: [bank.settlement] } } },
        sent: [{ call: 'GET /v1/settlements', query: { from: '2026-11-20', to: '2026-11-23' } }],
      },
      'no settlements': { script: { 'GET /v1/settlements': { json: { settlements: [] } } }, sent: [] },
    }
  },
  settlements: [
    {
      id: 'set_20261123',
      day: '2026-11-23',
      currency: 'EUR',
      net: -3204n,
      reference: 'HBPAYOUT20261123',
      lines: [
        { kind: 'payment', payment: ids.payment, attempt, gross: 4550n, fee: 89n, net: 4461n },
        { kind: 'refund', payment: ids.payment, attempt, gross: -1000n, fee: 0n, net: -1000n },
        { kind: 'chargeback', payment: ids.payment, attempt, gross: -4550n, fee: 2000n, net: -6550n },
        { kind: 'fee', payment: null, attempt: null, gross: 0n, fee: 115n, net: -115n },
      ],
    },
  ],
}
