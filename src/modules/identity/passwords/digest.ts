import { createHash } from 'node:crypto'

/** How much of each password's SHA-256 the list keeps, in bytes: enough that a good password is refused by chance once in millions. */
export const DIGEST_BYTES = 5

/** What the list keeps of a password: the beginning of the SHA-256 of its lower-case form (NFKC). */
export function breachedDigest(password: string): Buffer {
  return createHash('sha256').update(password.normalize('NFKC').toLowerCase()).digest().subarray(0, DIGEST_BYTES)
}
