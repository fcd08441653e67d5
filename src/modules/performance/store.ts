import { sql } from 'kysely'
import { type Db, tablesOf } from '../../platform/db.ts'

type Tables = { 'performance.duration': { case_id: string; service_id: string; days: number; decided_on: string } }

export async function putDurations(db: Db, rows: ReadonlyArray<Tables['performance.duration']>): Promise<void> {
  if (rows.length === 0) return
  await tablesOf<Tables>(db)
    .insertInto('performance.duration')
    .values([...rows])
    .onConflict((c) => c.doNothing())
    .execute()
}

/** The median and 90th percentile of the newest 1,000 decided cases, in calendar days. */
export async function measured(db: Db, serviceId: string): Promise<{ count: number; p50: number; p90: number }> {
  const result = await sql<{ count: bigint; p50: number | null; p90: number | null }>`
    select count(*) as count, percentile_disc(0.5) within group (order by days) as p50, percentile_disc(0.9) within group (order by days) as p90
    from (select days from performance.duration where service_id = ${serviceId} order by decided_on desc limit 1000) newest`.execute(db)
  const row = result.rows[0]
  return { count: Number(row?.count ?? 0n), p50: row?.p50 ?? 0, p90: row?.p90 ?? 0 }
}
