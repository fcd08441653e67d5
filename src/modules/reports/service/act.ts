import { Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { daysBetween } from '../../../kernel/time.ts'
import { transact } from '../../../platform/platform.ts'
import { type Action, type Actor, allow } from '../../access/index.ts'
import type { Report } from '../report.ts'
import { type Change, refuseStale } from '../rules.ts'
import * as store from '../store.ts'
import { maskPublic } from '../text/mask.ts'
import { type Board, factsOf, getReport, tell, within } from './board.ts'
import { LONGEST_TEXT } from './send.ts'

/** Does something with a report whose row is held, for somebody who may; in the caller's transaction if it is in one. */
export async function withReport<T>(
  board: Board,
  actor: Actor,
  id: string,
  options: { readonly action: Action; readonly revision?: number | undefined },
  work: (inside: Board, report: Report) => Promise<T>,
): Promise<T> {
  return transact(board.platform, async (tx) => {
    const inside = within(board, tx)
    const report = await getReport(inside, id, true)
    allow(actor, options.action, factsOf(report))
    refuseStale(report, options.revision)
    return work(inside, report)
  })
}

/** A line for the public: what kind, who wrote it, in which words. */
export type Line = Pick<store.UpdateRow, 'kind' | 'by'> & Partial<Pick<store.UpdateRow, 'text' | 'record_id' | 'source_id'>>

/** Writes down a change with its public line and its line in the journal; gives the report as it is then. */
export async function change(
  board: Board,
  actor: Actor,
  report: Report,
  what: Change & Partial<store.ReportRow>,
  line: Line | null,
  event: { readonly type: string; readonly data?: Record<string, unknown> },
): Promise<Report> {
  const tx = board.platform
  const after = await store.updateReport(tx.db, report.id, what, tx.now())
  if (line) await writeLine(board, after, line)
  await tell(tx, actor, after, event.type, event.data)
  return after
}

/** Writes a public line about a report as it stands; its id, or null when the same one of the same source is there already. */
export async function writeLine(board: Board, report: Report, line: Line): Promise<string | null> {
  const tx = board.platform
  const id = tx.newId()
  const added = await store.insertUpdate(tx.db, {
    id,
    report_id: report.id,
    text: '',
    record_id: null,
    source_id: null,
    ...line,
    state: report.state,
    outcome: report.outcome,
    hidden: false,
    created_at: tx.now(),
  })
  return added ? id : null
}

/** Words of staff as the public reads them: what is personal is left out for good. Throws 422 when there are too many. */
export function staffWords(text: string | undefined): string {
  return maskPublic(typedWords(text)).text
}

/** Typed words, cleaned. Throws 422 when there are too many. */
export function typedWords(text: string | undefined): string {
  const clean = cleanText(text ?? '')
  if (clean.length > LONGEST_TEXT) throw new Problem('reports.text-too-long', 422, 'The text is too long.', { most: LONGEST_TEXT })
  return clean
}

/** Calendar days since a report came. */
export function daysOld(board: Board, report: Report): number {
  const { city, now } = board.platform
  return daysBetween(city.dayOf(report.opened_at), city.dayOf(now()))
}
