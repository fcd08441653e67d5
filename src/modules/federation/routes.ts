import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../kernel/problem.ts'
import { ownPath, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { refusalLine } from '../../platform/http/server.ts'
import type { Platform } from '../../platform/platform.ts'
import { alert, button, html, type Html, type Pages, plainWords, tag, type View } from '../../ui/index.ts'
import { type Level, levels, reaches } from '../access/index.ts'
import { beginSession, giveSession, homeOf, limitAttempts, raiseSession, signInAddress, visitOf } from '../identity/index.ts'
import { askAddress, configurationOf, takeAnswer } from './client.ts'
import { levelFrom, profileFrom, type Provider } from './provider.ts'
import { forget, keep, kept } from './sealed.ts'
import * as service from './service.ts'

/** What the pages of outside providers work with. */
export type FederationParts = {
  readonly platform: Platform
  readonly pages: Pages
  /** Whether a provider on this machine may be asked without TLS. */
  readonly insecure: boolean
  /** Whether an account can still be signed in to without its providers. */
  otherWays(accountId: string): Promise<boolean>
}

type ProviderRoute = { Params: { provider: string } }

const open = { config: { access: 'public' } } as const
const signedIn = { config: { access: 'signed-in' } } as const

/** Signing in with an outside provider, and linking one to an account: whoever is signed in confirms that the two belong together. */
export function federationRoutes(parts: FederationParts): RouteModule {
  return (app) => {
    app.get<ProviderRoute>('/sign-in/with/:provider', open, (request, reply) => {
      const asked = textOf(request.query, 'level')
      const level = levels.find((each) => each === asked) ?? null
      const next = ownPath(textOf(request.query, 'next'))
      // a page of another site must not sign anybody in without their doing (OWASP ASVS 5.0, 7.6.2)
      if (request.headers['sec-fetch-site'] === 'cross-site') return seeOther(reply, signInAddress(next, level ?? 'none'))
      return begin(parts, request, reply, { next, level })
    })
    app.get<ProviderRoute>('/sign-in/with/:provider/callback', open, (request, reply) => finish(parts, request, reply))
    joinRoutes(parts)(app)
    linkRoutes(parts)(app)
  }
}

async function begin(
  { platform, insecure }: FederationParts,
  request: FastifyRequest<ProviderRoute>,
  reply: FastifyReply,
  want: { next: string; level: Level | null },
): Promise<FastifyReply> {
  await limitAttempts(platform, `with:${request.ip}`, { max: 60, minutes: 15 })
  const provider = await service.openProvider(platform, request.params.provider)
  const { language } = visitOf(platform, request)
  const config = await configurationOf(provider, insecure)
  const { address, ...asked } = await askAddress(config, provider, {
    redirectUri: callback(platform, provider),
    language,
    level: want.level,
  })
  keep(platform, reply, 'stoa_with', { ...asked, ...want, provider: provider.id })
  return reply.code(303).header('location', address).send()
}

async function finish(parts: FederationParts, request: FastifyRequest<ProviderRoute>, reply: FastifyReply): Promise<FastifyReply> {
  const { platform } = parts
  const asked = kept(platform, request, 'stoa_with')
  forget(platform, reply, 'stoa_with')
  if (asked?.provider !== request.params.provider) {
    throw new Problem('federation.lost', 422, 'This sign-in was begun in another window, or too long ago. Begin again.')
  }
  const provider = await service.openProvider(platform, asked.provider)
  const query = request.url.includes('?') ? request.url.slice(request.url.indexOf('?')) : ''
  const config = await configurationOf(provider, parts.insecure)
  const told = await takeAnswer(config, new URL(callback(platform, provider) + query), asked).catch((error: unknown) => {
    if (error instanceof Problem) platform.log.warn(refusalLine(request, error), 'refused')
    throw error
  })
  const who = { provider: provider.id, subject: told.subject, profile: profileFrom(provider.claims, told.claims) }
  const level = levelFrom(provider, told.acr)
  const visit = visitOf(platform, request)
  const accountId = await service.linkedAccount(platform, who)
  if (accountId === null) {
    keep(platform, reply, 'stoa_join', { ...who, profile: plain(who.profile), level, next: asked.next })
    return seeOther(reply, visit.session ? '/sign-in/with/join' : '/sign-in/with/new')
  }
  return enter(parts, request, reply, { accountId, level, next: asked.next })
}

/** Signs in; whoever is signed in to the same account goes on in that session, at the better of both levels. */
async function enter(
  { platform }: FederationParts,
  request: FastifyRequest,
  reply: FastifyReply,
  as: { accountId: string; level: Level; next: string },
): Promise<FastifyReply> {
  const visit = visitOf(platform, request)
  if (visit.token && visit.actor.accountId === as.accountId && !reaches(visit.actor.level, as.level)) {
    giveSession(platform, reply, await raiseSession(platform, visit.token, { level: as.level, method: 'provider' }))
    return seeOther(reply, as.next || homeOf(visit.actor))
  }
  const session = await beginSession(platform, request, reply, as.accountId, { level: as.level, methods: ['provider'] })
  return seeOther(reply, as.next || homeOf(session.actor))
}

/** Somebody comes from a provider for the first time: to the account they have, or to a new one. */
function joinRoutes(parts: FederationParts): RouteModule {
  const { platform, pages } = parts
  const confirmedOf = (request: FastifyRequest) => {
    const who = kept(platform, request, 'stoa_join')
    if (!who) throw new Problem('federation.lost', 422, 'This sign-in was begun in another window, or too long ago. Begin again.')
    return who
  }
  const nameOf = async (request: FastifyRequest, id: string) => {
    const provider = await service.openProvider(platform, id)
    return plainWords(pages.view(request), provider.names)
  }
  return (app) => {
    app.get('/sign-in/with/new', open, async (request, reply) => {
      const { t } = pages.view(request)
      const name = await nameOf(request, confirmedOf(request).provider)
      const main = html`<h1>${t('federation.new.title')}</h1>
        <p class="st-lead">${t('federation.new.lead', { provider: name })}</p>
        <h2>${t('federation.new.known')}</h2>
        <p>${t('federation.new.known.text')}</p>
        <p><a class="ds-link" href="/sign-in?next=%2Fsign-in%2Fwith%2Fjoin">${t('federation.new.known.link')}</a></p>
        <h2>${t('federation.new.first')}</h2>
        <p>${t('federation.new.first.text')}</p>
        <form method="post" action="/sign-in/with/new">${button(t('federation.new.first.submit'))}</form>`
      return pages.send(request, reply, { title: t('federation.new.title'), main })
    })
    app.post('/sign-in/with/new', open, async (request, reply) => {
      const view = pages.view(request)
      const who = confirmedOf(request)
      await service.openProvider(platform, who.provider)
      forget(platform, reply, 'stoa_join')
      const accountId = await service.accountFor(platform, who, view.locale, view.t('federation.no_name'))
      return enter(parts, request, reply, { accountId, level: who.level, next: who.next })
    })
    app.get('/sign-in/with/join', signedIn, async (request, reply) => {
      const { t } = pages.view(request)
      const name = await nameOf(request, confirmedOf(request).provider)
      const main = html`<h1>${t('federation.join.title', { provider: name })}</h1>
        <p class="st-lead">${t('federation.join.lead', { provider: name })}</p>
        <form method="post" action="/sign-in/with/join">${button(t('federation.join.submit'))}</form>
        <p><a class="ds-link" href="/account">${t('federation.join.not')}</a></p>`
      return pages.send(request, reply, { title: t('federation.join.title', { provider: name }), main })
    })
    app.post('/sign-in/with/join', signedIn, async (request, reply) => {
      const who = confirmedOf(request)
      const { actor } = visitOf(platform, request)
      await service.linkAccount(platform, actor, who)
      forget(platform, reply, 'stoa_join')
      return enter(parts, request, reply, { accountId: actor.accountId ?? '', level: who.level, next: who.next })
    })
  }
}

/** Which providers an account is linked to. */
function linkRoutes(parts: FederationParts): RouteModule {
  const { platform, pages } = parts
  return (app) => {
    app.get('/account/providers', signedIn, async (request, reply) => {
      const view = pages.view(request)
      const { actor } = visitOf(platform, request)
      const links = new Set((await service.linksOf(platform, actor)).map((link) => link.provider))
      const done = textOf(request.query, 'done')
      const said = done === 'unlinked' ? alert('success', null, html`<p>${view.t('federation.done.unlinked')}</p>`) : null
      const offered = (await service.openProviders(platform)).map((provider) => ({
        id: provider.id,
        name: plainWords(view, provider.names),
      }))
      const main = html`${said}
        <h1>${view.t('federation.links.title')}</h1>
        <p class="st-lead">${view.t('federation.links.lead')}</p>
        ${
          offered.length === 0
            ? html`<p>${view.t('federation.links.none')}</p>`
            : html`<ul class="st-rows">
                ${offered.map(({ id, name }) => html`<li>${linkRow(view, { id, name, linked: links.has(id) })}</li>`)}
              </ul>`
        }`
      const back = { href: '/account', label: view.t('ui.account') }
      return pages.send(request, reply, { title: view.t('federation.links.title'), main, back })
    })
    app.post<ProviderRoute>('/account/providers/:provider/end', signedIn, async (request, reply) => {
      const { actor } = visitOf(platform, request)
      await service.unlink(platform, actor, request.params.provider, () => parts.otherWays(actor.accountId ?? ''))
      return seeOther(reply, '/account/providers?done=unlinked')
    })
  }
}

/** A provider's name, whether it is linked, and the way to change that. */
function linkRow(view: View, { id, name, linked }: { id: string; name: string; linked: boolean }): Html {
  const state = linked ? html` ${tag(view.t('federation.links.linked'), 'success')}` : null
  const act = linked
    ? html`<form method="post" action="${`/account/providers/${id}/end`}">
        ${button(view.t('federation.links.end'), { kind: 'secondary', about: name })}
      </form>`
    : html`<a class="ds-button" href="${`/sign-in/with/${id}?next=%2Faccount%2Fproviders`}"
        >${view.t('federation.links.begin')}<span class="ds-sr-only"> ${name}</span></a
      >`
  return html`<span><strong><bdi>${name}</bdi></strong>${state}</span>${act}`
}

function callback(platform: Platform, provider: Provider): string {
  return `${platform.publicOrigin}/sign-in/with/${provider.id}/callback`
}

function plain(profile: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(profile).flatMap(([field, value]) => (value === undefined ? [] : [[field, value]])))
}
