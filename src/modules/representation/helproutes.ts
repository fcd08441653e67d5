import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUuid } from '../../kernel/id.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { qrSquare } from '../../platform/qr.ts'
import { allow } from '../access/index.ts'
import { visitOf } from '../identity/index.ts'
import { beginHelp, endMyHelp, makePresence, myHelp, myPresence, stopActing } from './help.ts'
import { helpMinutes, purposes } from './mandate.ts'
import { actFrom, actNoMore, sessionOf } from './mandateroutes.ts'
import type { RepresentationParts } from './parts.ts'
import { assistPage, codePage, helpPage, type TypedHelp } from './views/help.ts'

const signedIn = { config: { access: 'signed-in' } } as const

/** Helped sessions: the resident's code and list, and the helper's beginning and end. */
export function helpRoutes(parts: RepresentationParts): RouteModule {
  return (app) => {
    presenceRoutes(parts)(app)
    residentHelp(parts)(app)
    helperRoutes(parts)(app)
  }
}

function presenceRoutes({ house, pages }: RepresentationParts): RouteModule {
  const { platform } = house
  return (app) => {
    app.get('/my/presence-code', signedIn, async (request, reply) => {
      const view = pages.view(request)
      const code = await myPresence(platform, visitOf(platform, request).actor)
      const main = codePage(view, code, { image: '/my/presence-code/qr.svg', action: '/my/presence-code' })
      return pages.send(request, reply, { title: view.t('representation.presence.title'), main, back: { href: '/my/help' } })
    })
    app.post('/my/presence-code', signedIn, async (request, reply) => {
      await makePresence(platform, visitOf(platform, request).actor)
      return seeOther(reply, '/my/presence-code')
    })
    app.get('/my/presence-code/qr.svg', signedIn, async (request, reply) => {
      const code = await myPresence(platform, visitOf(platform, request).actor)
      if (code === null) throw notFound('code')
      return sendQr(reply, code.text)
    })
  }
}

/** A code as a square to be scanned; the code alone, for an address would stand in logs. */
export function sendQr(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('image/svg+xml; charset=utf-8').header('cache-control', 'no-store').send(qrSquare(text, 8))
}

function residentHelp({ house, pages }: RepresentationParts): RouteModule {
  const { platform } = house
  return (app) => {
    app.get('/my/help', signedIn, async (request, reply) => {
      const view = pages.view(request)
      const helps = await myHelp(platform, visitOf(platform, request).actor)
      const said = textOf(request.query, 'done') === 'ended' ? view.t('representation.help.done.ended') : null
      return pages.send(request, reply, {
        title: view.t('representation.help.title'),
        main: helpPage(view, helps, said),
        back: { href: '/my' },
      })
    })
    app.post<{ Params: { id: string } }>('/my/help/:id/end', signedIn, async (request, reply) => {
      if (!isUuid(request.params.id)) throw notFound('helped session')
      await endMyHelp(platform, visitOf(platform, request).actor, request.params.id)
      return seeOther(reply, '/my/help?done=ended')
    })
  }
}

const NOTHING: TypedHelp = { code: '', purpose: '', minutes: '' }

function helperRoutes(parts: RepresentationParts): RouteModule {
  const { platform } = parts.house
  return (app) => {
    app.get('/assist', signedIn, (request, reply) => {
      const { session } = sessionOf(parts, request)
      if (session.actor.acting !== null) return seeOther(reply, '/my')
      allow(session.actor, 'assist.begin')
      return showAssist(parts, request, reply, NOTHING, {})
    })
    app.post('/assist', signedIn, async (request, reply) => {
      const { session, token } = sessionOf(parts, request)
      const form = formOf(request)
      const text = (name: string): string => (textOf(form, name) ?? '').trim().slice(0, 40)
      const typed: TypedHelp = { code: text('code'), purpose: text('purpose'), minutes: text('minutes') }
      const { t } = parts.pages.view(request)
      const purpose = purposes.find((each) => each === typed.purpose)
      const minutes = helpMinutes.find((each) => String(each) === typed.minutes)
      const errors = {
        ...(typed.code === '' ? { code: t('representation.error.code') } : {}),
        ...(purpose ? {} : { purpose: t('representation.error.purpose') }),
        ...(minutes ? {} : { minutes: t('representation.error.minutes') }),
      }
      if (!purpose || !minutes || Object.keys(errors).length > 0) {
        allow(session.actor, 'assist.begin')
        return showAssist(parts, request, reply, { ...typed, code: '' }, errors, 422)
      }
      try {
        const began = await beginHelp(platform, session, token, { code: typed.code, purpose, minutes })
        actFrom(parts, reply, session, 'assistance', began)
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 422) throw error
        return showAssist(parts, request, reply, { ...typed, code: '' }, { code: t(`problem.${error.code}`) }, 422)
      }
      return seeOther(reply, '/services')
    })
    app.post('/acting/end', signedIn, async (request, reply) => {
      const { session, token } = sessionOf(parts, request)
      const kind = session.actor.acting?.kind ?? null
      actNoMore(parts, reply, kind === null ? null : await stopActing(platform, session, token))
      return seeOther(reply, kind === 'assistance' ? '/assist?done=ended' : kind === 'mandate' ? '/my/mandates' : '/account')
    })
  }
}

function showAssist(
  { pages }: RepresentationParts,
  request: FastifyRequest,
  reply: FastifyReply,
  typed: TypedHelp,
  errors: Readonly<Record<string, string>>,
  status = 200,
): FastifyReply {
  const view = pages.view(request)
  const said = textOf(request.query, 'done') === 'ended' && status === 200 ? view.t('representation.assist.ended') : null
  const main = assistPage(view, typed, errors, said)
  return pages.send(request, reply, { title: view.t('representation.assist.title'), main, errors: Object.keys(errors).length }, status)
}
