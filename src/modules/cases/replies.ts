import type { FastifyReply } from 'fastify'
import { isUuid } from '../../kernel/id.ts'
import { Problem } from '../../kernel/problem.ts'
import type { View } from '../../ui/index.ts'
import type { House } from './house.ts'

/** Sends a file to be saved, never to be shown by this site. */
export function sendFile(reply: FastifyReply, file: { name: string; mediaType: string; bytes: Uint8Array }): FastifyReply {
  const plain = file.name.replaceAll(/[^A-Za-z0-9._-]+/g, '_').slice(0, 100)
  const encoded = encodeURIComponent(file.name.slice(0, 200).toWellFormed()).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  void reply.header('content-disposition', `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`)
  return reply.type(file.mediaType).send(Buffer.from(file.bytes))
}

/** A refusal that is shown on the form it came from; others go on to the page of refusals. */
export function shownOnForm(error: unknown): Problem {
  if (error instanceof Problem && (error.status === 409 || error.status === 422)) return error
  throw error
}

/** What a refusal says to this reader. */
export function problemText(house: House, view: View, problem: Problem): string {
  const key = `problem.${problem.code}`
  return house.messages.has(key) ? view.t(key) : problem.detail
}

/** The key that a page was drawn with, as its form sent it; null for anything else. */
export function keyOf(text: string | null): string | null {
  return text !== null && isUuid(text) ? text : null
}
