import type { Platform } from '../../platform/platform.ts'
import { endActing } from '../identity/index.ts'
import { eraseRecord } from '../people/index.ts'
import * as store from './store.ts'

/**
 * Forgets who acted for a person and for whom they acted, in the transaction that erases them; sessions that act by one
 * of these mandates stop. What the other side was told holds this person's name, so that goes too.
 */
export async function forgetPerson(tx: Platform, personId: string): Promise<void> {
  const mandates = await store.everyMandateWith(tx.db, personId)
  for (const mandate of mandates) {
    await endActing(tx, mandate.id)
    // these records hold words only: no file comes with them
    for (const record of [mandate.person_record, mandate.holder_record]) if (record !== null) await eraseRecord(tx, record)
  }
  for (const help of await store.assistancesOf(tx.db, personId)) await endActing(tx, help.id)
  await store.forgetPerson(
    tx.db,
    personId,
    mandates.map((each) => each.id),
  )
}
