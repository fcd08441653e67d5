import type { FastifyReply, FastifyRequest } from 'fastify'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { cookie, cookieOf } from '../../../platform/http/security.ts'
import { appendCookie } from '../../../platform/http/visit.ts'
import { limitAttempts, networkOf } from '../../identity/index.ts'
import type { Pages } from '../../../ui/index.ts'
import type { Board } from '../service/index.ts'
import { askForKey, type ClientField, clientOfCode, CONFIRM_DAYS, confirmKey, DEMO_KEY, faultsOf, type TypedClient } from './clients.ts'
import { OPEN311_ROOT } from './door.ts'
import { askPage, confirmPage, keyPage, lostPage, sentPage } from './keyviews.ts'

const open = { config: { access: 'public' } } as const
const PATH = '/open311/keys'
/** The cookie that keeps the code of the mail's link, on the path of its page. */
const CODE_COOKIE = 'stoa_open311_code'
/** How often a network may ask for a key. */
const ASKING = { max: 5, minutes: 60 }

const NOTHING: TypedClient = { name: '', organisation: '', contact: '', email: '', purpose: '' }

/** Where whoever writes a program gets a key for it, by themselves. */
export function keyRoutes(board: Board, pages: Pages): RouteModule {
  const { platform } = board
  const show = (request: FastifyRequest, reply: FastifyReply, typed: TypedClient, wrong: readonly ClientField[]): FastifyReply => {
    const view = pages.view(request)
    return pages.send(request, reply, askPage(view, OPEN311_ROOT, typed, wrong, view.demo ? DEMO_KEY : null), wrong.length > 0 ? 422 : 200)
  }
  return (app) => {
    app.get(PATH, open, (request, reply) => show(request, reply, NOTHING, []))
    app.post(PATH, open, async (request, reply) => {
      const typed = typedIn(request)
      const wrong = faultsOf(typed)
      if (wrong.length > 0) return show(request, reply, typed, wrong)
      await limitAttempts(platform, `open311-key:${networkOf(request.ip)}`, ASKING)
      await limitAttempts(platform, `open311-key:${typed.email.trim().toLowerCase()}`, ASKING)
      await askForKey(board, typed, pages.view(request).locale)
      return seeOther(reply, `${PATH}/sent`)
    })
    app.get(`${PATH}/sent`, open, (request, reply) => pages.send(request, reply, sentPage(pages.view(request), CONFIRM_DAYS)))
    app.get(`${PATH}/confirm`, open, async (request, reply) => {
      const given = textOf(request.query, 'code')
      if (given !== null) {
        // no secret stays in an address
        const https = platform.publicOrigin.startsWith('https:')
        if (/^[\w-]{10,60}$/.test(given)) appendCookie(reply, cookie(CODE_COOKIE, given, { https, path: `${PATH}/confirm`, maxAge: 3_600 }))
        return seeOther(reply, `${PATH}/confirm`)
      }
      const view = pages.view(request)
      const code = cookieOf(request, CODE_COOKIE) ?? ''
      const client = await clientOfCode(platform, code)
      return client ? pages.send(request, reply, confirmPage(view, client, code)) : pages.send(request, reply, lostPage(view), 404)
    })
    // shown as the answer itself, not after a 303: it is kept nowhere from which another page could show it
    app.post(`${PATH}/confirm`, open, async (request, reply) => {
      const code = (textOf(formOf(request), 'code') ?? '').slice(0, 200)
      const view = pages.view(request)
      if (!(await clientOfCode(platform, code))) return pages.send(request, reply, lostPage(view), 404)
      const { client, key } = await confirmKey(board, code)
      return pages.send(request, reply, keyPage(view, client, key))
    })
  }
}

function typedIn(request: FastifyRequest): TypedClient {
  const form = formOf(request)
  const text = (name: string): string => (textOf(form, name) ?? '').slice(0, 4_000)
  return {
    name: text('name'),
    organisation: text('organisation'),
    contact: text('contact'),
    email: text('email'),
    purpose: text('purpose'),
  }
}
