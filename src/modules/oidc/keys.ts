import { generateKeyPairSync } from 'node:crypto'
import { sha256 } from '../../platform/crypto.ts'
import { record } from '../../platform/journal/journal.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import { systemActor } from '../access/index.ts'
import * as store from './store.ts'

const DAY = 86_400_000

/** How long a key signs before the next one, how long it is published before it signs, and how long after. In milliseconds. */
export const keyTimes = {
  signs: 30 * DAY,
  ahead: DAY,
  /** Longer than any session: a token that says who signs out must still be known (RP-Initiated Logout 1.0, 2). */
  behind: 2 * DAY,
} as const

/** A signing key with its private part (RFC 7517); `ES256` (RFC 7518, 3.4). */
export type SigningKey = {
  readonly kid: string
  readonly kty: string
  readonly crv: string
  readonly x: string
  readonly y: string
  readonly d: string
}

/** The published keys, the one that signs first; and a text that changes when they or their order do. */
export type KeySet = { readonly keys: readonly SigningKey[]; readonly version: string }

/** The published keys; makes the first one when there is none. */
export async function keySet(platform: Platform): Promise<KeySet> {
  const rows = await store.signingKeys(platform.db)
  if (rows.length === 0) {
    await rotateKeys(platform)
    return keySet(platform)
  }
  const now = platform.now().getTime()
  const current = rows.find((row) => row.signs_from.getTime() <= now) ?? rows.at(-1)
  const ordered = [...rows.filter((row) => row === current), ...rows.filter((row) => row !== current)]
  return { keys: ordered.map((row) => unwrap(platform, row)), version: ordered.map((row) => row.kid).join(' ') }
}

/** The job: makes the next key when the newest has signed long enough, and forgets those of which no token is left. */
export async function rotateKeys(platform: Platform): Promise<void> {
  await transact(platform, async (tx) => {
    await store.lockKeys(tx.db)
    const rows = await store.signingKeys(tx.db)
    const now = tx.now().getTime()
    const newest = rows[0]
    if (!newest) await addKey(tx, new Date(now))
    else if (newest.signs_from.getTime() + keyTimes.signs - keyTimes.ahead <= now) await addKey(tx, new Date(now + keyTimes.ahead))
    // a key has ended signing when the one after it, which stands before it in the list, began
    const over = rows.filter((_, i) => (rows[i - 1]?.signs_from.getTime() ?? now) + keyTimes.behind < now)
    await store.deleteKeys(
      tx.db,
      over.map((row) => row.kid),
    )
  })
}

async function addKey(tx: Platform, signsFrom: Date): Promise<void> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = privateKey.export({ format: 'jwk' })
  const kid = sha256(JSON.stringify([jwk.crv, jwk.x, jwk.y])).slice(0, 32)
  const { version, wrapped } = tx.keys.wrap(Buffer.from(JSON.stringify({ ...jwk, kid })), store.keyContext(kid))
  await store.insertKey(tx.db, { kid, wrapped_key: wrapped, key_version: version, created_at: tx.now(), signs_from: signsFrom })
  await record(tx, systemActor('oidc'), {
    type: 'oidc.key.rotated',
    stream: `oidc-key:${kid}`,
    data: { key: kid, signs_from: signsFrom.toISOString() },
  })
}

function unwrap(platform: Platform, row: store.KeyRow): SigningKey {
  return JSON.parse(platform.keys.unwrap(row.key_version, row.wrapped_key, store.keyContext(row.kid)).toString())
}
