import { newCode, normaliseCode } from '../../../kernel/id.ts'
import { type Author, record } from '../../../platform/journal/journal.ts'
import { drawSymbol, type Platform } from '../../../platform/platform.ts'
import * as store from './store.ts'

/** How many codes are made at once. */
const CODES = 10

/** Makes recovery codes that replace the older ones, in the caller's transaction; they can be shown this once. */
export async function makeRecoveryCodes(tx: Platform, author: Author, accountId: string): Promise<string[]> {
  const codes = Array.from({ length: CODES }, () => newCode(12, drawSymbol(tx)))
  await store.putRecovery(
    tx.db,
    accountId,
    codes.map((code) => tokenOf(tx, accountId, code)),
  )
  await record(tx, author, { type: 'identity.factor.added', stream: accountId, data: { kind: 'recovery_codes' } })
  return codes
}

/** Whether this is a recovery code of the account; it is taken now, and is good no more. In the caller's transaction. */
export async function takeRecoveryCode(tx: Platform, accountId: string, typed: string): Promise<boolean> {
  if (!(await store.takeRecovery(tx.db, accountId, tokenOf(tx, accountId, typed)))) return false
  await record(
    tx,
    { journalName: `account:${accountId}`, channel: 'web' },
    { type: 'identity.recovery.used', stream: accountId, data: { left: (await store.countFactors(tx.db, accountId)).recovery } },
  )
  return true
}

function tokenOf(platform: Platform, accountId: string, typed: string): Buffer {
  return platform.keys.token(`recovery:${accountId}:${normaliseCode(typed)}`)
}
