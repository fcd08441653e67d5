import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBank } from '../../src/harbourbank/index.ts'
import { openProvider, settleAttempt, startAttempt } from '../../src/modules/payments/index.ts'
import { query } from '../../src/platform/db.ts'
import type { TestApp } from '../support/app.ts'
import { holderOf } from '../support/bank.ts'
import { makeBill } from '../support/bills.ts'
import { payByCard } from '../support/payer.ts'

/** What a resident owes and paid: ids by what they are of, and words that are theirs. */
export type MoneyThings = { readonly ids: Readonly<Record<string, string>>; readonly needles: readonly string[] }

const address = 'Plumbago Court 7'

/** Makes a bill of a resident, half of it paid online, with a bank that is gone afterwards. */
export async function makeMoneyThings(test: TestApp, owner: { accountId: string; personId: string; name: string }): Promise<MoneyThings> {
  const { platform, treasury } = test.app
  assert.ok(treasury)
  const payer = { kind: 'person', personId: owner.personId, accountId: owner.accountId, name: owner.name, address: [address] } as const
  const bill = await makeBill(treasury, 4_000n, undefined, { payer })
  const dir = await mkdtemp(join(tmpdir(), 'stoa-bank-'))
  const merchant = { name: { en: 'City of Harbourview' }, iban: 'PT50000000000000000202634', currency: 'EUR', zone: 'UTC' }
  const bank = await startBank({ port: 0, dir, merchant, webhookUrl: () => null, now: platform.now })
  try {
    const provider = await openProvider({ provider: 'harbourbank', url: bank.url, key: bank.key, webhookSecret: bank.webhookSecret })
    const paying = { ...treasury, provider }
    const ask = { bills: [bill.id], amount: 2_000n, language: 'en', returnPath: '/pay' }
    const started = await startAttempt(paying, { ...holderOf([bill.id]), accountId: owner.accountId }, ask)
    assert.ok(started.kind === 'go')
    await payByCard(started.url)
    await settleAttempt(paying, started.attempt)
    const [payment] = await query<{ id: string }>(platform.db, 'select id from payments.payment where key = $1', [
      `attempt:${started.attempt}`,
    ])
    const ids = { bill: bill.id, billReference: bill.reference, attempt: started.attempt, payment: payment?.id ?? '' }
    return { ids, needles: [address] }
  } finally {
    await bank.close()
    await rm(dir, { recursive: true, force: true })
  }
}
