import { Problem } from '../../../kernel/problem.ts'
import { type Author, record } from '../../../platform/journal/journal.ts'
import type { Platform } from '../../../platform/platform.ts'
import { type Actor, isStaff, type Level } from '../../access/index.ts'
import type { Method } from '../sessions.ts'
import * as store from './store.ts'

/** What an account has to sign in with; `passkeys` counts those that are good. */
export type Means = {
  readonly passkeys: number
  readonly totp: boolean
  readonly recovery: number
  readonly password: boolean
  /** Whether an officer has seen the owner and their papers. */
  readonly proofed: boolean
}

/** What an account has to sign in with. */
export function meansOf(platform: Platform, accountId: string): Promise<Means> {
  return store.countFactors(platform.db, accountId)
}

/** Whether a password alone does not let anybody in. */
export function hasSecondStep(means: Means): boolean {
  return means.passkeys > 0 || means.totp
}

/**
 * The level that these methods together reach: a passkey that verified its user, or a password and something that only
 * the owner has, is substantial; a passkey of an owner whose papers were seen is high; everything else is low.
 */
export function levelOf(methods: readonly Method[], proofed: boolean): Level {
  if (methods.includes('passkey')) return proofed ? 'high' : 'substantial'
  const second = methods.includes('totp') || methods.includes('recovery_code')
  return methods.includes('password') && second ? 'substantial' : 'low'
}

/** Takes an app or a passkey away in the caller's transaction. Throws 409 when a member of staff would be left with a password alone. */
export async function removeFactor(
  tx: Platform,
  actor: Actor,
  accountId: string,
  kind: 'totp' | 'passkey',
  remove: () => Promise<boolean>,
): Promise<boolean> {
  await store.lockAccount(tx.db, accountId)
  if (!(await remove())) return false
  const left = await meansOf(tx, accountId)
  if (!hasSecondStep(left)) {
    if (isStaff(actor)) throw new Problem('identity.last-factor', 409, 'Staff need a second step. Add another one first.')
    await store.deleteRecovery(tx.db, accountId) // without a second step they would be good for nothing
  }
  await recordRemoved(tx, actor, accountId, kind)
  return true
}

/** Takes everything but the password away from an account whose owner has lost it all, in the caller's transaction; returns whether there was anything. */
export async function dropFactors(tx: Platform, author: Author, accountId: string): Promise<boolean> {
  await store.lockAccount(tx.db, accountId)
  const before = await meansOf(tx, accountId)
  await store.deleteFactors(tx.db, accountId)
  if (!hasSecondStep(before)) return false
  await recordRemoved(tx, author, accountId, 'all')
  return true
}

async function recordRemoved(tx: Platform, author: Author, accountId: string, kind: string): Promise<void> {
  await record(tx, author, { type: 'identity.factor.removed', stream: accountId, data: { kind } })
}
