import type { FastifyRequest } from 'fastify'
import { cookieOf } from '../../platform/http/security.ts'
import { languageOf } from '../../platform/http/visit.ts'
import type { Platform } from '../../platform/platform.ts'
import { type Actor, anonymous, isStaff, may } from '../access/index.ts'
import { type Session, sessionOf } from './service.ts'

/** Who comes, in which language. */
export type Visit = {
  readonly language: string
  readonly languageChosen: boolean
  readonly session: Session | null
  readonly token: string | null
  readonly actor: Actor
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before every handler; see `visitOf`. */
    visit?: Visit
  }
}

/** The name of the session cookie: with the `__Host-` prefix on https (RFC 6265bis, 4.1.3.2). */
export function sessionCookie(platform: Platform): string {
  return platform.publicOrigin.startsWith('https:') ? '__Host-stoa_session' : 'stoa_session'
}

/** Finds out who comes: reads the session from the database and the language from the request. */
export async function makeVisit(platform: Platform, request: FastifyRequest): Promise<Visit> {
  const { language, chosen } = languageOf(request, platform.city)
  const token = cookieOf(request, sessionCookie(platform))
  const session = token && token.length <= 100 ? await sessionOf(platform, token) : null
  return { language, languageChosen: chosen, session, token: session ? token : null, actor: session?.actor ?? anonymous('web') }
}

/** The visit of a request. Before it was made (an early fault): nobody, in the language of the request. */
export function visitOf(platform: Platform, request: FastifyRequest): Visit {
  if (request.visit) return request.visit
  const { language, chosen } = languageOf(request, platform.city)
  return { language, languageChosen: chosen, session: null, token: null, actor: anonymous('web') }
}

/** Where somebody begins: residents with their cases, administrators who work on no cases with the staff, all other staff with the queue. */
export function homeOf(actor: Actor): '/my' | '/officer' | '/admin/staff' {
  if (!isStaff(actor)) return '/my'
  const works = actor.roles.some(({ role }) => role === 'officer' || role === 'supervisor')
  return !works && may(actor, 'identity.administer') ? '/admin/staff' : '/officer'
}
