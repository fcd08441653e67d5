import { foldText } from '../../kernel/text.ts'
import type { Platform } from '../../platform/platform.ts'
import * as store from './store.ts'

/** The look-up field of the words in the names of applicants. */
const NAME_FIELD = 'case.name'
/** The look-up field of the street that somebody lives in. */
const STREET_FIELD = 'home.street'

/**
 * Makes the street of an address comparable, in the caller's transaction: a keyed hash of street and town, kept with the
 * record and gone with it. What is not an address makes nothing and removes what was there.
 */
export async function indexStreet(tx: Platform, recordId: string, personId: string, address: unknown): Promise<void> {
  const street = streetOf(address)
  await store.putBlind(tx.db, recordId, personId, STREET_FIELD, street === null ? [] : [tx.keys.blind(STREET_FIELD, street)])
}

/** Street and town as they are compared: folded, without the number of the house. */
export function streetOf(address: unknown): string | null {
  if (typeof address !== 'object' || address === null) return null
  const part = (name: string): string => {
    const value: unknown = Object.entries(address).find(([key]) => key === name)?.[1]
    return typeof value === 'string' ? foldText(value) : ''
  }
  const street = part('line1')
    .split(' ')
    .filter((word) => !/\p{N}/u.test(word))
    .join(' ')
  return street === '' ? null : `${street}/${part('town')}`
}

/**
 * Those of these persons who have a home in the same street as another person. Answered by keyed hashes: nothing is opened
 * and nothing is known afterwards but who.
 */
export async function neighboursAmong(platform: Platform, personId: string, others: readonly string[]): Promise<string[]> {
  return store.sharingBlind(platform.db, STREET_FIELD, personId, others)
}

/** Those of these persons whose name, as they gave it with an application, has this word; by keyed hashes. */
export async function namedAmong(platform: Platform, word: string, persons: readonly string[]): Promise<string[]> {
  const folded = foldText(word)
  return folded === '' ? [] : store.withBlind(platform.db, NAME_FIELD, platform.keys.blind(NAME_FIELD, folded), persons)
}
