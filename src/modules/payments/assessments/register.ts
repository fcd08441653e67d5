import type { Platform } from '../../../platform/platform.ts'
import { transact } from '../../../platform/platform.ts'
import { systemActor } from '../../access/index.ts'
import { createPersons, destroyPerson, eraseRecord, hasContent, type NewPerson } from '../../people/index.ts'
import { nameKey, PAYER_NAME } from '../payername.ts'
import * as store from './store.ts'
import type { Parcel } from './store.ts'

/** A parcel as it comes into the register: value in minor units, area in square metres, its owner in the clear, who is sealed. */
export type NewParcel = {
  readonly number: string
  readonly addressId: string | null
  readonly district: string | null
  readonly area: number
  readonly use: string
  readonly value: bigint
  readonly exemption: string | null
  readonly language: string
  readonly owner: {
    readonly kind: 'person' | 'company'
    readonly name: string
    readonly email?: string
    readonly address: readonly string[]
  }
}

/** What became of parcels: `changed` say something else now, `owners` of all have a new owner, `same` are as they were. */
export type TakenIn = { readonly added: number; readonly changed: number; readonly owners: number; readonly same: number }

const BATCH = 1_000
const PROGRAM = systemActor('payments')

/** Adds parcels to the register, a thousand a transaction, as `takeParcels` does. Returns how many are new. */
export async function addParcels(platform: Platform, parcels: readonly NewParcel[]): Promise<number> {
  let added = 0
  for (let from = 0; from < parcels.length; from += BATCH)
    added += (await transact(platform, (tx) => takeParcels(tx, parcels.slice(from, from + BATCH)))).added
  return added
}

/**
 * Brings the register to what is said of these parcels, each named once, in the caller's transaction. A new owner is somebody new in
 * the vault; bills of the one before stay as they are, and one who has none is forgotten. What is as it was is not written.
 */
export async function takeParcels(tx: Platform, parcels: readonly NewParcel[]): Promise<TakenIn> {
  const numbers = parcels.map((parcel) => parcel.number)
  const known = new Map((await store.lockParcels(tx.db, numbers)).map((row) => [row.number, row]))
  const persons: NewPerson[] = []
  const rows: Parcel[] = []
  const left: Array<{ person: string; record: string }> = []
  for (const parcel of parcels) {
    const before = known.get(parcel.number)
    const mark = ownerMark(tx, parcel.owner)
    const stays = before?.owner_mark?.equals(mark) === true && before.person_id !== null
    const row = rowOf(tx, parcel, before, mark, stays)
    if (before && stays && sameSaid(before, row)) continue
    rows.push(row)
    if (stays || row.person_id === null || row.record_id === null) continue
    persons.push(personOf(parcel.owner, row.person_id, row.record_id))
    if (before?.person_id && before.record_id) left.push({ person: before.person_id, record: before.record_id })
  }
  await createPersons(tx, 'bill', PAYER_NAME, persons)
  await store.putParcels(tx.db, rows)
  await forget(tx, left)
  const added = parcels.length - known.size
  return { added, changed: rows.length - added, owners: persons.length - added, same: parcels.length - rows.length }
}

function ownerMark({ keys }: Platform, { kind, name, email, address }: NewParcel['owner']): Buffer {
  return keys.token(`parcel-owner:${JSON.stringify([kind, name, email ?? '', address])}`)
}

function rowOf(tx: Platform, parcel: NewParcel, before: Parcel | undefined, mark: Buffer, stays: boolean): Parcel {
  return {
    id: before?.id ?? tx.newId(),
    number: parcel.number,
    address_id: parcel.addressId,
    district: parcel.district,
    area: parcel.area,
    use: parcel.use,
    value: parcel.value,
    exemption: parcel.exemption,
    owner: parcel.owner.kind,
    person_id: before && stays ? before.person_id : tx.newId(),
    record_id: before && stays ? before.record_id : tx.newId(),
    language: parcel.language,
    mails: parcel.owner.email !== undefined,
    owner_mark: mark,
    updated_at: tx.now(),
  }
}

const SAID = ['address_id', 'district', 'area', 'use', 'value', 'exemption', 'language'] as const

function sameSaid(before: Parcel, now: Parcel): boolean {
  return SAID.every((name) => before[name] === now[name])
}

function personOf(owner: NewParcel['owner'], person: string, record: string): NewPerson {
  const fields = { name: owner.name, ...(owner.email ? { email: owner.email } : {}), address: owner.address.join('\n') }
  return { id: person, record, fields, findBy: [nameKey(owner.name)] }
}

/** An owner who owns nothing any more and was never billed is nobody the city has to know. Their records hold no files. */
async function forget(tx: Platform, owners: ReadonlyArray<{ readonly person: string; readonly record: string }>): Promise<void> {
  for (const { person, record } of await store.unusedRecords(tx.db, owners)) {
    await eraseRecord(tx, record)
    if (!(await hasContent(tx, person))) await destroyPerson(tx, PROGRAM, person, 'owner-changed')
  }
}
