import { Problem } from '../../../kernel/problem.ts'
import type { Job } from '../../../platform/jobs.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { cleanUpload } from '../../../platform/uploads.ts'
import { type Actor, systemActor } from '../../access/index.ts'
import type { UploadedFile } from '../../fields/index.ts'
import {
  createPerson,
  createRecord,
  describeDocuments,
  erasePerson,
  open,
  openDocument,
  putDocument,
  removeDocument,
  seal,
} from '../../people/index.ts'
import * as store from './store.ts'

/** What a report takes: photos of so many megabytes each; and for how many hours a draft is kept. */
export const draftLimits = { photos: 5, megabytes: 10, hours: 24, text: 4_000, where: 300 } as const

/** What was typed and sent with a draft; sealed in the vault. */
export type DraftWords = {
  readonly text: string
  /** Answers to the category's questions, as they were typed. */
  readonly answers: Readonly<Record<string, unknown>>
  /** Where it is, in the writer's words. */
  readonly where: string
  readonly photos: readonly string[]
  /** Where a photo says that it was taken: offered, never taken over by itself. */
  readonly offered: { readonly lat: number; readonly long: number } | null
}

/** A draft with its words, opened for its writer. */
export type Draft = store.DraftRow & { readonly words: DraftWords }

const NOTHING: DraftWords = { text: '', answers: {}, where: '', photos: [], offered: null }

/** Begins a draft; returns the token that opens it, which nobody else has, and only while its writer acts for the same person. */
export async function beginDraft(platform: Platform, actor: Actor, language: string): Promise<{ draft: Draft; token: string }> {
  const token = Buffer.from(platform.random(32)).toString('base64url')
  const now = platform.now()
  const row: store.DraftRow = {
    id: platform.newId(),
    token: tokenOf(platform, actor, token),
    language,
    lat: null,
    long: null,
    approximate: false,
    district: null,
    category: null,
    warned: false,
    compared: false,
    joins: null,
    person_id: null,
    record_id: null,
    mailed: false,
    report_id: null,
    created_at: now,
    expires_at: new Date(now.getTime() + draftLimits.hours * 3_600_000),
  }
  await store.insertDraft(platform.db, row)
  return { draft: { ...row, words: NOTHING }, token }
}

/** The draft that a token opens, with its words; null when there is none or its time is over. */
export async function openDraft(platform: Platform, actor: Actor, token: string | null): Promise<Draft | null> {
  if (token === null || token.length > 100) return null
  const row = await store.draftByToken(platform.db, tokenOf(platform, actor, token), platform.now())
  if (!row) return null
  if (row.record_id === null || row.report_id !== null) return { ...row, words: NOTHING }
  try {
    const sealed = await open(platform, actor, { record: row.record_id, purpose: 'report.draft', legalBasis: 'own' })
    return { ...row, words: { ...NOTHING, ...sealed } }
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error
    // another request of the same writer has sent it meanwhile, and its words are the report's
    const now = await store.draftByToken(platform.db, tokenOf(platform, actor, token), platform.now())
    return now && now.report_id !== null ? { ...now, words: NOTHING } : null
  }
}

/** Keeps what can stand in the open: the place and the kind. Another place or kind is compared with its neighbours anew. */
export async function keepFacts(platform: Platform, draft: Draft, change: Partial<store.DraftRow>): Promise<Draft> {
  const moved = change.lat !== undefined && (change.lat !== draft.lat || change.long !== draft.long)
  const other = change.category !== undefined && change.category !== draft.category
  const fresh = { ...(moved || other ? { compared: false, joins: null } : {}), ...(other ? { warned: false } : {}), ...change }
  await store.updateDraft(platform.db, draft.id, fresh)
  return { ...draft, ...fresh }
}

/** Seals words of a draft, under a person of its own who is made with the first of them. */
export async function keepWords(platform: Platform, draft: Draft, words: Partial<DraftWords>): Promise<Draft> {
  const owner = await transact(platform, async (tx) => {
    const made = await ownerOf(tx, draft.id)
    await seal(tx, made.record_id, words)
    return made
  })
  return { ...draft, ...owner, words: { ...draft.words, ...words } }
}

async function ownerOf(tx: Platform, id: string): Promise<{ person_id: string; record_id: string }> {
  const row = await store.lockDraft(tx.db, id)
  if (!row || row.report_id !== null)
    throw new Problem('reports.draft-gone', 409, 'This report was sent, or its time is over. Begin again.')
  if (row.person_id !== null && row.record_id !== null) return { person_id: row.person_id, record_id: row.record_id }
  const person_id = await createPerson(tx)
  const record_id = await createRecord(tx, person_id, 'report_draft')
  await store.updateDraft(tx.db, id, { person_id, record_id })
  return { person_id, record_id }
}

/** Keeps a photo of a draft. Throws 422 `upload.*` for what is no photo, too large or one too many; what was there stays. */
export async function addPhoto(platform: Platform, draft: Draft, file: { name: string; bytes: Buffer }): Promise<Draft> {
  if (draft.words.photos.length >= draftLimits.photos)
    throw new Problem('upload.too-many', 422, 'No more files can be added.', { max: draftLimits.photos })
  const most = draftLimits.megabytes * 1_000_000
  if (file.bytes.length > most) throw new Problem('upload.too-large', 422, 'The file is too large.', { max: most })
  const clean = await cleanUpload(file.name, file.bytes, ['image'])
  const { person_id, record_id } = await transact(platform, (tx) => ownerOf(tx, draft.id))
  const photo = await putDocument(platform, person_id, clean, record_id)
  return keepWords(platform, { ...draft, person_id, record_id }, { photos: [...draft.words.photos, photo] })
}

/** Takes a photo out of a draft, and removes it. */
export async function dropPhoto(platform: Platform, draft: Draft, photo: string): Promise<Draft> {
  if (!draft.words.photos.includes(photo)) return draft
  const kept = await keepWords(platform, draft, { photos: draft.words.photos.filter((each) => each !== photo) })
  await removeDocument(platform, photo)
  return kept
}

/** The photos of a draft, as its pages list them. */
export async function photosOfDraft(platform: Platform, draft: Draft): Promise<UploadedFile[]> {
  const known = await describeDocuments(platform, draft.words.photos)
  return draft.words.photos.flatMap((id) =>
    known.filter((file) => file.id === id).map((file) => ({ id, name: file.name, size: file.bytes })),
  )
}

/** The photos of a draft with their bytes, for sending. */
export async function photoFiles(
  platform: Platform,
  actor: Actor,
  draft: Draft,
): Promise<Array<{ name: string; mediaType: string; bytes: Uint8Array }>> {
  const files = await describeDocuments(platform, draft.words.photos)
  const opened = []
  for (const file of files) {
    const { mediaType, bytes } = await openDocument(platform, actor, file.id, { purpose: 'report.draft', legalBasis: 'own' })
    opened.push({ name: file.name, mediaType, bytes })
  }
  return opened
}

/**
 * Makes something of a draft, once: whoever comes at the same moment or later gets what it became. Its words are erased
 * then, because the report has its own. `mailed` is whether its writer hears of it.
 */
export async function turnInto<T extends { readonly reportId: string }>(
  platform: Platform,
  actor: Actor,
  draft: Draft,
  mailed: boolean,
  make: (tx: Platform) => Promise<T>,
): Promise<T | null> {
  const made = await transact(platform, async (tx) => {
    const row = await store.lockDraft(tx.db, draft.id)
    if (!row || row.report_id !== null) return null
    const result = await make(tx)
    await store.updateDraft(tx.db, draft.id, { report_id: result.reportId, mailed })
    return result
  })
  if (made && draft.person_id !== null) {
    await erasePerson(platform, actor, draft.person_id, 'report-sent')
    await store.updateDraft(platform.db, draft.id, { person_id: null, record_id: null })
  }
  return made
}

/** Erases drafts whose time is over. */
export function draftsJob(): Job {
  const actor = systemActor('report_drafts')
  return {
    name: 'reports:erase_drafts',
    cron: '*/30 * * * *',
    async run(platform) {
      for (const row of await store.expiredDrafts(platform.db, platform.now(), 1_000)) {
        if (row.person_id !== null) await erasePerson(platform, actor, row.person_id, 'draft-expired')
        await store.deleteDraft(platform.db, row.id)
      }
    },
  }
}

/** What was written for one person is not shown to whoever acts for the next one in the same browser. */
function tokenOf(platform: Platform, { acting }: Actor, token: string): Buffer {
  return platform.keys.token(acting === null ? `report-draft:${token}` : `report-draft:${token}:${acting.id}`)
}
