import { notFound, Problem } from '../../../kernel/problem.ts'
import { today } from '../../../platform/platform.ts'
import type { CleanFile } from '../../../platform/uploads.ts'
import { type Actor, allow } from '../../access/index.ts'
import { insertPhotos } from '../photos/store.ts'
import type { OtherEnd, Report } from '../report.ts'
import {
  assignReport, type Board, endReport, factsOf, fixReport, getReport, once, startReport, writeUpdate,
} from '../service/index.ts' // prettier-ignore
import { photoRow } from '../service/send.ts'
import { type Act, completeAct, movedSince, type TypedAct } from './act.ts'
import { ownCrews } from './members.ts'

/** The pictures that come with an act: how it looked before, how it looks now. */
export type ActPhotos = { readonly before: CleanFile | null; readonly after: CleanFile | null }

/** What is answered when an act is done, also when it comes again. */
export type Receipt = { readonly id: string; readonly reference: string; readonly act: string; readonly state: string }

/**
 * Does what a crew member decided on the pavement, once for each act's id. Throws 422 (`reports.crew-act`, with the field
 * and what to do) when something is missing, 409 (`reports.crew-moved`, with how the report stands now) when it is not any
 * more what they saw, 404 when it was never theirs.
 */
export async function doAct(board: Board, actor: Actor, typed: TypedAct, photos: ActPhotos): Promise<Receipt> {
  const act = complete(board, typed, photos)
  const { answer } = await once(board, typed.id, actor.accountId, async (inside) => {
    const report = await heldReport(inside, actor, typed, act)
    const after = await perform(inside, actor, report, { act, typed, photos })
    const receipt: Receipt = { id: typed.id, reference: report.reference, act: act.kind, state: after.state }
    return { report: report.id, act: act.kind, answer: receipt }
  })
  return answer
}

function complete(board: Board, typed: TypedAct, photos: ActPhotos): Act {
  const known = {
    authority: (id: string): boolean => board.categories.authority(id) !== null,
    crew: (id: string): boolean => board.categories.crew(id) !== null,
  }
  const { act, issue } = completeAct(typed, { today: today(board.platform), known, photo: photos.after !== null })
  if (act === null) throw missing(issue.field, issue.key)
  return act
}

function missing(field: string, key: string): Problem {
  return new Problem('reports.crew-act', 422, 'Something is missing.', { field, key })
}

/** The report of an act, held; as whoever decided it saw it. */
async function heldReport(board: Board, actor: Actor, { reference, seen }: TypedAct, act: Act): Promise<Report> {
  const found = await getReport(board, reference)
  const crews = await ownCrews(board, actor)
  if (!crews.some((crew) => crew.id === seen.crew)) throw notFound('report')
  // a merge takes both of its reports itself, in an order of its own
  const report = act.kind === 'cannot' && act.why === 'duplicate' ? found : await getReport(board, found.id, true)
  const moved = movedSince(act.kind, seen, report)
  if (moved !== null) {
    const { revision, state, crew, reopened } = report
    throw new Problem('reports.crew-moved', 409, 'Somebody else changed this report meanwhile.', {
      moved,
      seen: { revision, state, crew, reopened },
    })
  }
  allow(actor, 'reports.work', factsOf(report))
  return report
}

type Doing = { readonly act: Act; readonly typed: TypedAct; readonly photos: ActPhotos }

async function perform(board: Board, actor: Actor, report: Report, { act, typed, photos }: Doing): Promise<Report> {
  const { text } = typed
  if (photos.before) await keepBefore(board, report, photos.before)
  switch (act.kind) {
    case 'started':
      return report.state === 'in_progress' ? report : startReport(board, actor, report.id)
    case 'done': {
      const proof = act.order
        ? { evidence: { kind: 'work_order', order: act.order.number, on: act.order.on } as const }
        : photos.after && { afterPhoto: photos.after }
      if (!proof) throw missing('after', 'evidence_needed')
      return fixReport(board, actor, report.id, { ...proof, text })
    }
    case 'other_crew':
      if (text !== '') await writeUpdate(board, actor, report.id, text)
      return assignReport(board, actor, report.id, { crew: act.crew })
    case 'note':
      await writeUpdate(board, actor, report.id, text)
      return getReport(board, report.id)
    case 'cannot': {
      const how = await endOf(board, act)
      if (how.outcome !== 'duplicate') return endReport(board, actor, report.id, how, text)
      const ended = await endReport(board, actor, report.id, how, undefined, report.revision)
      if (text !== '') await writeUpdate(board, actor, report.id, text)
      return ended
    }
  }
}

async function keepBefore(board: Board, report: Report, file: CleanFile): Promise<void> {
  const { platform, categories } = board
  const key = platform.newId()
  await platform.files.put(key, file.bytes)
  const state = categories.byId(report.category)?.photos === 'never' ? 'unchecked' : 'public'
  await insertPhotos(platform.db, [photoRow(board, report.id, { kind: 'before', file_key: key, state })])
}

async function endOf(board: Board, { why, fact, on }: Extract<Act, { kind: 'cannot' }>): Promise<OtherEnd> {
  switch (why) {
    case 'not_ours':
      return { outcome: 'not_ours', authority: fact }
    case 'referred':
      return { outcome: 'referred', programme: fact, on: on ?? today(board.platform) }
    case 'duplicate': {
      const of = await getReport(board, fact).catch((error: unknown) => {
        if (error instanceof Problem && error.status === 404) throw missing('of', 'of_needed')
        throw error
      })
      return { outcome: 'duplicate', of: of.id }
    }
    default:
      return { outcome: 'no_action', reason: why }
  }
}
