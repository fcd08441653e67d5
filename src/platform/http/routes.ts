import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../../kernel/problem.ts'

/** Adds a module's routes. Each names its access: `public` or the action that the use case asks for. */
export type RouteModule = (app: FastifyInstance) => void

/** Who may come to a route; the use case behind it decides on the thing itself. */
export type RouteAccess = 'public' | 'signed-in' | 'staff' | 'token'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess
    /** A public GET page that is the same for everyone without a session: kept ready in each language. */
    ready?: boolean
    /** A door for programs: it acts by keys and tokens alone. A session counts only where one's own case is read. */
    api?: boolean
    /** A body larger than the usual limit may come (file uploads). */
    upload?: boolean
    /** How this door tells of a refusal, when its protocol wants neither a page nor problem+json. */
    fault?: FaultTeller
  }
}

/** A refusal in the words of a protocol; `incident` is the number of a fault of ours. */
export type FaultTeller = (
  request: FastifyRequest,
  problem: Problem,
  incident: string | null,
) => { readonly status: number; readonly type: string; readonly body: string }

/** One text value of a form or query; the first when a name came twice, null when absent or not text. */
export function textOf(source: unknown, name: string): string | null {
  if (typeof source !== 'object' || source === null || !Object.hasOwn(source, name)) return null
  const value: unknown = Object.entries(source).find(([key]) => key === name)?.[1]
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first : null
}

/** A form body as text values; anything else in it is left out. */
export function formOf(request: FastifyRequest): Record<string, string | string[]> {
  const body = request.body
  if (typeof body !== 'object' || body === null || Buffer.isBuffer(body)) return {}
  // a map, not assignments: a field may be called __proto__
  const form = new Map<string, string | string[]>()
  for (const [name, value] of Object.entries(body)) {
    if (typeof value === 'string') form.set(name, value)
    else if (Array.isArray(value))
      form.set(
        name,
        value.filter((part): part is string => typeof part === 'string'),
      )
  }
  return Object.fromEntries(form)
}

/** Where to go on, as it was asked for: only a path of our own, never another site; empty when it is not one. */
export function ownPath(text: string | null): string {
  return text !== null && /^\/(?![/\\])[\x21-\x5B\x5D-\x7E]{0,500}$/.test(text) ? text : ''
}

/** POST then 303: the browser fetches the next page with GET. Only paths of our own. */
export function seeOther(reply: FastifyReply, path: string): FastifyReply {
  const own = /^\/(?![/\\])[^\u0000-\u001F]*$/.test(path) ? path : '/'
  return (
    reply
      .code(303)
      // what is encoded already stays so: a second time it would be another address
      .header('location', own.toWellFormed().replaceAll(/[^!-~]|["<>\\^`{|}]/gu, encodeURIComponent))
      .send()
  )
}
