import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { cookie, cookieOf } from '../../platform/http/security.ts'
import { appendCookie } from '../../platform/http/visit.ts'
import type { Platform } from '../../platform/platform.ts'

const learned = z.strictObject({
  sub: z.string(),
  sid: z.string(),
  name: z.string(),
  email: z.string(),
  acr: z.string(),
  idToken: z.string(),
})
const flow = z.strictObject({ verifier: z.string(), state: z.string(), nonce: z.string() })
const schemas = { stoa_demo_app: learned, stoa_demo_flow: flow } as const

/** What the demo's application was told of a person. */
export type Learned = z.infer<typeof learned>

type Kept = { stoa_demo_app: Learned; stoa_demo_flow: z.infer<typeof flow> }

const SECONDS = 60 * 60

/** Keeps something in the browser, encrypted, so that the application stores nothing of anybody. */
export function keep<Name extends keyof Kept>(platform: Platform, reply: FastifyReply, name: Name, value: Kept[Name], path: string): void {
  const { version, wrapped } = platform.keys.wrap(Buffer.from(JSON.stringify(value)), `cookie/${name}`)
  const https = platform.publicOrigin.startsWith('https:')
  appendCookie(reply, cookie(name, `${version}.${wrapped.toString('base64url')}`, { https, path, maxAge: SECONDS }))
}

/** What was kept; null when there is nothing, or it is not what was put there. */
export function kept<Name extends keyof Kept>(platform: Platform, request: FastifyRequest, name: Name): Kept[Name] | null {
  const [version, bytes] = (cookieOf(request, name) ?? '').split('.')
  if (version === undefined || bytes === undefined) return null
  try {
    const plain = platform.keys.unwrap(Number(version), Buffer.from(bytes, 'base64url'), `cookie/${name}`)
    const read = schemas[name].safeParse(JSON.parse(plain.toString()))
    return read.success ? (read.data as Kept[Name]) : null
  } catch {
    return null
  }
}

/** Forgets what was kept. */
export function forget(platform: Platform, reply: FastifyReply, name: keyof Kept, path: string): void {
  appendCookie(reply, cookie(name, '', { https: platform.publicOrigin.startsWith('https:'), path, maxAge: 0 }))
}
