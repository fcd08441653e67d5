import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../../kernel/problem.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { alert, type Content, html, type View } from '../../../ui/index.ts'
import { limitAttempts } from '../../identity/index.ts'
import { composeInvoice, createSheetRenderer, invoiceParts, sendPdf, type SheetRenderer } from '../documents/index.ts'
import type { Payment } from '../store.ts'
import { actOnBill, type BillAct, billActs } from './acts.ts'
import { billOf, problemText, shownOnPage } from './door.ts'
import { type OfficeParts, officerOf, staff } from '../office.ts'
import { handAgencies, type HandIssue, issueByHand, usualDue } from './issue.ts'
import { keptFor } from './store.ts'
import { type BillStory, billStory, purposes } from './story.ts'
import { billView, invoiceLink } from './views/bill.ts'
import type { Refused } from './views/forms.ts'
import { handView } from './views/issue.ts'

type Route = { Params: { reference: string } }

/** So many invoices in a quarter of an hour for one officer. */
const SHEETS = { max: 200, minutes: 15 } as const

/** What the page says after an act, by the word in its address. */
const DONE = new Set<string>([...billActs, 'made'])

/** The page of a bill, everything that may be done there, its invoice to print, and bills that are made by hand. */
export function billRoutes(parts: OfficeParts, renderer: SheetRenderer = createSheetRenderer()): RouteModule {
  return (app) => {
    handRoutes(parts)(app)
    app.get<Route>('/officer/money/bills/:reference', staff, (request, reply) => show(parts, request, reply, null))
    app.get<Route>('/officer/money/bills/:reference/invoice.pdf', staff, async (request, reply) => {
      const { treasury } = parts
      const actor = officerOf(parts, request)
      const bill = await billOf(treasury, actor, request.params.reference, 'money.work')
      if (bill.source === 'journey')
        throw new Problem('payments.desk-no-code', 409, 'The payer of this bill comes to it from their application.')
      await limitAttempts(treasury.platform, `invoices:${actor.accountId ?? ''}`, SHEETS)
      const bytes = renderer.render(composeInvoice(treasury, await invoiceParts(treasury, actor, bill)))
      return sendPdf(reply, `${bill.reference}.pdf`, bytes)
    })
    for (const name of billActs) {
      app.post<Route>(`/officer/money/bills/:reference/${name}`, staff, (request, reply) => act(parts, request, reply, name))
      // where a refused form was shown: to be come to again, as in another language
      app.get<Route>(`/officer/money/bills/:reference/${name}`, staff, async (request, reply) => {
        const bill = await billOf(parts.treasury, officerOf(parts, request), request.params.reference)
        return seeOther(reply, `/officer/money/bills/${bill.reference}`)
      })
    }
  }
}

async function show(
  parts: OfficeParts,
  request: FastifyRequest<Route>,
  reply: FastifyReply,
  refused: Refused | null,
  status = 200,
): Promise<FastifyReply> {
  const { treasury, pages } = parts
  const view = pages.view(request)
  const purpose = purposes.find((each) => each === textOf(request.query, 'purpose')) ?? null
  const story = await billStory(treasury, officerOf(parts, request), request.params.reference, purpose)
  const page = {
    title: story.bill.reference,
    main: billView(view, story, {
      words: treasury.words,
      said: said(view, request, story, refused),
      refused,
      kept: await keptHere(parts, story),
    }),
    errors: refused ? 1 : 0,
    back: { href: '/officer/money/bills', label: view.t('payments.desk.bills') },
    wide: true,
  }
  return pages.send(request, reply, page, status)
}

/** Money kept for the same payer, which could pay an open bill. */
async function keptHere({ treasury }: OfficeParts, { bill, works }: BillStory): Promise<Payment[]> {
  if (!works || bill.state !== 'open' || bill.person_id === null) return []
  return keptFor(treasury.platform.db, bill.person_id, bill.currency)
}

function said(view: View, request: FastifyRequest, story: BillStory, refused: Refused | null): Content {
  const done = textOf(request.query, 'done') ?? ''
  if (refused !== null || !DONE.has(done)) return null
  const print = done === 'made' ? invoiceLink(view, story) : null
  return alert('success', null, html`<p role="status">${view.t(`payments.desk.done.${done}`)} ${print}</p>`)
}

/** Does what a form asks, then shows the bill again; a refusal keeps everything that was typed. */
async function act(parts: OfficeParts, request: FastifyRequest<Route>, reply: FastifyReply, name: BillAct): Promise<FastifyReply> {
  const { reference } = request.params
  const form = formOf(request)
  try {
    await actOnBill(parts.treasury, officerOf(parts, request), reference, name, form)
  } catch (error) {
    const problem = shownOnPage(error)
    const message = problemText(parts, parts.pages.view(request), problem)
    return show(parts, request, reply, { form: name, values: form, message }, problem.status)
  }
  return seeOther(reply, `/officer/money/bills/${encodeURIComponent(reference)}?done=${name}`)
}

function handRoutes(parts: OfficeParts): RouteModule {
  const { treasury, pages } = parts
  const form = (request: FastifyRequest, reply: FastifyReply, typed: unknown, issues: readonly HandIssue[]): FastifyReply => {
    const view = pages.view(request)
    const agencies = handAgencies(treasury, officerOf(parts, request))
    const key = textOf(typed, 'key') ?? treasury.platform.newId()
    const main = handView(view, { key, agencies, typed, issues, due: usualDue(treasury) })
    const back = { href: '/officer/money/bills', label: view.t('payments.desk.bills') }
    const page = { title: view.t('payments.desk.hand'), main, back, errors: issues.length, formId: 'hand-form' }
    return pages.send(request, reply, page, issues.length > 0 ? 422 : 200)
  }
  return (app) => {
    app.get('/officer/money/bills/new', staff, (request, reply) => form(request, reply, {}, []))
    app.post('/officer/money/bills/new', staff, async (request, reply) => {
      const typed = formOf(request)
      // the language buttons send the form with what was typed so far
      if (textOf(typed, '_lang') !== null) return form(request, reply, typed, [])
      const made = await issueByHand(treasury, officerOf(parts, request), typed)
      if ('issues' in made) return form(request, reply, typed, made.issues)
      return seeOther(reply, `/officer/money/bills/${made.bill.reference}?done=made`)
    })
  }
}
