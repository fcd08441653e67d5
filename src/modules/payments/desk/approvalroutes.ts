import type { FastifyReply, FastifyRequest } from 'fastify'
import { notFound, type Problem } from '../../../kernel/problem.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { alert, errorSummary, html } from '../../../ui/index.ts'
import { among } from './acts.ts'
import {
  type ApprovalKind,
  approvalKinds,
  decideApproval,
  decisions,
  promisedRefunds,
  readApproval,
  waitingApprovals,
} from './approvals.ts'
import { problemText, shownOnPage } from './door.ts'
import { type OfficeParts, idOf, officerOf, staff } from '../office.ts'
import { approvalsView, approvalView } from './views/approvals.ts'

type Route = { Params: { kind: string; id: string } }

/** What waits for a second officer: the queue, one of it, and the decision. */
export function approvalRoutes(parts: OfficeParts): RouteModule {
  const { treasury, pages } = parts
  return (app) => {
    app.get('/officer/money/approvals', staff, async (request, reply) => {
      const view = pages.view(request)
      const officer = officerOf(parts, request)
      const lists = { waiting: await waitingApprovals(treasury, officer), promised: await promisedRefunds(treasury, officer) }
      const done = ['approved', 'declined', 'backed', 'withdrawn'].find((each) => each === textOf(request.query, 'done'))
      const said = done ? alert('success', null, html`<p role="status">${view.t(`payments.desk.done.${done}`)}</p>`) : null
      return pages.send(request, reply, { title: view.t('payments.desk.approvals'), main: approvalsView(view, lists, said), wide: true })
    })
    app.get<Route>('/officer/money/approvals/:kind/:id', staff, (request, reply) => show(parts, request, reply, null))
    app.post<Route>('/officer/money/approvals/:kind/:id', staff, async (request, reply) => {
      const form = formOf(request)
      try {
        const decision = among(decisions, textOf(form, 'decision'))
        const what = { kind: kindOf(request), id: idOf(request.params.id, 'proposal'), decision, answer: textOf(form, 'answer') ?? '' }
        const done = await decideApproval(treasury, officerOf(parts, request), what)
        return seeOther(reply, `/officer/money/approvals?done=${done}`)
      } catch (error) {
        return show(parts, request, reply, shownOnPage(error))
      }
    })
  }
}

function kindOf(request: FastifyRequest<Route>): ApprovalKind {
  const kind = approvalKinds.find((each) => each === request.params.kind)
  if (kind === undefined) throw notFound('proposal')
  return kind
}

async function show(
  parts: OfficeParts,
  request: FastifyRequest<Route>,
  reply: FastifyReply,
  refused: Problem | null,
): Promise<FastifyReply> {
  const { treasury, pages } = parts
  const view = pages.view(request)
  const found = await readApproval(treasury, officerOf(parts, request), kindOf(request), idOf(request.params.id, 'proposal'))
  const text = refused && problemText(parts, view, refused)
  const main = html`${errorSummary(view, text === null ? [] : [{ href: '#main', text }])} ${approvalView(view, found, text)}`
  const back = { href: '/officer/money/approvals', label: view.t('payments.desk.approvals') }
  const page = { title: view.t('payments.desk.decide'), main, back, errors: refused ? 1 : 0 }
  return pages.send(request, reply, page, refused?.status ?? 200)
}
