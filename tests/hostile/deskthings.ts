import assert from 'node:assert/strict'
import { accountActor, systemActor } from '../../src/modules/access/index.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { type Bill, receive, within } from '../../src/modules/payments/index.ts'
import { propose } from '../../src/modules/payments/reminders/index.ts'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import type { TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'

const words = 'A quandorly reason'

/** What waits for officers about a resident's money: a bill of which too much was paid, and another that is to be waived. */
export async function makeDeskThings(
  test: TestApp,
  owner: { readonly accountId: string; readonly personId: string; readonly name: string },
): Promise<{ ids: Record<string, string>; needles: string[]; bill: Bill }> {
  const { platform, treasury } = test.app
  assert.ok(treasury)
  const account = await accountByAddress(platform, 'officer@harbourview.example')
  const officer = accountActor({
    accountId: account?.id ?? '',
    personId: null,
    roles: [{ role: 'officer', agency: null }],
    channel: 'web',
    level: 'substantial',
  })
  const payer = { kind: 'person', personId: owner.personId, accountId: owner.accountId, name: owner.name } as const
  const [bill, open] = [await makeBill(treasury, 2_000n, undefined, { payer }), await makeBill(treasury, 3_000n, undefined, { payer })]
  await transact(platform, (tx) =>
    receive(within(treasury, tx), systemActor('payments'), {
      key: `entry:${tx.newId()}`,
      source: 'bank',
      heldBy: treasury.rules.treasury,
      amount: 2_600n,
      currency: 'EUR',
      day: today(tx),
      shares: [{ bill: bill.id, amount: 2_600n }],
    }),
  )
  const proposal = await propose(treasury, officer, open.id, { kind: 'waive', amount: 1_000n, words })
  const [item] = await query<{ id: string }>(
    platform.db,
    "select i.id from payments.item i join payments.allocation a on a.payment_id = i.payment_id where a.bill_id = $1 and i.kind = 'overpaid'",
    [bill.id],
  )
  return { ids: { item: item?.id ?? '', proposal: proposal.id }, needles: [words], bill }
}
