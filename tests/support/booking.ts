import { systemActor } from '../../src/modules/access/index.ts'
import { journalOf, post } from '../../src/modules/ledger/index.ts'
import { query } from '../../src/platform/db.ts'
import { record } from '../../src/platform/journal/journal.ts'
import { today, transact } from '../../src/platform/platform.ts'
import type { TestApp } from './app.ts'

/** A posting of today that is in the books, and the account of its debit. */
export type Booked = { readonly posting: string; readonly account: string }

/** Books a fee of 25 euros that is owed, with the line of the journal that caused it. */
export async function bookFee(test: TestApp): Promise<Booked> {
  const { platform } = test.app
  const key = platform.newId()
  await transact(platform, async (tx) => {
    const day = today(tx)
    const data = { source: 'test', agency: 'transport', revenue: 'fee', amount: '2500', currency: 'EUR', due: day }
    const cause = await record(tx, systemActor('payments'), { type: 'payments.bill.issued', stream: key, data })
    const account = { agency: 'transport', kind: 'receivable', currency: 'EUR' } as const
    const lines = [
      { account, amount: 2_500n, subject: key },
      { account: { ...account, kind: 'revenue' as const, part: 'fee' }, amount: -2_500n },
    ]
    await post(tx, { kind: 'bill.issued', key, cause, day, lines })
  })
  const booked = (await journalOf(platform, { from: today(platform), to: today(platform) }, null, 1_000)).find((each) => each.key === key)
  const [account] = await query<{ id: number }>(
    platform.db,
    "select id from ledger.account where agency = 'transport' and kind = 'receivable' and currency = 'EUR'",
  )
  if (!booked || !account) throw new Error('the posting is not in the books')
  return { posting: booked.id, account: String(account.id) }
}
