import type { FastifyReply, FastifyRequest } from 'fastify'
import { normaliseCode } from '../../../kernel/id.ts'
import { cookie, cookieOf } from '../../../platform/http/security.ts'
import { appendCookie } from '../../../platform/http/visit.ts'
import type { Platform } from '../../../platform/platform.ts'
import { type Actor, holding } from '../../access/index.ts'
import { visitOf } from '../../identity/index.ts'
import { followerByCode, followerOfPerson } from '../followers/store.ts'
import type { Report } from '../report.ts'
import { type Board, codeHash } from '../service/index.ts'
import type { FollowerRow } from '../store.ts'
import { reportPath } from './paths.ts'

/** The cookie that keeps the code of a follower's link, on the path of that report. */
export const REPORT_COOKIE = 'stoa_report'

/** Keeps a follower's code in a cookie of the report's own path. */
export function giveCode(platform: Platform, reply: FastifyReply, report: Pick<Report, 'reference'>, code: string): void {
  const https = platform.publicOrigin.startsWith('https:')
  appendCookie(reply, cookie(REPORT_COOKIE, normaliseCode(code), { https, path: reportPath(report), maxAge: 365 * 86_400 }))
}

/** Whoever comes to a report: the actor, and which of its followers they are; null when none. */
export type Holder = { readonly actor: Actor; readonly follower: FollowerRow | null; readonly code: string | null }

/** Finds out which follower of a report comes: by the code of a link, else by the account. */
export async function holderOf(board: Board, request: FastifyRequest, report: Report): Promise<Holder> {
  const { platform } = board
  const { actor } = visitOf(platform, request)
  // whoever acts for another is not one who came here before in the same browser
  const code = actor.acting === null ? cookieOf(request, REPORT_COOKIE) : null
  const byCode = code === null || code.length > 60 ? null : await followerFor(board, report, code)
  if (byCode) return { actor: holding(actor, report.id), follower: byCode, code }
  const own = actor.personId === null ? null : await followerOfPerson(platform.db, report.id, actor.personId)
  return { actor, follower: own, code: null }
}

/** The follower of a report whose code this is; null when it is none. */
export async function followerFor(board: Board, report: Pick<Report, 'id'>, code: string): Promise<FollowerRow | null> {
  const found = await followerByCode(board.platform.db, codeHash(board.platform, code))
  return found?.report_id === report.id ? found : null
}
