import type { Platform } from '../../../platform/platform.ts'
import { transact } from '../../../platform/platform.ts'
import { createPersons } from '../../people/index.ts'
import { nameKey, PAYER_NAME } from '../payername.ts'
import * as store from './store.ts'

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

const BATCH = 1_000

/**
 * Adds parcels to the register with their owners in the vault, a thousand a transaction; one whose number is there gets the
 * new area, use, value and exemption and keeps its owner. Returns how many are new.
 */
export async function addParcels(platform: Platform, parcels: readonly NewParcel[]): Promise<number> {
  let added = 0
  for (let from = 0; from < parcels.length; from += BATCH)
    added += await transact(platform, (tx) => addSome(tx, parcels.slice(from, from + BATCH)))
  return added
}

async function addSome(tx: Platform, parcels: readonly NewParcel[]): Promise<number> {
  const known = new Set(await store.knownNumbers(tx.db, parcels.map((parcel) => parcel.number))) // prettier-ignore
  const rows = parcels.map((parcel) => ({
    parcel,
    id: tx.newId(),
    person: tx.newId(),
    record: tx.newId(),
    fresh: !known.has(parcel.number),
  }))
  const fresh = rows.filter((row) => row.fresh)
  await createPersons(
    tx,
    'bill',
    PAYER_NAME,
    fresh.map(({ parcel: { owner }, person, record }) => ({
      id: person,
      record,
      fields: { name: owner.name, ...(owner.email ? { email: owner.email } : {}), address: owner.address.join('\n') },
      findBy: [nameKey(owner.name)],
    })),
  )
  await store.putParcels(
    tx.db,
    rows.map(({ parcel, id, person, record, fresh: isNew }) => ({
      id,
      number: parcel.number,
      address_id: parcel.addressId,
      district: parcel.district,
      area: parcel.area,
      use: parcel.use,
      value: parcel.value,
      exemption: parcel.exemption,
      owner: parcel.owner.kind,
      person_id: isNew ? person : null,
      record_id: isNew ? record : null,
      language: parcel.language,
      mails: isNew && parcel.owner.email !== undefined,
      updated_at: tx.now(),
    })),
  )
  return fresh.length
}
