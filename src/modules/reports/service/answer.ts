import { notFound, Problem } from '../../../kernel/problem.ts'
import { foldText } from '../../../kernel/text.ts'
import type { CleanFile } from '../../../platform/uploads.ts'
import { today } from '../../../platform/platform.ts'
import { type Actor, type RoleBinding, systemActor } from '../../access/index.ts'
import { accountByAddress, accountFacts, accountOfPerson } from '../../identity/index.ts'
import { open } from '../../people/index.ts'
import * as followers from '../followers/store.ts'
import type { Report } from '../report.ts'
import { confirm, stillBroken } from '../rules.ts'
import type { FollowerRow } from '../store.ts'
import * as store from '../store.ts'
import { change, writeLine } from './act.ts'
import { type Board, getReport } from './board.ts'
import { followerFor, type Teller } from './follow.ts'
import { keepPhotos, publicWords, withFiles } from './person.ts'

/** How many of those who follow a report confirm a fix in the place of its reporter. */
const ENOUGH_FOLLOWERS = 2
/** Roles of those who work for an agency. */
const STAFF: ReadonlySet<RoleBinding['role']> = new Set(['officer', 'supervisor'])

type Answering = { readonly follower: FollowerRow; readonly report: Report; readonly actor: Actor; readonly own: boolean }

/**
 * Says whether a fix is one. The reporter's yes confirms it, and so does that of two others who follow it; a no opens it
 * again at the crew that said otherwise. The same answer again changes nothing. Throws 404 for a code or account that
 * does not follow it, 409 when nobody asks any more.
 */
export async function answerFix(
  board: Board,
  teller: Teller,
  answer: 'fixed' | 'broken',
  text?: string,
  photo?: CleanFile,
): Promise<Report> {
  for (let tries = 1; ; tries += 1) {
    const addresses = answer === 'fixed' ? await addressesBehind(board, teller) : new Map<string, string>()
    try {
      return await answerOnce(board, teller, answer, addresses, text, photo)
    } catch (error) {
      // somebody else said so meanwhile: now their address is known too
      if (!(error instanceof UnknownVoice) || tries === 5) throw error
    }
  }
}

/** Somebody says that it is fixed whose address nobody has looked up. */
class UnknownVoice extends Error {}

type Addresses = ReadonlyMap<string, string>

async function answerOnce(
  board: Board,
  teller: Teller,
  answer: 'fixed' | 'broken',
  addresses: Addresses,
  text?: string,
  photo?: CleanFile,
): Promise<Report> {
  return withFiles(board, async (inside, files) => {
    const found = await followerFor(inside, teller)
    const report = await getReport(inside, found.report.merged_into ?? found.report.id, true)
    if (report.merged_into !== null) throw new Problem('reports.changed', 409, 'Somebody else changed this report just now. Try again.')
    // what they said before is read while the report is held: the same answer at the same moment is one
    const before = await followers.followerById(inside.platform.db, found.follower.id)
    if (!before) throw notFound('report')
    const own = before.kind === 'reporter' && before.report_id === report.id
    const answering = { ...found, follower: before, report, own }
    if (saidAlready(before, report, answer)) return report
    await followers.changeFollower(inside.platform.db, before.id, {
      answer,
      answered_at: inside.platform.now(),
      answered_round: report.reopened,
    })
    return answer === 'fixed' ? sayFixed(inside, answering, addresses, text) : sayBroken(inside, answering, text, photo, files)
  })
}

/** Whether this answer stands: a no until the next fix, a yes until somebody says otherwise. */
function saidAlready({ answer, answered_round: round }: FollowerRow, report: Report, now: 'fixed' | 'broken'): boolean {
  if (answer !== now) return false
  return now === 'broken' ? report.closure === null && round === report.reopened - 1 : report.closure !== null && round === report.reopened
}

async function sayFixed(
  board: Board,
  { follower, report, actor, own }: Answering,
  addresses: Addresses,
  text: string | undefined,
): Promise<Report> {
  // asked before anything is written: refuses when nobody asks any more
  const what = confirm(report, own ? 'reporter' : 'followers')
  const enough = own || (await sayingFixed(board, report, addresses)) >= ENOUGH_FOLLOWERS
  const words = await publicWords(board, follower.person_id, text)
  const line = { kind: 'confirmed', by: own ? 'reporter' : 'follower', ...words } as const
  if (!enough) {
    await writeLine(board, report, line)
    return store.updateReport(board.platform.db, report.id, {}, board.platform.now())
  }
  return change(board, actor, report, what, line, {
    type: 'reports.report.confirmed',
    data: {
      by: own ? 'reporter' : 'followers',
      category: report.category,
      ...(report.crew ? { crew: report.crew } : {}),
      follower: follower.id,
    },
  })
}

/**
 * How many who follow a report or its duplicates have said that this fix is one: each account and each address once, and
 * nobody of the agency that says it has fixed it.
 */
async function sayingFixed(board: Board, report: Report, addresses: Addresses): Promise<number> {
  const saying = await sayers(board, report)
  if (saying.length < ENOUGH_FOLLOWERS) return saying.length
  const who = new Set<string>()
  for (const each of saying) {
    const { account, address } = await voiceOf(board, each, addresses)
    if (account === null || !(await isStaffOf(board, account, report.agency))) who.add(account ?? address)
  }
  return who.size
}

/** Those who follow a report or its duplicates and have said that this fix is one. */
async function sayers(board: Board, report: Report): Promise<FollowerRow[]> {
  const { db } = board.platform
  const duplicates = await store.mergedInto(db, report.id)
  const all = await followers.followersOf(db, [report.id, ...duplicates.map((each) => each.id)])
  return all.filter((each) => each.answer === 'fixed' && each.answered_round === report.reopened)
}

/**
 * The addresses of those who have said so, and of who says so now. They are opened before the report is held: opening takes
 * a connection of its own, and many who wait for one report must not wait for one another's.
 */
async function addressesBehind(board: Board, teller: Teller): Promise<Addresses> {
  const { follower, report: own } = await followerFor(board, teller)
  const report = await getReport(board, own.merged_into ?? own.id)
  const all = [follower, ...(await sayers(board, report)).filter((each) => each.id !== follower.id)]
  const found = new Map<string, string>()
  // the reporter's word is enough by itself
  const isReporter = follower.kind === 'reporter' && follower.report_id === report.id
  if (isReporter || all.length < ENOUGH_FOLLOWERS) return found.set(follower.id, follower.person_id)
  for (const each of all) found.set(each.id, await addressBehind(board, each))
  return found
}

/** Who speaks: the account, their own or the one that has their address, if there is one; else the address. */
async function voiceOf(
  { platform }: Board,
  follower: FollowerRow,
  addresses: Addresses,
): Promise<{ account: string | null; address: string }> {
  const address = addresses.get(follower.id)
  if (address === undefined) throw new UnknownVoice()
  if (follower.account_id !== null) return { account: follower.account_id, address }
  const found =
    follower.record_id === null ? await accountOfPerson(platform, follower.person_id) : await accountByAddress(platform, address)
  return { account: found?.id ?? null, address }
}

/** The address of a follower, in one spelling; their person when there is none (any more). */
async function addressBehind(
  { platform }: Board,
  { record_id: record, account_id: account, person_id: person }: FollowerRow,
): Promise<string> {
  if (record === null || account !== null) return person
  const ask = { record, fields: ['email'], purpose: 'report.confirm', legalBasis: 'gdpr.6.1.e' }
  const { email } = await open(platform, systemActor('mail'), ask)
  return typeof email === 'string' && email !== '' ? foldText(email) : person
}

async function isStaffOf({ platform }: Board, account: string, agency: string): Promise<boolean> {
  const facts = await accountFacts(platform, account)
  return (facts?.roles ?? []).some(({ role, agency: at }) => STAFF.has(role) && (at === null || at === agency))
}

async function sayBroken(
  board: Board,
  { follower, report, actor, own }: Answering,
  text: string | undefined,
  photo: CleanFile | undefined,
  files: string[],
): Promise<Report> {
  const tx = board.platform
  const what = stillBroken(report, tx.now(), today(tx))
  const words = await publicWords(board, follower.person_id, text)
  const after = await change(board, actor, report, what, null, {
    type: 'reports.report.broken',
    data: { reopened: what.reopened, ...(report.crew ? { crew: report.crew } : {}), category: report.category, follower: follower.id },
  })
  const line = await writeLine(board, after, { kind: 'broken', by: own ? 'reporter' : 'follower', ...words })
  await keepPhotos(board, report.id, follower.person_id, photo ? [photo] : [], line, files)
  return after
}
