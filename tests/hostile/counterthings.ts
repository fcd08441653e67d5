import assert from 'node:assert/strict'
import { accountActor } from '../../src/modules/access/index.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { writeCamt053 } from '../../src/modules/iso20022/index.ts'
import { decideRefund, proposeRefund } from '../../src/modules/payments/index.ts'
import { takeMoney } from '../../src/modules/payments/till/acts.ts'
import { openTill } from '../../src/modules/payments/till/session.ts'
import { importFile, sourceOf } from '../../src/modules/payments/transfers/import.ts'
import { makeFile } from '../../src/modules/payments/transfers/orders.ts'
import { query } from '../../src/platform/db.ts'
import { today } from '../../src/platform/platform.ts'
import type { TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'
import { statementOf } from '../support/statements.ts'

const words = 'A gladiolus of last week'

/** Lets a resident pay by transfer and at the counter, with an entry that waits, a file of a refund and an open till. */
export async function makeCounterThings(test: TestApp, name: string): Promise<{ ids: Record<string, string>; needles: string[] }> {
  const { platform, treasury } = test.app
  assert.ok(treasury)
  const officer = async (email: string) => {
    const account = await accountByAddress(platform, email)
    return accountActor({
      accountId: account?.id ?? '',
      personId: null,
      roles: [{ role: 'officer', agency: null }],
      channel: 'web',
      level: 'substantial',
    })
  }
  const [one, other] = [await officer('officer@harbourview.example'), await officer('second.officer@harbourview.example')]
  const iban = 'GB29NWBK60161331926819'
  const day = today(platform)
  const entry = {
    amount: 500n,
    currency: 'EUR',
    direction: 'credit',
    reversal: false,
    status: 'BOOK',
    bookingDay: day,
    code: { own: 'X' },
    charges: [],
  } as const
  const detail = { charges: [], references: [], lines: [words], debtor: { name, iban } }
  const text = writeCamt053(statementOf([{ ...entry, details: [detail] }], { iban: treasury.rules.creditor.iban, day }))
  await importFile(treasury, one, sourceOf(Buffer.from(text)))
  const bill = await makeBill(treasury, 900n, undefined, { payer: { kind: 'person', name } })
  const session = await openTill(treasury, one, 'transport_1', { sum: 0n, pieces: {} })
  const act = await takeMoney(treasury, one, session.id, {
    key: platform.newId(),
    bill: bill.reference,
    amount: 900n,
    given: 900n,
    slip: null,
  })
  const account = { name, iban }
  const wish = { payment: act.payment_id ?? '', bill: bill.id, amount: 300n, cause: 'goodwill', way: 'bank', words, account } as const
  await decideRefund(treasury, other, (await proposeRefund(treasury, one, wish)).id, true)
  const file = await makeFile(treasury, one)
  const [row] = await query<{ id: string; statement_id: string }>(platform.db, 'select id, statement_id from payments.entry limit 1')
  const ids = { entry: row?.id ?? '', statement: row?.statement_id ?? '', transferFile: file.id, tillSession: session.id, tillAct: act.id }
  return { ids, needles: [words, iban] }
}
