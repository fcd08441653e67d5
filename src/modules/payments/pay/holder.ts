import type { FastifyReply, FastifyRequest } from 'fastify'
import { sameBytes } from '../../../platform/crypto.ts'
import { cookie, cookieOf } from '../../../platform/http/security.ts'
import { appendCookie } from '../../../platform/http/visit.ts'
import type { Platform } from '../../../platform/platform.ts'
import { type Actor, holding } from '../../access/index.ts'
import { visitOf } from '../../identity/index.ts'

/** The cookie that says whose bills may be seen without an account, on the pages of paying. */
export const PAY_COOKIE = 'stoa_pay'

/** How long it is good, in seconds, and how many bills it holds at most, the newest. */
const SECONDS = 3_600
const MOST = 20

/** Lets this browser see and pay these bills for an hour, besides those that it may already. */
export function holdBills(platform: Platform, request: FastifyRequest, reply: FastifyReply, billIds: readonly string[]): void {
  const ids = [...new Set([...billIds, ...heldBills(platform, request)])].slice(0, MOST)
  const until = Math.floor(platform.now().getTime() / 1000) + SECONDS
  const body = `${until}.${ids.map((id) => id.replaceAll('-', '')).join('~')}`
  const value = `${body}.${seal(platform, request, body, visitOf(platform, request).actor.accountId).toString('base64url')}`
  const https = platform.publicOrigin.startsWith('https:')
  appendCookie(reply, cookie(PAY_COOKIE, value, { https, path: '/pay', maxAge: SECONDS }))
}

/** The bills that this browser may see for now: those whose code was shown, or that it came to from their case. */
export function heldBills(platform: Platform, request: FastifyRequest): string[] {
  const value = cookieOf(request, PAY_COOKIE)
  const parts = value !== null && value.length < 1_000 ? /^((\d{1,12})\.([0-9a-f~]+))\.([\w-]{43})$/.exec(value) : null
  if (!parts) return []
  const [, body = '', until = '', ids = '', sealed = ''] = parts
  const mine = [null, visitOf(platform, request).actor.accountId].map((account) => seal(platform, request, body, account))
  if (!mine.some((each) => sameBytes(Buffer.from(sealed, 'base64url'), each))) return []
  if (Number(until) * 1000 < platform.now().getTime()) return []
  return ids.split('~').map((id) => id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'))
}

/** Who comes, holding the bills that this browser may see. */
export function payActor(platform: Platform, request: FastifyRequest): Actor {
  const { actor } = visitOf(platform, request)
  const held = heldBills(platform, request)
  return held.length === 0 ? actor : holding(actor, ...held)
}

/**
 * Bound to for whom somebody acts: what was shown for oneself is not shown while acting for another. And to the account that was signed in: what
 * was shown then ends with signing out; what was shown without an account stays when its holder signs in.
 */
function seal(platform: Platform, request: FastifyRequest, body: string, account: string | null): Buffer {
  const { acting } = visitOf(platform, request).actor
  return platform.keys.token(`pay-holder:${acting?.id ?? ''}:${account ?? ''}:${body}`)
}
