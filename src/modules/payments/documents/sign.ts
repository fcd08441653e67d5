import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { JSONWebKeySet, JWK } from 'jose'
import type { Platform } from '../../../platform/platform.ts'

/** The library is loaded with the first receipt. */
const jose = (): Promise<typeof import('jose')> => import('jose')

/** What stands before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410, 7). */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The deployment's key for receipts, made from its own keys: the same in every process, and kept nowhere. */
function receiptKey(platform: Pick<Platform, 'keys'>): KeyObject {
  const seed = platform.keys.blind('payments.receipt-key', '1')
  return createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' })
}

async function publicKey(platform: Pick<Platform, 'keys'>): Promise<JWK & { kid: string }> {
  const { calculateJwkThumbprint, exportJWK } = await jose()
  const jwk = await exportJWK(createPublicKey(receiptKey(platform)))
  return { ...jwk, alg: 'EdDSA', use: 'sig', kid: await calculateJwkThumbprint(jwk) }
}

/** The public keys with which anybody checks receipts (RFC 7517). */
export async function receiptKeys(platform: Pick<Platform, 'keys'>): Promise<{ keys: JWK[] }> {
  return { keys: [await publicKey(platform)] }
}

/** The media type that the header of a signed receipt names, so that nothing else that is signed passes for one. */
const TYPE = 'stoa-receipt+jws'

/** A payload signed by the deployment, as compact JWS (RFC 7515, 7.1). */
export async function signReceipt(platform: Pick<Platform, 'keys'>, payload: Readonly<Record<string, unknown>>): Promise<string> {
  const { CompactSign } = await jose()
  const { kid } = await publicKey(platform)
  const bytes = new TextEncoder().encode(JSON.stringify(payload))
  return new CompactSign(bytes).setProtectedHeader({ alg: 'EdDSA', typ: TYPE, kid }).sign(receiptKey(platform))
}

/** What was found out about a receipt: what the city signed, or why it is not genuine. */
export type CheckedReceipt = { readonly genuine: true; readonly receipt: unknown } | { readonly genuine: false; readonly why: string }

/** Checks a receipt's JSON against the city's public keys, without asking anybody. */
export async function checkReceipt(text: string, keys: JSONWebKeySet): Promise<CheckedReceipt> {
  const file = readable(text)
  if (file === null) return { genuine: false, why: 'it is no receipt: it has no "receipt" and "jws"' }
  const { compactVerify, createLocalJWKSet } = await jose()
  try {
    const { payload, protectedHeader } = await compactVerify(file.jws, createLocalJWKSet(keys), { algorithms: ['EdDSA'] })
    if (protectedHeader.typ !== TYPE) return { genuine: false, why: 'what is signed is no receipt' }
    const signed: unknown = JSON.parse(new TextDecoder().decode(payload))
    if (ordered(signed) !== ordered(file.receipt)) return { genuine: false, why: 'what can be read in it is not what was signed' }
    return { genuine: true, receipt: signed }
  } catch {
    return { genuine: false, why: 'the signature does not fit the keys' }
  }
}

function readable(text: string): { jws: string; receipt: unknown } | null {
  try {
    const file: unknown = JSON.parse(text)
    if (typeof file !== 'object' || file === null || !('jws' in file) || !('receipt' in file) || typeof file.jws !== 'string') return null
    return { jws: file.jws, receipt: file.receipt }
  } catch {
    return null
  }
}

/** JSON with its members in one order: programs may write them in another. */
function ordered(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
}
