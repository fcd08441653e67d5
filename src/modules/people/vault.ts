import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { notFound } from '../../kernel/problem.ts'
import { invariant, present } from '../../kernel/invariant.ts'
import { foldText } from '../../kernel/text.ts'
import { decrypt, encrypt } from '../../platform/crypto.ts'
import { record } from '../../platform/journal/journal.ts'
import { type Platform, transact, transactApart } from '../../platform/platform.ts'
import type { Actor } from '../access/index.ts'
import { indexStreet } from './likeness.ts'
import { findByWords, index, tokensOf } from './lookup.ts'
import * as store from './store.ts'

/** Why somebody opens a record: a purpose such as `case.decide`, and the law as a code such as `gdpr.6.1.e`. */
export type Reason = { readonly purpose: string; readonly legalBasis: string }

/** What to open: a record and some of its fields (all when left out). */
export type Ask = Reason & { readonly record: string; readonly fields?: readonly string[] }

/** The person's id as the journal knows it: a keyed hash, the same each time. */
export function blindedPerson(platform: Platform, personId: string): string {
  return platform.keys.blind('subject', personId).toString('hex').slice(0, 32)
}

/** Makes a person with a fresh data key, in the caller's transaction; returns the id. */
export async function createPerson(tx: Platform): Promise<string> {
  const id = tx.newId()
  const { version, wrapped } = tx.keys.wrap(randomBytes(32), id)
  await store.insertPerson(tx.db, id, version, wrapped, tx.now())
  return id
}

/** Makes an empty record of a person, in the caller's transaction; returns its id. */
export async function createRecord(tx: Platform, personId: string, kind: string): Promise<string> {
  const id = tx.newId()
  await store.insertRecord(tx.db, id, personId, kind, tx.now())
  return id
}

/** Seals fields of a record in the caller's transaction; `null` removes a field. Writing needs no opening. */
export async function seal(tx: Platform, recordId: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
  const owner = await store.keyOfRecord(tx.db, recordId)
  const key = unwrap(tx, owner)
  const sealed = Object.entries(fields).flatMap(([field, value]) =>
    value === null || value === undefined
      ? []
      : [{ field, ciphertext: encrypt(key, Buffer.from(JSON.stringify(value)), `${recordId}/${field}`) }],
  )
  const gone = Object.keys(fields).filter((field) => fields[field] === null || fields[field] === undefined)
  await store.putSealed(tx.db, recordId, sealed, tx.now())
  await store.removeSealed(tx.db, recordId, gone)
  if (owner && 'address' in fields && (await store.profileRecord(tx.db, owner.personId)) === recordId)
    await indexStreet(tx, recordId, owner.personId, fields['address'])
}

/** A record to seal with others: its fields, and whole values by which it is found again. */
export type NewRecord = {
  readonly id: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly findBy: readonly string[]
}

/** Makes records of one person with their sealed fields, all at once, in the caller's transaction; `findField` is what `findByValues` looks in. */
export async function sealMany(
  tx: Platform,
  personId: string,
  kind: string,
  findField: string,
  records: readonly NewRecord[],
): Promise<void> {
  const key = unwrap(tx, await store.keyOf(tx.db, personId))
  const sealed = records.flatMap(({ id, fields }) =>
    Object.entries(fields).map(([field, value]) => ({
      record: id,
      field,
      ciphertext: encrypt(key, Buffer.from(JSON.stringify(value)), `${id}/${field}`),
    })),
  )
  const blind = records.flatMap(({ id, findBy }) => tokensOf(tx, findField, findBy).map((token) => ({ record: id, token })))
  await store.insertMany(tx.db, { personId, kind, findField, records: records.map(({ id }) => id), sealed, blind }, tx.now())
}

/**
 * The only way to plaintext. Runs in its own transaction, commits the access line, and only then returns; it never
 * joins the caller's transaction, so that no rolled-back caller leaves a reading unrecorded. Throws 404 when there is
 * no such record or its person was erased.
 */
export async function open(platform: Platform, actor: Actor, ask: Ask): Promise<Record<string, unknown>> {
  const opened = await openMany(platform, actor, [ask])
  return present(opened.get(ask.record), 'the opened record')
}

/** Opens several records with one line for each, in person order. */
export async function openMany(platform: Platform, actor: Actor, asks: readonly Ask[]): Promise<Map<string, Record<string, unknown>>> {
  const ids = asks.map((ask) => ask.record)
  const taken = await transactApart(platform, async (tx) => {
    const rows = await store.takeOpening(tx.db, ids)
    const owners = new Map(rows.map((row) => [row.record_id, row.person_id]))
    if (owners.size !== new Set(ids).size) throw notFound('record')
    const keys = new Map(rows.flatMap((row) => keyIn(row)))
    const sealed = rows.flatMap(({ record_id, field, ciphertext }) => (field && ciphertext ? [{ record_id, field, ciphertext }] : []))
    const ordered = asks.toSorted((a, b) => (owners.get(a.record) ?? '').localeCompare(owners.get(b.record) ?? ''))
    const left = new Map([...Map.groupBy(ordered, (ask) => owners.get(ask.record) ?? '')].map(([owner, own]) => [owner, own.length]))
    for (const ask of ordered) {
      const personId = present(owners.get(ask.record), 'owner of a record')
      const key = keys.get(personId)
      if (!key) throw notFound('record')
      // each line has a number of its own, so that a missing number is a missing line
      const after = (left.get(personId) ?? 1) - 1
      left.set(personId, after)
      const fields = sealed.filter((row) => row.record_id === ask.record).map((row) => row.field)
      await record(tx, actor, {
        type: 'people.record.opened',
        stream: personId,
        subject: blindedPerson(tx, personId),
        counted: false,
        data: {
          record: ask.record,
          purpose: ask.purpose,
          legal_basis: basisOf(actor, ask),
          fields: ask.fields ? fields.filter((field) => ask.fields?.includes(field)) : fields,
          count: Number(key.opened) - after,
        },
      })
    }
    return { owners, keys, sealed }
  })
  const result = new Map<string, Record<string, unknown>>()
  for (const ask of asks) {
    const key = unwrap(platform, taken.keys.get(taken.owners.get(ask.record) ?? '') ?? null)
    const rows = taken.sealed.filter((row) => row.record_id === ask.record && (ask.fields?.includes(row.field) ?? true))
    result.set(
      ask.record,
      Object.fromEntries(rows.map((row) => [row.field, JSON.parse(decrypt(key, row.ciphertext, `${ask.record}/${row.field}`).toString())])),
    )
  }
  return result
}

/** The law of an opening: what is a person's own is another's only by that person's leave (GDPR, article 6(1)(a)). */
function basisOf(actor: Actor, reason: Reason): string {
  return reason.legalBasis === 'own' && actor.acting !== null ? 'gdpr.6.1.a' : reason.legalBasis
}

/**
 * Gives a record and its documents to another person: opened with the old key, sealed with the new, in the caller's
 * transaction. A document gets a new id, so that a transaction that fails leaves the old file as it was. Returns the
 * files that are to be removed after the commit.
 */
export async function adoptRecord(tx: Platform, recordId: string, personId: string): Promise<string[]> {
  const from = unwrap(tx, await store.keyOfRecord(tx.db, recordId))
  const to = unwrap(tx, await store.keyOf(tx.db, personId))
  const rows = await store.sealedFields(tx.db, [recordId], null)
  const renamed = new Map<string, string>()
  for (const row of await store.documentsOfRecord(tx.db, recordId)) {
    const bytes = await tx.files.get(row.id)
    const name = decrypt(from, row.sealed_name, `document-name/${row.id}`).toString()
    await store.deleteDocument(tx.db, row.id)
    if (!bytes) continue
    const file = { name, mediaType: row.media_type, bytes: decrypt(from, bytes, `document/${row.id}`) }
    renamed.set(row.id, await putDocument(tx, personId, file, recordId))
  }
  const again = rows.map(({ field, ciphertext }) => {
    const context = `${recordId}/${field}`
    let text = decrypt(from, ciphertext, context).toString()
    for (const [before, after] of renamed) text = text.replaceAll(before, after)
    return { field, ciphertext: encrypt(to, Buffer.from(text), context) }
  })
  await store.moveRecord(tx.db, recordId, personId)
  await store.putSealed(tx.db, recordId, again, tx.now())
  return [...renamed.keys()]
}

/** Removes files whose documents are gone, after the transaction that removed them has committed. */
export async function removeFiles(platform: Platform, ids: readonly string[]): Promise<void> {
  for (const id of ids) await platform.files.remove(id)
}

/**
 * Encrypts bytes under a person's key and stores them; returns the document's id. The name is sealed too. A document
 * of a record moves and goes with it.
 */
export async function putDocument(
  platform: Platform,
  personId: string,
  file: { name: string; mediaType: string; bytes: Uint8Array },
  recordId: string | null = null,
): Promise<string> {
  const id = platform.newId()
  const key = unwrap(platform, await store.keyOf(platform.db, personId))
  await platform.files.put(id, encrypt(key, file.bytes, `document/${id}`))
  await store.insertDocument(platform.db, {
    id,
    person_id: personId,
    record_id: recordId,
    sealed_name: encrypt(key, Buffer.from(file.name), `document-name/${id}`),
    media_type: file.mediaType,
    bytes: file.bytes.length,
    created_at: platform.now(),
  })
  return id
}

/** The names, types and sizes of documents, for the page of a record that the reader has just opened. */
export async function describeDocuments(
  platform: Platform,
  ids: readonly string[],
): Promise<Array<{ id: string; name: string; mediaType: string; bytes: number }>> {
  const rows = await store.documentsById(platform.db, ids)
  return Promise.all(
    rows.map(async (row) => {
      const key = unwrap(platform, await store.keyOf(platform.db, row.person_id))
      const name = decrypt(key, row.sealed_name, `document-name/${row.id}`).toString()
      return { id: row.id, name, mediaType: row.media_type, bytes: row.bytes }
    }),
  )
}

/** Opens a document with an access line, like `open`. */
export async function openDocument(
  platform: Platform,
  actor: Actor,
  id: string,
  reason: Reason,
): Promise<{ mediaType: string; bytes: Uint8Array }> {
  const taken = await transactApart(platform, async (tx) => {
    const [row] = await store.documentsById(tx.db, [id])
    const [key] = row ? await store.countOpening(tx.db, [row.person_id]) : []
    if (!row || !key) throw notFound('document')
    await record(tx, actor, {
      type: 'people.document.opened',
      stream: row.person_id,
      subject: blindedPerson(tx, row.person_id),
      counted: false,
      data: { document: id, purpose: reason.purpose, legal_basis: basisOf(actor, reason), count: Number(key.opened) },
    })
    return { row, key }
  })
  const sealed = await platform.files.get(id)
  if (!sealed) throw notFound('document')
  return { mediaType: taken.row.media_type, bytes: decrypt(unwrap(platform, taken.key), sealed, `document/${id}`) }
}

/** Whether all these documents are this person's. */
export async function ownsDocuments(platform: Platform, personId: string, ids: readonly string[]): Promise<boolean> {
  const rows = await store.documentsById(platform.db, ids)
  return rows.length === new Set(ids).size && rows.every((row) => row.person_id === personId)
}

/** How many documents belong to a record. */
export function countDocuments(platform: Platform, recordId: string): Promise<number> {
  return store.countDocuments(platform.db, recordId)
}

/** The one of these documents that has this name and these very bytes; null when none has. It is compared, not given out. */
export async function sameDocument(
  platform: Platform,
  ids: readonly string[],
  file: { readonly name: string; readonly bytes: Uint8Array },
): Promise<string | null> {
  const known = await describeDocuments(platform, ids)
  for (const { id } of known.filter((each) => each.name === file.name && each.bytes === file.bytes.length)) {
    const [row] = await store.documentsById(platform.db, [id])
    const sealed = row ? await platform.files.get(id) : null
    const key = row ? unwrap(platform, await store.keyOf(platform.db, row.person_id)) : null
    if (sealed && key && Buffer.compare(decrypt(key, sealed, `document/${id}`), file.bytes) === 0) return id
  }
  return null
}

/** Removes every field, look-up row and document of a record for good, in the caller's transaction. Returns the files to remove after the commit. */
export async function eraseRecord(tx: Platform, recordId: string): Promise<string[]> {
  const fields = await store.sealedFields(tx.db, [recordId], null)
  await store.removeSealed(
    tx.db,
    recordId,
    fields.map((row) => row.field),
  )
  await store.removeBlind(tx.db, recordId)
  const documents = await store.documentsOfRecord(tx.db, recordId)
  for (const row of documents) await store.deleteDocument(tx.db, row.id)
  return documents.map((row) => row.id)
}

/** Removes a document that belongs to no record, in the caller's transaction. Returns the file to remove after the commit. */
export async function eraseDocument(tx: Platform, id: string): Promise<string[]> {
  await store.deleteDocument(tx.db, id)
  return [id]
}

/** Removes a document and its bytes. */
export async function removeDocument(platform: Platform, id: string): Promise<void> {
  await store.deleteDocument(platform.db, id)
  await platform.files.remove(id)
}

/** Since when a person's profile has each of its fields, by field; nothing is opened for it. */
export async function profileSince(platform: Platform, personId: string): Promise<ReadonlyMap<string, Date>> {
  const profile = await store.profileRecord(platform.db, personId)
  return new Map(profile === null ? [] : (await store.sealedSince(platform.db, profile)).map((row) => [row.field, row.sealed_at]))
}

/** The person's profile record; made when there is none yet. */
export async function profileOf(tx: Platform, personId: string): Promise<string> {
  return (await store.profileRecord(tx.db, personId)) ?? (await createRecord(tx, personId, 'profile'))
}

/** Writes fields of a person's profile and says so in the journal. `source` is the id of what caused it. */
export async function updateProfile(
  platform: Platform,
  actor: Actor,
  personId: string,
  fields: Readonly<Record<string, unknown>>,
  source: string,
): Promise<void> {
  await transact(platform, async (tx) => {
    const profile = await profileOf(tx, personId)
    await seal(tx, profile, fields)
    if (Object.hasOwn(fields, 'national_id')) await index(tx, profile, personId, NATIONAL_ID, codesIn(fields['national_id']))
    await record(tx, actor, {
      type: 'people.person.updated',
      stream: personId,
      subject: blindedPerson(tx, personId),
      counted: false,
      data: { fields: Object.keys(fields), source },
    })
  })
}

/** The look-up of a person by the code that a register knows them by. */
const NATIONAL_ID = 'person.national_id'

function codesIn(value: unknown): string[] {
  return typeof value === 'string' ? [value.replaceAll(/[^\p{L}\p{N}]/gu, '')] : []
}

/** The person of whom a register has this code; null when there is none here, or more than one says so. */
export async function personByNationalId(platform: Platform, code: string): Promise<string | null> {
  const [profile, other] = await findByWords(platform, NATIONAL_ID, codesIn(code), 2)
  return profile !== undefined && other === undefined ? store.personOfRecord(platform.db, profile) : null
}

/** Destroys a person's key, sealed fields, look-up rows and documents; the journal keeps only that it was done. */
export async function erasePerson(platform: Platform, actor: Actor, personId: string, reason: string): Promise<void> {
  invariant(!platform.inTransaction, 'files are removed after the commit')
  await removeFiles(platform, await transact(platform, (tx) => destroyPerson(tx, actor, personId, reason)))
}

/** The same in the caller's transaction. Returns the files to remove after the commit; nobody can read them from then on. */
export async function destroyPerson(tx: Platform, actor: Actor, personId: string, reason: string): Promise<string[]> {
  const documents = await store.documentsOf(tx.db, personId)
  await store.erase(tx.db, personId, tx.now())
  await record(tx, actor, {
    type: 'people.person.erased',
    stream: personId,
    subject: blindedPerson(tx, personId),
    counted: false,
    data: { reason },
  })
  return documents.map((row) => row.id)
}

/** A token for comparing an answer without knowing it, such as "one permit for each address". */
export function comparisonToken(platform: Platform, field: string, value: unknown): Buffer {
  return platform.keys.blind(`same/${field}`, foldText(sortedText(value)))
}

/** A value as text in one order; how an address was found (`address_id`) does not make it another address. */
function sortedText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .filter(([name]) => name !== 'address_id')
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([, part]) => sortedText(part))
    .join(' ')
}

function keyIn(row: store.OpeningRow): Array<[string, store.WrappedKey & { opened: bigint }]> {
  const { person_id: personId, key_version: version, wrapped_key: wrapped, opened } = row
  return version === null || wrapped === null || opened === null ? [] : [[personId, { personId, version, wrapped, opened }]]
}

function unwrap(platform: Platform, key: store.WrappedKey | null): KeyObject {
  if (!key) throw notFound('record')
  return createSecretKey(platform.keys.unwrap(key.version, key.wrapped, key.personId))
}
