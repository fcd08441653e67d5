import { record } from '../../platform/journal/journal.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Actor } from '../access/index.ts'
import type { House } from '../cases/index.ts'
import { eraseRecord } from '../people/index.ts'
import type { Service } from '../servicefile/index.ts'
import * as store from './store.ts'

/** A draft of a person: what it is for, where its answers are, and until when it is kept. */
export type DraftHolding = { readonly journey: store.Journey; readonly service: Service }

/** Every draft of a person, the newest first. The caller has asked whether the reader may. */
export async function draftHoldings(house: House, personId: string): Promise<DraftHolding[]> {
  const drafts = await store.draftsOfPerson(house.platform.db, personId)
  return Promise.all(
    drafts.map(async (journey) => ({
      journey,
      service: await house.catalogue.version(house.platform, journey.service_id, journey.version),
    })),
  )
}

/** Erases every draft of a person with its files, in the caller's transaction; returns the files to remove after the commit. */
export async function eraseDrafts(tx: Platform, actor: Actor, personId: string): Promise<string[]> {
  const files: string[] = []
  for (const draft of await store.draftsOfPerson(tx.db, personId, true)) {
    if (draft.record_id !== null) files.push(...(await eraseRecord(tx, draft.record_id)))
    await store.updateJourney(tx.db, draft.id, { state: 'erased', record_id: null })
    await record(tx, actor, { type: 'journeys.journey.erased', stream: draft.id, data: { reason: 'asked-for' } })
  }
  return files
}

/** Closes every journey of a person whose vault is destroyed, in the caller's transaction. */
export function closeJourneysOf(tx: Platform, personId: string): Promise<void> {
  return store.closeJourneysOf(tx.db, personId)
}

/** Takes a submitted journey from its person, in the transaction that erases what became of it. */
export function forgetSubmitted(tx: Platform, id: string): Promise<void> {
  return store.forgetJourney(tx.db, id)
}
