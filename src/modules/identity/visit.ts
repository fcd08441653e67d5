import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Asking, cookie, cookieOf, SESSION_COOKIE } from '../../platform/http/security.ts'
import { appendCookie, languageOf } from '../../platform/http/visit.ts'
import { present } from '../../kernel/invariant.ts'
import type { Platform } from '../../platform/platform.ts'
import { type Actor, anonymous, isStaff, type Level, may, reaches } from '../access/index.ts'
import { deviceName, type Session, sessionLimits, sessionOf, type SignIn, signOut, startSession } from './sessions.ts'

/** The mark of a shared device at a counter: sessions begun there last minutes, and its browser is made to forget. */
export const KIOSK_COOKIE = 'stoa_kiosk'

/** Whether a request comes from a shared device. */
export function isKiosk(request: Asking): boolean {
  return cookieOf(request, KIOSK_COOKIE) === 'on'
}

/** Who comes, in which language. */
export type Visit = {
  readonly language: string
  readonly languageChosen: boolean
  /** A language beyond the city's in which the reader wants a service's own words; pages around them are in `language`. */
  readonly wording?: string
  /** The languages beyond the city's that may be chosen here. */
  readonly also?: readonly string[]
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
export function sessionCookie(platform: Pick<Platform, 'publicOrigin'>): string {
  return platform.publicOrigin.startsWith('https:') ? `__Host-${SESSION_COOKIE}` : SESSION_COOKIE
}

/** Finds out who comes: reads the session from the database and the language from the request. */
export async function makeVisit(platform: Platform, request: FastifyRequest): Promise<Visit> {
  const { language, chosen } = languageOf(request, platform.city)
  const token = cookieOf(request, sessionCookie(platform))
  const session = token && token.length <= 100 ? await sessionOf(platform, token) : null
  return { language, languageChosen: chosen, session, token: session ? token : null, actor: session?.actor ?? anonymous('web') }
}

/**
 * Lets the reader have the words of a service in any language that it speaks, also in one that the city does not: pages
 * around them are then in English. Called before the page is drawn; gives that language, and whether it was just chosen.
 */
export function speakAlso(platform: Platform, request: FastifyRequest, spoken: readonly string[]): { language: string; chosen: boolean } {
  const visit = visitOf(platform, request)
  const tags = platform.city.languages.map(({ tag }) => tag)
  const also = spoken.filter((tag) => !tags.includes(tag))
  if (also.length === 0) return { language: visit.language, chosen: false }
  const found = languageOf(request, platform.city, also)
  const isOwn = also.includes(found.language)
  const around = tags.includes('en') ? 'en' : (tags[0] ?? 'en')
  request.visit = { ...visit, also, ...(isOwn ? { wording: found.language, language: around } : {}) }
  return { language: found.language, chosen: isOwn && found.chosen }
}

/** The visit of a request. Before it was made (an early fault): nobody, in the language of the request. */
export function visitOf(platform: Platform, request: FastifyRequest): Visit {
  if (request.visit) return request.visit
  const { language, chosen } = languageOf(request, platform.city)
  return { language, languageChosen: chosen, session: null, token: null, actor: anonymous('web') }
}

/**
 * Where somebody begins: residents with their cases, administrators who work on no cases with the staff, all other staff
 * with the queue; and staff who have shown no second step with setting one up.
 */
export function homeOf(actor: Actor): '/my' | '/officer' | '/admin/staff' | '/audit' | '/account/security' | '/assist' {
  if (!isStaff(actor)) return '/my'
  if (!reaches(actor.level, 'substantial')) return '/account/security'
  const works = actor.roles.some(({ role }) => role === 'officer' || role === 'supervisor')
  if (!works && may(actor, 'identity.administer')) return '/admin/staff'
  if (!works && may(actor, 'audit.read')) return '/audit'
  return !works && actor.roles.some(({ role }) => role === 'helper') ? '/assist' : '/officer'
}

/** Sets the session cookie to this token. */
export function giveSession(platform: Platform, reply: FastifyReply, token: string): void {
  const https = platform.publicOrigin.startsWith('https:')
  appendCookie(reply, cookie(sessionCookie(platform), token, { https, maxAge: sessionLimits.absoluteMs / 1000 }))
}

/** Starts a session of an account on the device of this request, and sets its cookie; ends the one that the request came with. */
export async function beginSession(
  platform: Platform,
  request: FastifyRequest,
  reply: FastifyReply,
  accountId: string,
  how: Omit<SignIn, 'device'>,
): Promise<Session> {
  const before = visitOf(platform, request)
  if (before.token) await signOut(platform, before.token, before.actor)
  const token = await startSession(platform, accountId, {
    kiosk: isKiosk(request),
    ...how,
    device: deviceName(request.headers['user-agent']),
  })
  giveSession(platform, reply, token)
  const session = await sessionOf(platform, token)
  return present(session, 'the session that was just started')
}

/** Where to sign in at least at a level and come back to a path of our own. */
export function signInAddress(next: string, level: Level | 'none' = 'low'): string {
  return `/sign-in?${new URLSearchParams({ next, ...(level === 'none' || level === 'low' ? {} : { level }) }).toString()}`
}
