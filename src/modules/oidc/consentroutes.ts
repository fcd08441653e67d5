import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../kernel/problem.ts'
import { cookie, formActionTo } from '../../platform/http/security.ts'
import { appendCookie } from '../../platform/http/visit.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { sessionCookie, signOut, type Visit, visitOf } from '../identity/index.ts'
import { beganAt, consent, goOn, nextStep, refuse, waitForNext, type Waiting, waitingOf } from './consent.ts'
import type { OidcParts, Providers } from './parts.ts'
import { againPage, consentPage, onwardPage } from './views.ts'

const open = { config: { access: 'public' } } as const
const PATH = '/oidc-consent/:uid'

type AskRoute = { Params: { uid: string } }

/** Where a person is asked before an application learns of them. */
export function consentRoutes(parts: OidcParts, providers: Providers): RouteModule {
  const { platform, pages } = parts
  return (app) => {
    app.get<AskRoute>(PATH, open, async (request, reply) => {
      const visit = visitOf(platform, request)
      const waiting = await waitingOf(platform, providers, request, reply, request.params.uid)
      const began = await beganAt(platform, visit.session)
      const view = pages.view(request)
      switch (nextStep(waiting, visit.session, began)) {
        case 'sign_in':
          return seeOther(reply, signInFor(waiting))
        case 'start_again':
          throw new Problem('oidc.gone', 404, 'Somebody else has signed in since. Go back to the application and start again.')
        case 'sign_in_again':
          return pages.send(request, reply, againPage(view, waiting.app))
        case 'go_on': {
          const path = await goOn(providers, request, reply, sessionIn(visit), began)
          // a form's answer may not lead to another origin, so what follows the sign-in form is a page
          if (textOf(request.query, 'signed_in') === null) return seeOther(reply, path)
          return pages.send(request, reply, onwardPage(view, waiting.app, path))
        }
        case 'consent':
          void reply.header('content-security-policy', formActionTo(waiting.redirectUri))
          return pages.send(request, reply, consentPage(view, waiting))
      }
    })
    app.post<AskRoute>(PATH, open, (request, reply) => decide(parts, providers, request, reply, request.params.uid))
  }
}

async function decide(
  parts: OidcParts,
  providers: Providers,
  request: FastifyRequest,
  reply: FastifyReply,
  uid: string,
): Promise<FastifyReply> {
  const { platform } = parts
  const visit = visitOf(platform, request)
  const waiting = await waitingOf(platform, providers, request, reply, uid)
  const answer = textOf(formOf(request), 'answer')
  if (answer === 'refuse') return seeOther(reply, await refuse(providers, request, reply))
  if (answer === 'again') {
    await waitForNext(providers, request, reply)
    return signInAgain(parts, reply, visit, waiting)
  }
  if (answer !== 'allow' || nextStep(waiting, visit.session, null) !== 'consent') return seeOther(reply, `/oidc-consent/${uid}`)
  return seeOther(reply, await consent(platform, providers, request, reply, waiting, sessionIn(visit)))
}

/** Ends the session, so that the next one is of this moment. */
async function signInAgain({ platform }: OidcParts, reply: FastifyReply, visit: Visit, waiting: Waiting): Promise<FastifyReply> {
  if (visit.token) await signOut(platform, visit.token, visit.actor)
  appendCookie(reply, cookie(sessionCookie(platform), '', { https: platform.publicOrigin.startsWith('https:'), maxAge: 0 }))
  return seeOther(reply, signInFor(waiting))
}

function signInFor(waiting: Waiting): string {
  return `/sign-in?next=/oidc-consent/${waiting.uid}?signed_in=1${waiting.level ? `&level=${waiting.level}` : ''}`
}

function sessionIn(visit: Visit): NonNullable<Visit['session']> {
  if (visit.session === null) throw new Problem('access.sign-in-needed', 401, 'Sign in to go on.')
  return visit.session
}
