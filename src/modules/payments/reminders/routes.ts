import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../../kernel/problem.ts'
import { addYears } from '../../../kernel/time.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { today } from '../../../platform/platform.ts'
import type { Pages } from '../../../ui/index.ts'
import type { Actor } from '../../access/index.ts'
import { limitAttempts } from '../../identity/index.ts'
import type { Bill } from '../bill.ts'
import { billPath, codePath, neededPayer, type Payer, payerOf } from '../pay/see.ts'
import type { Treasury } from '../treasury.ts'
import { deferFor, planFor } from './arrange.ts'
import { type HelpErrors, type HelpWay, helpWays, nothingTyped, readTyped, type Typed, typedDay, typedParts, wordsError } from './form.ts'
import { readHelp } from './help.ts'
import { planParts } from './plan.ts'
import { askFor } from './propose.ts'
import { helpFormPage } from './views/forms.ts'
import { helpPage } from './views/help.ts'

/** What the pages of help work with. */
export type HelpParts = { readonly treasury: Treasury; readonly pages: Pages }

const open = { config: { access: 'public' } } as const
/** How often something is asked for one bill in a quarter of an hour. */
const ASKS = { max: 20, minutes: 15 } as const
const DONE = ['planned', 'deferred', 'received'] as const
type Done = (typeof DONE)[number]
type BillRoute = { Params: { reference: string } }

/** The pages on which payers get help: paying in parts, more time, objecting, not being able to pay. */
export function helpRoutes(parts: HelpParts): RouteModule {
  const { treasury, pages } = parts
  return (app) => {
    app.get<BillRoute>('/pay/bills/:reference/help', open, async (request, reply) => {
      const payer = await comer(treasury, request, reply)
      if (!payer) return reply
      const view = pages.view(request)
      const done = DONE.find((each) => each === textOf(request.query, 'done')) ?? null
      const main = helpPage(view, await readHelp(treasury, payer.bill), done)
      return pages.send(request, reply, { title: view.t('payments.help.title'), main, back: { href: billPath(payer.bill) } })
    })
    for (const way of helpWays) wayRoutes(parts, way)(app)
  }
}

function wayRoutes(parts: HelpParts, way: HelpWay): RouteModule {
  const { treasury } = parts
  return (app) => {
    app.get<BillRoute>(`/pay/bills/:reference/${way}`, open, async (request, reply) => {
      const payer = await comer(treasury, request, reply)
      if (!payer) return reply
      if (payer.bill.state !== 'open') return seeOther(reply, `${billPath(payer.bill)}/help`)
      return show(parts, request, reply, way, payer.bill, nothingTyped, {}, null)
    })
    app.post<BillRoute>(`/pay/bills/:reference/${way}`, open, async (request, reply) => {
      const { bill, actor } = await neededPayer(treasury, request, request.params.reference)
      await limitAttempts(treasury.platform, `bill-help:${bill.id}`, ASKS)
      const typed = readTyped(formOf(request))
      try {
        const outcome = await acts[way](treasury, actor, bill, typed)
        if (typeof outcome === 'string') return seeOther(reply, `${billPath(bill)}/help?done=${outcome}`)
        return await show(parts, request, reply, way, bill, typed, outcome, null)
      } catch (error) {
        if (!(error instanceof Problem) || !error.code.startsWith('payments.') || ![409, 422].includes(error.status)) throw error
        const { bill: now } = await neededPayer(treasury, request, request.params.reference)
        return show(parts, request, reply, way, now, { ...typed, choice: '' }, {}, error)
      }
    })
  }
}

/** Whoever may see the bill; anybody else, known or not, is led to where its reference and code are asked for. */
async function comer(treasury: Treasury, request: FastifyRequest<BillRoute>, reply: FastifyReply): Promise<Payer | null> {
  const payer = await payerOf(treasury, request, request.params.reference)
  if (payer) return payer
  void seeOther(reply, codePath(request.params.reference))
  return null
}

type HelpAct = (treasury: Treasury, actor: Actor, bill: Bill, typed: Typed) => Promise<Done | HelpErrors>

const acts: Readonly<Record<HelpWay, HelpAct>> = {
  async parts(treasury, actor, bill, typed) {
    if (/^\d{1,2}$/.test(typed.choice)) {
      await planFor(treasury, actor, bill.id, Number(typed.choice), typed.revision ?? 0)
      return 'planned'
    }
    if (typed.choice !== 'more') return { choice: 'payments.help.choose' }
    const parts = typedParts(typed)
    if (parts === null || bill.outstanding < BigInt(parts)) return { more: 'payments.help.parts.wrong' }
    const faults = typed.words === '' ? {} : wordsError(typed.words)
    if (faults.words) return faults
    await askFor(treasury, actor, bill.id, { kind: 'plan', parts, words: typed.words })
    return 'received'
  },
  async time(treasury, actor, bill, typed) {
    if (typed.choice === 'rule') {
      await deferFor(treasury, actor, bill.id, typed.revision ?? 0)
      return 'deferred'
    }
    if (typed.choice !== 'more') return { choice: 'payments.help.choose' }
    const until = typedDay(typed)
    const now = today(treasury.platform)
    const day: HelpErrors = until === null || until <= now || until > addYears(now, 2) ? { until: 'payments.help.time.wrong' } : {}
    const faults = { ...day, ...wordsError(typed.words) }
    if (until === null || Object.keys(faults).length > 0) return faults
    await askFor(treasury, actor, bill.id, { kind: 'defer', until, words: typed.words })
    return 'received'
  },
  wrong: (treasury, actor, bill, typed) => askInWords(treasury, actor, bill, 'objection', typed.words),
  waiver: (treasury, actor, bill, typed) => askInWords(treasury, actor, bill, 'waive', typed.words),
}

async function askInWords(
  treasury: Treasury,
  actor: Actor,
  bill: Bill,
  kind: 'objection' | 'waive',
  words: string,
): Promise<Done | HelpErrors> {
  const faults = wordsError(words)
  if (faults.words) return faults
  await askFor(treasury, actor, bill.id, { kind, words })
  return 'received'
}

async function show(
  { treasury, pages }: HelpParts,
  request: FastifyRequest,
  reply: FastifyReply,
  way: HelpWay,
  bill: Bill,
  typed: Typed,
  errors: HelpErrors,
  refused: Problem | null,
): Promise<FastifyReply> {
  const { platform, rules, words } = treasury
  const view = pages.view(request)
  const help = await readHelp(treasury, bill)
  const plans = help.offer.parts.map((parts) =>
    planParts(bill.outstanding, parts, help.today, rules.help.plan?.first_after ?? rules.pay_within, platform.city.calendar),
  )
  const said = refused && words.has(`problem.${refused.code}`) ? view.t(`problem.${refused.code}`) : (refused?.detail ?? null)
  const main = helpFormPage(view, way, { help, typed, errors, refused: said, plans })
  const count = Object.keys(errors).length + (refused ? 1 : 0)
  const page = { title: view.t(`payments.help.${way}`), main, back: { href: `${billPath(bill)}/help` }, errors: count }
  return pages.send(request, reply, page, refused?.status ?? (count > 0 ? 422 : 200))
}
