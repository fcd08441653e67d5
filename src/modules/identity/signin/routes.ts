import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../../kernel/problem.ts'
import { cookie } from '../../../platform/http/security.ts'
import { appendCookie } from '../../../platform/http/visit.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { reaches } from '../../access/index.ts'
import { delayAttempts } from '../factors/attempts.ts'
import { hasSecondStep, meansOf } from '../factors/factors.ts'
import { tellLocked } from '../factors/tell.ts'
import * as service from '../service.ts'
import { signOut } from '../sessions.ts'
import type { FormErrors } from '../views.ts'
import { beginSession, isKiosk, sessionCookie, visitOf } from '../visit.ts'
import { type IdentityParts, refusedAsForm } from './forms.ts'
import { levelAsked, nextOf, wayOn, withNext } from './next.ts'
import { beginStep } from './step.ts'
import { showSignIn, showStepUp } from './show.ts'

const open = { config: { access: 'public' } } as const

/** Signing in with a password, signing out. */
export function signInRoutes(parts: IdentityParts): RouteModule {
  const { platform } = parts
  return (app) => {
    app.get('/sign-in', open, (request, reply) => {
      const visit = visitOf(platform, request)
      const next = nextOf(request.query)
      const level = levelAsked(request.query)
      if (visit.session === null) return showSignIn(parts, request, reply, { typed: '', next, errors: {} })
      if (level === null || reaches(visit.actor.level, level)) return seeOther(reply, wayOn(visit.actor, next))
      return showStepUp(parts, request, reply, { next, level, errors: {} })
    })
    app.post('/sign-in', open, (request, reply) => passwordSent(parts, request, reply))
    app.post('/sign-out', open, async (request, reply) => {
      // a shared device keeps its mark and forgets everything else
      if (isKiosk(request)) return seeOther(reply, '/goodbye')
      const visit = visitOf(platform, request)
      if (visit.token) await signOut(platform, visit.token, visit.actor)
      appendCookie(reply, cookie(sessionCookie(platform), '', { https: platform.publicOrigin.startsWith('https:'), maxAge: 0 }))
      // the tokens of this person's drafts lie in cookies too: the next one at this device must not come in by them;
      // what not every browser does when it is asked to forget all is done for each of them
      await parts.leaving?.(visit.actor, reply)
      void reply.header('clear-site-data', '"cookies"')
      return seeOther(reply, `/?lang=${visit.language}`)
    })
    app.post('/session/extend', open, async (request, reply) => {
      const next = nextOf(formOf(request))
      if (next) return seeOther(reply, next)
      const { session } = visitOf(platform, request)
      if (session === null) throw new Problem('access.session-ended', 401, 'Your session has ended. Sign in to go on.')
      return reply.send({ seconds: session.secondsLeft })
    })
  }
}

/** A right password leads to the second step where there is one, else it is enough for the low level. */
function passwordSent(parts: IdentityParts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { platform, hasher } = parts
  const form = formOf(request)
  const typed = (textOf(form, 'email') ?? '').trim().slice(0, 254)
  const next = nextOf(form)
  const show = (errors: FormErrors): Promise<FastifyReply> => showSignIn(parts, request, reply, { typed, next, errors }, 422)
  return refusedAsForm(parts, request, reply, { field: 'email', next, show }, async () => {
    const counted = await delayAttempts(platform, { account: `password:${typed.toLowerCase()}`, ip: request.ip })
    if (counted.lastFree) await tellLocked(platform, service.emailToken(platform, typed))
    const accountId = await service.checkPassword(platform, hasher, typed, textOf(form, 'password') ?? '')
    await counted.succeeded()
    if (hasSecondStep(await meansOf(platform, accountId))) {
      await beginStep(platform, reply, accountId)
      return seeOther(reply, withNext('/sign-in/second-step', next))
    }
    const session = await beginSession(platform, request, reply, accountId, { level: 'low', methods: ['password'] })
    return seeOther(reply, wayOn(session.actor, next))
  })
}
