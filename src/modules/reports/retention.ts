import { addYears, startOfDay } from '../../kernel/time.ts'
import type { Job } from '../../platform/jobs.ts'
import { type Platform, today, transact } from '../../platform/platform.ts'
import { allow, systemActor } from '../access/index.ts'
import { eraseMessagesAbout } from '../messages/index.ts'
import { destroyPerson, eraseDocument, eraseRecord, hasContent, holdingsOf, removeFiles } from '../people/index.ts'
import * as followers from './followers/store.ts'
import * as photos from './photos/store.ts'
import type { Report } from './report.ts'
import { type Board, factsOf, getReport, tell, within } from './service/board.ts'
import { deleteAlertsOf } from './public/alerts/store.ts'
import * as store from './store.ts'
import { maskPublic } from './text/mask.ts'

const clean = systemActor('retention')
const BATCH = 200
/** Years for which it is kept who reported something of a category that is not there any more. */
const WITHOUT_CATEGORY = 2

/** The job that lets go of who reported what, when a category says so; what was reported stays. */
export function retentionJob(board: Board): Job {
  return { name: 'reports:retention', cron: '35 2 * * *', run: (platform) => runRetention({ ...board, platform }) }
}

/** Erases contact, masked words and unseen pictures of every report that was kept long enough; doing it again changes nothing. */
export async function runRetention(board: Board): Promise<void> {
  const { platform, categories } = board
  const known = new Set(categories.list.map((each) => each.id))
  const gone = (await store.usedCategories(platform.db)).filter((id) => !known.has(id))
  const years = Map.groupBy([...categories.list, ...gone.map((id) => ({ id, keep_years: WITHOUT_CATEGORY }))], (each) => each.keep_years)
  for (const [keep, kinds] of years) {
    const before = startOfDay(platform.city.timeZone, addYears(today(platform), -keep))
    const ids = kinds.map((each) => each.id)
    for (let due = await store.pastReports(platform.db, ids, before, BATCH); due.length > 0;) {
      for (const id of due) await eraseReporter(board, id)
      due = await store.pastReports(platform.db, ids, before, BATCH)
    }
  }
}

async function eraseReporter(board: Board, id: string): Promise<void> {
  const files = await transact(board.platform, async (tx) => {
    const report = await getReport(within(board, tx), id, true)
    allow(clean, 'reports.expire', factsOf(report))
    const files = await eraseWords(tx, [id])
    const hearing = await followers.followersOf(tx.db, [id])
    for (const each of hearing)
      if (each.record_id !== null && each.record_id !== report.record_id) files.push(...(await eraseRecord(tx, each.record_id)))
    if (report.record_id !== null) files.push(...(await eraseRecord(tx, report.record_id)))
    await followers.deleteFollowers(
      tx.db,
      hearing.map((each) => each.id),
    )
    await eraseMessagesAbout(tx, id)
    await store.disownReport(tx.db, id)
    await tell(tx, clean, { id, person_id: null }, 'reports.report.erased', { category: report.category })
    const persons = new Set([...hearing.map((each) => each.person_id), ...(report.person_id === null ? [] : [report.person_id])])
    // somebody with an account has a profile: that is content
    for (const person of persons)
      if (!(await hasContent(tx, person))) files.push(...(await destroyPerson(tx, clean, person, 'kept-long-enough')))
    return files
  })
  await removeFiles(board.platform, files)
}

/** Erases what the public lines of reports left out, and pictures that were never shown; gives the files to remove after the commit. */
async function eraseWords(tx: Platform, reportIds: readonly string[]): Promise<string[]> {
  const files: string[] = []
  for (const line of await store.updatesOf(tx.db, reportIds)) {
    if (line.record_id === null) continue
    files.push(...(await eraseRecord(tx, line.record_id)))
    await store.changeUpdate(tx.db, line.id, { record_id: null })
  }
  for (const photo of await photos.photosOfReports(tx.db, reportIds)) {
    if (photo.document_id === null) continue
    files.push(...(await eraseDocument(tx, photo.document_id)))
    await letGo(tx, photo)
  }
  return files
}

/** Of a picture whose original is gone stays what the public sees already. */
async function letGo(tx: Platform, photo: store.PhotoRow): Promise<void> {
  if (photo.state === 'public' && photo.file_key !== null) await photos.changePhoto(tx.db, photo.id, { document_id: null })
  else await photos.deletePhotos(tx.db, [photo.id])
}

/** What is kept about a person in reports: those they sent, those they hear of. */
export type ReportHolding = {
  readonly reference: string
  readonly category: string
  readonly kind: 'reporter' | 'joined' | 'follower'
  readonly openedAt: Date
  readonly state: Report['state']
  /** The vault's records with their words and addresses. */
  readonly records: readonly string[]
}

/** Every report that a person sent, joined or follows, the newest first. The caller has asked whether the reader may. */
export async function reportHoldings(platform: Platform, personId: string): Promise<ReportHolding[]> {
  const [sent, followed] = await Promise.all([store.reportsOfPerson(platform.db, personId), followers.followedBy(platform.db, personId)])
  const missing = followed.filter((each) => !sent.some((report) => report.id === each.report_id)).map((each) => each.report_id)
  const reports = [...sent, ...(await store.reportsById(platform.db, missing))]
  return reports
    .map((report) => {
      const own = followed.find((each) => each.report_id === report.id)
      const records = [report.person_id === personId ? report.record_id : null, own?.record_id ?? null].filter((each) => each !== null)
      return {
        reference: report.reference,
        category: report.category,
        kind: report.person_id === personId ? ('reporter' as const) : (own?.kind ?? ('follower' as const)),
        openedAt: report.opened_at,
        state: report.state,
        records: [...new Set(records)],
      }
    })
    .toSorted((a, b) => b.openedAt.getTime() - a.openedAt.getTime())
}

/**
 * Forgets who reported and who follows: the reports stay as public facts that lead to nobody, and words that an officer
 * had shown as they were typed are masked again. Alone it is for a person whose vault is destroyed as a whole.
 */
export async function forgetReporter(tx: Platform, personId: string): Promise<void> {
  const { records, documents } = await holdingsOf(tx, personId)
  for (const report of await store.reportsOfPerson(tx.db, personId)) {
    await store.updateReport(tx.db, report.id, { text: maskPublic(report.text).text }, report.updated_at)
    await store.disownReport(tx.db, report.id)
  }
  const lines = await store.updatesByRecords(
    tx.db,
    records.map((each) => each.id),
  )
  for (const line of lines) await store.changeUpdate(tx.db, line.id, { text: maskPublic(line.text).text, record_id: null })
  const pictures = await photos.photosByDocuments(
    tx.db,
    documents.map((each) => each.id),
  )
  for (const photo of pictures) await letGo(tx, photo)
  const followed = await followers.followedBy(tx.db, personId)
  await followers.deleteFollowers(
    tx.db,
    followed.map((each) => each.id),
  )
}

/** The kinds of the vault's records that belong to reports. */
const KINDS: ReadonlySet<string> = new Set(['report', 'report_words', 'report_photos', 'report_alert'])

/** The same for a person who stays: what the vault keeps of their reports and alerts goes too. In the caller's transaction; gives the files to remove after the commit. */
export async function eraseReportsOf(tx: Platform, personId: string): Promise<{ records: string[]; files: string[] }> {
  const { records } = await holdingsOf(tx, personId)
  const own = records.filter((each) => KINDS.has(each.kind)).map((each) => each.id)
  await forgetReporter(tx, personId)
  await deleteAlertsOf(tx.db, personId)
  const files: string[] = []
  for (const record of own) files.push(...(await eraseRecord(tx, record)))
  return { records: own, files }
}
