import {
  createCipheriv, createDecipheriv, createHash, createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes, timingSafeEqual,
} from 'node:crypto' // prettier-ignore

/** The deployment's keys. Separate ones for wrapping data keys, blind indexes and tokens; old wrapping keys stay for reading. */
export type Keys = {
  /** The version new data keys are wrapped with. */
  readonly current: number
  /** Every version that this process can unwrap, in order. */
  readonly versions: readonly number[]
  wrap(plain: Uint8Array, context: string): { version: number; wrapped: Buffer }
  /** The plain bytes; throws when the version is unknown, also after looking again where the keys come from. */
  unwrap(version: number, wrapped: Uint8Array, context: string): Buffer
  /** A keyed hash for looking things up without knowing them; `field` keeps fields apart. */
  blind(field: string, value: string): Buffer
  /** A keyed hash of a token or code, as it is stored. */
  token(value: string): Buffer
}

/** Keys ready for use: as key objects, because bytes would be made into one at each use. */
export type KeySet = {
  readonly current: number
  readonly wrapping: ReadonlyMap<number, KeyObject>
  readonly blind: KeyObject
  readonly token: KeyObject
}

/** Keys from a phrase; for tests and benchmarks, and for looking at a deployment whose keys are missing. */
export function keysFromPhrase(phrase: string): Keys {
  const derive = (use: string): KeyObject => createSecretKey(Buffer.from(hkdfSync('sha256', phrase, '', use, 32)))
  const set: KeySet = { current: 1, wrapping: new Map([[1, derive('wrap')]]), blind: derive('blind'), token: derive('token') }
  return keysFrom(() => set)
}

/**
 * The keys of a set that may change while the program runs: `look` is asked before each wrapping, so that nothing new is
 * wrapped by a version that was replaced, and again for a version that is not known yet. Keys for look-ups and tokens
 * stay those of the beginning.
 */
export function keysFrom(look: () => KeySet): Keys {
  const first = look()
  let known = first
  const refreshed = (): KeySet => (known = look())
  const wrapKey = (version: number): KeyObject => {
    const key = known.wrapping.get(version) ?? refreshed().wrapping.get(version)
    if (key) return key
    throw new Error(`Wrapping key ${version} is not among the deployment's keys. Put it back, or restart with the keys that have it.`)
  }
  return {
    get current() {
      return refreshed().current
    },
    get versions() {
      return [...refreshed().wrapping.keys()].toSorted((a, b) => a - b)
    },
    wrap(plain, context) {
      const { current } = refreshed()
      return { version: current, wrapped: encrypt(wrapKey(current), plain, context) }
    },
    unwrap: (version, wrapped, context) => decrypt(wrapKey(version), wrapped, context),
    blind: (field, value) => createHmac('sha256', first.blind).update(`${field}\u0000${value}`).digest(),
    token: (value) => createHmac('sha256', first.token).update(value).digest(),
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
