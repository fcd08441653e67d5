import type { FastifyReply, FastifyRequest } from 'fastify'
import { cookie, cookieOf } from '../../platform/http/security.ts'
import { appendCookie } from '../../platform/http/visit.ts'
import type { Platform } from '../../platform/platform.ts'
import type { ActingView } from '../../ui/index.ts'
import { type Session, sessionLimits, type Visit } from '../identity/index.ts'

/**
 * The cookie that keeps the name of whom a session acts for: sealed with the deployment's key and bound to session and
 * mandate, so that pages can show it without opening the vault each time, and no table has it in plain words.
 */
export const ACTING_COOKIE = 'stoa_acting'

type Kind = ActingView['kind']

function contextOf(sessionId: string, actingId: string): string {
  return `acting/${sessionId}/${actingId}`
}

/** Gives the cookie with the name of whom the session begins to act for. */
export function keepLabel(
  platform: Platform,
  reply: FastifyReply,
  session: Session,
  acting: { kind: Kind; id: string; label: string },
): void {
  const sealed = platform.keys.wrap(Buffer.from(acting.label.slice(0, 200)), contextOf(session.id, acting.id))
  const value = [acting.kind, acting.id, sealed.version, sealed.wrapped.toString('base64url')].join('.')
  const https = platform.publicOrigin.startsWith('https:')
  appendCookie(reply, cookie(ACTING_COOKIE, value, { https, maxAge: sessionLimits.absoluteMs / 1000 }))
}

/** Takes the cookie back. */
export function dropLabel(platform: Platform, reply: FastifyReply): void {
  appendCookie(reply, cookie(ACTING_COOKIE, '', { https: platform.publicOrigin.startsWith('https:'), maxAge: 0 }))
}

/**
 * What the pages of this visit say about acting for another. A session that acts no more although its browser still has
 * the cookie is told so, until its owner has taken note.
 */
export function actingView(platform: Platform, request: FastifyRequest, visit: Visit): ActingView | null {
  const { session } = visit
  if (session === null) return null
  const kept = readCookie(request)
  const { acting } = session.actor
  if (acting === null) {
    if (kept === null) return null
    // who was helped is nobody's to read on this screen any more
    const label = kept.kind === 'assistance' ? null : openLabel(platform, session, kept)
    return { kind: kept.kind, state: 'ended', label }
  }
  const label = kept !== null && kept.id === acting.id ? openLabel(platform, session, kept) : null
  return { kind: acting.kind, state: acting.services?.length === 0 ? 'over' : 'on', label }
}

/** Whether somebody helps, or helped until just now, another person in this browser: also when the session is over. */
export function helpsSomebody(request: FastifyRequest): boolean {
  return request.visit?.actor.acting?.kind === 'assistance' || readCookie(request)?.kind === 'assistance'
}

type Kept = { readonly kind: Kind; readonly id: string; readonly version: number; readonly sealed: string }

function readCookie(request: FastifyRequest): Kept | null {
  const parts = /^(mandate|assistance)\.([0-9a-f-]{36})\.(\d{1,6})\.([\w-]{20,600})$/.exec(cookieOf(request, ACTING_COOKIE) ?? '')
  if (!parts) return null
  const [, kind = '', id = '', version = '', sealed = ''] = parts
  return { kind: kind === 'mandate' ? 'mandate' : 'assistance', id, version: Number(version), sealed }
}

function openLabel(platform: Platform, session: Session, kept: Kept): string | null {
  try {
    const context = contextOf(session.id, kept.id)
    return platform.keys.unwrap(kept.version, Buffer.from(kept.sealed, 'base64url'), context).toString('utf8')
  } catch {
    return null // another session's cookie, or one of a key that is gone: a page without the name is still right
  }
}
