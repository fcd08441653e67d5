import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../kernel/problem.ts'
import { direction } from '../kernel/text.ts'
import { type Asking, cookie } from '../platform/http/security.ts'
import {
  appendCookie,
  LANGUAGE_COOKIE,
  languageOf,
  pageAddressOf,
  pathOf,
  queryWithoutLanguage,
  wantsPage,
} from '../platform/http/visit.ts'
import { cookieOf, ownOrigin } from '../platform/http/security.ts'
import { ownPath } from '../platform/http/routes.ts'
import type { Messages } from '../platform/i18n.ts'
import type { Platform } from '../platform/platform.ts'
import { Problem as Refusal } from '../kernel/problem.ts'
import { isStaff, levels, reaches } from '../modules/access/index.ts'
import { homeOf, isKiosk, makeVisit, sessionCookie, signInAddress, speakAlso, visitOf } from '../modules/identity/index.ts'
import { actingView, keepTokensApart } from '../modules/representation/index.ts'
import { alert, html, layout, type PageParts, type Pages, type View, withoutSuggestions } from '../ui/index.ts'
import type { Assets } from './assets.ts'
import { headerNav, roomsNav } from './navigation.ts'

/** How every module draws and sends its pages; `treasury` is the agency that keeps the books, if the city has one. */
export function createPages(platform: Platform, words: Messages, assets: Assets, demo: boolean, treasury: string | null): Pages {
  const view = (request: FastifyRequest): View => {
    const visit = visitOf(platform, request)
    const t = words.translator(visit.language)
    const path = pathOf(request)
    return {
      t,
      locale: visit.language,
      dir: direction(visit.language),
      wording: visit.wording,
      also: visit.also,
      city: platform.city,
      path,
      query: queryWithoutLanguage(request),
      page: pageAddressOf(request),
      viewer: visit.session ? { label: visit.session.staffName ?? t('ui.account'), officer: homeOf(visit.actor) === '/officer' } : null,
      nav: headerNav(visit, t, path, treasury),
      rooms: roomsNav(visit, t, path, treasury),
      demo,
      assets: assets.urls,
      sessionSeconds: visit.session?.secondsLeft ?? null,
      publicOrigin: platform.publicOrigin,
      acting: actingView(platform, request, visit),
      shared: isKiosk(request),
    }
  }
  return {
    view,
    send(request, reply, page, status = 200) {
      return reply
        .code(status)
        .type('text/html; charset=utf-8')
        .send(drawn(view(request), page))
    },
  }
}

/** The whole page; where another person's data is at hand, without the browser's own suggestions. */
export function drawn(view: View, page: PageParts): string {
  const text = String(layout(view, page))
  return view.shared || view.acting?.kind === 'assistance' ? withoutSuggestions(text) : text
}

/** The languages of the service that a request asks for the page of; empty where it asks for something else. */
export type SpokenAt = (request: Pick<Asking, 'url'>) => readonly string[]

/** Before each handler: who comes, in which language; and whether this route lets them come at all. */
export function visitHook(
  platform: Platform,
  spokenAt: SpokenAt,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined> {
  return async (request, reply) => {
    if (request.routeOptions.config?.api) return undefined
    const visit = await makeVisit(platform, request)
    request.visit = visit
    keepTokensApart(request, visit)
    const spoken = speakAlso(platform, request, spokenAt(request))
    if (visit.languageChosen || spoken.chosen) {
      const https = platform.publicOrigin.startsWith('https:')
      appendCookie(reply, cookie(LANGUAGE_COOKIE, spoken.language, { https, maxAge: 365 * 86_400 }))
    }
    const access = request.routeOptions.config?.access
    if (access !== 'signed-in' && access !== 'staff') return undefined
    if (visit.session === null) throw new Refusal('access.sign-in-needed', 401, 'Sign in to go on.')
    if (access === 'staff' && !isStaff(visit.actor))
      throw new Refusal('access.denied', 403, 'Your account does not have the role for this.')
    if (access === 'staff' && !reaches(visit.actor.level, 'substantial'))
      throw new Refusal('access.step-up', 403, 'Sign in in a surer way to go on.', { needs: 'substantial' })
    return undefined
  }
}

/**
 * Where a refused reader of a page is led: to signing in, or to a surer way of it, and from there back to the page they
 * were on. An act comes from the page that its form is on.
 */
export function waySignIn(publicOrigin: string, originGiven: boolean) {
  const isOwn = ownOrigin(publicOrigin, originGiven)
  return (request: FastifyRequest, problem: Problem): string | null => {
    if (!asksToSignIn(request, problem)) return null
    const opens = problem.extra['opens']
    if (typeof opens === 'string' && ownPath(opens) !== '') return opens
    const needs = levels.find((level) => level === problem.extra['needs'])
    const asked = `${pathOf(request)}${queryWithoutLanguage(request)}`
    const from = request.method === 'GET' || request.method === 'HEAD' ? null : pageOf(request.headers.referer, isOwn)
    return signInAddress(ownPath(from ?? asked) || '/', needs)
  }
}

/** Whether a refusal means that the reader of a page may go on after signing in, or after signing in in a surer way. */
export function asksToSignIn(request: FastifyRequest, problem: Problem): boolean {
  if (problem.code !== 'access.step-up' && problem.code !== 'access.sign-in-needed') return false
  return !request.routeOptions?.config?.api && wantsPage(request) && !/event-stream/.test(request.headers.accept ?? '')
}

/** The path of the page that a form was on; null when that is not known, or not ours. */
function pageOf(referer: string | undefined, isOwn: (origin: string) => boolean): string | null {
  if (referer === undefined || !URL.canParse(referer)) return null
  const url = new URL(referer)
  return isOwn(url.origin) ? url.pathname + url.search : null
}

/** A page kept ready is told apart by path, search and language, a service's own languages too; whoever has a session gets their own. */
export function readyKey(platform: Platform, spokenAt: SpokenAt): (request: Asking) => string | null {
  const session = sessionCookie(platform)
  const cityTags = new Set(platform.city.languages.map(({ tag }) => tag))
  return (request) => {
    if (cookieOf(request, session) !== null || isKiosk(request) || /[?&]lang=/.test(request.url) || request.url.length > 200) return null
    const around = languageOf(request, platform.city).language
    const also = spokenAt(request).filter((tag) => !cityTags.has(tag))
    return `${around} ${also.length === 0 ? '' : languageOf(request, platform.city, also).language} ${request.url}`
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
    return drawn(view, { title, main })
  }
}
