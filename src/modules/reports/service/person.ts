import { transact } from '../../../platform/platform.ts'
import type { CleanFile } from '../../../platform/uploads.ts'
import { createPerson, createRecord, putDocument, removeFiles, seal } from '../../people/index.ts'
import { insertPhotos } from '../photos/store.ts'
import type { PhotoRow } from '../store.ts'
import { maskPublic } from '../text/mask.ts'
import { typedWords } from './act.ts'
import type { Board } from './board.ts'
import { photoRow } from './send.ts'

/** Words for the public, and the vault's record of them as they were typed when something was masked. */
export type PublicWords = { readonly text: string; readonly record_id: string | null }

/** Masks what somebody wrote; what was masked is kept sealed with its person, if there is one. In the caller's transaction. */
export async function publicWords(board: Board, personId: string | null, text: string | undefined): Promise<PublicWords> {
  const typed = typedWords(text)
  const public_ = maskPublic(typed)
  if (!public_.masked) return { text: typed, record_id: null }
  const tx = board.platform
  const recordId = await createRecord(tx, personId ?? (await createPerson(tx)), 'report_words')
  await seal(tx, recordId, { text: typed })
  return { text: public_.text, record_id: recordId }
}

/** Keeps pictures of a resident in the vault, unseen until an officer looked at them. In the caller's transaction; gives the files, to be removed if it fails. */
export async function keepPhotos(
  board: Board,
  reportId: string,
  personId: string | null,
  photos: readonly CleanFile[],
  updateId: string | null,
  files: string[],
): Promise<PhotoRow[]> {
  if (photos.length === 0) return []
  const tx = board.platform
  const owner = personId ?? (await createPerson(tx))
  const recordId = await createRecord(tx, owner, 'report_photos')
  const rows: PhotoRow[] = []
  for (const file of photos) {
    const document = await putDocument(tx, owner, file, recordId)
    files.push(document)
    rows.push(photoRow(board, reportId, { document_id: document, update_id: updateId }))
  }
  await insertPhotos(tx.db, rows)
  return rows
}

/** A transaction that also writes files: they are removed when it fails. */
export async function withFiles<T>(board: Board, work: (inside: Board, files: string[]) => Promise<T>): Promise<T> {
  const files: string[] = []
  try {
    return await transact(board.platform, (tx) => work({ ...board, platform: tx }, files))
  } catch (error) {
    await removeFiles(board.platform, files)
    throw error
  }
}
