import { Problem } from '../../../kernel/problem.ts'
import { newReference } from '../../../kernel/id.ts'
import { drawSymbol, transact } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import { clockFrom } from '../clock.ts'
import { followersOf, insertFollower } from '../followers/store.ts'
import type { Report } from '../report.ts'
import { routeTo } from '../routing.ts'
import { merge, refuseStale, unmerge } from '../rules.ts'
import * as store from '../store.ts'
import { change, staffWords, withReport, writeLine } from './act.ts'
import { type Board, categoryFor, codeHash, factsOf, followerCode, getReport, tell, within } from './board.ts'

/**
 * Makes one report a duplicate of another, or of the one that this is a duplicate of; those who follow it then hear of
 * that one. Both are held, always in the same order: of two who merge in opposite directions the second is refused
 * (409), because what they want to merge into has become a duplicate of what they want to merge.
 */
export async function mergeReports(board: Board, actor: Actor, from: string, into: string, revision?: number): Promise<Report> {
  return transact(board.platform, async (tx) => {
    const inside = within(board, tx)
    const { report, root } = await holdBoth(inside, from, into)
    allow(actor, 'reports.triage', factsOf(report))
    allow(actor, 'reports.triage', factsOf(root))
    refuseStale(report, revision)
    const what = merge(report, root, tx.now())
    const repointed = await store.mergedInto(tx.db, report.id)
    await store.repointMerged(tx.db, report.id, root.id, tx.now())
    await writeLine(inside, root, { kind: 'joined', by: 'system' })
    return change(
      inside,
      actor,
      report,
      what,
      { kind: 'state', by: 'staff' },
      {
        type: 'reports.report.merged',
        data: { into: root.id, repointed: repointed.length },
      },
    )
  })
}

async function holdBoth(board: Board, from: string, into: string): Promise<{ report: Report; root: Report }> {
  const { db } = board.platform
  const [one, other] = [await getReport(board, from), await getReport(board, into)]
  const wanted = other.merged_into ?? other.id
  const held = new Map((await store.lockReports(db, [...new Set([one.id, wanted])])).map((each) => [each.id, each]))
  const [report, root] = [held.get(one.id), held.get(wanted)]
  // whoever held it before us may have merged it on
  if (!report || !root || root.merged_into !== null || report.id === root.id)
    throw new Problem('reports.merged-meanwhile', 409, 'These reports have been merged already. Look at them again.')
  return { report, root }
}

/** A duplicate that is none after all: open again at the crew or desk where it was, due when it was due. */
export async function unmergeReport(board: Board, actor: Actor, id: string, revision?: number): Promise<Report> {
  return withReport(board, actor, id, { action: 'reports.triage', revision }, async (inside, report) =>
    change(
      inside,
      actor,
      report,
      unmerge(report, inside.platform.now()),
      { kind: 'state', by: 'staff' },
      {
        type: 'reports.report.unmerged',
        data: { from: report.merged_into ?? report.id },
      },
    ),
  )
}

/**
 * Makes a second report of what a first one also tells, with a category and words of its own: same place, same day it
 * came, followed by the same people. Gives the new one.
 */
export async function splitReport(
  board: Board,
  actor: Actor,
  id: string,
  part: { readonly category: string; readonly text: string },
  revision?: number,
): Promise<Report> {
  return withReport(board, actor, id, { action: 'reports.triage', revision }, async (inside, report) => {
    const tx = inside.platform
    const second = secondRow(inside, report, part)
    const first: store.UpdateRow = {
      id: tx.newId(), report_id: second.id, kind: 'state', text: '', record_id: null, state: second.state, outcome: null, by: 'staff',
      source_id: null, hidden: false, created_at: tx.now(),
    } // prettier-ignore
    if (!(await store.insertReport(tx.db, { report: second, first, photos: [], followers: [] })))
      throw new Problem('reports.busy', 503, 'The report could not be split just now. Try again.')
    for (const each of await followersOf(tx.db, [report.id])) {
      const follower = tx.newId()
      await insertFollower(tx.db, {
        ...each,
        id: follower,
        report_id: second.id,
        code: codeHash(tx, followerCode(tx, follower)),
        answer: null,
        answered_at: null,
        answered_round: null,
        created_at: tx.now(),
      })
    }
    await tell(tx, actor, report, 'reports.report.split', { into: second.id })
    await tell(tx, actor, second, 'reports.report.opened', {
      category: second.category,
      agency: second.agency,
      ...(second.district ? { district: second.district } : {}),
      ...(second.crew ? { crew: second.crew } : {}),
      source: second.source,
      ...(second.due_on ? { due: second.due_on } : {}),
      urgent: second.urgent,
    })
    return { ...second }
  })
}

function secondRow(board: Board, report: Report, part: { readonly category: string; readonly text: string }): store.ReportRow {
  const tx = board.platform
  const category = categoryFor(board, part.category)
  const desk = routeTo(board.categories.routes, { category, district: report.district, at: board.cityTime(tx.now()) })
  return {
    ...report,
    id: tx.newId(),
    reference: newReference('RPT', drawSymbol(tx)),
    category: category.id,
    ...desk,
    officer: null,
    text: staffWords(part.text),
    masked: false,
    answers: {},
    state: desk.crew === null ? 'received' : 'assigned',
    outcome: null,
    closure: null,
    contested: null,
    confirmed_by: null,
    // what was typed and who typed it stays with the first one; they follow this one too
    record_id: null,
    source: 'officer',
    source_id: null,
    urgent: category.urgent,
    ...clockFrom(tx.city.dayOf(report.opened_at), category, tx.city.calendar),
    warned: false,
    overdue_noted: false,
    assigned_at: desk.crew === null ? null : tx.now(),
    ended_at: null,
    checking_until: null,
    reopened: 0,
    merged_into: null,
    updated_at: tx.now(),
    revision: 1,
  }
}
