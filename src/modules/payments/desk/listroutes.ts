import type { FastifyReply, FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import { parseReference } from '../../../kernel/id.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { today } from '../../../platform/platform.ts'
import type { Revenue } from '../bill.ts'
import { billsFor } from './bills.ts'
import { agenciesSeen } from './door.ts'
import { type OfficeParts, officerOf, staff } from '../office.ts'
import { dashboard, type DashboardAsk } from './figures/figures.ts'
import { type Asked, readAsked } from './filter.ts'
import { billsTable, figuresTable } from './tables.ts'
import { billsView } from './views/bills.ts'
import { dashboardView } from './views/dashboard.ts'

const SEARCH = 200
const REVENUES: readonly Revenue[] = ['fee', 'tax', 'fine', 'charge']

/** The dashboard, the list of bills with its search, and both as files. */
export function listRoutes(parts: OfficeParts): RouteModule {
  const { treasury, pages } = parts
  return (app) => {
    app.get('/officer/money', staff, async (request, reply) => {
      const view = pages.view(request)
      const found = await dashboard(treasury, officerOf(parts, request), readDashboard(request.query))
      return pages.send(request, reply, { title: view.t('payments.desk.dashboard'), main: dashboardView(view, found), wide: true })
    })
    app.get('/officer/money.csv', staff, async (request, reply) => {
      const found = await dashboard(treasury, officerOf(parts, request), readDashboard(request.query))
      return file(reply, `money-${found.from}-${found.to}`).send(figuresTable(found))
    })
    // only a reference may stand in an address: names are searched for by POST
    app.get('/officer/money/bills', staff, (request, reply) =>
      showBills(parts, request, reply, readAsked(request.query, parseReference(textOf(request.query, 'q') ?? '') ?? '')),
    )
    app.post('/officer/money/bills', staff, (request, reply) => showBills(parts, request, reply, searched(formOf(request))))
    app.post('/officer/money/bills.csv', staff, async (request, reply) => {
      const actor = officerOf(parts, request)
      agenciesSeen(treasury, actor)
      return file(reply, `bills-${today(treasury.platform)}`).send(Readable.from(billsTable(treasury, actor, searched(formOf(request)))))
    })
    // where a file was asked for: to be come to again, as in another language
    app.get('/officer/money/bills.csv', staff, (_, reply) => seeOther(reply, '/officer/money/bills'))
  }
}

function searched(form: unknown): Asked {
  return readAsked(form, (textOf(form, 'q') ?? '').trim().slice(0, SEARCH))
}

async function showBills(
  { treasury, pages }: OfficeParts,
  request: FastifyRequest,
  reply: FastifyReply,
  asked: Asked,
): Promise<FastifyReply> {
  const actor = officerOf({ treasury, pages }, request)
  const page = await billsFor(treasury, actor, asked)
  if (page.kind === 'bill') return seeOther(reply, `/officer/money/bills/${page.reference}`)
  const view = pages.view(request)
  const main = billsView(view, page, today(treasury.platform), asked.search)
  return pages.send(request, reply, { title: view.t('payments.desk.bills'), main, wide: true })
}

function readDashboard(source: unknown): DashboardAsk {
  const year = /^2\d{3}$/.exec((textOf(source, 'year') ?? '').normalize('NFKC').trim())?.[0]
  return {
    agency: textOf(source, 'agency') || null,
    revenue: REVENUES.find((each) => each === textOf(source, 'revenue')) ?? null,
    year: year === undefined ? null : Number(year),
  }
}

function file(reply: FastifyReply, name: string): FastifyReply {
  return reply.type('text/csv; charset=utf-8').header('content-disposition', `attachment; filename="${name}.csv"`)
}
