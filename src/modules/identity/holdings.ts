import type { Platform } from '../../platform/platform.ts'
import type { Level } from '../access/index.ts'
import { listPasskeys } from './factors/passkeys.ts'
import { accountOfPerson } from './service.ts'
import { sessionsOfAccount } from './sessions/store.ts'
import * as store from './store.ts'

/** What is kept about the account of a person beside the vault: no secrets, only that they are there. */
export type AccountHoldings = {
  readonly language: string
  readonly hasPassword: boolean
  /** Passkeys by the names that their owner gave them, an authenticator app, recovery codes as one. */
  readonly means: ReadonlyArray<{
    readonly kind: 'passkey' | 'totp' | 'recovery_codes'
    readonly name: string | null
    readonly since: Date | null
  }>
  readonly sessions: ReadonlyArray<{ readonly device: string; readonly level: Level; readonly began: Date; readonly seen: Date }>
}

/** What the account of a person holds; null when the person has none. */
export async function accountHoldings(platform: Platform, personId: string): Promise<AccountHoldings | null> {
  const account = await accountOfPerson(platform, personId)
  const row = account && (await store.accountById(platform.db, account.id))
  if (!row) return null
  const [passkeys, others, sessions] = await Promise.all([
    listPasskeys(platform, row.id),
    store.meansOf(platform.db, row.id),
    sessionsOfAccount(platform.db, row.id, new Date(0)),
  ])
  return {
    language: row.language,
    hasPassword: row.password_hash !== null,
    means: [
      ...passkeys.map((each) => ({ kind: 'passkey' as const, name: each.name, since: each.created })),
      ...others.map((each) => ({ ...each, name: null })),
    ],
    sessions: sessions.map((each) => ({ device: each.device, level: each.level, began: each.created_at, seen: each.seen_at })),
  }
}
