import { readFileSync } from 'node:fs'
import { foldText } from '../../../kernel/text.ts'
import { breachedDigest, DIGEST_BYTES } from './digest.ts'

/** The list, sorted; some 44,000 passwords that are long enough here and were found in breaches (`tools/passwords.ts` makes it). */
const list = readFileSync(new URL('./breached.bin', import.meta.url))

/** Whether a password is in the list of breached ones, whatever the case of its letters (OWASP ASVS 5.0, 6.2.4 and 6.2.12). */
export function isBreached(password: string): boolean {
  const wanted = breachedDigest(password)
  let low = 0
  let high = list.length / DIGEST_BYTES
  while (low < high) {
    const middle = (low + high) >> 1
    const order = wanted.compare(list, middle * DIGEST_BYTES, (middle + 1) * DIGEST_BYTES)
    if (order === 0) return true
    if (order < 0) high = middle
    else low = middle + 1
  }
  return false
}

/** The shortest word that counts when a password is looked through. */
const WORD = 4

/**
 * Whether so much of a password is made of words that everybody would try for this person (their name and address, the
 * city) that less than the shortest password is left (OWASP ASVS 5.0, 6.1.2 and 6.2.11).
 */
export function isAboutThem(password: string, words: readonly string[], shortest: number): boolean {
  let left = foldText(password).replaceAll(' ', '')
  const known = words.flatMap((text) => foldText(text).split(' ')).filter((word) => word.length >= WORD)
  for (const word of known.toSorted((a, b) => b.length - a.length)) left = left.replaceAll(word, '')
  return left.length < Math.min(shortest / 2, [...password].length)
}
