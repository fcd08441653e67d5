import { findByWords } from '../../people/index.ts'
import { closeItem } from '../items.ts'
import type { SettlementRow } from '../reconcile/store.ts'
import type { Treasury } from '../treasury.ts'
import { ENTRY_WORDS, entryKey, importer } from './book.ts'
import * as store from './store.ts'

/** An entry that lies unclear and is a payout; `done` notes that it has been booked. */
export type PayoutEntry = store.StatementEntry & { readonly done: () => Promise<void> }

/** The entry that shows a settlement's payout and lies unclear on the account, held until the caller's transaction ends; null when there is none. */
export async function unclearPayout(treasury: Treasury, settlement: SettlementRow): Promise<PayoutEntry | null> {
  const tx = treasury.platform
  const records = await findByWords(tx, ENTRY_WORDS, [settlement.reference], 10)
  for (const found of await store.entriesByRecord(tx.db, records)) {
    const entry = await store.entryById(tx.db, found.id, true)
    if (!entry || !['suggested', 'unmatched'].includes(entry.state)) continue
    if (entry.amount !== settlement.net || entry.currency !== settlement.currency) continue
    const change = { state: 'done', kind: 'payout', outcome: 'payout', changed_at: tx.now() } as const
    const done = async (): Promise<void> => {
      await store.changeEntry(tx.db, entry.id, change)
      await closeItem(tx, importer, entryKey(entry.id), 'payout')
    }
    return { ...entry, done }
  }
  return null
}
