import type { FastifyRequest } from 'fastify'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { idOf, officerOf, type OfficeParts, refusedBy, type Refused, sendPage, staff } from '../office.ts'
import { confirmRun, readRun, readRuns, startCorrection, startRun, stopRun } from './run.ts'
import { runPage } from './views/run.ts'
import { runsPage, type TypedRun } from './views/runs.ts'

const PATH = '/officer/money/runs'
/** How often a page of a run under way loads itself again, in seconds. */
const AGAIN = 5

type OneRoute = { Params: { id: string } }

/** Where officers of the treasury start the yearly run of property tax, see its dry run, confirm it and watch it. */
export function runRoutes(parts: OfficeParts): RouteModule {
  const { treasury, pages } = parts
  const list = async (request: FastifyRequest, typed: TypedRun, refused: Refused | null) => {
    const view = pages.view(request)
    const found = await readRuns(treasury, officerOf(parts, request))
    return { title: view.t('payments.runs.title'), main: runsPage(view, found, typed, refused), refused }
  }
  const one = async (request: FastifyRequest<OneRoute>, refused: Refused | null) => {
    const view = pages.view(request)
    const seen = await readRun(treasury, officerOf(parts, request), idOf(request.params.id))
    const page = {
      title: view.t('payments.run.title', { year: String(seen.run.year) }),
      main: runPage(view, seen, refused),
      back: { href: PATH },
      refused,
    }
    return { seen, page }
  }
  return (app) => {
    app.get(PATH, staff, async (request, reply) =>
      sendPage(parts, request, reply, await list(request, { year: '', number: '', of: '' }, null)),
    )
    app.post(PATH, staff, async (request, reply) => {
      const form = formOf(request)
      const typed = { year: textIn(form, 'year'), number: textIn(form, 'number'), of: textIn(form, 'of') }
      const actor = officerOf(parts, request)
      try {
        const id =
          textIn(form, 'kind') === 'correction'
            ? await startCorrection(treasury, actor, typed.number, yearOf(typed.of))
            : await startRun(treasury, actor, yearOf(typed.year))
        return seeOther(reply, `${PATH}/${id}`)
      } catch (error) {
        const field = textIn(form, 'kind') === 'correction' ? 'number' : 'year'
        return sendPage(parts, request, reply, await list(request, typed, refusedBy(parts, pages.view(request), error, field)))
      }
    })
    app.get<OneRoute>(`${PATH}/:id`, staff, async (request, reply) => {
      const { seen, page } = await one(request, null)
      // live without a script
      if (seen.run.state === 'checking' || seen.run.state === 'billing') void reply.header('refresh', String(AGAIN))
      return sendPage(parts, request, reply, page)
    })
    for (const [act, work] of [
      ['confirm', confirmRun],
      ['stop', stopRun],
    ] as const)
      // prettier-ignore
      app.post<OneRoute>(`${PATH}/:id/${act}`, staff, async (request, reply) => {
        try {
          await work(treasury, officerOf(parts, request), idOf(request.params.id))
        } catch (error) {
          return sendPage(parts, request, reply, (await one(request, refusedBy(parts, pages.view(request), error, 'act'))).page)
        }
        return seeOther(reply, `${PATH}/${request.params.id}`)
      })
  }
}

function textIn(form: unknown, name: string): string {
  return (textOf(form, name) ?? '').trim().slice(0, 100)
}

function yearOf(typed: string): number {
  return /^\d{4}$/.test(typed) ? Number(typed) : 0
}
