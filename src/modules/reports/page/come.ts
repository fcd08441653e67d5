import type { FastifyRequest } from 'fastify'
import type { Pages } from '../../../ui/index.ts'
import type { liveStreams } from '../../cases/index.ts'
import type { Report } from '../report.ts'
import { type Board, getReport } from '../service/index.ts'
import { type Holder, holderOf } from './holder.ts'
import { seenBy } from './read.ts'

/** What the public pages of reports work with; `live` answers with a stream that says when a report has moved. */
export type PageParts = { readonly board: Board; readonly pages: Pages; readonly live: ReturnType<typeof liveStreams> }

/** A path with the reference of a report in it. */
export type ReportRoute = { Params: { reference: string } }

/** The report that a request names, for whoever may see it. Throws 404. */
export async function comeTo(board: Board, request: FastifyRequest<ReportRoute>): Promise<{ report: Report; holder: Holder }> {
  const report = await getReport(board, request.params.reference)
  const holder = await holderOf(board, request, report)
  return { report: seenBy(report, holder), holder }
}
