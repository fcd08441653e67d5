import type { FastifyReply } from 'fastify'
import { type Board, getReport } from '../service/index.ts'
import { Problem } from '../../../kernel/problem.ts'
import { followerFor, giveCode } from './holder.ts'
import { reportPath } from './paths.ts'

/**
 * The path of the report with this reference, for somebody who looks it up; null when there is none that they may see. A
 * code that fits is kept in a cookie.
 */
export async function trackReport(board: Board, reply: FastifyReply, reference: string, code: string): Promise<string | null> {
  const report = await getReport(board, reference).catch((error: unknown) => {
    if (error instanceof Problem && error.status === 404) return null
    throw error
  })
  if (!report) return null
  const follower = code === '' || code.length > 60 ? null : await followerFor(board, report, code)
  if (follower) giveCode(board.platform, reply, report, code)
  return report.hidden && follower?.kind !== 'reporter' ? null : reportPath(report)
}
