import { createRecord, seal } from '../people/index.ts'
import type { Case } from './case.ts'
import type { House } from './house.ts'
import * as store from './store.ts'

/** Seals words about a case as an entry of its person, and returns the entry's id. */
export async function addEntry(
  house: House,
  current: Pick<Case, 'id' | 'person_id'>,
  kind: store.EntryRow['kind'],
  author: string | null,
  text: string,
): Promise<string> {
  const tx = house.platform
  const recordId = await createRecord(tx, current.person_id, 'entry')
  await seal(tx, recordId, { text: text === '' ? '–' : text })
  const id = tx.newId()
  await store.insertEntry(tx.db, { id, case_id: current.id, kind, author, record_id: recordId, created_at: tx.now() })
  return id
}
