import { newReference } from '../../../kernel/id.ts'
import { Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import type { CleanFile } from '../../../platform/uploads.ts'
import { drawSymbol, transact } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import { createPerson, createRecord, index, putDocument, removeFiles, seal } from '../../people/index.ts'
import { evaluate, type QuestionKind } from '../../servicefile/index.ts'
import type { Category } from '../categories/categories.ts'
import { clockFrom } from '../clock.ts'
import { reporterOf } from '../followers/store.ts'
import type { Report, ReportSource } from '../report.ts'
import { type Desk, routeTo } from '../routing.ts'
import * as store from '../store.ts'
import { maskPublic } from '../text/mask.ts'
import { type Board, categoryFor, codeHash, followerCode, tell, within } from './board.ts'
import { type Placed, placeFor } from './place.ts'

/** How somebody may be reached and called. */
export type Contact = { readonly name?: string | null; readonly email?: string | null; readonly phone?: string | null }

/** A report as it comes in, from any door. */
export type NewReport = {
  readonly source: ReportSource
  /** What comes twice from the same source is one report; whoever knows it gets the reporter's code, so it is made of what only the sender has. */
  readonly sourceId: string | null
  readonly category: string
  readonly lat: number
  readonly long: number
  /** Left out or null: the nearest of the register. */
  readonly address?: string | null
  readonly text: string
  /** Answers by question id; those of questions that are not asked are left out. */
  readonly answers: Readonly<Record<string, unknown>>
  readonly language: string
  readonly contact?: Contact
  /** The person of the account it is sent from; null when it is nobody's. */
  readonly accountPerson?: string | null
  readonly photos: readonly CleanFile[]
  /** A picture that lies elsewhere (GeoReport v2, `media_url`). */
  readonly mediaUrl?: string | null
}

/** What became of it. `code` leads the reporter back; null when nothing of a person came, so that there is nobody to come back. */
export type Sent = { readonly report: Report; readonly code: string | null; readonly repeated: boolean }

/** Kinds of answers that hold nothing of a person. */
const PLAIN_KINDS: ReadonlySet<QuestionKind> = new Set(['integer', 'decimal', 'money', 'date', 'yes_no', 'one_of', 'many_of'])

/** The most characters of a description. */
export const LONGEST_TEXT = 5_000

/** A report ready to be written: what is public, what is for the vault. */
type Filed = {
  readonly draft: NewReport
  readonly category: Category
  readonly placed: Placed
  readonly desk: Desk
  readonly text: string
  readonly masked: boolean
  readonly answers: Readonly<Record<string, unknown>>
  /** What goes into the vault's record; empty when nothing does. */
  readonly sealed: Readonly<Record<string, unknown>>
  readonly byStaff: boolean
}

/** Somebody else wrote the same report, or its reference is taken. */
class Taken extends Error {}

/**
 * Takes a report in: masked, placed, routed, with its clock, in one transaction. Only what is personal makes a person in
 * the vault. The same source and id again gives the same answer and writes nothing. Throws 404 for an unknown category
 * and 422 for a place outside the city, answers that are wrong or missing, or too long a text.
 */
export async function sendReport(board: Board, actor: Actor, draft: NewReport): Promise<Sent> {
  allow(actor, 'reports.send')
  const filed = fileReport(board, draft)
  const personal = isPersonal(filed)
  if (personal) {
    const known = await sentBefore(board, draft)
    if (known) return known
  }
  for (let tries = 0; tries < 5; tries += 1) {
    const files: string[] = []
    try {
      return await transact(board.platform, (tx) => write(within(board, tx), actor, filed, files))
    } catch (error) {
      await removeFiles(board.platform, files)
      if (!(error instanceof Taken)) throw error
    }
    const known = await sentBefore(board, draft)
    if (known) return known
  }
  throw new Problem('reports.busy', 503, 'The report could not be taken in just now. Send it again.')
}

async function sentBefore(board: Board, { source, sourceId }: NewReport): Promise<Sent | null> {
  const { platform } = board
  const report = sourceId === null ? null : await store.reportBySource(platform.db, source, sourceId)
  if (!report) return null
  const reporter = report.person_id === null ? null : await reporterOf(platform.db, report.id)
  return { report, code: reporter && followerCode(platform, reporter.id), repeated: true }
}

function fileReport(board: Board, draft: NewReport): Filed {
  const { platform } = board
  const category = categoryFor(board, draft.category)
  const at = board.cityTime(platform.now())
  const typed = cleanText(draft.text)
  if (typed.length > LONGEST_TEXT) throw new Problem('reports.text-too-long', 422, 'The description is too long.', { most: LONGEST_TEXT })
  const { name, email, phone } = draft.contact ?? {}
  const known = name ? { names: [name] } : {}
  const public_ = maskPublic(typed, known)
  // words for the place are as public as the others, and anybody may have typed them
  const placed = placeFor(board, draft.lat, draft.long, draft.address ? maskPublic(cleanText(draft.address), known).text : null)
  const { plain, personal } = answersOf(board, category, draft.answers)
  return {
    draft,
    category,
    placed,
    desk: routeTo(board.categories.routes, { category, district: placed.district, at }),
    text: public_.text,
    masked: public_.masked,
    answers: plain,
    sealed: {
      ...(public_.masked ? { text: typed } : {}),
      ...(name ? { name } : {}),
      ...(email ? { email } : {}),
      ...(phone ? { phone } : {}),
      ...Object.fromEntries(Object.entries(personal).map(([id, value]) => [`answer.${id}`, value])),
    },
    byStaff: draft.source === 'crew' || draft.source === 'officer',
  }
}

function answersOf(
  board: Board,
  category: Category,
  given: Readonly<Record<string, unknown>>,
): { plain: Record<string, unknown>; personal: Record<string, unknown> } {
  const form = category.questions.length === 0 ? null : board.categories.form(category.id)
  if (!form) return { plain: {}, personal: {} }
  const { answers, issues } = evaluate(form, given, {}, board.platform.city.dayOf(board.platform.now()))
  if (issues.length > 0)
    throw new Problem('reports.answers', 422, 'Answer the questions about it.', { questions: issues.map((issue) => issue.question) })
  const isPlain = (id: string): boolean => PLAIN_KINDS.has(category.questions.find((each) => each.id === id)?.kind ?? 'text')
  const entries = Object.entries(answers)
  return {
    plain: Object.fromEntries(entries.filter(([id]) => isPlain(id))),
    personal: Object.fromEntries(entries.filter(([id]) => !isPlain(id))),
  }
}

/** Pictures that residents took show where they were and whom they saw; those of staff are the city's own. */
function isPersonal({ draft, sealed, byStaff }: Filed): boolean {
  return Object.keys(sealed).length > 0 || Boolean(draft.accountPerson) || (draft.photos.length > 0 && !byStaff)
}

async function write(board: Board, actor: Actor, filed: Filed, files: string[]): Promise<Sent> {
  const tx = board.platform
  const id = tx.newId()
  const person = isPersonal(filed) ? await keepPerson(board, id, filed, files) : null
  const photos = [
    ...(person?.photos ?? []),
    ...(filed.byStaff ? await staffPhotos(board, id, filed, files) : []),
    ...elsewhere(board, id, filed),
  ]
  const report = newRow(board, actor, id, filed, person)
  const first = firstLine(board, report)
  const follower = person ? newFollower(board, actor, report, person) : null
  const rows = { report, first, photos, followers: follower ? [follower] : [] }
  if (!(await store.insertReport(tx.db, rows))) throw new Taken()
  await tell(tx, actor, report, 'reports.report.opened', {
    category: report.category,
    agency: report.agency,
    ...(report.district ? { district: report.district } : {}),
    ...(report.crew ? { crew: report.crew } : {}),
    source: report.source,
    ...(report.due_on ? { due: report.due_on } : {}),
    urgent: report.urgent,
  })
  return { report, code: follower && followerCode(tx, follower.id), repeated: false }
}

type Kept = { readonly personId: string; readonly recordId: string | null; readonly hasEmail: boolean; readonly photos: store.PhotoRow[] }

async function keepPerson(board: Board, reportId: string, { draft, sealed, byStaff }: Filed, files: string[]): Promise<Kept> {
  const tx = board.platform
  const personId = draft.accountPerson ?? (await createPerson(tx))
  const photos = byStaff ? [] : draft.photos
  if (Object.keys(sealed).length === 0 && photos.length === 0) return { personId, recordId: null, hasEmail: false, photos: [] }
  const recordId = await createRecord(tx, personId, 'report')
  await seal(tx, recordId, sealed)
  const { email } = sealed
  if (typeof email === 'string') await index(tx, recordId, personId, 'report.email', [`${reportId} ${email}`])
  const rows: store.PhotoRow[] = []
  for (const file of photos) {
    const document = await putDocument(tx, personId, file, recordId)
    files.push(document)
    rows.push(photoRow(board, reportId, { document_id: document }))
  }
  return { personId, recordId, hasEmail: typeof email === 'string', photos: rows }
}

/** A picture that nobody has looked at yet. */
export function photoRow(board: Board, reportId: string, own: Partial<store.PhotoRow>): store.PhotoRow {
  const tx = board.platform
  return {
    id: tx.newId(),
    report_id: reportId,
    update_id: null,
    kind: 'reported',
    document_id: null,
    file_key: null,
    media_url: null,
    state: 'unchecked',
    added_at: tx.now(),
    ...own,
  }
}

async function staffPhotos(board: Board, reportId: string, { draft, category }: Filed, files: string[]): Promise<store.PhotoRow[]> {
  const rows: store.PhotoRow[] = []
  for (const file of draft.photos) {
    const key = board.platform.newId()
    await board.platform.files.put(key, file.bytes)
    files.push(key)
    rows.push(photoRow(board, reportId, { kind: 'before', file_key: key, state: category.photos === 'never' ? 'unchecked' : 'public' }))
  }
  return rows
}

function elsewhere(board: Board, reportId: string, { draft }: Filed): store.PhotoRow[] {
  return draft.mediaUrl ? [photoRow(board, reportId, { media_url: draft.mediaUrl })] : []
}

function newRow(board: Board, actor: Actor, id: string, filed: Filed, person: Kept | null): store.ReportRow {
  const tx = board.platform
  const { draft, category, placed, desk } = filed
  const now = tx.now()
  return {
    id,
    reference: newReference('RPT', drawSymbol(tx)),
    category: category.id,
    ...desk,
    officer: null,
    ...placed,
    text: filed.text,
    masked: filed.masked,
    answers: filed.answers,
    language: draft.language,
    state: desk.crew === null ? 'received' : 'assigned',
    outcome: null,
    closure: null,
    contested: null,
    confirmed_by: null,
    person_id: person?.personId ?? null,
    record_id: person?.recordId ?? null,
    account_id: draft.accountPerson && actor.acting === null ? actor.accountId : null,
    source: draft.source,
    source_id: draft.sourceId,
    urgent: category.urgent,
    hidden: false,
    opened_at: now,
    ...clockFrom(tx.city.dayOf(now), category, tx.city.calendar),
    warned: false,
    overdue_noted: false,
    assigned_at: desk.crew === null ? null : now,
    ended_at: null,
    checking_until: null,
    reopened: 0,
    merged_into: null,
    updated_at: now,
    revision: 1,
  }
}

function firstLine(board: Board, report: store.ReportRow): store.UpdateRow {
  const by = /^(import|pull):/.test(report.source) ? 'peer' : report.source === 'crew' || report.source === 'officer' ? 'staff' : 'reporter'
  return {
    id: board.platform.newId(),
    report_id: report.id,
    kind: 'state',
    text: '',
    record_id: null,
    state: report.state,
    outcome: null,
    by,
    source_id: null,
    hidden: false,
    created_at: report.opened_at,
  }
}

function newFollower(board: Board, actor: Actor, report: store.ReportRow, person: Kept): store.FollowerRow {
  const tx = board.platform
  const id = tx.newId()
  return {
    id,
    report_id: report.id,
    person_id: person.personId,
    // without an address of its own: the account's
    record_id: person.hasEmail ? person.recordId : null,
    account_id: actor.acting === null && report.account_id !== null ? report.account_id : null,
    kind: 'reporter',
    code: codeHash(tx, followerCode(tx, id)),
    language: report.language,
    ended_at: null,
    answer: null,
    answered_at: null,
    answered_round: null,
    created_at: report.opened_at,
  }
}
