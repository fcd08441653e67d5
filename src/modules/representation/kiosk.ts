import type { FastifyReply, FastifyRequest } from 'fastify'
import { bareName, cookie } from '../../platform/http/security.ts'
import { appendCookie } from '../../platform/http/visit.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { alert, button, html } from '../../ui/index.ts'
import { allow } from '../access/index.ts'
import { isKiosk, KIOSK_COOKIE, signOut, visitOf } from '../identity/index.ts'
import { cookiesIn, trailIn, watchCookies } from './apart.ts'
import { stopActing } from './help.ts'
import type { RepresentationParts } from './parts.ts'

const open = { config: { access: 'public' } } as const
const staff = { config: { access: 'staff' } } as const
const YEAR = 365 * 86_400

/** Shared devices at counters: they forget everything when somebody leaves, or does nothing for three minutes. */
export function kioskRoutes(parts: RepresentationParts): RouteModule {
  const { house, pages } = parts
  const { platform } = house
  const https = platform.publicOrigin.startsWith('https:')
  return (app) => {
    app.addHook('onSend', async (request, reply, payload) => {
      watchCookies(request, reply, https)
      return payload
    })
    app.get('/counter-device', staff, (request, reply) => {
      allow(visitOf(platform, request).actor, 'assist.begin')
      const { t } = pages.view(request)
      const on = isKiosk(request)
      const main = html`<h1>${t('representation.kiosk.title')}</h1>
        <p class="st-lead">${t('representation.kiosk.lead')}</p>
        ${alert('info', null, html`<p>${t(on ? 'representation.kiosk.is_on' : 'representation.kiosk.is_off')}</p>`)}
        <form method="post" action="/counter-device">
          ${
            on
              ? button(t('representation.kiosk.turn_off'), { name: 'shared', value: 'no', kind: 'secondary' })
              : button(t('representation.kiosk.turn_on'), { name: 'shared', value: 'yes' })
          }
        </form>`
      return pages.send(request, reply, { title: t('representation.kiosk.title'), main })
    })
    app.post('/counter-device', staff, (request, reply) => {
      allow(visitOf(platform, request).actor, 'assist.begin')
      const on = textOf(formOf(request), 'shared') === 'yes'
      appendCookie(reply, cookie(KIOSK_COOKIE, on ? 'on' : '', { https, maxAge: on ? YEAR : 0 }))
      return seeOther(reply, '/counter-device')
    })
    // a device without scripts is led here by its pages, so GET has to do it; it does nothing anywhere else
    app.get('/goodbye', open, (request, reply) => leave(parts, request, reply, https))
    app.post('/goodbye', open, (request, reply) => leave(parts, request, reply, https))
  }
}

/** Ends what goes on and forgets it: session, drafts' tokens, cookies, what the browser keeps. */
async function leave({ house }: RepresentationParts, request: FastifyRequest, reply: FastifyReply, https: boolean): Promise<FastifyReply> {
  const { platform } = house
  if (!isKiosk(request)) return seeOther(reply, '/')
  const visit = visitOf(platform, request)
  if (visit.token && visit.session) {
    const token = visit.actor.acting === null ? visit.token : await stopActing(platform, visit.session, visit.token)
    await signOut(platform, token, visit.actor)
  }
  const names = new Set(cookiesIn(request).map(({ name }) => bareName(name)))
  names.delete(KIOSK_COOKIE)
  for (const name of names) if (/^[\w-]{1,60}$/.test(name)) appendCookie(reply, cookie(name, '', { https, maxAge: 0 }))
  for (const { name, path } of trailIn(request)) appendCookie(reply, cookie(name, '', { https, path, maxAge: 0 }))
  // not "cookies": that would take the device's own mark too
  void reply.header('clear-site-data', '"cache", "storage"')
  return seeOther(reply, '/')
}
