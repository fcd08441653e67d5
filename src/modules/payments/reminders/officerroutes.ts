import type { FastifyReply, FastifyRequest } from 'fastify'
import { notFound } from '../../../kernel/problem.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { today } from '../../../platform/platform.ts'
import { isWorkingDay } from '../../../kernel/time.ts'
import { allow } from '../../access/index.ts'
import { limitAttempts } from '../../identity/index.ts'
import { createSheetRenderer, type SheetRenderer } from '../documents/index.ts'
import { idOf, type OfficeParts, officerOf, type Refused, refusedBy, sendPage, staff } from '../office.ts'
import { reminderLetter } from './letters.ts'
import { askPreview, countedPreview } from './preview.ts'
import { holdRun, startRun } from './run.ts'
import * as store from './store.ts'
import { remindersPage } from './views/run.ts'
import { decideWriteOff, oldBefore, oldBills, proposeWriteOff } from './writeoff/writeoffs.ts'
import { writeOffs } from './writeoff/store.ts'

const PATH = '/officer/money/reminders'
const DONE = ['counting', 'started', 'held', 'proposed', 'approved', 'declined'] as const
const SHEETS = { max: 200, minutes: 15 } as const
type IdRoute = { Params: { id: string } }

/** The treasury's page of reminders: what today's run does, its start, the last runs; old bills; letters to print. */
export function officerReminderRoutes(parts: OfficeParts, renderer: SheetRenderer = createSheetRenderer()): RouteModule {
  const { treasury, pages } = parts
  const act = async (request: FastifyRequest, reply: FastifyReply, field: string, work: () => Promise<(typeof DONE)[number]>) => {
    try {
      return seeOther(reply, `${PATH}?done=${await work()}`)
    } catch (error) {
      return show(parts, request, reply, refusedBy(parts, pages.view(request), error, field))
    }
  }
  return (app) => {
    app.get(PATH, staff, (request, reply) => show(parts, request, reply, null))
    app.post(`${PATH}/count`, staff, (request, reply) =>
      act(request, reply, 'preview', async () => {
        await askPreview(treasury, officerOf(parts, request))
        return 'counting'
      }),
    )
    app.post(`${PATH}/start`, staff, (request, reply) =>
      act(request, reply, 'run', async () => {
        await startRun(treasury, officerOf(parts, request))
        return 'started'
      }),
    )
    app.post(`${PATH}/hold`, staff, (request, reply) =>
      act(request, reply, 'run', async () => {
        await holdRun(treasury, officerOf(parts, request))
        return 'held'
      }),
    )
    app.post(`${PATH}/old`, staff, (request, reply) =>
      act(request, reply, 'old', async () => {
        const form = formOf(request)
        const [agency, currency] = [textOf(form, 'agency') ?? '', textOf(form, 'currency') ?? '']
        if (!/^[a-z][a-z0-9_]{0,63}$/.test(agency) || !/^[A-Z]{3}$/.test(currency)) throw notFound('agency')
        await proposeWriteOff(treasury, officerOf(parts, request), agency, currency)
        return 'proposed'
      }),
    )
    app.post(`${PATH}/old/decide`, staff, (request, reply) =>
      act(request, reply, 'old', async () => {
        const form = formOf(request)
        const approve = textOf(form, 'decision') === 'approve'
        await decideWriteOff(treasury, officerOf(parts, request), idOf(textOf(form, 'id') ?? ''), approve)
        return approve ? 'approved' : 'declined'
      }),
    )
    app.get<IdRoute>(`${PATH}/letters/:id`, staff, async (request, reply) => {
      const actor = officerOf(parts, request)
      const step = /^\d{1,3}$/.exec(textOf(request.query, 'step') ?? '')?.[0]
      if (step === undefined) throw notFound('page')
      const id = idOf(request.params.id)
      await limitAttempts(treasury.platform, `letters:${actor.accountId ?? ''}`, SHEETS)
      const bytes = renderer.render(await reminderLetter(treasury, actor, id, Number(step)))
      return reply.type('application/pdf').header('cache-control', 'no-store').send(Buffer.from(bytes))
    })
  }
}

async function show(parts: OfficeParts, request: FastifyRequest, reply: FastifyReply, refused: Refused | null): Promise<FastifyReply> {
  const { treasury, pages } = parts
  const { platform, rules } = treasury
  const actor = officerOf(parts, request)
  allow(actor, 'money.work', { agency: rules.treasury, consulted: [rules.treasury] })
  const day = today(platform)
  const [preview, run, runs, old, proposals] = [
    await countedPreview(treasury),
    await store.runOn(platform.db, day),
    await store.lastRuns(platform.db, 10),
    await oldBills(treasury, actor),
    await writeOffs(platform.db, 10),
  ]
  const view = pages.view(request)
  const main = remindersPage(view, {
    preview,
    run,
    runs,
    old,
    proposals,
    before: oldBefore(treasury),
    me: actor.accountId,
    works: isWorkingDay(day, platform.city.calendar),
    automatic: rules.reminders.start === 'automatic',
    done: DONE.find((each) => each === textOf(request.query, 'done')) ?? null,
    refused,
  })
  return sendPage(parts, request, reply, { title: view.t('payments.remind.title'), main, refused })
}
