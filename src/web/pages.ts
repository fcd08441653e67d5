import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../kernel/problem.ts'
import { direction } from '../kernel/text.ts'
import { cookie } from '../platform/http/security.ts'
import { appendCookie, LANGUAGE_COOKIE, languageOf, pathOf, queryWithoutLanguage, wantsPage } from '../platform/http/visit.ts'
import { cookieOf } from '../platform/http/security.ts'
import { seeOther } from '../platform/http/routes.ts'
import type { Messages } from '../platform/i18n.ts'
import type { Platform } from '../platform/platform.ts'
import { Problem as Refusal } from '../kernel/problem.ts'
import { isStaff, may } from '../modules/access/index.ts'
import { homeOf, makeVisit, sessionCookie, type Visit, visitOf } from '../modules/identity/index.ts'
import { alert, html, layout, type NavItem, type Pages, type View } from '../ui/index.ts'
import type { Assets } from './assets.ts'

/** How every module draws and sends its pages. */
export function createPages(platform: Platform, words: Messages, assets: Assets, demo: boolean): Pages {
  const view = (request: FastifyRequest): View => {
    const visit = visitOf(platform, request)
    const t = words.translator(visit.language)
    const path = pathOf(request)
    return {
      t,
      locale: visit.language,
      dir: direction(visit.language),
      city: platform.city,
      path,
      query: queryWithoutLanguage(request),
      viewer: visit.session ? { label: visit.session.staffName ?? t('ui.account'), officer: homeOf(visit.actor) === '/officer' } : null,
      nav: navigation(visit, t, path),
      demo,
      assets: assets.urls,
      sessionSeconds: visit.session?.secondsLeft ?? null,
      publicOrigin: platform.publicOrigin,
    }
  }
  return {
    view,
    send(request, reply, page, status = 200) {
      return reply
        .code(status)
        .type('text/html; charset=utf-8')
        .send(String(layout(view(request), page)))
    },
  }
}

function navigation(visit: Visit, t: View['t'], path: string): NavItem[] {
  const item = (href: string, key: string): NavItem => ({ href, label: t(key), current: path === href || path.startsWith(`${href}/`) })
  if (isStaff(visit.actor)) {
    const queue = homeOf(visit.actor) === '/officer' ? [item('/officer', 'ui.nav.queue')] : []
    const staff = may(visit.actor, 'identity.administer') ? [item('/admin/staff', 'ui.nav.staff')] : []
    return [...queue, ...staff, item('/services', 'ui.nav.services')]
  }
  const items = [item('/services', 'ui.nav.services'), item('/track', 'ui.nav.track')]
  return visit.session ? [...items, item('/my', 'ui.nav.my')] : items
}

/** Before each handler: who comes, in which language; and whether this route lets them come at all. */
export function visitHook(platform: Platform): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined> {
  return async (request, reply) => {
    if (request.routeOptions.config?.api) return undefined
    const visit = await makeVisit(platform, request)
    request.visit = visit
    if (visit.languageChosen) {
      const https = platform.publicOrigin.startsWith('https:')
      appendCookie(reply, cookie(LANGUAGE_COOKIE, visit.language, { https, maxAge: 365 * 86_400 }))
    }
    const access = request.routeOptions.config?.access
    if (access !== 'signed-in' && access !== 'staff') return undefined
    if (visit.session === null) {
      // the reply is given back, so that the handler does not run as well
      if (request.method === 'GET' && wantsPage(request)) return seeOther(reply, `/sign-in?next=${encodeURIComponent(pathOf(request))}`)
      throw new Refusal('access.sign-in-needed', 401, 'Sign in to go on.')
    }
    if (access === 'staff' && !isStaff(visit.actor))
      throw new Refusal('access.denied', 403, 'Your account does not have the role for this.')
    return undefined
  }
}

/** A page kept ready is told apart by path, search and language; whoever has a session gets their own. */
export function readyKey(platform: Platform): (request: FastifyRequest) => string | null {
  const session = sessionCookie(platform)
  return (request) => {
    if (cookieOf(request, session) !== null || /[?&]lang=/.test(request.url) || request.url.length > 200) return null
    return `${languageOf(request, platform.city).language} ${request.url}`
  }
}

/** The page of a refusal: what happened, what to do, and for a fault of ours its number. */
export function problemPage(words: Messages, pages: Pages) {
  return async (request: FastifyRequest, problem: Problem, incident: string | null): Promise<string> => {
    const view = pages.view(request)
    const known = words.has(`problem.title.${problem.status}`) ? `problem.title.${problem.status}` : 'problem.title.400'
    const title = view.t(known)
    const text = words.has(`problem.${problem.code}`) ? view.t(`problem.${problem.code}`) : problem.detail
    const main = html`<h1>${title}</h1>
      ${alert(
        problem.status >= 500 ? 'danger' : 'warning',
        null,
        html`<p>${text}</p>
          ${incident ? html`<p>${view.t('problem.incident', { incident })}</p>` : null}`,
      )}
      ${problem.status === 401 ? html`<p><a class="ds-link" href="/sign-in">${view.t('ui.sign_in')}</a></p>` : null}
      <p><a class="ds-link" href="/">${view.t('problem.home')}</a></p>`
    return String(layout(view, { title, main }))
  }
}
