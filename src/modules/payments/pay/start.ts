import type { FastifyReply, FastifyRequest } from 'fastify'
import { seeOther } from '../../../platform/http/routes.ts'
import type { Actor } from '../../access/index.ts'
import { limitAttempts, visitOf } from '../../identity/index.ts'
import { attemptById, giveAttempt, startAttempt } from '../attempts/index.ts'
import type { Bill } from '../bill.ts'
import type { Treasury } from '../treasury.ts'
import { billPath } from './see.ts'

/** How often a payment of one bill is begun in a quarter of an hour. */
const STARTS = { max: 30, minutes: 15 } as const

/**
 * Begins to pay bills and leads to the provider's page; to the page that says what is known when another attempt is under
 * way; to the bill when nothing is owed any more. `amount`: a part of a single bill.
 */
export async function goPay(
  treasury: Treasury,
  request: FastifyRequest,
  reply: FastifyReply,
  actor: Actor,
  chosen: readonly Bill[],
  amount?: bigint,
): Promise<FastifyReply> {
  const { platform } = treasury
  const [first] = chosen
  if (!first) return seeOther(reply, '/pay')
  await limitAttempts(platform, `pay-start:${first.id}`, STARTS)
  const started = await startAttempt(treasury, actor, {
    bills: chosen.map((bill) => bill.id),
    ...(amount === undefined ? {} : { amount }),
    language: visitOf(platform, request).language,
    returnPath: returnPath(chosen, actor),
  })
  if (started.kind === 'go') return reply.code(303).header('location', started.url).send()
  if (started.kind === 'paid') return seeOther(reply, goesOnTo(first))
  // whoever may pay these bills may know what becomes of them
  giveAttempt(platform, request, reply, await attemptById(platform, started.attempt))
  return seeOther(reply, `/pay/attempts/${started.attempt}`)
}

/** Where paying a bill leads back to: the application that waits for it, else the bill. */
export function goesOnTo(bill: Bill): string {
  return bill.source === 'journey' ? `/apply/${bill.source_id}/paid` : billPath(bill)
}

function returnPath(chosen: readonly Bill[], actor: Actor): string {
  const waiting = chosen.find((bill) => bill.source === 'journey')
  const [first, second] = chosen
  if (waiting) return goesOnTo(waiting)
  return first && !second ? billPath(first) : actor.accountId === null ? '/pay' : '/pay/mine'
}
