import { foldText } from '../../kernel/text.ts'
import type { Platform } from '../../platform/platform.ts'
import * as store from './store.ts'

/** Makes words of a field findable by exact match, in the caller's transaction. Replaces what was there. */
export async function index(tx: Platform, recordId: string, personId: string, field: string, words: readonly string[]): Promise<void> {
  await store.putBlind(tx.db, recordId, personId, field, tokensOf(tx, field, words))
}

/** The records that have all these words in a field; at most `limit`. */
export async function findByWords(platform: Platform, field: string, words: readonly string[], limit = 200): Promise<string[]> {
  return store.recordsByBlind(platform.db, field, tokensOf(platform, field, words), limit)
}

/**
 * The same as a condition for the query of a module that keeps records in a column: it picks the records that its reader
 * may know of before it cuts the list. Only keyed hashes are compared; nothing is opened.
 */
export function withWords(platform: Platform, field: string, words: readonly string[]): store.RecordsWith {
  return store.havingTokens(field, tokensOf(platform, field, words))
}

/** The keyed hashes of words, each once, as they are compared. */
export function tokensOf(platform: Platform, field: string, words: readonly string[]): Buffer[] {
  const folded = new Set(words.map(foldText).filter((word) => word !== ''))
  return [...folded].map((word) => platform.keys.blind(field, word))
}

/** The records that have these values in a field, by value, each value at most `limit` times; set-based, for lists of values. */
export async function findByValues(
  platform: Platform,
  field: string,
  values: readonly string[],
  limit = 20,
): Promise<Map<string, string[]>> {
  const tokens = new Map(
    values.flatMap((value) => tokensOf(platform, field, [value]).map((token) => [token.toString('hex'), value] as const)),
  )
  const found = new Map<string, string[]>()
  for (const row of await store.recordsByTokens(
    platform.db,
    field,
    [...tokens.keys()].map((hex) => Buffer.from(hex, 'hex')),
    limit,
  )) {
    const value = tokens.get(row.token.toString('hex'))
    if (value !== undefined) found.set(value, [...(found.get(value) ?? []), row.record_id])
  }
  return found
}
