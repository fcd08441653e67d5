import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { formOf, type RouteModule, seeOther, textOf } from '../../../../platform/http/routes.ts'
import { cookie, cookieOf } from '../../../../platform/http/security.ts'
import { appendCookie } from '../../../../platform/http/visit.ts'
import type { Platform } from '../../../../platform/platform.ts'
import type { Pages } from '../../../../ui/index.ts'
import { limitAttempts, networkOf, visitOf } from '../../../identity/index.ts'
import type { Board } from '../../service/board.ts'
import { alertOf, askAlert, confirmAlert, endAlert, findPlace, placeIn } from './alerts.ts'
import { type AlertPlace, placeOf } from './place.ts'
import { type AlertForm, alertPage, alertWord } from './views.ts'

const open = { config: { access: 'public' } } as const
/** The cookie that keeps the code of an alert's link, on the path of its page. */
const ALERT_COOKIE = 'stoa_alert'
/** How many alerts are asked for from one network, and for one address. */
const ASKS = { network: 20, address: 5, minutes: 60 } as const
const empty: AlertForm = { email: '', district: '', place: '', group: '', issues: [], like: [] }

/** The pages on which somebody asks for alerts, confirms them from the mail, and ends them. */
export function alertRoutes(board: Board, pages: Pages): RouteModule {
  const { platform } = board
  return (app) => {
    app.get('/reports/alerts', open, async (request, reply) => {
      const view = pages.view(request)
      const form = { ...empty, district: textOf(request.query, 'district') ?? '' }
      return pages.send(request, reply, {
        title: view.t('reports.public.alerts.title'),
        main: alertPage(view, board, form),
        back: { href: '/reports' },
      })
    })
    app.post('/reports/alerts', open, async (request, reply) => {
      const view = pages.view(request)
      const read = readForm(board, formOf(request), view.t)
      const title = view.t('reports.public.alerts.title')
      if (!read.place || read.form.issues.length > 0)
        return pages.send(request, reply, { title, main: alertPage(view, board, read.form), back: { href: '/reports' } }, 422)
      await limitAttempts(platform, `report-alert:${networkOf(request.ip)}`, { max: ASKS.network, minutes: ASKS.minutes })
      await limitAttempts(platform, `report-alert:${read.form.email.toLowerCase()}`, { max: ASKS.address, minutes: ASKS.minutes })
      await askAlert(board, visitOf(platform, request).actor, {
        email: read.form.email,
        place: read.place,
        group: read.form.group || null,
        language: view.locale,
      })
      // the same page whether the address has alerts already: nobody learns of another's
      return reply.code(303).header('location', '/reports/alerts/asked').send()
    })
    app.get('/reports/alerts/asked', open, async (request, reply) => {
      const view = pages.view(request)
      return pages.send(request, reply, { title: view.t('reports.public.alerts.asked.title'), main: alertWord(view, 'asked', null, '') })
    })
    for (const what of ['confirm', 'end'] as const) {
      const done = what === 'confirm' ? 'confirmed' : 'ended'
      // a link that is opened changes nothing: programs open links in mails too
      app.get(`/reports/alerts/${what}`, open, async (request, reply) => {
        const view = pages.view(request)
        const given = textOf(request.query, 'code')
        // no secret stays in an address
        if (given !== null) return keepCode(platform, reply, `/reports/alerts/${what}`, given)
        const code = cookieOf(request, ALERT_COOKIE) ?? ''
        const found = await alertOf(platform, code)
        const main = alertWord(view, what, placeOf(board, view.locale, placeIn(found)), code)
        return pages.send(request, reply, { title: view.t(`reports.public.alerts.${what}.title`), main })
      })
      app.post(`/reports/alerts/${what}`, open, async (request, reply) => {
        const code = textOf(formOf(request), 'code') ?? ''
        if (what === 'confirm') await confirmAlert(platform, code)
        else await endAlert(platform, code)
        return reply.code(303).header('location', `/reports/alerts/${done}`).send()
      })
      app.get(`/reports/alerts/${done}`, open, async (request, reply) => {
        const view = pages.view(request)
        return pages.send(request, reply, { title: view.t(`reports.public.alerts.${done}.title`), main: alertWord(view, done, null, '') })
      })
    }
  }
}

function keepCode(platform: Platform, reply: FastifyReply, path: string, code: string): FastifyReply {
  const https = platform.publicOrigin.startsWith('https:')
  const kept = /^[\w-]{8,60}$/.test(code) ? { value: code, maxAge: 3_600 } : { value: '', maxAge: 0 }
  appendCookie(reply, cookie(ALERT_COOKIE, kept.value, { https, path, maxAge: kept.maxAge }))
  return seeOther(reply, path)
}

function readForm(
  board: Board,
  given: Readonly<Record<string, unknown>>,
  t: (key: string) => string,
): { readonly form: AlertForm; readonly place: AlertPlace | null } {
  const text = (name: string): string => (textOf(given, name) ?? '').trim()
  const email = text('email').slice(0, 254)
  const typed = text('place').slice(0, 120)
  const district = board.places?.districts.some((each) => each.id === text('district')) ? text('district') : ''
  const group = board.categories.groups.some((each) => each.id === text('group')) ? text('group') : ''
  const issues: Array<AlertForm['issues'][number]> = []
  const found = typed === '' || !board.places ? null : findPlace(board.places, typed)
  const place: AlertPlace | null =
    typed === '' ? (district === '' ? null : { kind: 'district', id: district }) : found && found.kind !== 'none' ? found : null
  if (place === null)
    issues.push({
      field: 'place',
      message: t(typed === '' ? 'reports.public.alerts.place.missing' : 'reports.public.alerts.place.unknown'),
    })
  if (!z.email().safeParse(email).success) issues.push({ field: 'email', message: t('reports.public.alerts.email.wrong') })
  return { form: { email, district, place: typed, group, issues, like: found?.kind === 'none' ? found.like : [] }, place }
}
