import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkService, type City } from './check.ts'
import { parseService } from './load.ts'

const city: City = {
  languages: ['en'],
  agencies: ['boat_office'],
  lifeEvents: [],
  calendar: { weekend: [6, 7], holidays: new Set() },
  currency: 'EUR',
}

const sound = `id: boat_berth
version: 1
status: draft
languages: [en]
prefix: BTB
agency: boat_office
title: { en: Berth }
summary: { en: Rent a berth }
legal_basis: { law: { en: Harbour Act }, gdpr: 6(1)(e) }
retention: { draft_days: 30, case_years: 5 }
form:
  pages:
    - id: boat
      title: { en: Boat }
      questions:
        - { id: metres, kind: integer, min: 1, label: { en: Metres }, example: 8 }
        - { id: earlier, kind: text, required: false, label: { en: Earlier }, example: BTB-7K3M-Q9DX }
rules:
  computed:
    - { id: rent, type: money, expression: 1000 * metres }
    - { id: length, type: number, expression: metres }
fee:
  title: { en: Rent }
  amount: rent
  due: later
  pay_within: { working_days: 15, from: submission }
  revenue: charge
  on_reversal: suspend
  instalments: { most: 3, from_amount: 5000 }
  corrects: { reference: earlier, amount: rent }
workflow:
  initial: awaiting_payment
  states:
    - { id: awaiting_payment, label: { en: Waiting }, with: resident }
    - { id: open, label: { en: Open } }
    - { id: rented, label: { en: Rented }, with: nobody, final: true }
    - { id: ended, label: { en: Ended }, with: nobody, final: true }
  transitions:
    - { id: paid, label: { en: Paid }, from: [awaiting_payment], to: open, by: [system], on: fee_paid, guard: metres > 2 }
    - { id: go_on, label: { en: Go on }, from: [awaiting_payment], to: open, by: [officer] }
    - { id: grant, label: { en: Grant }, from: [open], to: rented, by: [officer], outcome: granted, effects: [{ issue: berth }] }
    - { id: lost, label: { en: Lost }, from: [rented], to: ended, by: [system], on: fee_overdue, effects: [{ revoke: berth }] }
documents:
  - { id: berth, kind: permit, title: { en: Berth }, body: { en: 'For {$name}' } }
examples:
  - { name: a, answers: { metres: 8 }, expect: { fee: '8000' } }
  - { name: b, answers: { metres: 1 }, expect: { fee: '1000' } }
  - { name: c, answers: {}, expect: { fee: null } }
`

/** Finding code, text replaced, its replacement. */
const faults: ReadonlyArray<readonly [string, string, string]> = [
  ['schema', 'on: fee_paid', 'on: fee_waived'],
  ['schema', 'working_days: 15', 'working_days: -1'],
  ['schema', 'most: 3', 'most: 1'],
  ['schema', 'revenue: charge', 'revenue: gift'],
  ['fee_from', ', from: submission', ''],
  ['fee_from', 'due: later', 'due: at_submission'],
  ['unknown_question', 'reference: earlier', 'reference: former'],
  ['unknown_name', 'earlier, amount: rent', 'earlier, amount: length'],
  ['fee_step', 'due: later\n  pay_within: { working_days: 15, from: submission }', 'due: before_submission'],
  ['fee_step', 'by: [system], on: fee_paid', 'by: [officer], on: fee_paid'],
  ['fee_step', 'on: fee_paid', 'on: fee_paid, after: { working_days: 3 }'],
  ['fee_step', 'label: { en: Waiting }, with: resident', 'label: { en: Waiting }, with: agency'],
  ['fee_no_way_out', 'id: go_on, label: { en: Go on }, from: [awaiting_payment]', 'id: go_on, label: { en: Go on }, from: [open]'],
  ['unknown_name', 'guard: metres > 2', 'guard: yards > 2'],
  ['unknown_document', 'revoke: berth', 'revoke: mooring'],
  ['leaves_final_state', 'by: [system], on: fee_overdue', 'by: [officer]'],
  ['leaves_final_state', 'from: [rented], to: ended', 'from: [rented], to: open'],
  ['leaves_final_state', 'on: fee_overdue', 'on: fee_overdue, outcome: refused'],
  ['leaves_final_state', 'from: [rented], to: ended', 'from: [rented, open], to: ended'],
]

describe('what check says of fees', () => {
  it('finds nothing in a sound file, and fills in what is left out', () => {
    assert.deepEqual(checkService(sound, 'boat.yaml', city), [])
    const bare = sound.replace(/ {2}due: later[^]*?(?=workflow:)/, '')
    assert.deepEqual(parseService(bare, 'boat.yaml').definition?.fee, {
      title: { en: 'Rent' },
      amount: 'rent',
      due: 'at_decision',
      pay_within: { working_days: 10 },
      revenue: 'fee',
      on_reversal: 'nothing',
    })
  })

  for (const [code, from, to] of faults) {
    it(`finds ${code}: ${to}`, () => {
      assert.ok(sound.includes(from), from)
      const found = checkService(sound.replace(from, to), 'boat.yaml', city)
      assert.ok(
        found.some((finding) => finding.code === code && finding.severity === 'error'),
        JSON.stringify(found),
      )
    })
  }

  it('finds a step that waits for the fee of a service that has none', () => {
    const free = sound.replace(/fee:\n {2}title[^]*?(?=workflow:)/, '').replaceAll(/, expect: \{[^}]*\}/g, ', expect: {}')
    const found = checkService(free, 'boat.yaml', city)
    assert.deepEqual(
      found.map((finding) => finding.code),
      ['no_fee', 'no_fee'],
    )
  })
})
