import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUuid } from '../../kernel/id.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { cleanText } from '../../kernel/text.ts'
import { parsePlainDate } from '../../kernel/time.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { today } from '../../platform/platform.ts'
import { dropLabel, keepLabel } from './label.ts'
import { giveSession, type Session, signInAddress, visitOf } from '../identity/index.ts'
import { actsBy, makeInvitation, myInvitation } from './help.ts'
import { lastDay, mandateKinds } from './mandate.ts'
import type { RepresentationParts } from './parts.ts'
import {
  askMandate, type Began, beginMandate, endMandate, grantByLetter, grantMandate, type MandateAsk, myMandate, myMandates, refuseMandate, statusToday,
} from './service.ts' // prettier-ignore
import { askPage, type AskErrors, type TypedAsk } from './views/ask.ts'
import { mandatePage, mandatesPage } from './views/mandates.ts'

const signedIn = { config: { access: 'signed-in' } } as const
const PATH = '/my/mandates'
const DONE = new Set(['asked', 'granted', 'refused', 'ended', 'invited'])
const REASON_LENGTH = 500

type IdRoute = { Params: { id: string } }

/** The mandates of a resident: to ask, grant, refuse, end, and act by them. */
export function mandateRoutes(parts: RepresentationParts): RouteModule {
  const { house, pages } = parts
  const { platform } = house
  return (app) => {
    app.get(PATH, signedIn, async (request, reply) => {
      const { actor } = visitOf(platform, request)
      const view = pages.view(request)
      const found = await myMandates(platform, actor)
      const main = mandatesPage(view, found, {
        invitation: await myInvitation(platform, actor),
        said: doneText(view.t, textOf(request.query, 'done')),
        statusOf: (mandate) => statusToday(platform, mandate),
      })
      return pages.send(request, reply, { title: view.t('representation.title'), main, back: { href: '/my' } })
    })
    app.post(`${PATH}/invitation`, signedIn, async (request, reply) => {
      await makeInvitation(platform, visitOf(platform, request).actor)
      return seeOther(reply, `${PATH}?done=invited`)
    })
    app.get(`${PATH}/ask`, signedIn, (request, reply) => showAsk(parts, request, reply, EMPTY, {}))
    app.post(`${PATH}/ask`, signedIn, (request, reply) => asked(parts, request, reply))
    mandateActs(parts)(app)
  }
}

function doneText(t: (key: string) => string, done: string | null): string | null {
  return done !== null && DONE.has(done) ? t(`representation.done.${done}`) : null
}

const EMPTY: TypedAsk = {
  kind: '',
  name: '',
  reach: '',
  email: '',
  code: '',
  scope: '',
  services: [],
  until: { day: '', month: '', year: '' },
  reason: '',
}

function showAsk(
  { house, pages }: RepresentationParts,
  request: FastifyRequest,
  reply: FastifyReply,
  typed: TypedAsk,
  errors: AskErrors,
  status = 200,
): FastifyReply {
  const view = pages.view(request)
  const main = askPage(view, house.catalogue, typed, errors, lastDay(today(house.platform)))
  const page = { title: view.t('representation.ask'), main, errors: Object.keys(errors).length, back: { href: PATH } }
  return pages.send(request, reply, page, status)
}

async function asked(parts: RepresentationParts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { platform } = parts.house
  const typed = typedIn(formOf(request))
  const { t } = parts.pages.view(request)
  const read = readAsk(parts, typed)
  if ('errors' in read) {
    const errors = Object.fromEntries(Object.entries(read.errors).map(([field, key]) => [field, t(key)]))
    return showAsk(parts, request, reply, typed, errors, 422)
  }
  try {
    await askMandate(platform, visitOf(platform, request).actor, read.ask)
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 422) throw error
    return showAsk(parts, request, reply, typed, { [read.ask.code === null ? 'email' : 'code']: t(`problem.${error.code}`) }, 422)
  }
  return seeOther(reply, `${PATH}?done=asked`)
}

function typedIn(form: Record<string, string | string[]>): TypedAsk {
  const text = (name: string, most = 200): string => cleanText(textOf(form, name) ?? '').slice(0, most)
  const services = form['services'] ?? []
  return {
    kind: text('kind'),
    name: text('name'),
    reach: text('reach'),
    email: text('email', 254),
    code: text('code', 40),
    scope: text('scope'),
    services: Array.isArray(services) ? services : [services],
    until: { day: text('until-day', 4), month: text('until-month', 4), year: text('until-year', 4) },
    reason: text('reason', REASON_LENGTH),
  }
}

/** What was typed as a request, or what is wrong with it: the keys of words by field. */
function readAsk({ house }: RepresentationParts, typed: TypedAsk): { ask: MandateAsk } | { errors: Record<string, string> } {
  const errors: Record<string, string> = {}
  const kind = mandateKinds.find((each) => each === typed.kind)
  if (!kind) errors['kind'] = 'representation.error.kind'
  if (typed.name === '') errors['name'] = 'representation.error.name'
  if (!['email', 'code', 'counter'].includes(typed.reach)) errors['reach'] = 'representation.error.reach'
  if (typed.reach === 'email' && !/^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$/.test(typed.email)) errors['email'] = 'identity.error.email'
  if (typed.reach === 'code' && typed.code === '') errors['code'] = 'representation.error.code'
  const offered = new Set(house.catalogue.offers.map((offer) => offer.definition.id))
  const services = [...new Set(typed.services)].filter((id) => offered.has(id))
  if (typed.scope !== 'all' && typed.scope !== 'some') errors['scope'] = 'representation.error.scope'
  if (typed.scope === 'some' && services.length === 0) errors['services'] = 'representation.error.services'
  const { day, month, year } = typed.until
  const until = parsePlainDate(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`)
  const now = today(house.platform)
  if (!until || until < now || until > lastDay(now)) errors['until'] = 'representation.error.until'
  if (typed.reason === '') errors['reason'] = 'representation.error.reason'
  if (!kind || !until || Object.keys(errors).length > 0) return { errors }
  const email = typed.reach === 'email' ? typed.email : null
  const code = typed.reach === 'code' ? typed.code : null
  return { ask: { kind, name: typed.name, email, code, services: typed.scope === 'all' ? null : services, until, reason: typed.reason } }
}

/** What is done with one mandate. */
function mandateActs(parts: RepresentationParts): RouteModule {
  const { platform } = parts.house
  return (app) => {
    app.get<IdRoute>(`${PATH}/:id`, signedIn, (request, reply) => showMandate(parts, request, reply, null))
    app.post<IdRoute>(`${PATH}/:id/grant`, signedIn, async (request, reply) => {
      const id = idOf(request)
      try {
        await grantMandate(platform, sessionOf(parts, request).session, id)
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'access.step-up') throw error
        return seeOther(reply, signInAddress(`${PATH}/${id}`, 'substantial'))
      }
      return seeOther(reply, `${PATH}?done=granted`)
    })
    app.post<IdRoute>(`${PATH}/:id/refuse`, signedIn, async (request, reply) => {
      await refuseMandate(platform, visitOf(platform, request).actor, idOf(request))
      return seeOther(reply, `${PATH}?done=refused`)
    })
    app.post<IdRoute>(`${PATH}/:id/end`, signedIn, async (request, reply) => {
      await endMandate(platform, visitOf(platform, request).actor, idOf(request))
      return seeOther(reply, `${PATH}?done=ended`)
    })
    app.post<IdRoute>(`${PATH}/:id/code`, signedIn, async (request, reply) => {
      try {
        const typed = textOf(formOf(request), 'code') ?? ''
        await grantByLetter(platform, visitOf(platform, request).actor, idOf(request), typed)
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 422) throw error
        return showMandate(parts, request, reply, parts.pages.view(request).t(`problem.${error.code}`), 422)
      }
      return seeOther(reply, `${PATH}?done=granted`)
    })
    app.post<IdRoute>(`${PATH}/:id/act`, signedIn, async (request, reply) => {
      const { session, token } = sessionOf(parts, request)
      const began = await beginMandate(platform, session, token, idOf(request))
      actFrom(parts, reply, session, 'mandate', began)
      return seeOther(reply, '/my')
    })
  }
}

/** Gives a session that begins to act its new token and the name it acts for; the browser forgets what it kept before. */
export function actFrom(
  { house }: RepresentationParts,
  reply: FastifyReply,
  session: Session,
  kind: 'mandate' | 'assistance',
  began: Began,
): void {
  giveSession(house.platform, reply, began.token)
  keepLabel(house.platform, reply, session, { kind, id: began.actingId, label: began.label })
  forgetPages(reply)
}

/** The same when it acts for its owner again. */
export function actNoMore({ house }: RepresentationParts, reply: FastifyReply, token: string | null): void {
  if (token !== null) giveSession(house.platform, reply, token)
  dropLabel(house.platform, reply)
  forgetPages(reply)
}

function forgetPages(reply: FastifyReply): void {
  // not "cookies": browsers would take the new session's too, which this very answer sets
  void reply.header('clear-site-data', '"cache", "storage"')
}

/** The session of a request to a page for signed-in people. */
export function sessionOf({ house }: RepresentationParts, request: FastifyRequest): { session: Session; token: string } {
  const { session, token } = visitOf(house.platform, request)
  if (session === null || token === null) throw new Problem('access.sign-in-needed', 401, 'Sign in to go on.')
  return { session, token }
}

async function showMandate(
  { house, pages }: RepresentationParts,
  request: FastifyRequest<IdRoute>,
  reply: FastifyReply,
  refused: string | null,
  status = 200,
): Promise<FastifyReply> {
  const { platform, catalogue } = house
  const { actor } = visitOf(platform, request)
  const shown = await myMandate(platform, actor, idOf(request))
  const { mandate } = shown
  const acts =
    mandate.person_id === null || mandate.decided_at === null
      ? []
      : await actsBy(platform, mandate.person_id, {
          account: mandate.holder_account,
          channel: 'mandate',
          from: mandate.decided_at,
          to: mandate.ended_at ?? platform.now(),
        })
  const view = pages.view(request)
  const main = mandatePage(view, catalogue, shown, { refused, acts, status: statusToday(platform, mandate) })
  const page = { title: view.t(`representation.one.${shown.side}`), main, errors: refused === null ? 0 : 1, back: { href: PATH } }
  return pages.send(request, reply, page, status)
}

function idOf(request: FastifyRequest<IdRoute>): string {
  if (!isUuid(request.params.id)) throw notFound('mandate')
  return request.params.id
}
