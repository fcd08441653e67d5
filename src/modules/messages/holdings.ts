import type { Platform } from '../../platform/platform.ts'
import { adoptRecord, eraseRecord, notErased, ownerOf } from '../people/index.ts'
import * as store from './store.ts'

/** A message that was written to a person: when, about what, and where its words are sealed. */
export type MessageHolding = {
  readonly record: string
  readonly template: string
  /** The case or journey it is about. */
  readonly about: string | null
  readonly createdAt: Date
  readonly sentAt: Date | null
}

/** Every message to a person, the newest first. */
export async function messageHoldings(platform: Platform, personId: string): Promise<MessageHolding[]> {
  const rows = await store.messagesOf(platform.db, personId)
  return rows.map((row) => ({
    record: row.record_id,
    template: row.template,
    about: row.about,
    createdAt: row.created_at,
    sentAt: row.state === 'sent' ? row.sent_at : null,
  }))
}

/**
 * Forgets the messages to a person, in the caller's transaction: that they were, their words, and where they went. What
 * is not sent yet is not sent. `keep` names the cases whose messages stay.
 */
export async function forgetMessages(tx: Platform, personId: string, keep: ReadonlySet<string> = new Set()): Promise<void> {
  const gone = (await store.messagesOf(tx.db, personId)).filter((row) => row.about === null || !keep.has(row.about))
  for (const row of gone) await eraseRecord(tx, row.record_id)
  await store.deleteMessages(
    tx.db,
    gone.map((row) => row.id),
  )
}

/** What the messages with these records are about, by record; one about nothing is not in the answer. */
export async function messagesBehind(platform: Platform, records: readonly string[]): Promise<Map<string, string>> {
  const rows = await store.messagesByRecords(platform.db, records)
  return new Map(rows.flatMap((row) => (row.about === null ? [] : [[row.record_id, row.about] as const])))
}

/**
 * Gives the messages about a thing to another person, with their words, in the caller's transaction: they are kept and
 * forgotten with that person from then on. Returns the files to remove after the commit.
 */
export async function adoptMessagesAbout(tx: Platform, about: string, personId: string): Promise<string[]> {
  const files: string[] = []
  for (const { record_id: record } of await store.messagesAbout(tx.db, about)) {
    const owner = await ownerOf(tx, record)
    if (owner !== null && owner !== personId && (await notErased(tx, [owner])).length > 0)
      files.push(...(await adoptRecord(tx, record, personId)))
  }
  await store.readdress(tx.db, about, personId)
  return files
}
