import { sameBytes } from '../../platform/crypto.ts'
import type { Platform } from '../../platform/platform.ts'
import { type Actor, holding } from '../access/index.ts'
import * as store from './store.ts'
import type { Journey } from './store.ts'

/** The bearer token of a journey, made from its id by a key; it is never stored. */
export function journeyToken(platform: Platform, id: string): string {
  return platform.keys.token(`journey:${id}`).toString('base64url')
}

/** Whether a token is the journey's. */
export function fitsJourneyToken(platform: Platform, id: string, token: string): boolean {
  return sameBytes(platform.keys.token(token), platform.keys.token(journeyToken(platform, id)))
}

/**
 * The actor, who holds the journey when the token is its own. For whoever has signed in to another account than the one
 * that keeps the journey it counts for nothing: it was left in the browser by somebody else.
 */
export async function holderOf(platform: Platform, actor: Actor, id: string, token: string | null): Promise<Actor> {
  if (token === null || token.length >= 100 || !fitsJourneyToken(platform, id, token)) return actor
  if (actor.accountId === null) return holding(actor, id)
  const keeper = (await store.journeyById(platform.db, id))?.account_id ?? null
  return keeper === null || keeper === actor.accountId ? holding(actor, id) : actor
}

/** Whether a draft is an account's while nobody is signed in: what is typed is taken by its token, and nothing of it is shown. */
export function isOwnerAway(actor: Actor, journey: Journey): boolean {
  return actor.accountId === null && journey.account_id !== null
}
