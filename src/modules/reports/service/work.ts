import { invariant } from '../../../kernel/invariant.ts'
import { Problem } from '../../../kernel/problem.ts'
import { today } from '../../../platform/platform.ts'
import type { CleanFile } from '../../../platform/uploads.ts'
import type { Actor } from '../../access/index.ts'
import { clockFrom } from '../clock.ts'
import { hidePhotos, insertPhotos, photosOfReports } from '../photos/store.ts'
import type { Evidence, OtherEnd, Report } from '../report.ts'
import { type Desk, routeTo } from '../routing.ts'
import { assignTo, end, fix, startWork } from '../rules.ts'
import { type Board, categoryFor, tell } from './board.ts'
import { change, daysOld, staffWords, withReport } from './act.ts'
import { mergeReports } from './merge.ts'
import { placeFor } from './place.ts'
import { photoRow } from './send.ts'

/** To whom a report goes: a crew, or the desk of an agency (its own when left out); with or without an officer who looks after it. */
export type AssignTo = { readonly crew: string | null; readonly agency?: string; readonly officer?: string | null }

/** Gives an open report to a crew or a desk; its clock runs on. Throws 404 for a crew or agency that is not there, 409 when it has ended. */
export async function assignReport(board: Board, actor: Actor, id: string, to: AssignTo, revision?: number): Promise<Report> {
  return withReport(board, actor, id, { action: 'reports.triage', revision }, async (inside, report) => {
    const desk = deskFor(inside, report, to)
    const officer = to.officer === undefined ? (desk.agency === report.agency ? report.officer : null) : to.officer
    const what = assignTo(report, desk, officer, inside.platform.now())
    return change(
      inside,
      actor,
      report,
      what,
      { kind: 'route', by: 'staff' },
      {
        type: 'reports.report.assigned',
        data: { agency: desk.agency, ...(desk.crew ? { crew: desk.crew } : {}), ...(officer ? { officer } : {}), from: report.agency },
      },
    )
  })
}

function deskFor(board: Board, report: Report, to: AssignTo): Desk {
  const crew = to.crew === null ? null : board.categories.crew(to.crew)
  const agency = crew?.agency ?? to.agency ?? report.agency
  const known = board.platform.city.agencies.some((each) => each.id === agency)
  if ((to.crew !== null && !crew) || !known) throw new Problem('reports.no-such-crew', 404, 'There is no such crew or agency.')
  return { agency, crew: to.crew }
}

/** Work has begun. Throws 409 when it has begun or ended before. */
export async function startReport(board: Board, actor: Actor, id: string, revision?: number): Promise<Report> {
  return withReport(board, actor, id, { action: 'reports.work', revision }, async (inside, report) =>
    change(
      inside,
      actor,
      report,
      startWork(report),
      { kind: 'state', by: 'staff' },
      {
        type: 'reports.report.started',
        data: report.crew ? { crew: report.crew } : {},
      },
    ),
  )
}

/** What shows a fix: a picture taken afterwards, or a work order with its day; with a word for the public if one is to be said. */
export type FixProof = ({ readonly evidence: Evidence } | { readonly afterPhoto: CleanFile }) & { readonly text?: string }

/**
 * Says that it is fixed and asks those who reported it. Throws 422 without evidence (also for a photo that is not one of
 * this report, taken afterwards), 409 when it is not open.
 */
export async function fixReport(board: Board, actor: Actor, id: string, proof: FixProof, revision?: number): Promise<Report> {
  return withReport(board, actor, id, { action: 'reports.work', revision }, async (inside, report) => {
    const tx = inside.platform
    const category = inside.categories.byId(report.category) ?? { check_days: 14, photos: 'checked' }
    const evidence = 'evidence' in proof ? proof.evidence : await afterPhoto(inside, report, proof.afterPhoto, category.photos)
    if ('evidence' in proof && evidence.kind === 'photo') await ownPhoto(inside, report, evidence.photo)
    const what = fix(report, evidence, tx.now(), { opened: tx.city.dayOf(report.opened_at), today: today(tx) }, category)
    const data = {
      evidence: evidence.kind,
      ...(report.crew ? { crew: report.crew } : {}),
      until: what.checking_until,
      category: report.category,
      days: daysOld(inside, report),
    }
    return change(
      inside,
      actor,
      report,
      what,
      { kind: 'state', by: 'staff', text: staffWords(proof.text) },
      {
        type: 'reports.report.fixed',
        data,
      },
    )
  })
}

async function afterPhoto(board: Board, report: Report, file: CleanFile, photos: 'checked' | 'never'): Promise<Evidence> {
  const tx = board.platform
  const key = tx.newId()
  await tx.files.put(key, file.bytes)
  const row = photoRow(board, report.id, { kind: 'after', file_key: key, state: photos === 'never' ? 'unchecked' : 'public' })
  await insertPhotos(tx.db, [row])
  return { kind: 'photo', photo: row.id }
}

async function ownPhoto(board: Board, report: Report, photoId: string): Promise<void> {
  const photos = await photosOfReports(board.platform.db, [report.id])
  if (!photos.some((each) => each.id === photoId && each.kind === 'after'))
    throw new Problem('reports.no-evidence', 422, 'A fix needs a photo, or the number of a work order and its day.')
}

/** Ends a report that was not fixed, with its fact; `duplicate` merges it. Throws 422 when the fact is missing, 404 for an unknown authority. */
export async function endReport(board: Board, actor: Actor, id: string, how: OtherEnd, text?: string, revision?: number): Promise<Report> {
  if (how.outcome === 'duplicate') return mergeReports(board, actor, id, how.of, revision)
  return withReport(board, actor, id, { action: 'reports.work', revision }, async (inside, report) => {
    if (how.outcome === 'not_ours' && how.authority !== '' && !inside.categories.authority(how.authority))
      throw new Problem('reports.no-such-authority', 404, 'There is no such authority.')
    return ended(inside, actor, report, how, 'staff', staffWords(text))
  })
}

/** Writes down an ending of a report whose row is held. */
export async function ended(
  board: Board,
  actor: Actor,
  report: Report,
  how: OtherEnd,
  by: 'staff' | 'system' | 'peer' | 'reporter',
  text: string,
): Promise<Report> {
  const data = {
    outcome: how.outcome,
    category: report.category,
    days: daysOld(board, report),
    ...(how.outcome === 'no_action' ? { reason: how.reason } : {}),
  }
  return change(
    board,
    actor,
    report,
    end(report, how, board.platform.now(), today(board.platform)),
    { kind: 'state', by, text },
    { type: 'reports.report.ended', data },
  )
}

/**
 * Puts an open report into another category: due as that category says, counted from the day it came; routed anew when
 * the other category is another agency's. Its answers stay, as those to questions of the category that it is in are shown;
 * where photos are for the crew only, none stays public.
 */
export async function recategorise(board: Board, actor: Actor, id: string, category: string, revision?: number): Promise<Report> {
  invariant(!board.platform.inTransaction, 'files are removed after the commit')
  const copies: string[] = []
  const moved = await withReport(board, actor, id, { action: 'reports.triage', revision }, async (inside, report) => {
    const { platform } = inside
    const to = categoryFor(inside, category)
    const at = inside.cityTime(platform.now())
    const desk = routeTo(inside.categories.routes, { category: to, district: report.district, at })
    const what = assignTo(report, desk.agency === report.agency ? { agency: report.agency, crew: report.crew } : desk, null, platform.now())
    const clock = clockFrom(platform.city.dayOf(report.opened_at), to, platform.city.calendar)
    const kept = desk.agency === report.agency ? { state: report.state, assigned_at: report.assigned_at, officer: report.officer } : {}
    if (to.photos === 'never') copies.push(...(await hideAll(inside, actor, report)))
    return change(
      inside,
      actor,
      report,
      { ...what, ...kept, ...clock, category: to.id, urgent: to.urgent, warned: false, overdue_noted: false },
      { kind: 'route', by: 'staff' },
      {
        type: 'reports.report.recategorised',
        data: { from: report.category, to: to.id, agency: desk.agency, ...(clock.due_on ? { due: clock.due_on } : {}) },
      },
    )
  })
  for (const copy of copies) await board.platform.files.remove(copy)
  return moved
}

/** Takes all pictures of a report from the public; gives the copies to remove after the commit. */
async function hideAll({ platform: tx }: Board, actor: Actor, report: Report): Promise<string[]> {
  const hidden = await hidePhotos(tx.db, report.id)
  for (const { id } of hidden) await tell(tx, actor, report, 'reports.photo.hidden', { photo: id })
  return hidden.flatMap(({ copy }) => (copy === null ? [] : [copy]))
}

/** Puts right where an open report is. Its agency and clock stay. Throws 422 for a place outside the city. */
export async function moveReport(
  board: Board,
  actor: Actor,
  id: string,
  to: { readonly lat: number; readonly long: number; readonly address?: string | null },
  revision?: number,
): Promise<Report> {
  return withReport(board, actor, id, { action: 'reports.triage', revision }, async (inside, report) => {
    const placed = placeFor(inside, to.lat, to.long, to.address ?? null)
    return change(
      inside,
      actor,
      report,
      placed,
      { kind: 'route', by: 'staff' },
      {
        type: 'reports.report.moved',
        data: { ...(placed.district ? { district: placed.district } : {}), agency: report.agency },
      },
    )
  })
}
