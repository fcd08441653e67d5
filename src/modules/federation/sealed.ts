import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { cookie, cookieOf } from '../../platform/http/security.ts'
import { appendCookie } from '../../platform/http/visit.ts'
import type { Platform } from '../../platform/platform.ts'
import { levels } from '../access/index.ts'

/** A sign-in that is under way: what was asked of which provider, and where the person wants to go. */
const underway = z.strictObject({
  provider: z.string(),
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  next: z.string(),
  level: z.enum(levels).nullable(),
  ends: z.number(),
})

/** Somebody whom a provider has confirmed and who has no account linked to it yet. */
const confirmed = z.strictObject({
  provider: z.string(),
  subject: z.string(),
  level: z.enum(levels),
  profile: z.record(z.string(), z.string()),
  next: z.string(),
  ends: z.number(),
})

const schemas = { stoa_with: underway, stoa_join: confirmed } as const

/** The names of the cookies that keep what is under way, encrypted; nothing of it lies on the server. */
export type Kept = { stoa_with: z.infer<typeof underway>; stoa_join: z.infer<typeof confirmed> }

/** How long it is kept, in seconds: a detour of twenty minutes at the provider loses nothing. */
export const KEPT_SECONDS = 30 * 60

/** Keeps something in the browser, encrypted and bound to its name. */
export function keep<Name extends keyof Kept>(platform: Platform, reply: FastifyReply, name: Name, value: Omit<Kept[Name], 'ends'>): void {
  const ends = platform.now().getTime() + KEPT_SECONDS * 1000
  const { version, wrapped } = platform.keys.wrap(Buffer.from(JSON.stringify({ ...value, ends })), `cookie/${name}`)
  appendCookie(reply, cookie(cookieName(platform, name), `${version}.${wrapped.toString('base64url')}`, options(platform, KEPT_SECONDS)))
}

/** What was kept under a name; null when there is nothing, or nothing that we made and that is still good. */
export function kept<Name extends keyof Kept>(platform: Platform, request: FastifyRequest, name: Name): Kept[Name] | null {
  const text = cookieOf(request, cookieName(platform, name))
  const [version = '', body = ''] = text?.split('.') ?? []
  if (!/^\d{1,6}$/.test(version) || body.length > 6000) return null
  try {
    const plain = platform.keys.unwrap(Number(version), Buffer.from(body, 'base64url'), `cookie/${name}`)
    const value = schemas[name].parse(JSON.parse(plain.toString())) as Kept[Name]
    return value.ends > platform.now().getTime() ? value : null
  } catch {
    return null // not ours, or changed on the way
  }
}

/** Forgets it. */
export function forget(platform: Platform, reply: FastifyReply, name: keyof Kept): void {
  appendCookie(reply, cookie(cookieName(platform, name), '', options(platform, 0)))
}

function cookieName(platform: Platform, name: keyof Kept): string {
  return platform.publicOrigin.startsWith('https:') ? `__Host-${name}` : name
}

function options(platform: Platform, maxAge: number): { https: boolean; maxAge: number } {
  return { https: platform.publicOrigin.startsWith('https:'), maxAge }
}
