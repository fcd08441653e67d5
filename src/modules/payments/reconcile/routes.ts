import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../../kernel/problem.ts'
import { addDays, daysBetween, parsePlainDate } from '../../../kernel/time.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { today } from '../../../platform/platform.ts'
import { allow } from '../../access/index.ts'
import { type OfficeParts, officerOf, type Refused, refusedBy, sendPage, staff } from '../office.ts'
import { reconcile } from './run.ts'
import * as store from './store.ts'
import { reconcilePage } from './views/page.ts'

const PATH = '/officer/money/reconcile'
/** Most days that one comparison looks over. */
const MOST_DAYS = 400

/** The treasury's page of the comparison between provider, bank and books. */
export function reconcileRoutes(parts: OfficeParts): RouteModule {
  const { treasury, pages } = parts
  return (app) => {
    app.get(PATH, staff, (request, reply) => show(parts, request, reply, {}, null))
    app.post(PATH, staff, async (request, reply) => {
      const form = formOf(request)
      const actor = officerOf(parts, request)
      try {
        const [from, to] = [parsePlainDate(textOf(form, 'from') ?? ''), parsePlainDate(textOf(form, 'to') ?? '')]
        if (from === null || to === null || from > to || daysBetween(from, to) > MOST_DAYS)
          throw new Problem('payments.period', 422, 'Enter two days, at most 400 days apart.')
        const report = await reconcile(treasury, from, to, actor)
        return seeOther(reply, `${PATH}?done=${report.answered ? (report.clean ? 'clean' : 'found') : 'away'}`)
      } catch (error) {
        return show(parts, request, reply, form, refusedBy(parts, pages.view(request), error, 'from'))
      }
    })
  }
}

const DONE = ['clean', 'found', 'away'] as const

async function show(
  parts: OfficeParts,
  request: FastifyRequest,
  reply: FastifyReply,
  form: unknown,
  refused: Refused | null,
): Promise<FastifyReply> {
  const { treasury, pages } = parts
  const { platform, rules, provider } = treasury
  allow(officerOf(parts, request), 'money.books', { agency: rules.treasury })
  const to = today(platform)
  const from = addDays(to, -45)
  const [runs, differences, settlements] = await Promise.all([
    store.runs(platform.db, 10),
    store.openDifferences(platform.db),
    provider ? store.settlementsOf(platform.db, provider.name, from, to) : [],
  ])
  const view = pages.view(request)
  const done = DONE.find((each) => each === textOf(request.query, 'done')) ?? null
  const period = { from: textOf(form, 'from') ?? from, to: textOf(form, 'to') ?? to }
  const main = reconcilePage(view, { runs, differences, settlements, period, done, refused })
  return sendPage(parts, request, reply, { title: view.t('payments.reconcile.title'), main, refused })
}
