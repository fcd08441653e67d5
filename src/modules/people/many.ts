import { randomBytes, createSecretKey } from 'node:crypto'
import { foldText } from '../../kernel/text.ts'
import { encrypt } from '../../platform/crypto.ts'
import type { Platform } from '../../platform/platform.ts'
import * as store from './store.ts'

/** Somebody new to the vault with one record: its fields, and whole values by which it is found again. */
export type NewPerson = {
  readonly id: string
  readonly record: string
  readonly fields: Readonly<Record<string, string>>
  readonly findBy: readonly string[]
}

/** Makes many persons with a fresh data key and one sealed record each, in the caller's transaction, in a fixed number of statements. */
export async function createPersons(tx: Platform, kind: string, findField: string, persons: readonly NewPerson[]): Promise<void> {
  if (persons.length === 0) return
  const rows = persons.map((person) => {
    const secret = randomBytes(32)
    const key = createSecretKey(secret)
    const { version, wrapped } = tx.keys.wrap(secret, person.id)
    const sealed = Object.entries(person.fields).map(([field, value]) => ({
      record: person.record,
      field,
      ciphertext: encrypt(key, Buffer.from(JSON.stringify(value)), `${person.record}/${field}`),
    }))
    const words = new Set(person.findBy.map(foldText).filter((word) => word !== ''))
    const blind = [...words].map((word) => ({ record: person.record, person: person.id, token: tx.keys.blind(findField, word) }))
    return { person: { id: person.id, record: person.record, version, wrapped }, sealed, blind }
  })
  const many = {
    kind,
    findField,
    persons: rows.map((row) => row.person),
    sealed: rows.flatMap((row) => row.sealed),
    blind: rows.flatMap((row) => row.blind),
  }
  await store.insertPersons(tx.db, many, tx.now())
}
