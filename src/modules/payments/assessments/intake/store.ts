import { type Selectable, sql } from 'kysely'
import { type Db, tablesOf } from '../../../../platform/db.ts'
import type { TakenIn } from '../register.ts'

/** What became of the rows of a register's file. */
export type ParcelTally = TakenIn & { readonly rejected: Readonly<Record<string, number>> }

type IntakeTable = {
  single: boolean
  id: string
  file_hash: string
  rows: number
  tally: ParcelTally
  rejects_bytes: bigint
  updated_at: Date
  finished_at: Date | null
}
type Tables = { 'payments.parcel_intake': IntakeTable }

/** How far the register's file has come. */
export type ParcelIntake = Selectable<IntakeTable>

const tables = (db: Db) => tablesOf<Tables>(db)

export async function parcelIntake(db: Db, lock = false): Promise<ParcelIntake | null> {
  const found = tables(db).selectFrom('payments.parcel_intake').selectAll()
  return (await (lock ? found.forUpdate() : found).executeTakeFirst()) ?? null
}

export async function keepParcelIntake(db: Db, intake: Omit<ParcelIntake, 'single'>): Promise<void> {
  const row = { ...intake, single: true, tally: sql<ParcelTally>`${JSON.stringify(intake.tally)}::jsonb` }
  await tables(db)
    .insertInto('payments.parcel_intake')
    .values(row)
    .onConflict((c) => c.column('single').doUpdateSet(row))
    .execute()
}
