import type { CleanFile } from '../../platform/uploads.ts'
import { createRecord, putDocument, seal } from '../people/index.ts'
import type { Case } from './case.ts'
import type { House } from './house.ts'
import * as store from './store.ts'

/** Files that came with words; `put` takes their ids as they are stored, for a transaction that fails does not take them back. */
export type CameWith = { readonly files: readonly CleanFile[]; readonly put: string[] }

/** Seals words about a case, with the files that came with them, as an entry of its person; returns the entry's id. */
export async function addEntry(
  house: House,
  current: Pick<Case, 'id' | 'person_id'>,
  kind: store.EntryRow['kind'],
  author: string | null,
  text: string,
  { files, put }: CameWith = { files: [], put: [] },
): Promise<string> {
  const tx = house.platform
  const recordId = await createRecord(tx, current.person_id, 'entry')
  const documents: string[] = []
  for (const file of files) {
    const id = await putDocument(tx, current.person_id, file, recordId)
    documents.push(id)
    put.push(id)
  }
  await seal(tx, recordId, { text: text === '' ? '–' : text, ...(documents.length > 0 ? { files: documents } : {}) })
  const id = tx.newId()
  await store.insertEntry(tx.db, { id, case_id: current.id, kind, author, record_id: recordId, created_at: tx.now() })
  return id
}
