import type { Platform } from '../../platform/platform.ts'
import * as store from './store.ts'

/** What the vault keeps for a person, without its content. */
export type Holdings = {
  /** Sealed records by kind: `profile`, `journey`, `entry`, `message` and what other modules keep; oldest first. */
  readonly records: ReadonlyArray<{ readonly id: string; readonly kind: string; readonly createdAt: Date }>
  readonly documents: ReadonlyArray<{
    readonly id: string
    readonly recordId: string | null
    readonly mediaType: string
    readonly bytes: number
    readonly createdAt: Date
  }>
}

/** Every record and document of a person: whoever keeps something new in the vault is in this list without being named. */
export async function holdingsOf(platform: Platform, personId: string): Promise<Holdings> {
  const [records, documents] = await Promise.all([store.recordsOfPerson(platform.db, personId), store.documentsOf(platform.db, personId)])
  return {
    records: records.map((row) => ({ id: row.id, kind: row.kind, createdAt: row.created_at })),
    documents: documents
      .map((row) => ({ id: row.id, recordId: row.record_id, mediaType: row.media_type, bytes: row.bytes, createdAt: row.created_at }))
      .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime()),
  }
}

/** Those of these records that hold anything. */
export function notEmpty(platform: Platform, records: readonly string[]): Promise<string[]> {
  return store.sealedAmong(platform.db, records)
}

/** Those of these persons whose key is there: nobody, when all of them were erased. */
export function notErased(platform: Platform, ids: readonly string[]): Promise<string[]> {
  return store.withKey(platform.db, ids)
}

/** Whose record it is; null when there is none. */
export function ownerOf(platform: Platform, recordId: string): Promise<string | null> {
  return store.personOfRecord(platform.db, recordId)
}

/** Whether the vault has any content of a person left: empty records are none. */
export function hasContent(platform: Platform, personId: string): Promise<boolean> {
  return store.hasContent(platform.db, personId)
}

/** What kind these records are, by id; one that is gone is not in the answer. */
export async function recordKinds(platform: Platform, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await store.kindsOf(platform.db, ids)
  return new Map(rows.map((row) => [row.id, row.kind]))
}

/** The records that documents were sent for; one without a record is not in the answer. */
export async function recordsOfDocuments(platform: Platform, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await store.documentsById(platform.db, ids)
  return new Map(rows.flatMap((row) => (row.record_id === null ? [] : [[row.id, row.record_id] as const])))
}
