import { newReference } from '../../../kernel/id.ts'
import { present } from '../../../kernel/invariant.ts'
import { daysBetween, type PlainDate } from '../../../kernel/time.ts'
import { drawSymbol, type Platform, transact } from '../../../platform/platform.ts'
import { record } from '../../../platform/journal/journal.ts'
import { SEED_CHANNEL, systemActor } from '../../access/index.ts'
import { blindedPerson } from '../../people/index.ts'
import type { CleanFile } from '../../../platform/uploads.ts'
import { clockFrom } from '../clock.ts'
import { insertPhotos } from '../photos/store.ts'
import { type Confirmation, type Evidence, isOpen, type OtherEnd } from '../report.ts'
import { routeTo } from '../routing.ts'
import { assignTo, type Change, confirm, end, fix, startWork, stillBroken } from '../rules.ts'
import { type Board, categoryFor, codeHash, followerCode, within } from '../service/board.ts'
import { placeFor } from '../service/place.ts'
import type { FollowerRow, PhotoRow, ReportRow, UpdateRow } from '../store.ts'
import { insertFollowers, insertReports, insertUpdates } from './store.ts'

/** Somebody who follows an invented report; with `answer`, what they said of its last fix. */
export type PastFollower = {
  readonly personId: string
  readonly accountId: string | null
  readonly language: string
  readonly kind: FollowerRow['kind']
  readonly at: Date
  readonly answer?: { readonly says: 'fixed' | 'broken'; readonly at: Date }
}

/** One thing that happened to an invented report. `of` counts the reports as they were given. */
export type PastAct = { readonly at: Date } & (
  | { readonly do: 'assign'; readonly crew: string }
  | { readonly do: 'start' }
  | { readonly do: 'fix'; readonly order: string | null; readonly photo: CleanFile | null; readonly text: string }
  | { readonly do: 'confirm'; readonly by: Confirmation }
  | { readonly do: 'broken'; readonly text: string }
  | { readonly do: 'end'; readonly how: Exclude<OtherEnd, { outcome: 'duplicate' }>; readonly text: string }
  | { readonly do: 'merge'; readonly of: number }
  | { readonly do: 'write'; readonly by: UpdateRow['by']; readonly text: string }
  | { readonly do: 'hide' }
)

/** An invented report with its life. */
export type PastReport = {
  readonly category: string
  readonly lat: number
  readonly long: number
  readonly address: string
  readonly text: string
  readonly language: string
  readonly openedAt: Date
  readonly source: 'web' | 'open311' | 'officer'
  readonly before: CleanFile | null
  readonly followers: readonly PastFollower[]
  readonly acts: readonly PastAct[]
}

type Life = { readonly past: PastReport; report: ReportRow }
type Written = {
  readonly lives: Array<Life | undefined>
  readonly updates: UpdateRow[]
  readonly photos: PhotoRow[]
  readonly followers: FollowerRow[]
}
type Moment = { readonly at: number; readonly index: number; readonly act: PastAct | null }
const seeder = systemActor('seed', SEED_CHANNEL)
const BATCH = 1_000

/**
 * Lays down invented reports with their past, by the same rules as real ones, in the order in which everything happened;
 * `setClock` moves the clock of the board's platform. Nobody is told. Returns how many there are.
 */
export async function layPast(board: Board, pasts: readonly PastReport[], setClock: (at: Date) => void): Promise<number> {
  const moments = pasts
    .flatMap((past, index): Moment[] => [
      { at: past.openedAt.getTime(), index, act: null },
      ...past.acts.map((act) => ({ at: act.at.getTime(), index, act })),
    ])
    .toSorted((a, b) => a.at - b.at)
  await transact(board.platform, async (tx) => {
    const inside = within(board, tx)
    const written: Written = { lives: pasts.map(() => undefined), updates: [], photos: [], followers: [] }
    for (const { at, index, act } of moments) {
      setClock(new Date(at))
      const past = present(pasts[index], 'a report that was given')
      if (act === null) await begin(inside, written, index, past)
      else await happen(inside, written, present(written.lives[index], 'a report begins before it goes on'), act)
    }
    for (const life of written.lives) if (life) await noteLate(tx, life)
    await write(tx, written)
  })
  return pasts.length
}

/** What is late at the end of the past was noted then: it is no news for the timers of today. */
async function noteLate(tx: Platform, life: Life): Promise<void> {
  const { report } = life
  const day = tx.city.dayOf(tx.now())
  if (!isOpen(report) || report.due_on === null) return
  const late = report.due_on < day
  life.report = { ...report, warned: report.warn_on !== null && report.warn_on <= day, overdue_noted: late }
  if (late) await tell(tx, report, 'reports.report.overdue', { due: report.due_on })
}

async function write(tx: Platform, { lives, updates, photos, followers }: Written): Promise<void> {
  // duplicates last: what they repeat has to be there
  const reports = lives
    .flatMap((life) => (life ? [life.report] : []))
    .toSorted((a, b) => Number(a.merged_into !== null) - Number(b.merged_into !== null))
  for (let at = 0; at < reports.length; at += BATCH) await insertReports(tx.db, reports.slice(at, at + BATCH))
  for (let at = 0; at < updates.length; at += BATCH) await insertUpdates(tx.db, updates.slice(at, at + BATCH))
  for (let at = 0; at < followers.length; at += BATCH) await insertFollowers(tx.db, followers.slice(at, at + BATCH))
  await insertPhotos(tx.db, photos)
}

async function begin(board: Board, written: Written, index: number, past: PastReport): Promise<void> {
  const tx = board.platform
  const category = categoryFor(board, past.category)
  const placed = placeFor(board, past.lat, past.long, past.address)
  const at = tx.now()
  const desk = routeTo(board.categories.routes, { category, district: placed.district, at: board.cityTime(at) })
  const reporter = past.followers.find((each) => each.kind === 'reporter')
  const report: ReportRow = {
    id: tx.newId(),
    reference: newReference('RPT', drawSymbol(tx)),
    category: category.id,
    ...desk,
    officer: null,
    ...placed,
    text: past.text,
    masked: false,
    answers: {},
    language: past.language,
    state: desk.crew === null ? 'received' : 'assigned',
    outcome: null,
    closure: null,
    contested: null,
    confirmed_by: null,
    person_id: reporter?.personId ?? null,
    record_id: null,
    account_id: reporter?.accountId ?? null,
    source: past.source,
    source_id: null,
    urgent: category.urgent,
    hidden: false,
    opened_at: at,
    ...clockFrom(tx.city.dayOf(at), category, tx.city.calendar),
    warned: false,
    overdue_noted: false,
    assigned_at: desk.crew === null ? null : at,
    ended_at: null,
    checking_until: null,
    reopened: 0,
    merged_into: null,
    updated_at: at,
    revision: 1,
  }
  const life = { past, report }
  written.lives[index] = life
  const { district, due_on: due, crew, agency, urgent, source } = report
  const opened = {
    category: category.id,
    agency,
    source,
    urgent,
    ...(district ? { district } : {}),
    ...(crew ? { crew } : {}),
    ...(due ? { due } : {}),
  }
  await tell(tx, report, 'reports.report.opened', opened)
  line(written, tx, report, 'state', past.source === 'officer' ? 'staff' : 'reporter', '')
  if (past.before) written.photos.push(await keepPhoto(tx, report, 'before', past.before))
  for (const each of past.followers) written.followers.push(followerOf(tx, report, each))
}

function followerOf(tx: Platform, report: ReportRow, { personId, accountId, language, kind, at, answer }: PastFollower): FollowerRow {
  const id = tx.newId()
  return {
    id,
    report_id: report.id,
    person_id: personId,
    record_id: null,
    account_id: accountId,
    kind,
    code: codeHash(tx, followerCode(tx, id)),
    language,
    ended_at: null,
    answer: answer?.says ?? null,
    answered_at: answer?.at ?? null,
    answered_round: answer ? 0 : null,
    created_at: at,
  }
}

async function keepPhoto(tx: Platform, report: ReportRow, kind: 'before' | 'after', file: CleanFile): Promise<PhotoRow> {
  const key = tx.newId()
  await tx.files.put(key, file.bytes)
  return {
    id: tx.newId(),
    report_id: report.id,
    update_id: null,
    kind,
    document_id: null,
    file_key: key,
    media_url: null,
    state: 'public',
    added_at: tx.now(),
  }
}

function line(written: Written, tx: Platform, report: ReportRow, kind: UpdateRow['kind'], by: UpdateRow['by'], text: string): string {
  const id = tx.newId()
  const { id: reportId, state, outcome } = report
  const row = {
    id,
    report_id: reportId,
    kind,
    text,
    record_id: null,
    state,
    outcome,
    by,
    source_id: null,
    hidden: false,
    created_at: tx.now(),
  }
  written.updates.push(row)
  return id
}

async function tell(tx: Platform, report: ReportRow, type: string, data: Record<string, unknown> = {}): Promise<void> {
  const subject = report.person_id === null ? {} : { subject: blindedPerson(tx, report.person_id) }
  await record(tx, seeder, { type, stream: report.id, ...subject, data })
}

function move(tx: Platform, life: Life, change: Change): ReportRow {
  life.report = { ...life.report, ...change, updated_at: tx.now(), revision: life.report.revision + 1 }
  return life.report
}

async function happen(board: Board, written: Written, life: Life, act: PastAct): Promise<void> {
  const tx = board.platform
  const { report } = life
  const { category } = report
  const now = tx.now()
  const withCrew = report.crew === null ? {} : { crew: report.crew }
  const days = daysBetween(tx.city.dayOf(report.opened_at), tx.city.dayOf(now))
  switch (act.do) {
    case 'assign': {
      const after = move(tx, life, assignTo(report, { agency: report.agency, crew: act.crew }, null, now))
      line(written, tx, after, 'route', 'staff', '')
      return tell(tx, after, 'reports.report.assigned', { agency: after.agency, crew: act.crew, from: report.crew ?? report.agency })
    }
    case 'start':
      line(written, tx, move(tx, life, startWork(report)), 'state', 'staff', '')
      return tell(tx, report, 'reports.report.started', withCrew)
    case 'fix':
      return fixed(board, written, life, act, days)
    case 'confirm':
      line(
        written,
        tx,
        move(tx, life, confirm(report, act.by)),
        'confirmed',
        act.by === 'silence' ? 'system' : act.by === 'reporter' ? 'reporter' : 'follower',
        '',
      )
      return tell(tx, report, 'reports.report.confirmed', { by: act.by, category, ...withCrew })
    case 'broken': {
      const after = move(tx, life, stillBroken(report, now, tx.city.dayOf(now)))
      line(written, tx, after, 'broken', 'reporter', act.text)
      return tell(tx, after, 'reports.report.broken', { reopened: after.reopened, category, ...withCrew })
    }
    case 'end': {
      const after = move(tx, life, end(report, act.how, now, tx.city.dayOf(now)))
      line(written, tx, after, 'state', act.how.outcome === 'withdrawn' ? 'reporter' : 'staff', act.text)
      const reason = act.how.outcome === 'no_action' ? { reason: act.how.reason } : {}
      return tell(tx, after, 'reports.report.ended', { outcome: act.how.outcome, category, days, ...reason })
    }
    case 'merge': {
      const root = present(written.lives[act.of], 'a duplicate repeats one that is there').report
      const after = move(tx, life, end(report, { outcome: 'duplicate', of: root.id }, now, tx.city.dayOf(now)))
      line(written, tx, after, 'state', 'staff', '')
      line(written, tx, root, 'joined', 'system', '')
      return tell(tx, after, 'reports.report.merged', { into: root.id, repointed: 0 })
    }
    case 'write': {
      const update = line(written, tx, report, 'message', act.by, act.text)
      return tell(tx, report, 'reports.update.written', { update, by: act.by })
    }
    case 'hide':
      life.report = { ...report, hidden: true, revision: report.revision + 1 }
      return tell(tx, report, 'reports.report.hidden')
  }
}

async function fixed(board: Board, written: Written, life: Life, act: Extract<PastAct, { do: 'fix' }>, days: number): Promise<void> {
  const tx = board.platform
  const { report } = life
  const on: PlainDate = tx.city.dayOf(tx.now())
  const photo = act.photo === null ? null : await keepPhoto(tx, report, 'after', act.photo)
  if (photo) written.photos.push(photo)
  const evidence: Evidence = photo ? { kind: 'photo', photo: photo.id } : { kind: 'work_order', order: act.order ?? '', on }
  const after = move(
    tx,
    life,
    fix(report, evidence, tx.now(), { opened: tx.city.dayOf(report.opened_at), today: on }, categoryFor(board, report.category)),
  )
  line(written, tx, after, 'state', 'staff', act.text)
  const until = present(after.checking_until, 'a fix is checked until a day')
  const crew = report.crew === null ? {} : { crew: report.crew }
  return tell(tx, after, 'reports.report.fixed', { evidence: evidence.kind, until, category: report.category, days, ...crew })
}
