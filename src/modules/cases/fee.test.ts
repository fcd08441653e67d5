import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PlainDate } from '../../kernel/time.ts'
import { compileService, evaluate, parseService, type Service } from '../servicefile/index.ts'
import type { Case, FeeState } from './case.ts'
import { awaitsPayment, feeAtDecision, feeAtStart, feeChanged, isUnpaid, turnOf } from './fee.ts'

const MONDAY = '2026-03-02' as PlainDate
const calendar = { weekend: [6, 7], holidays: new Set<string>() }

function service(fee: string): Service {
  const text = `id: s
version: 1
status: draft
languages: [en]
prefix: SSS
agency: a
title: { en: S }
summary: { en: S }
form:
  pages:
    - { id: p, title: { en: P }, questions: [{ id: cents, kind: integer, label: { en: C } }, { id: of, kind: text, required: false, label: { en: O } }] }
rules: { computed: [{ id: total, type: money, expression: cents }] }
fee: { title: { en: F }, amount: cents, ${fee} }
workflow:
  initial: wait
  states: [{ id: wait, label: { en: W }, with: resident }, { id: open, label: { en: O } }, { id: end, label: { en: E }, final: true }]
  transitions:
    - { id: paid, label: { en: P }, from: [wait], to: open, by: [system], on: fee_paid }
    - { id: grant, label: { en: G }, from: [wait, open], to: end, by: [officer], outcome: granted }
`
  const { definition, findings } = parseService(text, 's.yaml')
  assert.ok(definition, JSON.stringify(findings))
  return compileService(definition)
}

const begin = (fee: string, cents: number, more: { of?: string; paid?: bigint } = {}) => {
  const made = service(fee)
  const evaluation = evaluate(made, { cents, ...(more.of ? { of: more.of } : {}) }, {}, MONDAY)
  const paid = more.paid === undefined ? null : { amount: more.paid, currency: 'EUR', key: 'payment-1' }
  return { made, ...feeAtStart(made, evaluation, MONDAY, calendar, paid) }
}

const oneOf = (state: FeeState | null, more: Partial<Case> = {}): Case =>
  ({ fee_state: state, fee_amount: 500n, fee_currency: 'EUR', fee_due: 'at_decision', closed_at: null, state: 'wait', ...more }) as Case

describe('a fee', () => {
  const rows: ReadonlyArray<readonly [string, string, PlainDate | null, readonly string[]]> = [
    ['due: at_submission', 'due', '2026-03-16' as PlainDate, ['recorded', 'due']],
    ['due: at_submission, pay_within: { working_days: 3 }', 'due', '2026-03-05' as PlainDate, ['recorded', 'due']],
    ['due: before_submission', 'due', '2026-03-16' as PlainDate, ['recorded', 'due']],
    ['due: at_decision', 'recorded', null, ['recorded']],
    ['due: later, pay_within: { working_days: 20, from: submission }', 'due', '2026-03-30' as PlainDate, ['recorded', 'due']],
    ['due: later, pay_within: { working_days: 20, from: decision }', 'recorded', null, ['recorded']],
  ]
  for (const [fee, state, on, told] of rows) {
    it(`${fee} begins ${state}`, () => {
      const { columns, lines } = begin(fee, 500)
      assert.deepEqual([columns.fee_state, columns.fee_due_on], [state, on])
      assert.deepEqual(
        lines.map((line) => line.type),
        told.map((each) => `cases.fee.${each}`),
      )
    })
  }

  it('to be paid before is due with the application where nobody could pay it, and counts as it was paid', () => {
    assert.equal(begin('due: before_submission', 500).columns.fee_due, 'at_submission')
    const { columns, lines } = begin('due: before_submission', 700, { paid: 500n })
    assert.deepEqual([columns.fee_due, columns.fee_state, columns.fee_amount], ['before_submission', 'paid', 500n])
    assert.deepEqual(lines.at(-1), { type: 'cases.fee.paid', data: { amount: '500', currency: 'EUR', key: 'payment-1' } })
  })

  it('of nothing is told to nobody and lets the workflow go on', () => {
    const { columns, lines } = begin('due: at_submission', 0)
    assert.deepEqual([columns.fee_state, columns.fee_due_on, lines], [null, null, []])
    assert.equal(turnOf(columns), 'fee_paid')
    assert.equal(turnOf({ fee_state: null, fee_amount: null }), null, 'what nobody can tell is not paid')
    assert.equal(turnOf({ fee_state: 'cancelled', fee_amount: 500n }), 'fee_paid', 'nobody waits for what is not owed any more')
  })

  it('falls due when it is granted, once, and is not owed after any other end', () => {
    const { made } = begin('due: at_decision', 500)
    const at = (state: FeeState, outcome: 'granted' | 'refused' | 'withdrawn') =>
      feeAtDecision(made, oneOf(state), outcome, MONDAY, calendar)?.line.type ?? null
    assert.equal(at('recorded', 'granted'), 'cases.fee.due')
    for (const state of ['due', 'paid', 'overdue', 'reversed', 'refunded', 'cancelled'] as const)
      assert.equal(at(state, 'granted'), null, state)
    for (const state of ['recorded', 'due', 'overdue', 'reversed'] as const) {
      assert.equal(at(state, 'refused'), 'cases.fee.cancelled', state)
      assert.equal(at(state, 'withdrawn'), 'cases.fee.cancelled', state)
      assert.ok(isUnpaid({ fee_state: state }))
    }
    for (const state of ['paid', 'refunded', 'cancelled'] as const) assert.equal(at(state, 'refused'), null, state)
  })

  it('of a correction waits for the decision, and changes the earlier one', () => {
    const fee = 'due: later, pay_within: { working_days: 5, from: submission }, corrects: { reference: of, amount: total }'
    assert.equal(begin(fee, 500).columns.fee_state, 'due')
    const { made, columns } = begin(fee, 500, { of: 'SSS-7K3M-Q9DX' })
    assert.equal(columns.fee_state, 'recorded')
    const rule = made.definition.fee
    assert.ok(rule)
    const change = (state: FeeState | null, to: bigint) => feeChanged(rule, oneOf(state), to, MONDAY, calendar)
    assert.deepEqual(change('paid', 900n), {
      columns: { fee_amount: 900n, fee_state: 'due', fee_due_on: '2026-03-09' },
      data: { from: '500', to: '900', currency: 'EUR', due_on: '2026-03-09' },
    })
    assert.deepEqual(change('paid', 100n)?.columns, { fee_amount: 100n }, 'too much was paid: it stays paid')
    assert.deepEqual(change('due', 900n)?.columns, { fee_amount: 900n }, 'its day to pay stays')
    for (const state of ['cancelled', 'refunded', null] as const) assert.equal(change(state, 900n), null)
  })

  it('is waited for while it is unpaid and the case is open', () => {
    const { made } = begin('due: at_submission', 500)
    assert.ok(awaitsPayment(made, oneOf('due')))
    assert.ok(!awaitsPayment(made, oneOf('paid')))
    assert.ok(!awaitsPayment(made, oneOf('due', { state: 'open' })))
    assert.ok(!awaitsPayment(made, oneOf('due', { closed_at: new Date(0) })))
  })
})
