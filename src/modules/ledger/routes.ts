import type { FastifyReply, FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import { isUuid } from '../../kernel/id.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { addDays, parsePlainDate, type PlainDate } from '../../kernel/time.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { today } from '../../platform/platform.ts'
import type { Pages } from '../../ui/index.ts'
import { may } from '../access/index.ts'
import { visitOf } from '../identity/index.ts'
import {
  type Books,
  booksResource,
  type Period,
  readJournal,
  readPosting,
  readStatement,
  readTrialBalance,
  readTurnovers,
} from './books.ts'
import { closeMonth, lastDayOf, readMonths } from './closing/index.ts'
import { journalTable, statementTable, trialBalanceTable, turnoverTable } from './tables.ts'
import { journalPage, postingPage, statementPage } from './views/books.ts'
import { trialBalancePage, turnoverPage } from './views/balance.ts'
import { closePage } from './views/close.ts'

/** What the pages of the books work with. */
export type LedgerParts = Books & { readonly pages: Pages }

const staff = { config: { access: 'staff' } } as const
const PAGE = 50

type IdRoute = { Params: { id: string } }

/** The pages of the books, their files, and the closing of months. */
export function ledgerRoutes(parts: LedgerParts): RouteModule {
  return (app) => {
    balanceRoutes(parts)(app)
    postingRoutes(parts)(app)
    closingRoutes(parts)(app)
  }
}

function balanceRoutes(parts: LedgerParts): RouteModule {
  const { pages } = parts
  return (app) => {
    app.get('/officer/ledger', staff, async (request, reply) => {
      const until = dayIn(request, 'day') ?? today(parts.platform)
      const from = beginOf(request, until)
      const actor = actorOf(parts, request)
      const view = pages.view(request)
      const main =
        from === null
          ? trialBalancePage(view, until, await readTrialBalance(parts, actor, until), closes(parts, request))
          : turnoverPage(view, { from, to: until }, await readTurnovers(parts, actor, { from, to: until }), closes(parts, request))
      return pages.send(request, reply, { title: view.t('ledger.title'), main, wide: true })
    })
    app.get('/officer/ledger.csv', staff, (request, reply) => {
      const until = dayIn(request, 'day') ?? today(parts.platform)
      const from = beginOf(request, until)
      const actor = actorOf(parts, request)
      if (from !== null) return sendTable(reply, `trial-balance-${from}-${until}`, turnoverTable(parts, actor, { from, to: until }))
      return sendTable(reply, `trial-balance-${until}`, trialBalanceTable(parts, actor, until))
    })
    app.get<IdRoute>('/officer/ledger/accounts/:id', staff, async (request, reply) => {
      const period = periodOf(parts, request)
      const after = /^\d{1,18}$/.exec(textOf(request.query, 'after') ?? '')?.[0]
      const ask = { account: accountOf(request.params.id), period, after: after === undefined ? null : BigInt(after), limit: PAGE + 1 }
      const part = await readStatement(parts, actorOf(parts, request), ask)
      const entries = part.entries.slice(0, PAGE)
      const next = part.entries.length > PAGE ? String(entries.at(-1)?.seq ?? '') : null
      const view = pages.view(request)
      const main = statementPage(view, { ...part, entries }, period, next, closes(parts, request))
      return pages.send(request, reply, { title: view.t('ledger.statement.title'), main, wide: true })
    })
    app.get<IdRoute>('/officer/ledger/accounts/:id/statement.csv', staff, async (request, reply) => {
      const [account, period] = [accountOf(request.params.id), periodOf(parts, request)]
      const table = await statementTable(parts, actorOf(parts, request), account, period)
      return sendTable(reply, `account-${account}-${period.from}-${period.to}`, table)
    })
  }
}

function postingRoutes(parts: LedgerParts): RouteModule {
  const { pages } = parts
  return (app) => {
    app.get('/officer/ledger/journal', staff, async (request, reply) => {
      const period = periodOf(parts, request)
      const after = textOf(request.query, 'after') ?? ''
      const found = await readJournal(parts, actorOf(parts, request), period, isUuid(after) ? after : null, PAGE + 1)
      const postings = found.slice(0, PAGE)
      const next = found.length > PAGE ? (postings.at(-1)?.id ?? null) : null
      const view = pages.view(request)
      const main = journalPage(view, postings, period, next, closes(parts, request))
      return pages.send(request, reply, { title: view.t('ledger.journal.title'), main, wide: true })
    })
    app.get('/officer/ledger/journal.csv', staff, (request, reply) => {
      const period = periodOf(parts, request)
      return sendTable(reply, `journal-${period.from}-${period.to}`, journalTable(parts, actorOf(parts, request), period))
    })
    app.get<IdRoute>('/officer/ledger/postings/:id', staff, async (request, reply) => {
      if (!isUuid(request.params.id)) throw notFound('posting')
      const actor = actorOf(parts, request)
      const found = await readPosting(parts, actor, request.params.id)
      const view = pages.view(request)
      const main = postingPage(view, found, { closes: closes(parts, request), audits: may(actor, 'audit.read') })
      return pages.send(request, reply, { title: view.t('ledger.posting'), main, wide: true })
    })
  }
}

function closingRoutes(parts: LedgerParts): RouteModule {
  const { pages } = parts
  const show = async (request: FastifyRequest, reply: FastifyReply, refused: string | null): Promise<FastifyReply> => {
    const months = await readMonths(parts, actorOf(parts, request))
    const view = pages.view(request)
    const why = refused === null ? null : view.t(`problem.${refused}`)
    const main = closePage(view, months, { why, done: refused === null && textOf(request.query, 'done') === 'closed' })
    return pages.send(request, reply, { title: view.t('ledger.close.title'), main, wide: true }, refused === null ? 200 : 422)
  }
  return (app) => {
    app.get('/officer/ledger/close', staff, (request, reply) => show(request, reply, null))
    app.post('/officer/ledger/close', staff, async (request, reply) => {
      const lastDay = lastDayOf(textOf(formOf(request), 'month') ?? '')
      try {
        if (lastDay === null) throw new Problem('ledger.not-next-month', 409, 'Months are closed one after another, each once.')
        await closeMonth(parts, actorOf(parts, request), lastDay)
      } catch (error) {
        if (!(error instanceof Problem) || !error.code.startsWith('ledger.')) throw error
        return show(request, reply, error.code)
      }
      return seeOther(reply, '/officer/ledger/close?done=closed')
    })
  }
}

function actorOf({ platform }: LedgerParts, request: FastifyRequest) {
  return visitOf(platform, request).actor
}

function closes(parts: LedgerParts, request: FastifyRequest): boolean {
  return may(actorOf(parts, request), 'money.close', booksResource(parts))
}

function dayIn(request: FastifyRequest, name: string): PlainDate | null {
  return parsePlainDate(textOf(request.query, name) ?? '')
}

/** The first day of the period that was asked for; null for balances at the end of a day only. */
function beginOf(request: FastifyRequest, until: PlainDate): PlainDate | null {
  const from = dayIn(request, 'from')
  return from !== null && from <= until ? from : null
}

/** The days that were asked for; else the thirty days up to the last one, which is today unless another was named. */
function periodOf(parts: LedgerParts, request: FastifyRequest): Period {
  const to = dayIn(request, 'to') ?? today(parts.platform)
  return { from: dayIn(request, 'from') ?? addDays(to, -30), to }
}

function accountOf(text: string): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (number === 0) throw notFound('account')
  return number
}

function sendTable(reply: FastifyReply, name: string, lines: AsyncGenerator<string>): FastifyReply {
  return reply
    .type('text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename="${name}.csv"`)
    .send(Readable.from(lines))
}
