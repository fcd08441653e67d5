import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUuid } from '../../../kernel/id.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { qrSquare } from '../../../platform/qr.ts'
import { askForLetter } from '../counter/service.ts'
import { passkeysPossible } from '../factors/passkeys.ts'
import { endOtherSessions, endSession } from '../sessions.ts'
import { check, type IdentityParts, refusedAsForm, rules } from '../signin/forms.ts'
import { nextOf, withNext } from '../signin/next.ts'
import { passkeyScript } from '../signin/views.ts'
import type { FormErrors } from '../views.ts'
import { deviceName } from '../sessions.ts'
import { giveSession, visitOf } from '../visit.ts'
import * as service from './service.ts'
import { appPage, codesPage, passwordPage, securityPage } from './views.ts'

const signedIn = { config: { access: 'signed-in' } } as const
const PATH = '/account/security'
const DONE = new Set([
  'passkey_added', 'passkey_named', 'passkey_removed', 'app_added', 'app_removed', 'password', 'ended', 'ended_others', 'letter',
]) // prettier-ignore

type PasskeyRoute = { Params: { id: string } }

/** Where people see and change how they sign in. */
export function securityRoutes(parts: IdentityParts): RouteModule {
  return (app) => {
    app.get(PATH, signedIn, (request, reply) => show(parts, request, reply, {}))
    passkeyRoutes(parts)(app)
    appRoutes(parts)(app)
    otherRoutes(parts)(app)
  }
}

function passkeyRoutes(parts: IdentityParts): RouteModule {
  const { platform } = parts
  return (app) => {
    app.post(`${PATH}/passkeys/options`, signedIn, async (request, reply) =>
      reply.send(await service.passkeyToMake(platform, ownerOf(parts, request))),
    )
    app.post(`${PATH}/passkeys`, signedIn, (request, reply) => {
      const form = formOf(request)
      const device = deviceName(request.headers['user-agent'])
      return orShown(parts, request, reply, 'passkey', async () => {
        const name = cleanText(textOf(form, 'name') ?? '').slice(0, 60) || device || 'Passkey'
        giveSession(platform, reply, await service.keepPasskey(platform, ownerOf(parts, request), textOf(form, 'answer') ?? '', name))
        return seeOther(reply, doneAt('passkey_added', nextOf(form)))
      })
    })
    app.post<PasskeyRoute>(`${PATH}/passkeys/:id/name`, signedIn, (request, reply) => {
      const name = cleanText(textOf(formOf(request), 'name') ?? '').slice(0, 60)
      return orShown(parts, request, reply, 'main', async () => {
        if (name !== '') await service.callPasskey(platform, ownerOf(parts, request), idOf(request.params.id), name)
        return seeOther(reply, doneAt('passkey_named'))
      })
    })
    app.post<PasskeyRoute>(`${PATH}/passkeys/:id/remove`, signedIn, (request, reply) =>
      orShown(parts, request, reply, 'main', async () => {
        await service.dropPasskey(platform, ownerOf(parts, request), idOf(request.params.id))
        return seeOther(reply, doneAt('passkey_removed'))
      }),
    )
  }
}

function appRoutes(parts: IdentityParts): RouteModule {
  const { platform, pages } = parts
  const showApp = async (request: FastifyRequest, reply: FastifyReply, errors: FormErrors, status = 200): Promise<FastifyReply> => {
    const view = pages.view(request)
    const setup = await service.appToSetUp(platform, ownerOf(parts, request))
    if (!setup) return seeOther(reply, PATH)
    const next = nextOf(request.method === 'GET' ? request.query : formOf(request))
    const main = appPage(view, setup.secret, next, errors)
    const back = { href: withNext(PATH, next) }
    return pages.send(request, reply, { title: view.t('identity.app.title'), main, back, errors: Object.keys(errors).length }, status)
  }
  return (app) => {
    app.post(`${PATH}/app`, signedIn, async (request, reply) => {
      await service.newApp(platform, ownerOf(parts, request))
      return seeOther(reply, withNext(`${PATH}/app`, nextOf(formOf(request))))
    })
    app.get(`${PATH}/app`, signedIn, (request, reply) => showApp(request, reply, {}))
    app.get(`${PATH}/app/qr.svg`, signedIn, async (request, reply) => {
      const setup = await service.appToSetUp(platform, ownerOf(parts, request))
      if (!setup) throw notFound('code')
      return reply.type('image/svg+xml; charset=utf-8').send(qrSquare(setup.uri, 4))
    })
    app.post(`${PATH}/app/confirm`, signedIn, (request, reply) => {
      const form = formOf(request)
      const next = nextOf(form)
      const shown = (errors: FormErrors): Promise<FastifyReply> => showApp(request, reply, errors, 422)
      return refusedAsForm(parts, request, reply, { field: 'code', next, show: shown }, async () => {
        const code = (textOf(form, 'code') ?? '').slice(0, 20)
        giveSession(platform, reply, await service.keepApp(platform, ownerOf(parts, request), code))
        return seeOther(reply, doneAt('app_added', next))
      })
    })
    app.post(`${PATH}/app/remove`, signedIn, (request, reply) =>
      orShown(parts, request, reply, 'main', async () => {
        await service.dropApp(platform, ownerOf(parts, request))
        return seeOther(reply, doneAt('app_removed'))
      }),
    )
    app.post(`${PATH}/recovery`, signedIn, (request, reply) =>
      orShown(parts, request, reply, 'main', async () => {
        const view = pages.view(request)
        // answered at once and not after a 303: the codes are kept nowhere from which a next page could take them
        const main = codesPage(view, await service.newRecoveryCodes(platform, ownerOf(parts, request)))
        return pages.send(request, reply, { title: view.t('identity.recovery.title'), main })
      }),
    )
  }
}

function otherRoutes(parts: IdentityParts): RouteModule {
  const { platform, hasher, pages } = parts
  const showPassword = async (request: FastifyRequest, reply: FastifyReply, errors: FormErrors, status = 200): Promise<FastifyReply> => {
    const view = pages.view(request)
    const owner = ownerOf(parts, request)
    const { means } = await service.securityOf(platform, owner)
    const main = passwordPage(view, means.password, errors)
    const title = view.t('identity.new_password.title')
    return pages.send(request, reply, { title, main, back: { href: PATH }, errors: Object.keys(errors).length }, status)
  }
  return (app) => {
    app.get(`${PATH}/password`, signedIn, (request, reply) => showPassword(request, reply, {}))
    app.post(`${PATH}/password`, signedIn, (request, reply) => {
      const form = formOf(request)
      const typed = { password: textOf(form, 'password') ?? '' }
      const errors = check(pages.view(request), { password: rules.password }, typed)
      if (Object.keys(errors).length > 0) return showPassword(request, reply, errors, 422)
      const shown = (found: FormErrors): Promise<FastifyReply> => showPassword(request, reply, { old: found['password'] ?? '' }, 422)
      return refusedAsForm(parts, request, reply, { field: 'old', next: '', show: shown }, async () => {
        const old = textOf(form, 'old') ?? ''
        await service.changePassword(platform, hasher, ownerOf(parts, request), { ...typed, old, ip: request.ip })
        return seeOther(reply, doneAt('password'))
      })
    })
    app.post(`${PATH}/letter`, signedIn, (request, reply) =>
      orShown(parts, request, reply, 'main', async () => {
        await askForLetter(platform, ownerOf(parts, request))
        return seeOther(reply, doneAt('letter'))
      }),
    )
    app.post<PasskeyRoute>(`${PATH}/sessions/:id/end`, signedIn, async (request, reply) => {
      await endSession(platform, ownerOf(parts, request).actor, idOf(request.params.id))
      return seeOther(reply, doneAt('ended'))
    })
    app.post(`${PATH}/sessions/end-others`, signedIn, async (request, reply) => {
      const { actor, session } = ownerOf(parts, request)
      await endOtherSessions(platform, actor, session.id)
      return seeOther(reply, doneAt('ended_others'))
    })
  }
}

async function show(
  parts: IdentityParts,
  request: FastifyRequest,
  reply: FastifyReply,
  errors: FormErrors,
  status = 200,
): Promise<FastifyReply> {
  const { platform, pages } = parts
  const owner = ownerOf(parts, request)
  const view = pages.view(request)
  const done = textOf(request.query, 'done') ?? ''
  const said = status === 200 && DONE.has(done) ? view.t(`identity.security.done.${done}`) : null
  const possible = passkeysPossible(platform)
  const next = nextOf(request.query) || nextOf(formOf(request))
  const main = securityPage(view, { ...(await service.securityOf(platform, owner)), actor: owner.actor, possible, next, said, errors })
  const head = possible ? passkeyScript(view) : undefined
  return pages.send(
    request,
    reply,
    {
      title: view.t('identity.security.title'),
      main,
      head,
      back: { href: '/account', label: view.t('ui.account') },
      errors: Object.keys(errors).length,
    },
    status,
  )
}

/** Does what was asked; a refusal that can be mended stands on the page. */
async function orShown(
  parts: IdentityParts,
  request: FastifyRequest,
  reply: FastifyReply,
  field: string,
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Problem) || (error.status !== 422 && error.status !== 409)) throw error
    return show(parts, request, reply, { [field]: parts.pages.view(request).t(`problem.${error.code}`) }, error.status)
  }
}

function ownerOf({ platform }: IdentityParts, request: FastifyRequest): service.Owner {
  const { actor, session, token } = visitOf(platform, request)
  if (session === null || token === null || actor.accountId === null) throw new Problem('access.sign-in-needed', 401, 'Sign in to go on.')
  return { actor, accountId: actor.accountId, session, token }
}

function doneAt(done: string, next = ''): string {
  return `${PATH}?done=${done}${next ? `&next=${encodeURIComponent(next)}` : ''}`
}

function idOf(text: string): string {
  if (!isUuid(text)) throw notFound('thing')
  return text
}
