import type { FastifyRequest } from 'fastify'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { idOf, officerOf, type OfficeParts, refusedBy, type Refused, sendPage, staff } from '../office.ts'
import { sendPdf } from '../documents/index.ts'
import { fetchLetters, readLetters } from './letters.ts'
import { confirmRun, readRun, readRuns, startCorrection, startRun, stopRun } from './run.ts'
import { runPage } from './views/run.ts'
import { runsPage, type TypedRun } from './views/runs.ts'

const PATH = '/officer/money/runs'
/** Apart from the pages of runs, which auditors read: letters name people. */
const LETTERS = '/officer/money/run-letters'
/** How often a page of a run under way loads itself again, in seconds. */
const AGAIN = 5

type OneRoute = { Params: { id: string } }
type LetterRoute = { Params: { id: string; no: string } }

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
    const actor = officerOf(parts, request)
    const seen = await readRun(treasury, actor, idOf(request.params.id))
    const letters = await readLetters(treasury, actor, seen.run, pageIn(request.query))
    const page = {
      title: view.t('payments.run.title', { year: String(seen.run.year) }),
      main: runPage(view, seen, letters, refused),
      back: { href: PATH },
      refused,
    }
    return { seen, page }
  }
  // one file at a time: setting takes a processor and some hundred megabytes
  let setting: Promise<unknown> = Promise.resolve()
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
    app.get<LetterRoute>(`${LETTERS}/:id/:no.pdf`, staff, async (request, reply) => {
      const { id, no } = request.params
      const actor = officerOf(parts, request)
      const work = setting.then(() => fetchLetters(treasury, actor, idOf(id), /^[1-9]\d{0,5}$/.test(no) ? Number(no) : 0))
      setting = work.catch(() => undefined)
      return sendPdf(reply, `letters-${no}.pdf`, await work)
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

function pageIn(query: unknown): number {
  const typed = typeof query === 'object' && query !== null && 'letters' in query ? String(query.letters) : ''
  return /^[1-9]\d{0,5}$/.test(typed) ? Number(typed) : 1
}
