import type { Platform } from '../../platform/platform.ts'
import type { Actor } from '../access/index.ts'
import * as store from './store.ts'

/** One act as its form sent it: the key that its page was drawn with, and everything that was chosen and typed. */
export type Sent = { readonly key: string; readonly act: readonly string[] }

/** An act with the key of its page; null when it came without one, and cannot be told from the same act meant again. */
export function sentWith(key: string | null | undefined, ...act: readonly string[]): Sent | null {
  return key ? { key, act } : null
}

/** Whether this actor did exactly this already, from the same page. */
export async function isDone(platform: Platform, actor: Actor, caseId: string, sent: Sent | null): Promise<boolean> {
  return sent !== null && store.isDone(platform.db, caseId, tokenOf(platform, actor, sent))
}

/** Notes that it is done, with the act in the caller's transaction, which holds the case; false when it was before. */
export async function noteDone(tx: Platform, actor: Actor, caseId: string, sent: Sent | null): Promise<boolean> {
  if (sent === null) return true
  return store.insertDone(tx.db, { case_id: caseId, token: tokenOf(tx, actor, sent), done_at: tx.now() })
}

function tokenOf(platform: Platform, actor: Actor, { key, act }: Sent): Buffer {
  return platform.keys.token(`done:${JSON.stringify([actor.journalName, key, ...act])}`)
}
