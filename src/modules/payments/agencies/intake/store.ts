import { type Selectable, sql } from 'kysely'
import { type Db, tablesOf } from '../../../../platform/db.ts'

/** What became of the rows of an import; `amount` is what was added, in minor units as decimal digits. */
export type Tally = {
  readonly added: number
  readonly repeated: number
  readonly amount: string
  readonly rejected: Readonly<Record<string, number>>
}

type IntakeTable = {
  client_id: string
  file_hash: string
  rows: number
  tally: Tally
  rejects_bytes: number
  updated_at: Date
  finished_at: Date | null
}
type Tables = { 'payments.client_intake': IntakeTable }

/** How far an import has come. */
export type Intake = Selectable<IntakeTable>

const tables = (db: Db) => tablesOf<Tables>(db)

export async function intakeOf(db: Db, clientId: string, lock = false): Promise<Intake | null> {
  const found = tables(db).selectFrom('payments.client_intake').selectAll().where('client_id', '=', clientId)
  return (await (lock ? found.forUpdate() : found).executeTakeFirst()) ?? null
}

export async function keepIntake(db: Db, intake: Intake): Promise<void> {
  const row = { ...intake, tally: sql<Tally>`${JSON.stringify(intake.tally)}::jsonb` }
  await tables(db)
    .insertInto('payments.client_intake')
    .values(row)
    .onConflict((c) => c.column('client_id').doUpdateSet(row))
    .execute()
}
