import { isUuid } from '../../../kernel/id.ts'
import { Problem } from '../../../kernel/problem.ts'
import { textOf } from '../../../platform/http/routes.ts'
import { type Actor, allow, may } from '../../access/index.ts'
import type { FormBody } from '../../fields/index.ts'
import { photosOfReports } from '../photos/store.ts'
import type { Report } from '../report.ts'
import { type Board, endReport, factsOf, recategorise, setPhotoState } from '../service/index.ts'
import { reportsById } from '../store.ts'
import { assignTo, categoryIn, endIn } from './acts.ts'
import { sorted } from './desk.ts'

/** What can be done with several reports at once. */
export const bulkActs = ['assign', 'category', 'end', 'photos'] as const
export type BulkAct = (typeof bulkActs)[number]

/** The most reports of one act: what a page of the desk shows, twice. */
const MOST = 100

/** What became of an act on several reports: how many were done, and why which others were not. */
export type BulkResult = { readonly done: number; readonly failed: ReadonlyArray<{ readonly reference: string; readonly code: string }> }

/**
 * Does one thing with several reports, each for itself: one that has moved on, or is not the officer's, does not keep the
 * others from being done. Throws 422 when nothing was chosen, or when the act lacks what it needs.
 */
export async function doMany(board: Board, actor: Actor, form: FormBody): Promise<BulkResult> {
  sorted(actor)
  const act = bulkActs.find((each) => each === textOf(form, 'act'))
  const ids = [...new Set([form['report'] ?? []].flat())].filter(isUuid).slice(0, MOST)
  if (!act || ids.length === 0) throw new Problem('reports.none-chosen', 422, 'Choose at least one report.')
  const work = await workOf(board, actor, act, form)
  // a report that is not theirs is as good as not there: it counts for nothing and is not named
  const reports = (await reportsById(board.platform.db, ids)).filter((each) => may(actor, 'reports.triage', factsOf(each)))
  const results = []
  for (const report of reports.toSorted((a, b) => (a.id < b.id ? -1 : 1))) results.push(await one(report, work))
  const failed = results.filter((each) => each !== null)
  return { done: results.length - failed.length, failed }
}

type Work = (report: Report) => Promise<unknown>

async function one(report: Report, work: Work): Promise<{ reference: string; code: string } | null> {
  try {
    await work(report)
    return null
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { reference: report.reference, code: error.code }
  }
}

/** What is done with each report; read once, so that a missing fact is said once. */
async function workOf(board: Board, actor: Actor, act: BulkAct, form: FormBody): Promise<Work> {
  switch (act) {
    case 'assign': {
      const [to, officer] = [textOf(form, 'to') ?? '', textOf(form, 'officer') ?? '']
      if (to === '' && officer === '') throw new Problem('reports.no-target', 422, 'Choose a crew or an officer.')
      return (report) => assignTo(board, actor, report.id, to, officer === '' ? (to === '' ? (report.officer ?? '') : '') : officer)
    }
    case 'category': {
      // `category` is what the list is filtered by
      const category = categoryIn({ category: form['to-category'] ?? '' })
      return (report) => recategorise(board, actor, report.id, category)
    }
    case 'end': {
      const how = await endIn(board, form)
      if (how.outcome !== 'duplicate' && how.outcome !== 'no_action')
        throw new Problem('reports.no-fact', 422, 'Say what this ending needs: of which, or why.')
      return (report) => endReport(board, actor, report.id, how)
    }
    default:
      return (report) => releasePhotos(board, actor, report)
  }
}

/** Shows all photos of a report that wait to be looked at. Throws 409 when there are none. */
async function releasePhotos(board: Board, actor: Actor, report: Report): Promise<void> {
  allow(actor, 'reports.triage', factsOf(report))
  const waiting = (await photosOfReports(board.platform.db, [report.id])).filter((each) => each.state === 'unchecked')
  if (waiting.length === 0) throw new Problem('reports.no-photos', 409, 'No photo of this report waits.')
  for (const each of waiting) await setPhotoState(board, actor, each.id, 'public')
}
