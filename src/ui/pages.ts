import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PageParts } from './layout.ts'
import type { View } from './view.ts'

/** How routes answer with pages; the composition root gives it to every module. */
export type Pages = {
  /** What to draw with, for the reader of this request. */
  view(request: FastifyRequest): View
  /** Sends a page in the layout. */
  send(request: FastifyRequest, reply: FastifyReply, page: PageParts, status?: number): FastifyReply
}
