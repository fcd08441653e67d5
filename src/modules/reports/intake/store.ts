import { type RawBuilder, sql } from 'kysely'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { CategoryRow } from '../categories/store.ts'
import type { FollowerRow, ReportRow, UpdateRow } from '../store.ts'

/** What became of the rows of an import. */
export type Tally = {
  readonly added: number
  /** Rows whose report was there already. */
  readonly repeated: number
  readonly categories: number
  /** Rows that say they repeat another report without one that could be found; they are closed elsewhere. */
  readonly unlinked: number
  readonly rejected: Readonly<Record<string, number>>
}

/** How far an import has come. */
export type Intake = {
  source: string
  file_hash: string
  rows: number
  tally: Tally
  rejects_bytes: number
  started_at: Date
  updated_at: Date
  finished_at: Date | null
}

type Tables = { 'reports.intake': Intake; 'reports.category': CategoryRow; 'reports.report': ReportRow }

const tables = (db: Db) => tablesOf<Tables>(db)

/** How far the import of a source has come; null before its first row. With `lock` held until the transaction ends. */
export async function intakeOf(db: Db, source: string, lock = false): Promise<Intake | null> {
  const query = tables(db).selectFrom('reports.intake').selectAll().where('source', '=', source)
  return (await (lock ? query.forUpdate() : query).executeTakeFirst()) ?? null
}

export async function keepIntake(db: Db, intake: Intake): Promise<void> {
  const row = { ...intake, tally: sql<Tally>`${JSON.stringify(intake.tally)}::jsonb` }
  await tables(db)
    .insertInto('reports.intake')
    .values(row)
    .onConflict((c) => c.column('source').doUpdateSet(row))
    .execute()
}

/** Adds categories that are not there yet; returns the ids of those that are new. */
export async function addCategories(db: Db, rows: readonly CategoryRow[]): Promise<string[]> {
  if (rows.length === 0) return []
  const added = await tables(db)
    .insertInto('reports.category')
    .values(rows.map((row) => ({ ...row, name: sql<CategoryRow['name']>`${JSON.stringify(row.name)}::jsonb` })))
    .onConflict((c) => c.doNothing())
    .returning('id')
    .execute()
  return added.map((row) => row.id)
}

/** The reports of a source by their id there: this one, and the one that it is a duplicate of. */
export async function reportsOfSource(
  db: Db,
  source: string,
  sourceIds: readonly string[],
): Promise<ReadonlyMap<string, { id: string; root: string }>> {
  const result = await sql<{ id: string; source_id: string; root: string }>`
    select id, source_id, coalesce(merged_into, id) as root from reports.report
    where source = ${source} and source_id = any(${[...sourceIds]}::text[])`.execute(db)
  return new Map(result.rows.map((row) => [row.source_id, { id: row.id, root: row.root }]))
}

/** Rows as one JSON text for a table, in the columns that the first one has; the table fills the others. */
function listOf(table: string, rows: readonly object[]): RawBuilder<unknown> {
  const columns = sql.raw(Object.keys(rows[0] ?? {}).map((name) => `"${name}"`).join(', ')) // prettier-ignore
  return sql`insert into ${sql.raw(table)} (${columns})
    select ${columns} from jsonb_populate_recordset(null::${sql.raw(table)}, ${JSON.stringify(rows)}::jsonb)`
}

/** Writes reports with one statement; what is there already by its id at its source is left out. Returns the ids of the new ones. */
export async function insertReports(db: Db, rows: readonly ReportRow[]): Promise<ReadonlySet<string>> {
  if (rows.length === 0) return new Set()
  const result = await sql<{ id: string }>`${listOf('reports.report', rows)}
    on conflict (source, source_id) where source_id is not null do nothing returning id`.execute(db)
  return new Set(result.rows.map((row) => row.id))
}

/** Writes public lines with one statement. */
export async function insertUpdates(db: Db, rows: readonly UpdateRow[]): Promise<void> {
  if (rows.length > 0) await listOf('reports.update', rows).execute(db)
}

/** Writes those who follow reports with one statement. */
export async function insertFollowers(db: Db, rows: readonly FollowerRow[]): Promise<void> {
  if (rows.length === 0) return
  const given = rows.map((row) => ({ ...row, code: `\\x${row.code.toString('hex')}` }))
  await listOf('reports.follower', given).execute(db)
}
