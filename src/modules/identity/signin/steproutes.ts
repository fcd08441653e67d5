import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../../kernel/problem.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { levelOf, meansOf } from '../factors/factors.ts'
import { assertionOptions, takeAssertion } from '../factors/passkeys.ts'
import { limitAttempts, passwordFits } from '../service.ts'
import { type Method, raiseSession } from '../sessions.ts'
import type { FormErrors } from '../views.ts'
import { beginSession, giveSession, visitOf } from '../visit.ts'
import { type IdentityParts, refusedAsForm } from './forms.ts'
import { levelAsked, nextOf, wayOn, withNext } from './next.ts'
import { showSignIn, showStep, showStepUp } from './show.ts'
import { endStep, stepAccount, takeSecondCode } from './step.ts'

const open = { config: { access: 'public' } } as const
const signedIn = { config: { access: 'signed-in' } } as const

/** Options that a network may ask for: every opened sign-in page asks once. */
const OPTIONS_LIMIT = { max: 600, minutes: 15 }

/** The second step after a password, passkeys, and a surer sign-in within a session. */
export function stepRoutes(parts: IdentityParts): RouteModule {
  const { platform } = parts
  return (app) => {
    app.get('/sign-in/second-step', open, async (request, reply) => {
      const next = nextOf(request.query)
      const accountId = await stepAccount(platform, request)
      if (accountId === null) return seeOther(reply, withNext('/sign-in', next))
      return showStep(parts, request, reply, { accountId, next, errors: {} })
    })
    app.post('/sign-in/second-step', open, (request, reply) => codeSent(parts, request, reply))
    app.post('/sign-in/passkey/options', open, async (request, reply) => {
      await limitAttempts(platform, `passkey:${request.ip}`, OPTIONS_LIMIT)
      return reply.send(await assertionOptions(platform, null))
    })
    app.post('/sign-in/passkey', open, (request, reply) => passkeySent(parts, request, reply))
    app.post('/sign-in/step-up/options', signedIn, async (request, reply) => {
      await limitAttempts(platform, `passkey:${request.ip}`, OPTIONS_LIMIT)
      return reply.send(await assertionOptions(platform, visitOf(platform, request).actor.accountId))
    })
    app.post('/sign-in/step-up', signedIn, (request, reply) => stepUpSent(parts, request, reply, 'code'))
    app.post('/sign-in/step-up/passkey', signedIn, (request, reply) => stepUpSent(parts, request, reply, 'passkey'))
  }
}

async function codeSent(parts: IdentityParts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { platform } = parts
  const form = formOf(request)
  const next = nextOf(form)
  const accountId = await stepAccount(platform, request)
  if (accountId === null) return seeOther(reply, withNext('/sign-in', next))
  const show = (errors: FormErrors): Promise<FastifyReply> => showStep(parts, request, reply, { accountId, next, errors }, 422)
  return refusedAsForm(parts, request, reply, { field: 'code', next, show }, async () => {
    const method = await takeSecondCode(platform, accountId, request.ip, (textOf(form, 'code') ?? '').slice(0, 40))
    await endStep(platform, request, reply)
    const session = await beginSession(platform, request, reply, accountId, { level: 'substantial', methods: ['password', method] })
    return seeOther(reply, wayOn(session.actor, next))
  })
}

async function passkeySent(parts: IdentityParts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { platform } = parts
  const form = formOf(request)
  const next = nextOf(form)
  const show = async (errors: FormErrors): Promise<FastifyReply> => showSignIn(parts, request, reply, { typed: '', next, errors }, 422)
  return refusedAsForm(parts, request, reply, { field: 'passkey', next, show }, async () => {
    await limitAttempts(platform, `passkey-sent:${request.ip}`, { max: 120, minutes: 15 })
    const accountId = await takeAssertion(platform, textOf(form, 'answer') ?? '', null)
    const { proofed } = await meansOf(platform, accountId)
    const session = await beginSession(platform, request, reply, accountId, { level: levelOf(['passkey'], proofed), methods: ['passkey'] })
    return seeOther(reply, wayOn(session.actor, next))
  })
}

async function stepUpSent(
  parts: IdentityParts,
  request: FastifyRequest,
  reply: FastifyReply,
  by: 'code' | 'passkey',
): Promise<FastifyReply> {
  const { platform, hasher } = parts
  const form = formOf(request)
  const next = nextOf(form)
  const level = levelAsked(form) ?? levelAsked(request.query) ?? 'substantial'
  const { session, token, actor } = visitOf(platform, request)
  const accountId = actor.accountId
  if (session === null || token === null || accountId === null) throw new Problem('access.sign-in-needed', 401, 'Sign in to go on.')
  const show = (errors: FormErrors): Promise<FastifyReply> => showStepUp(parts, request, reply, { next, level, errors }, 422)
  return refusedAsForm(parts, request, reply, { field: by, next, show }, async () => {
    const used: Method[] = [...session.methods]
    if (by === 'passkey') {
      await takeAssertion(platform, textOf(form, 'answer') ?? '', accountId)
      used.push('passkey')
    } else {
      if (!used.includes('password')) {
        await passwordFits(platform, hasher, accountId, request.ip, textOf(form, 'password') ?? '')
        used.push('password')
      }
      used.push(await takeSecondCode(platform, accountId, request.ip, (textOf(form, 'code') ?? '').slice(0, 40)))
    }
    const reached = levelOf(used, (await meansOf(platform, accountId)).proofed)
    giveSession(platform, reply, await raiseSession(platform, token, { level: reached, method: used.at(-1) ?? 'passkey', also: used }))
    return seeOther(reply, wayOn({ ...actor, level: reached }, next))
  })
}
