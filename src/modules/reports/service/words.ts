import { notFound, Problem } from '../../../kernel/problem.ts'
import type { Actor } from '../../access/index.ts'
import { allow } from '../../access/index.ts'
import { createPerson, createRecord, open, seal } from '../../people/index.ts'
import { transact } from '../../../platform/platform.ts'
import type { Report } from '../report.ts'
import * as store from '../store.ts'
import { change, staffWords, typedWords, withReport, writeLine } from './act.ts'
import { type Board, factsOf, getReport, tell, within } from './board.ts'
import { publicWords } from './person.ts'
import { followerFor, type Teller } from './follow.ts'

/** Puts shorter public words in the place of a report's own; what was there goes to the vault, unless it is there. */
export async function maskText(board: Board, actor: Actor, id: string, text: string, revision?: number): Promise<Report> {
  return withReport(board, actor, id, { action: 'reports.triage', revision }, async (inside, report) => {
    const tx = inside.platform
    const personId = report.person_id ?? (await createPerson(tx))
    const recordId = report.record_id ?? (await createRecord(tx, personId, 'report'))
    if (!report.masked || report.record_id === null) await seal(tx, recordId, { text: report.text })
    const what = { text: typedWords(text), masked: true, person_id: personId, record_id: recordId }
    return change(inside, actor, report, what, null, { type: 'reports.report.masked' })
  })
}

/** Shows a report's words as they were typed; opened through the vault. Throws 409 when nothing is masked. */
export async function restoreText(board: Board, actor: Actor, id: string, revision?: number): Promise<Report> {
  const before = await getReport(board, id)
  allow(actor, 'reports.triage', factsOf(before))
  if (!before.masked || before.record_id === null) throw new Problem('reports.not-masked', 409, 'Nothing is left out of this text.')
  const typed = await open(board.platform, actor, {
    record: before.record_id,
    fields: ['text'],
    purpose: 'report.restore',
    legalBasis: 'gdpr.6.1.e',
  })
  return withReport(board, actor, id, { action: 'reports.triage', revision: revision ?? before.revision }, async (inside, report) =>
    change(inside, actor, report, { text: textOfRecord(typed), masked: false }, null, { type: 'reports.report.restored' }),
  )
}

/** Shows the words of a public line as they were typed; opened through the vault. Throws 409 when nothing is left out of them. */
export async function restoreUpdate(board: Board, actor: Actor, updateId: string): Promise<void> {
  const line = await store.updateById(board.platform.db, updateId)
  if (!line) throw notFound('report')
  const report = await getReport(board, line.report_id)
  allow(actor, 'reports.triage', factsOf(report))
  if (line.record_id === null) throw new Problem('reports.not-masked', 409, 'Nothing is left out of this text.')
  const typed = await open(board.platform, actor, {
    record: line.record_id,
    fields: ['text'],
    purpose: 'report.restore',
    legalBasis: 'gdpr.6.1.e',
  })
  await transact(board.platform, async (tx) => {
    await store.changeUpdate(tx.db, line.id, { text: textOfRecord(typed) })
    await tell(tx, actor, report, 'reports.report.restored', { update: line.id })
  })
}

function textOfRecord(fields: Readonly<Record<string, unknown>>): string {
  const { text } = fields
  if (typeof text !== 'string') throw new Problem('reports.not-masked', 409, 'Nothing is left out of this text.')
  return text
}

/** Takes a report from the public's view, with a code that says why, or shows it again; nothing when it is so already. */
export async function hideReport(
  board: Board,
  actor: Actor,
  id: string,
  hidden: boolean,
  revision?: number,
  reason?: string,
): Promise<Report> {
  return withReport(board, actor, id, { action: 'reports.triage', revision }, async (inside, report) => {
    if (report.hidden === hidden) return report
    const data = hidden && reason !== undefined ? { reason } : {}
    return change(inside, actor, report, { hidden }, null, { type: hidden ? 'reports.report.hidden' : 'reports.report.shown', data })
  })
}

/** Takes a public line from the public's view, or shows it again. */
export async function hideUpdate(board: Board, actor: Actor, updateId: string, hidden: boolean): Promise<void> {
  await transact(board.platform, async (tx) => {
    const line = await store.updateById(tx.db, updateId)
    if (!line) throw notFound('report')
    const report = await getReport(within(board, tx), line.report_id, true)
    allow(actor, 'reports.triage', factsOf(report))
    await store.changeUpdate(tx.db, line.id, { hidden })
    await tell(tx, actor, report, 'reports.report.masked', { update: line.id })
  })
}

/** Who writes to a report: staff; somebody who shows their code or account; anybody through another system, once for each `sourceId`. */
export type Writer =
  | { readonly as: 'staff' }
  | { readonly as: 'teller'; readonly teller: Teller }
  | { readonly as: 'public'; readonly sourceId: string }

/** Writes a public line. Gives its id, or null when the same one of the same source is there. Throws 422 when it is empty. */
export async function writeUpdate(
  board: Board,
  actor: Actor,
  id: string,
  text: string,
  writer: Writer = { as: 'staff' },
): Promise<string | null> {
  if (typedWords(text) === '') throw new Problem('reports.no-words', 422, 'Write something.')
  return transact(board.platform, async (tx) => {
    const inside = within(board, tx)
    const report = await getReport(inside, id, true)
    const written = await lineOf(inside, actor, report, text, writer)
    if (written === null) return null
    const { line, by, follower } = written
    const update = await writeLine(inside, report, { kind: 'message', ...line, by })
    if (update === null) return null
    await store.updateReport(tx.db, report.id, {}, tx.now())
    await tell(tx, actor, report, 'reports.update.written', { update, by, ...(follower ? { follower } : {}) })
    return update
  })
}

type WrittenBy = {
  line: { text: string; record_id: string | null; source_id?: string }
  by: store.UpdateRow['by']
  follower: string | null
}

async function lineOf(board: Board, actor: Actor, report: Report, text: string, writer: Writer): Promise<WrittenBy | null> {
  if (writer.as === 'staff') {
    allow(actor, 'reports.work', factsOf(report))
    return { line: { text: staffWords(text), record_id: null }, by: 'staff', follower: null }
  }
  if (writer.as === 'public') {
    allow(actor, 'reports.send')
    // what comes again must not leave another sealed copy of its words
    if (await store.hasUpdate(board.platform.db, report.id, writer.sourceId)) return null
    return { line: { ...(await publicWords(board, null, text)), source_id: writer.sourceId }, by: 'public', follower: null }
  }
  const { follower, report: followed } = await followerFor(board, writer.teller)
  if (followed.id !== report.id && followed.merged_into !== report.id) throw notFound('report')
  const by = follower.kind === 'reporter' && follower.report_id === report.id ? 'reporter' : 'follower'
  return { line: await publicWords(board, follower.person_id, text), by, follower: follower.id }
}
