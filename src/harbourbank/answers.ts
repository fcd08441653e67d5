import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../kernel/problem.ts'
import { big, text } from './database.ts'
import type { Parts } from './parts.ts'

/** What an act answers. */
export type Answer = { readonly status: number; readonly body: unknown }

/**
 * Does an act once for its `Idempotency-Key`: act and answer are one transaction, and the same key with the same request
 * gets the answer that was given. Another request with the key is refused (409); an act that was refused left nothing.
 */
export function once(parts: Parts, request: FastifyRequest, reply: FastifyReply, act: () => Answer): FastifyReply {
  const key = request.headers['idempotency-key']
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(key))
    throw new Problem('idempotency.missing', 400, 'Every POST needs an Idempotency-Key of 1 to 200 visible ASCII characters.')
  const whole = JSON.stringify([request.method, request.url, request.body ?? null])
  const fingerprint = createHash('sha256').update(whole).digest('hex')
  const answer = parts.db.transact(() => {
    const known = parts.db.one('select fingerprint, status, body from answers where key = ?', key)
    if (known && text(known, 'fingerprint') !== fingerprint)
      throw new Problem('idempotency.other', 409, 'This Idempotency-Key was used for another request.')
    if (known) return { status: Number(big(known, 'status')), body: text(known, 'body') }
    const fresh = act()
    const body = JSON.stringify(fresh.body)
    parts.db.run('insert into answers values (?, ?, ?, ?, ?)', key, fingerprint, fresh.status, body, parts.now().getTime())
    return { status: fresh.status, body }
  })
  return reply.code(answer.status).type('application/json').send(answer.body)
}
