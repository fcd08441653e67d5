import type { FastifyRequest } from 'fastify'
import { isUuid } from '../../../kernel/id.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import type { View } from '../../../ui/index.ts'
import { type Actor, isStaff, may } from '../../access/index.ts'
import { visitOf } from '../../identity/index.ts'
import type { PageParts } from '../page/come.ts'
import type { Report } from '../report.ts'
import { factsOf } from '../service/index.ts'

/** Who comes to an officers' page may be staff only; what they may see there is decided by the use cases. */
export const staff = { config: { access: 'staff' } } as const

/** The member of staff who asks; throws 401 or 403 for anybody else. */
export function officerOf({ board }: PageParts, request: FastifyRequest): Actor {
  const { actor } = visitOf(board.platform, request)
  if (isStaff(actor)) return actor
  if (actor.accountId === null) throw new Problem('access.sign-in-needed', 401, 'Sign in to go on.')
  throw new Problem('access.denied', 403, 'Your account does not have the role for this.')
}

/** The id in a path; throws 404 for what is none. */
export function idOf(text: string): string {
  if (!isUuid(text)) throw notFound('report')
  return text
}

/** What a refusal says to this reader. */
export function problemText({ board }: PageParts, view: View, { code, detail }: Pick<Problem, 'code' | 'detail'>): string {
  return board.words.has(`problem.${code}`) ? view.t(`problem.${code}`) : detail
}

/** A refusal that is shown on the page it came from; others go on to the page of refusals. */
export function shownOnPage(error: unknown): Problem {
  if (error instanceof Problem && (error.status === 409 || error.status === 422 || error.code.startsWith('upload.'))) return error
  throw error
}

/** Where to go after an act: on to the report, unless it is now another agency's. */
export function onward(actor: Actor, report: Pick<Report, 'id' | 'agency' | 'district' | 'person_id'>, done: string): string {
  return may(actor, 'reports.triage', factsOf(report)) ? `/officer/reports/${report.id}?done=${done}` : '/officer/reports?done=away'
}
