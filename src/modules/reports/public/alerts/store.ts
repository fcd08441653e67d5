import { sql } from 'kysely'
import { type Db, tablesOf } from '../../../../platform/db.ts'

/** Who wants to hear of new reports around a place: of a district, a street, or a circle. */
export type AlertRow = {
  id: string
  person_id: string
  record_id: string
  district: string | null
  street: string | null
  lat: number | null
  long: number | null
  radius: number | null
  category_group: string | null
  language: string
  code: Buffer
  created_at: Date
  confirmed_at: Date | null
  told_until: Date
}

type Tables = { 'reports.alert': AlertRow }

const tables = (db: Db) => tablesOf<Tables>(db)

export async function insertAlert(db: Db, row: AlertRow): Promise<void> {
  await tables(db).insertInto('reports.alert').values(row).execute()
}

/** With `lock` held until the transaction ends. */
export async function alertByCode(db: Db, code: Buffer, lock = false): Promise<AlertRow | null> {
  const query = tables(db).selectFrom('reports.alert').selectAll().where('code', '=', code)
  return (await (lock ? query.forUpdate() : query).executeTakeFirst()) ?? null
}

export async function alertById(db: Db, id: string, lock = false): Promise<AlertRow | null> {
  const query = tables(db).selectFrom('reports.alert').selectAll().where('id', '=', id)
  return (await (lock ? query.forUpdate() : query).executeTakeFirst()) ?? null
}

export async function changeAlert(db: Db, id: string, change: Partial<Pick<AlertRow, 'confirmed_at' | 'told_until'>>): Promise<void> {
  await tables(db).updateTable('reports.alert').set(change).where('id', '=', id).execute()
}

export async function deleteAlert(db: Db, id: string): Promise<void> {
  await tables(db).deleteFrom('reports.alert').where('id', '=', id).execute()
}

/** Every alert of a person, the newest first. */
export async function alertsOf(db: Db, personId: string): Promise<AlertRow[]> {
  return tables(db).selectFrom('reports.alert').selectAll().where('person_id', '=', personId).orderBy('created_at', 'desc').execute()
}

export async function deleteAlertsOf(db: Db, personId: string): Promise<void> {
  await tables(db).deleteFrom('reports.alert').where('person_id', '=', personId).execute()
}

/** Confirmed alerts that were last told of something before an instant; the longest ago first. */
export async function alertsDue(db: Db, before: Date, limit: number): Promise<string[]> {
  const query = tables(db).selectFrom('reports.alert').select('id').where('confirmed_at', 'is not', null).where('told_until', '<', before)
  return (await query.orderBy('told_until').limit(limit).execute()).map((row) => row.id)
}

/** Alerts that nobody confirmed since an instant. */
export async function alertsForgotten(db: Db, before: Date, limit: number): Promise<AlertRow[]> {
  return tables(db)
    .selectFrom('reports.alert')
    .selectAll()
    .where('confirmed_at', 'is', null)
    .where('created_at', '<', before)
    .limit(limit)
    .execute()
}

/** How many alerts were asked for since an instant and not confirmed: what one address can be made to receive. */
export async function alertsAsked(db: Db, since: Date): Promise<number> {
  const result = await sql<{ count: number }>`
    select count(*)::int as count from reports.alert where confirmed_at is null and created_at >= ${since}`.execute(db)
  return result.rows[0]?.count ?? 0
}
