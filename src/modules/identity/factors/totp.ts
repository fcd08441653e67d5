import { Secret, TOTP } from 'otpauth'
import { Problem } from '../../../kernel/problem.ts'
import { sameBytes } from '../../../platform/crypto.ts'
import { type Author, record } from '../../../platform/journal/journal.ts'
import type { Platform } from '../../../platform/platform.ts'
import * as store from './store.ts'

/** Seconds of one code (RFC 6238, 5.2). */
export const STEP_SECONDS = 30

/** How long a shown secret waits for its first code, in minutes. */
const SETUP_MINUTES = 30

/** What an authenticator app is told: a link for its camera, and the same secret to type. */
export type Setup = { readonly uri: string; readonly secret: string }

function generator(secret: Uint8Array, label: { issuer: string; account: string } | null = null): TOTP {
  const key = new Secret({ buffer: new Uint8Array(secret).buffer })
  return new TOTP({
    secret: key,
    algorithm: 'SHA1',
    digits: 6,
    period: STEP_SECONDS,
    issuer: label?.issuer ?? '',
    label: label?.account ?? '',
  })
}

/** The code of a secret at a step; `step` is the time in seconds divided by 30 (RFC 6238, 4.2). */
export function codeAt(secret: Uint8Array, step: number): string {
  return generator(secret).generate({ timestamp: step * STEP_SECONDS * 1000 })
}

/** The step of an instant. */
export function stepOf(at: Date): number {
  return Math.floor(at.getTime() / 1000 / STEP_SECONDS)
}

/** Begins to set up an authenticator app: a fresh secret that is kept until its first code comes. In the caller's transaction. */
export async function beginTotp(tx: Platform, accountId: string): Promise<void> {
  const { version, wrapped } = tx.keys.wrap(tx.random(20), store.totpContext(accountId))
  const expires = new Date(tx.now().getTime() + SETUP_MINUTES * 60_000)
  await store.putSetup(tx.db, { account_id: accountId, secret: wrapped, key_version: version, expires_at: expires })
}

/** The secret that waits for its first code, for its owner's app; null when none does. */
export async function pendingTotp(
  platform: Platform,
  accountId: string,
  label: { issuer: string; account: string },
): Promise<Setup | null> {
  const row = await store.setupOf(platform.db, accountId, platform.now())
  if (!row) return null
  const totp = generator(platform.keys.unwrap(row.key_version, row.secret, store.totpContext(accountId)), label)
  return { uri: totp.toString(), secret: totp.secret.base32 }
}

/** Takes the first code of a new app, which replaces an older one. In the caller's transaction. Throws 422 when it does not fit. */
export async function confirmTotp(tx: Platform, author: Author, accountId: string, typed: string): Promise<void> {
  const row = await store.setupOf(tx.db, accountId, tx.now())
  const secret = row && tx.keys.unwrap(row.key_version, row.secret, store.totpContext(accountId))
  const step = secret && fittingStep(tx, secret, typed, -1)
  if (secret === null || step === null) throw wrongCode()
  await store.deleteSetup(tx.db, accountId)
  await addTotp(tx, author, accountId, secret, step)
}

/** Gives an account an authenticator app with this secret, in the caller's transaction; `lastStep` is the newest step whose code is spent. */
export async function addTotp(tx: Platform, author: Author, accountId: string, secret: Uint8Array, lastStep: number): Promise<void> {
  const { version, wrapped } = tx.keys.wrap(secret, store.totpContext(accountId))
  await store.putTotp(tx.db, {
    account_id: accountId,
    secret: wrapped,
    key_version: version,
    confirmed_at: tx.now(),
    last_step: BigInt(lastStep),
  })
  await record(tx, author, { type: 'identity.factor.added', stream: accountId, data: { kind: 'totp' } })
}

/** Whether this is a code of the account's app that was not taken before; it is taken now. In the caller's transaction. */
export async function takeTotp(tx: Platform, accountId: string, typed: string): Promise<boolean> {
  const row = await store.lockTotp(tx.db, accountId)
  if (!row) return false
  const secret = tx.keys.unwrap(row.key_version, row.secret, store.totpContext(accountId))
  const step = fittingStep(tx, secret, typed, Number(row.last_step))
  if (step === null) return false
  await store.setLastStep(tx.db, accountId, step)
  return true
}

/** Clocks differ: the code before and the one after are good too (RFC 6238, 5.2), but none up to the last that was taken. */
function fittingStep(platform: Platform, secret: Uint8Array, typed: string, last: number): number | null {
  const now = stepOf(platform.now())
  const given = Buffer.from(typed)
  return [now - 1, now, now + 1].find((step) => step > last && sameBytes(Buffer.from(codeAt(secret, step)), given)) ?? null
}

/** The refusal of a code; the same whatever was wrong with it. */
export function wrongCode(): Problem {
  return new Problem('identity.wrong-code', 422, 'That code is not right, or it is too old. Ask for a new one.')
}
