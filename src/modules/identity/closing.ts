import { invariant } from '../../kernel/invariant.ts'
import { record } from '../../platform/journal/journal.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Actor } from '../access/index.ts'
import * as store from './store.ts'

/**
 * Closes the account of a person, in the caller's transaction: its sessions end, and every means of signing in, its
 * address and its roles are forgotten. Returns its id; null when the person has no account.
 */
export async function closeAccountOf(tx: Platform, actor: Actor, personId: string): Promise<string | null> {
  invariant(tx.inTransaction, 'an account is closed in the transaction that erases its person')
  const accountId = await store.closeAccountOf(tx.db, personId)
  if (accountId !== null) await record(tx, actor, { type: 'identity.account.closed', stream: accountId })
  return accountId
}
