import { Problem } from '../../../kernel/problem.ts'
import type { CleanFile } from '../../../platform/uploads.ts'
import { today } from '../../../platform/platform.ts'
import type { Actor } from '../../access/index.ts'
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
  return withFiles(board, async (inside, files) => {
    const found = await followerFor(inside, teller)
    const report = await getReport(inside, found.report.merged_into ?? found.report.id, true)
    if (report.merged_into !== null) throw new Problem('reports.changed', 409, 'Somebody else changed this report just now. Try again.')
    const own = found.follower.kind === 'reporter' && found.follower.report_id === report.id
    const answering = { ...found, report, own }
    const before = found.follower
    const round = answer === 'broken' ? report.reopened - 1 : report.reopened
    if (before.answer === answer && before.answered_round === round && report.state !== (answer === 'broken' ? 'checking' : 'assigned'))
      return report
    await followers.changeFollower(inside.platform.db, before.id, {
      answer,
      answered_at: inside.platform.now(),
      answered_round: report.reopened,
    })
    return answer === 'fixed' ? sayFixed(inside, answering, text) : sayBroken(inside, answering, text, photo, files)
  })
}

async function sayFixed(board: Board, { follower, report, actor, own }: Answering, text: string | undefined): Promise<Report> {
  const words = await publicWords(board, follower.person_id, text)
  const line = { kind: 'confirmed', by: own ? 'reporter' : 'follower', ...words } as const
  // asked before anything is written: refuses when nobody asks any more
  const what = confirm(report, own ? 'reporter' : 'followers')
  if (!own && (await sayingFixed(board, report)) < ENOUGH_FOLLOWERS) {
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

/** How many persons who follow a report or its duplicates have said that this fix is one. */
async function sayingFixed(board: Board, report: Report): Promise<number> {
  const { db } = board.platform
  const duplicates = await store.mergedInto(db, report.id)
  const all = await followers.followersOf(db, [report.id, ...duplicates.map((each) => each.id)])
  const saying = all.filter((each) => each.answer === 'fixed' && each.answered_round === report.reopened)
  return new Set(saying.map((each) => each.person_id)).size
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
