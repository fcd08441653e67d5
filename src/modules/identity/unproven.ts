import { type Platform, transact } from '../../platform/platform.ts'
import type { Actor, RoleBinding } from '../access/index.ts'
import { destroyPerson, removeFiles } from '../people/index.ts'
import * as store from './store.ts'

/** Who an account is to others: its official name, if it has one, and the roles it has now. */
export type AccountWords = { readonly name: string | null; readonly roles: readonly RoleBinding[] }

/** Who these accounts are; one that is gone is not in the answer. */
export async function accountWords(platform: Platform, ids: readonly string[]): Promise<Map<string, AccountWords>> {
  const rows = await store.namesAndRoles(platform.db, [...new Set(ids)], platform.now())
  return new Map(rows.map((row) => [row.id, { name: row.staff_name, roles: row.roles }]))
}

/**
 * Erases residents' accounts whose address was not proven since before an instant, with their persons; at most `limit`.
 * Returns how many were erased and how many could not be, which stay as they were.
 */
export async function eraseUnproven(
  platform: Platform,
  actor: Actor,
  before: Date,
  limit: number,
): Promise<{ erased: number; failed: number }> {
  let erased = 0
  let failed = 0
  for (const { id, person_id: personId } of await store.neverProven(platform.db, before, limit)) {
    try {
      const files = await transact(platform, async (tx) =>
        (await store.deleteUnproven(tx.db, id)) ? destroyPerson(tx, actor, personId, 'never-proven') : null,
      )
      if (files === null) continue
      await removeFiles(platform, files)
      erased += 1
    } catch (error) {
      // something still points to it: one account must not keep the others
      platform.log.error({ err: error, account: id }, 'an account whose time is over could not be erased')
      failed += 1
    }
  }
  return { erased, failed }
}
