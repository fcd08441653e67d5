import type { FastifyReply, FastifyRequest } from 'fastify'
import { CASE_COOKIE } from '../cases/index.ts'
import { JOURNEY_COOKIE } from '../journeys/index.ts'
import { isKiosk, KIOSK_COOKIE, type Visit } from '../identity/index.ts'
import { bareName, cookie } from '../../platform/http/security.ts'

/** The cookie of a shared device that lists what was left in it, so that all of it can be taken away. */
export const TRAIL_COOKIE = 'stoa_trail'
const LONGEST_TRAIL = 40

const TOKENS: ReadonlySet<string> = new Set([CASE_COOKIE, JOURNEY_COOKIE])

/** Cookies of a request by name. */
export function cookiesIn(request: FastifyRequest): Array<{ name: string; value: string }> {
  return (request.headers.cookie ?? '').split(';').flatMap((part) => {
    const at = part.indexOf('=')
    return at > 0 ? [{ name: part.slice(0, at).trim(), value: part.slice(at + 1).trim() }] : []
  })
}

/**
 * While somebody acts for another, the tokens of applications and cases that lie in their browser count for nothing:
 * they may be their own, or those of whom they helped before.
 */
export function keepTokensApart(request: FastifyRequest, visit: Visit): void {
  if (visit.actor.acting === null || request.headers.cookie === undefined) return
  const kept = cookiesIn(request).filter(({ name }) => !TOKENS.has(bareName(name)))
  request.headers.cookie = kept.map(({ name, value }) => `${name}=${value}`).join('; ')
}

/**
 * Looks at the cookies of an answer before it goes. Acting for another leaves no token behind. On a shared device every
 * cookie ends with the browser, and those of one path are listed, because only their own path could be asked for them.
 */
export function watchCookies(request: FastifyRequest, reply: FastifyReply, https: boolean): void {
  const given = reply.getHeader('set-cookie')
  if (given === undefined) return
  const lines = [given].flat().map(String)
  const acts = request.visit !== undefined && request.visit.actor.acting !== null
  const kiosk = isKiosk(request)
  if (!acts && !kiosk) return
  const allowed = acts ? lines.filter((line) => !TOKENS.has(nameOf(line))) : lines
  const shared = kiosk ? [...allowed.map(untilClosed), ...trailOf(request, allowed, https)] : allowed
  void reply.removeHeader('set-cookie')
  if (shared.length > 0) void reply.header('set-cookie', shared)
}

function nameOf(line: string): string {
  return bareName(line.slice(0, line.indexOf('=')))
}

function untilClosed(line: string): string {
  return nameOf(line) === KIOSK_COOKIE || /; Max-Age=0(;|$)/.test(line) ? line : line.replace(/; Max-Age=\d+/, '')
}

function trailOf(request: FastifyRequest, lines: readonly string[], https: boolean): string[] {
  const found = lines.flatMap((line) => {
    if (/; Max-Age=0(;|$)/.test(line)) return []
    const path = /; Path=(\/[\w./-]{1,120})(;|$)/.exec(line)?.[1]
    return path === undefined || path === '/' ? [] : [`${nameOf(line)}@${path}`]
  })
  if (found.length === 0) return []
  const trail = [...new Set([...trailIn(request).map(({ name, path }) => `${name}@${path}`), ...found])].slice(-LONGEST_TRAIL)
  return [cookie(TRAIL_COOKIE, trail.join('|'), { https })]
}

/** The cookies that a shared device was given for paths of their own. */
export function trailIn(request: FastifyRequest): Array<{ name: string; path: string }> {
  const value = cookiesIn(request).find(({ name }) => bareName(name) === TRAIL_COOKIE)?.value ?? ''
  return value.split('|').flatMap((entry) => {
    const parts = /^(\w{1,40})@(\/[\w./-]{1,120})$/.exec(entry)
    return parts?.[1] && parts[2] ? [{ name: parts[1], path: parts[2] }] : []
  })
}
