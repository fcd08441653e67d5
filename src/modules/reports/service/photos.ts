import { notFound, Problem } from '../../../kernel/problem.ts'
import { transact } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import { openDocument } from '../../people/index.ts'
import * as photos from '../photos/store.ts'
import type { Report } from '../report.ts'
import type { PhotoRow } from '../store.ts'
import { type Board, factsOf, getReport, tell, within } from './board.ts'

/** Public copies are at most this wide and high, in pixels. */
const PUBLIC_PIXELS = 1_600

/** The pictures of a report: those the public may see, or all of them. */
export async function photosOf(
  board: Board,
  report: Pick<Report, 'id'>,
  options: { readonly all: boolean } = { all: false },
): Promise<PhotoRow[]> {
  const rows = await photos.photosOfReports(board.platform.db, [report.id])
  return options.all ? rows : rows.filter((each) => each.state === 'public' && each.file_key !== null)
}

/** A picture's bytes. */
export type Picture = { readonly mediaType: string; readonly bytes: Uint8Array }

/** A public picture of a report that the public may see. Throws 404 for any other. */
export async function publicPhoto(board: Board, id: string): Promise<Picture> {
  const photo = await photos.photoById(board.platform.db, id)
  if (!photo || photo.state !== 'public' || photo.file_key === null) throw notFound('photo')
  const report = await getReport(board, photo.report_id)
  if (report.hidden) throw notFound('photo')
  return stored(board, photo.file_key)
}

/** Any picture, for staff: a resident's own is opened through the vault, with a line in the journal. */
export async function staffPhoto(board: Board, actor: Actor, id: string): Promise<Picture> {
  const photo = await photos.photoById(board.platform.db, id)
  if (!photo) throw notFound('photo')
  allow(actor, 'reports.read', factsOf(await getReport(board, photo.report_id)))
  return bytesOf(board, actor, photo)
}

async function bytesOf(board: Board, actor: Actor, photo: PhotoRow): Promise<Picture> {
  if (photo.document_id !== null)
    return openDocument(board.platform, actor, photo.document_id, { purpose: 'report.photo', legalBasis: 'gdpr.6.1.e' })
  if (photo.file_key === null) throw notFound('photo')
  return stored(board, photo.file_key)
}

async function stored(board: Board, key: string): Promise<Picture> {
  const bytes = await board.platform.files.get(key)
  if (!bytes) throw notFound('photo')
  const png = bytes[0] === 0x89 && bytes[1] === 0x50
  return { mediaType: png ? 'image/png' : 'image/jpeg', bytes }
}

/**
 * Shows a picture to the public, as a smaller copy beside the vault, or hides it and removes the copy. Throws 409 for a
 * category whose pictures are for the crew only, and for one that lies elsewhere.
 */
export async function setPhotoState(board: Board, actor: Actor, id: string, state: 'public' | 'hidden'): Promise<void> {
  const photo = await photos.photoById(board.platform.db, id)
  if (!photo) throw notFound('photo')
  const report = await getReport(board, photo.report_id)
  allow(actor, 'reports.triage', factsOf(report))
  const never = board.categories.byId(report.category)?.photos === 'never'
  if (state === 'public' && (never || (photo.document_id === null && photo.file_key === null)))
    throw new Problem('reports.photo-not-public', 409, 'This picture cannot be shown to the public.')
  const key = state === 'public' && photo.file_key === null ? await publicCopy(board, await bytesOf(board, actor, photo)) : null
  const gone = await transact(board.platform, async (tx) => {
    const now = await photos.photoById(tx.db, id, true)
    if (!now || now.state === state) return key
    // what staff took themselves has no other copy: it stays where it is
    const dropped = state === 'hidden' && now.document_id !== null ? now.file_key : now.file_key !== null ? key : null
    const kept = state === 'hidden' ? (now.document_id === null ? now.file_key : null) : (now.file_key ?? key)
    await photos.changePhoto(tx.db, id, { state, file_key: kept })
    await tell(within(board, tx).platform, actor, report, state === 'public' ? 'reports.photo.released' : 'reports.photo.hidden', {
      photo: id,
    })
    return dropped
  })
  if (gone !== null) await board.platform.files.remove(gone)
}

async function publicCopy(board: Board, { bytes }: Picture): Promise<string> {
  const { default: sharp } = await import('sharp') // loaded with the first picture: it takes memory that many processes never need
  const fitted = sharp(bytes).resize({ width: PUBLIC_PIXELS, height: PUBLIC_PIXELS, fit: 'inside', withoutEnlargement: true })
  const key = board.platform.newId()
  await board.platform.files.put(key, await fitted.jpeg({ quality: 82 }).toBuffer())
  return key
}
