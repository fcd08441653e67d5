import { notFound, Problem } from '../../../kernel/problem.ts'
import type { Job } from '../../../platform/jobs.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { type Actor, allow, anonymous, systemActor } from '../../access/index.ts'
import { queueMessage } from '../../messages/index.ts'
import { createPerson, createRecord, destroyPerson, erasePerson, open, removeFiles, seal } from '../../people/index.ts'
import { followersOf } from '../followers/store.ts'
import { isOpen, type Report } from '../report.ts'
import { type Board, followReport, getReport, tell, type Teller, unfollow, within } from '../service/index.ts'
import { followerFor } from '../service/follow.ts'
import { ended } from '../service/work.ts'
import { mergedInto, updatesOf } from '../store.ts'
import { reportPath } from './paths.ts'
import * as store from './store.ts'

/** For how long the link in the mail that asks is good, in hours. */
const ASKED_HOURS = 48

/**
 * Asks an address whether it wants to hear of a report: nothing is sent to it later unless the link in this mail is
 * opened and the button there pressed.
 */
export async function askFollower(board: Board, report: Report, email: string, language: string): Promise<void> {
  const { platform } = board
  allow(anonymous('web'), 'reports.send')
  const t = board.words.translator(language)
  await transact(platform, async (tx) => {
    const code = Buffer.from(tx.random(24)).toString('base64url')
    const id = tx.newId()
    const personId = await createPerson(tx)
    const recordId = await createRecord(tx, personId, 'report_asked')
    await seal(tx, recordId, { email })
    const expires = new Date(tx.now().getTime() + ASKED_HOURS * 3_600_000)
    await store.insertAsked(tx.db, {
      id,
      report_id: report.id,
      person_id: personId,
      record_id: recordId,
      code: askedCode(tx, code),
      language,
      expires_at: expires,
    })
    const link = `${tx.publicOrigin}${reportPath(report)}/follow?c=${code}`
    await queueMessage(tx, {
      id: `report-asked:${id}`,
      personId,
      to: email,
      language,
      template: 'report-follow',
      about: report.id,
      subject: t('reports.page.mail.follow.subject', { reference: report.reference }),
      text: t('reports.page.mail.follow.text', { reference: report.reference, link, hours: ASKED_HOURS }),
    })
  })
}

/** Whether a code of such a mail is good for this report. */
export async function isAsked(board: Board, report: Report, code: string): Promise<boolean> {
  const found = await store.askedByCode(board.platform.db, askedCode(board.platform, code), board.platform.now())
  return found?.report_id === report.id
}

/** Lets the address hear of the report. Throws 404 when the code is not good any more. */
export async function confirmFollower(board: Board, report: Report, code: string): Promise<void> {
  const { platform } = board
  const actor = anonymous('web')
  const found = await store.askedByCode(platform.db, askedCode(platform, code), platform.now())
  if (!found || found.report_id !== report.id) throw notFound('link')
  const { email } = await open(platform, actor, { record: found.record_id, purpose: 'report.follow', legalBasis: 'own' })
  const files = await transact(platform, async (tx) => {
    if (!(await store.deleteAsked(tx.db, found.id))) return []
    await followReport(within(board, tx), actor, report.id, { contact: { email: String(email) }, language: found.language })
    return destroyPerson(tx, actor, found.person_id, 'report-followed')
  })
  await removeFiles(platform, files)
}

/** Erases addresses that were asked and did not answer. */
export function askedJob(): Job {
  const actor = systemActor('report_drafts')
  return {
    name: 'reports:erase_asked',
    cron: '11 * * * *',
    async run(platform) {
      for (const row of await store.expiredAsked(platform.db, platform.now(), 1_000)) {
        await erasePerson(platform, actor, row.person_id, 'report-not-followed')
        await store.deleteAsked(platform.db, row.id)
      }
    },
  }
}

/** Whether others have joined a report: it is then not only its first reporter's to take back. */
export async function othersJoined({ platform: { db } }: Board, report: Pick<Report, 'id'>): Promise<boolean> {
  const [following, lines, duplicates] = [
    await followersOf(db, [report.id]),
    await updatesOf(db, [report.id]),
    await mergedInto(db, report.id),
  ]
  // what the merging of a duplicate wrote says nothing once it is none any more
  const joined = lines.some((line) => line.kind === 'joined' && line.by !== 'system')
  return joined || duplicates.length > 0 || following.some((each) => each.kind === 'joined')
}

/**
 * Takes a report back, for the one who reported it; when others have joined it, it stays and only the mails to this one
 * end. Gives whether it ended. Throws 404 for anybody else, 409 when it has ended.
 */
export async function withdrawReport(board: Board, teller: Teller, id: string): Promise<boolean> {
  return transact(board.platform, async (tx) => {
    const inside = within(board, tx)
    const report = await getReport(inside, id, true)
    const { follower, actor } = await followerFor(inside, teller)
    if (follower.report_id !== report.id || follower.kind !== 'reporter') throw notFound('report')
    if (isOpen(report) && (await othersJoined(inside, report))) {
      await unfollow(inside, teller)
      return false
    }
    await ended(inside, actor, report, { outcome: 'withdrawn' }, 'reporter', '')
    return true
  })
}

/** Lets the officers know that something in a report should not be public; once for each reason while it waits. */
export async function raiseConcern(board: Board, actor: Actor, report: Report, reason: string): Promise<void> {
  const known = store.concernReasons.find((each) => each === reason)
  if (!known) throw new Problem('reports.no-reason', 422, 'Choose what should not be public.')
  allow(actor, 'reports.send')
  await transact(board.platform, async (tx) => {
    const added = await store.insertConcern(tx.db, { id: tx.newId(), report_id: report.id, reason: known, noted_at: tx.now() })
    if (added) await tell(tx, actor, report, 'reports.report.questioned', { reason: known })
  })
}

function askedCode(platform: Platform, code: string): Buffer {
  return platform.keys.token(`report-asked:${code}`)
}
