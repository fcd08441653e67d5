import { Problem } from '../../../kernel/problem.ts'
import type { View } from '../../../ui/index.ts'
import { type Action, type Actor, allow, may, type Resource } from '../../access/index.ts'
import { type Bill, billFacts } from '../bill.ts'
import type { OfficeParts } from '../office.ts'
import { getBill, type Treasury } from '../treasury.ts'

/** The bill of a path, by its reference, for an officer who may read it; throws 404 for others. */
export async function billOf(treasury: Treasury, actor: Actor, reference: string, action: Action = 'money.read'): Promise<Bill> {
  const bill = await getBill(treasury.platform, reference)
  allow(actor, action, billFacts(bill, treasury.rules.treasury))
  return bill
}

/** The facts of what belongs to an agency and to no bill; the treasury looks after everybody's. */
export function agencyFacts(treasury: Treasury, agency: string): Resource {
  return { agency, consulted: [treasury.rules.treasury] }
}

/** The agencies whose money somebody may look at (`action` left out) or work on; throws 403 when there is none. */
export function agenciesSeen(treasury: Treasury, actor: Actor, action: Action = 'money.read'): readonly string[] {
  const seen = treasury.platform.city.agencies.map(({ id }) => id).filter((id) => may(actor, action, agencyFacts(treasury, id)))
  if (seen.length === 0) throw new Problem('access.denied', 403, 'Your account does not have the role for this.')
  return seen
}

/** The same for a question to the database: null when it is every agency, also those that the city has no more. */
export function agenciesAsked(treasury: Treasury, seen: readonly string[]): readonly string[] | null {
  return treasury.platform.city.agencies.every(({ id }) => seen.includes(id)) ? null : seen
}

/** What a refusal says to this reader. */
export function problemText({ treasury }: OfficeParts, view: View, { code, detail }: Pick<Problem, 'code' | 'detail'>): string {
  return treasury.words.has(`problem.${code}`) ? view.t(`problem.${code}`) : detail
}

/** A refusal that is shown on the page it came from; others go on to the page of refusals. */
export function shownOnPage(error: unknown): Problem {
  const told = ['payments.four-eyes', 'payments.own-bill']
  if (error instanceof Problem && (error.status === 409 || error.status === 422 || told.includes(error.code))) return error
  throw error
}
