import {
  createCipheriv, createDecipheriv, createHash, createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes, timingSafeEqual,
} from 'node:crypto' // prettier-ignore
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { present } from '../kernel/invariant.ts'

/** The deployment's keys. Separate ones for wrapping data keys, blind indexes and tokens; old wrapping keys stay for reading. */
export type Keys = {
  /** The version new data keys are wrapped with. */
  readonly current: number
  wrap(plain: Uint8Array, context: string): { version: number; wrapped: Buffer }
  unwrap(version: number, wrapped: Uint8Array, context: string): Buffer
  /** A keyed hash for looking things up without knowing them; `field` keeps fields apart. */
  blind(field: string, value: string): Buffer
  /** A keyed hash of a token or code, as it is stored. */
  token(value: string): Buffer
}

const keyFile = z.strictObject({
  wrapping: z.array(z.strictObject({ version: z.number().int().min(1), key: z.base64() })).min(1),
  blind: z.base64(),
  token: z.base64(),
})

/** Reads the key file; makes one, readable only by its owner, when there is none. */
export async function loadKeys(file: string): Promise<Keys> {
  const known = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (known !== null) return keysFrom(keyFile.parse(JSON.parse(known)))
  const fresh = {
    wrapping: [{ version: 1, key: randomBytes(32).toString('base64') }],
    blind: randomBytes(32).toString('base64'),
    token: randomBytes(32).toString('base64'),
  }
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(fresh, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  return keysFrom(fresh)
}

/** Keys derived from a phrase; for tests and benchmarks, and for looking at a deployment whose keys are missing. */
export function keysFromPhrase(phrase: string): Keys {
  const derive = (use: string): string => Buffer.from(hkdfSync('sha256', phrase, '', use, 32)).toString('base64')
  return keysFrom({ wrapping: [{ version: 1, key: derive('wrap') }], blind: derive('blind'), token: derive('token') })
}

function keysFrom(file: z.infer<typeof keyFile>): Keys {
  // as key objects: bytes would be made into one at each use
  const secret = (text: string): KeyObject => createSecretKey(Buffer.from(text, 'base64'))
  const wrapping = new Map(file.wrapping.map(({ version, key }) => [version, secret(key)]))
  const current = Math.max(...wrapping.keys())
  const blindKey = secret(file.blind)
  const tokenKey = secret(file.token)
  const wrapKey = (version: number): KeyObject => present(wrapping.get(version), `wrapping key ${version} is in the key file`)
  return {
    current,
    wrap: (plain, context) => ({ version: current, wrapped: encrypt(wrapKey(current), plain, context) }),
    unwrap: (version, wrapped, context) => decrypt(wrapKey(version), wrapped, context),
    blind: (field, value) => createHmac('sha256', blindKey).update(`${field}\u0000${value}`).digest(),
    token: (value) => createHmac('sha256', tokenKey).update(value).digest(),
  }
}

/** AES-256-GCM: 12 bytes nonce, 16 bytes tag, then the ciphertext. `context` is authenticated with it (AAD). */
export function encrypt(key: Uint8Array | KeyObject, plain: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(context))
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body])
}

/** The plaintext of `encrypt`; throws when key, context or bytes are not the ones it was made with. */
export function decrypt(key: Uint8Array | KeyObject, sealed: Uint8Array, context: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
  decipher.setAuthTag(sealed.subarray(12, 28))
  decipher.setAAD(Buffer.from(context))
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()])
}

/** Whether two byte strings are equal, in constant time. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** SHA-256 in hexadecimal. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
