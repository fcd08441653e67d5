import { notFound, Problem } from '../../../kernel/problem.ts'
import { transact } from '../../../platform/platform.ts'
import type { CleanFile } from '../../../platform/uploads.ts'
import { type Actor, allow, anonymous, holding } from '../../access/index.ts'
import { createPerson, createRecord, findByWords, index, seal } from '../../people/index.ts'
import * as followers from '../followers/store.ts'
import type { Report } from '../report.ts'
import type { FollowerRow } from '../store.ts'
import * as store from '../store.ts'
import { writeLine } from './act.ts'
import { type Board, codeHash, followerCode, getReport, tell, within } from './board.ts'
import { keepPhotos, publicWords, withFiles } from './person.ts'
import type { Contact } from './send.ts'

/** Who wants to hear of a report: by e-mail address, or by the account they are signed in to. */
export type Hearer = { readonly contact?: Contact; readonly accountPerson?: string | null; readonly language: string }

/** What somebody adds to another's report. */
export type Joining = Omit<Hearer, 'contact'> & { readonly text?: string; readonly photos?: readonly CleanFile[] }

/** Who is meant: whoever shows a code from a mail, or the account that follows. */
export type Teller = { readonly code: string } | { readonly actor: Actor; readonly report: string }

/**
 * Joins an open report instead of sending the same once more: what is added is public after masking, and an account hears
 * of it from now on. An address that was typed is asked first whether it wants to hear of it. Throws 409 when the report has ended.
 */
export async function joinReport(board: Board, actor: Actor, id: string, joining: Joining): Promise<Report> {
  return withFiles(board, async (inside, files) => {
    const report = await rootOf(inside, id)
    allow(actor, 'reports.send')
    if (report.hidden) throw notFound('report')
    if (report.state === 'closed') throw new Problem('reports.ended', 409, 'This report has ended. Send a new one.')
    const follower = await addFollower(inside, actor, report, joining, 'joined')
    const personId = follower?.person_id ?? joining.accountPerson ?? null
    const words = await publicWords(inside, personId, joining.text)
    const line = await writeLine(inside, report, { kind: 'joined', by: 'follower', ...words })
    await keepPhotos(inside, report.id, personId, joining.photos ?? [], line, files)
    await tell(inside.platform, actor, report, 'reports.report.joined', follower ? { follower: follower.id } : {})
    return store.updateReport(inside.platform.db, report.id, {}, inside.platform.now())
  })
}

/** Lets somebody hear of a report; nothing when they do already. Their code comes by mail only. */
export async function followReport(board: Board, actor: Actor, id: string, hearer: Hearer): Promise<void> {
  await transact(board.platform, async (tx) => {
    const inside = within(board, tx)
    const report = await rootOf(inside, id)
    allow(actor, 'reports.send')
    if (report.hidden) throw notFound('report')
    const follower = await addFollower(inside, actor, report, hearer, 'follower')
    if (follower) await tell(tx, actor, report, 'reports.report.followed', { follower: follower.id })
  })
}

/** Ends the mails about a report; nothing when they had ended. Throws 404 for a code or account that does not follow it. */
export async function unfollow(board: Board, teller: Teller): Promise<Report> {
  return transact(board.platform, async (tx) => {
    const inside = within(board, tx)
    const { follower, report, actor } = await followerFor(inside, teller)
    if (follower.ended_at !== null) return report
    await followers.changeFollower(tx.db, follower.id, { ended_at: tx.now() })
    await tell(tx, actor, report, 'reports.report.unfollowed', { follower: follower.id })
    return report
  })
}

/** The held report, or the one that it is a duplicate of. */
async function rootOf(board: Board, id: string): Promise<Report> {
  const found = await getReport(board, id)
  const root = await getReport(board, found.merged_into ?? found.id, true)
  if (root.merged_into !== null) throw new Problem('reports.changed', 409, 'Somebody else changed this report just now. Try again.')
  return root
}

/** A new follower, or one who had gone and comes back; null when there is no address, or they follow already. */
async function addFollower(
  board: Board,
  actor: Actor,
  report: Report,
  { contact, accountPerson, language }: Hearer,
  kind: 'joined' | 'follower',
): Promise<FollowerRow | null> {
  const tx = board.platform
  const email = contact?.email ?? null
  if (!accountPerson && email === null) return null
  const known = accountPerson
    ? await followers.followerOfPerson(tx.db, report.id, accountPerson)
    : await byAddress(board, report, email ?? '')
  if (known) {
    if (known.ended_at !== null) await followers.changeFollower(tx.db, known.id, { ended_at: null })
    return known.ended_at === null ? null : { ...known, ended_at: null }
  }
  const personId = accountPerson ?? (await createPerson(tx))
  const recordId = email === null ? null : await keepContact(board, report, personId, { ...contact, email })
  const id = tx.newId()
  const row: FollowerRow = {
    id,
    report_id: report.id,
    person_id: personId,
    record_id: recordId,
    account_id: accountPerson && actor.acting === null ? actor.accountId : null,
    kind,
    code: codeHash(tx, followerCode(tx, id)),
    language,
    ended_at: null,
    answer: null,
    answered_at: null,
    answered_round: null,
    created_at: tx.now(),
  }
  return (await followers.insertFollower(tx.db, row)) ? row : null
}

async function byAddress(board: Board, report: Report, email: string): Promise<FollowerRow | null> {
  const records = await findByWords(board.platform, 'report.email', [`${report.id} ${email}`], 5)
  const all = await followers.followersOf(board.platform.db, [report.id])
  return all.find((each) => each.record_id !== null && records.includes(each.record_id)) ?? null
}

async function keepContact(board: Board, report: Report, personId: string, contact: Contact & { email: string }): Promise<string> {
  const tx = board.platform
  const recordId = await createRecord(tx, personId, 'report')
  await seal(tx, recordId, {
    email: contact.email,
    ...(contact.name ? { name: contact.name } : {}),
    ...(contact.phone ? { phone: contact.phone } : {}),
  })
  await index(tx, recordId, personId, 'report.email', [`${report.id} ${contact.email}`])
  return recordId
}

/** Who tells, of which report (never locked here), and as whom the journal knows them. Throws 404 when they do not follow it. */
export async function followerFor(
  board: Board,
  teller: Teller,
): Promise<{ readonly follower: FollowerRow; readonly report: Report; readonly actor: Actor }> {
  const { platform } = board
  if ('code' in teller) {
    const follower = await followers.followerByCode(platform.db, codeHash(platform, teller.code))
    if (!follower) throw notFound('report')
    const report = await getReport(board, follower.report_id)
    return { follower, report, actor: holding(anonymous('web'), report.id) }
  }
  const report = await getReport(board, teller.report)
  const { personId } = teller.actor
  const follower = personId === null ? null : await followers.followerOfPerson(platform.db, report.id, personId)
  if (!follower) throw notFound('report')
  allow(teller.actor, 'reports.answer', { id: report.id, personId: follower.person_id })
  return { follower, report, actor: teller.actor }
}
