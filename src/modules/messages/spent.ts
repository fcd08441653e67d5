import { type Platform, transact } from '../../platform/platform.ts'
import { eraseRecord } from '../people/index.ts'
import * as store from './store.ts'

/** Erases every message about a thing, in the caller's transaction. */
export async function eraseMessagesAbout(tx: Platform, about: string): Promise<void> {
  await erase(tx, await store.messagesAbout(tx.db, about))
}

/** Erases messages about no case, such as codes, that were sent before an instant; at most `limit`. Returns how many. */
export async function eraseSpentMessages(platform: Platform, before: Date, limit: number): Promise<number> {
  return transact(platform, async (tx) => {
    const spent = await store.spentMessages(tx.db, before, limit)
    await erase(tx, spent)
    return spent.length
  })
}

async function erase(tx: Platform, messages: ReadonlyArray<{ id: string; record_id: string }>): Promise<void> {
  for (const { record_id: record } of messages) await eraseRecord(tx, record)
  await store.deleteMessages(
    tx.db,
    messages.map((message) => message.id),
  )
}
