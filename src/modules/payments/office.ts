import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUuid } from '../../kernel/id.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { alert, type Content, errorSummary, html, type Html, type Pages, type View } from '../../ui/index.ts'
import { type Actor, isStaff } from '../access/index.ts'
import { visitOf } from '../identity/index.ts'
import type { Treasury } from './treasury.ts'

/** What officers' pages about money work with. */
export type OfficeParts = { readonly treasury: Treasury; readonly pages: Pages }

/** Who may come to an officers' page; what they may see there is decided by the use cases. */
export const staff = { config: { access: 'staff' } } as const

/** The member of staff who asks; throws 401 or 403 for anybody else. */
export function officerOf({ treasury }: OfficeParts, request: FastifyRequest): Actor {
  const { actor } = visitOf(treasury.platform, request)
  if (isStaff(actor)) return actor
  if (actor.accountId === null) throw new Problem('access.sign-in-needed', 401, 'Sign in to go on.')
  throw new Problem('access.denied', 403, 'Your account does not have the role for this.')
}

/** The id in a path; throws 404 for what is none. */
export function idOf(text: string, what = 'page'): string {
  if (!isUuid(text)) throw notFound(what)
  return text
}

/** A refusal that is shown on the page it came from, and the field that it leads to. */
export type Refused = { readonly code?: string; readonly text: string; readonly field: string; readonly status: number }

/** What a refusal says to this reader; throws those that go on to the page of refusals. */
export function refusedBy({ treasury }: OfficeParts, view: View, error: unknown, field: string): Refused {
  if (!(error instanceof Problem) || ![409, 413, 422].includes(error.status)) throw error
  const { code, detail, status } = error
  const text = treasury.words.has(`problem.${code}`) ? view.t(`problem.${code}`) : detail
  return { code, text, field, status: status === 409 ? 409 : 422 }
}

/** The error summary of a refusal; nothing without one. */
export function refusedSummary(view: View, refused: Refused | null): Content {
  return refused === null ? null : errorSummary(view, [{ href: `#${refused.field}`, text: refused.text }])
}

/** What was done, said at the top of the page that follows. */
export function doneAlert(text: string | null): Content {
  return text === null ? null : alert('success', null, html`<p role="status">${text}</p>`)
}

/** Sends an officers' page with what was refused, if anything was. */
export function sendPage(
  { pages }: OfficeParts,
  request: FastifyRequest,
  reply: FastifyReply,
  page: {
    readonly title: string
    readonly main: Html
    readonly back?: { href: string; label?: string }
    readonly refused?: Refused | null
  },
): FastifyReply {
  const { refused = null, ...rest } = page
  return pages.send(request, reply, { ...rest, wide: true, errors: refused === null ? 0 : 1 }, refused?.status ?? 200)
}
