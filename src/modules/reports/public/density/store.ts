import { sql, type SqlBool } from 'kysely'
import { type Db, tablesOf } from '../../../../platform/db.ts'
import type { PlainDate } from '../../../../kernel/time.ts'
import type { PublicStanding } from '../standing.ts'

/** Of which grain a count is: cells alone, with kind and district, or also by month. */
export type Grain = 'total' | 'kind' | 'month'

/** As what a report is counted. */
export type Counted = {
  readonly report_id: string
  readonly cell: string
  readonly category: string
  readonly standing: PublicStanding
  readonly district: string
  readonly month: PlainDate
}

/** A count in a cell; a negative one takes away. */
export type CellCount = {
  readonly resolution: number
  readonly grain: Grain
  readonly cell: string
  readonly category: string
  readonly standing: string
  readonly district: string
  readonly month: string
  readonly lat: number
  readonly long: number
  readonly count: number
}

type Tables = { 'reports.density': CellCount; 'reports.counted': Counted }

const tables = (db: Db) => tablesOf<Tables>(db)

/** As `publicStanding` says it. */
const STANDING = sql`case when state = 'checking' then 'checking' when outcome is null then 'open' when outcome <> 'fixed' then outcome
  when confirmed_by = 'silence' then 'silent' else 'confirmed' end`

const month = (zone: string) => sql`date_trunc('month', opened_at at time zone ${zone})::date`

/** Only one at a time counts. */
export async function lockCounting(db: Db): Promise<void> {
  await sql`select pg_advisory_xact_lock(7480001, 8)`.execute(db)
}

/** As what reports are counted, and as what they should be; a hidden one as nothing. */
export async function countedOf(db: Db, ids: readonly string[], zone: string): Promise<{ before: Counted[]; after: Counted[] }> {
  const list = sql`any(${[...ids]}::uuid[])`
  const before = await tables(db)
    .selectFrom('reports.counted')
    .selectAll()
    .where('report_id', '=', sql<string>`${list}`)
    .execute()
  const after = await sql<Counted>`
    select id as report_id, cell, category, ${STANDING} as standing, coalesce(district, '') as district, ${month(zone)} as month
    from reports.report where id = ${list} and not hidden`.execute(db)
  return { before, after: after.rows }
}

/** Notes as what reports are counted from now on. */
export async function keepCounted(db: Db, gone: readonly string[], rows: readonly Counted[]): Promise<void> {
  if (gone.length > 0) await tables(db).deleteFrom('reports.counted').where('report_id', '=', sql<string>`any(${[...gone]}::uuid[])`).execute() // prettier-ignore
  if (rows.length === 0) return
  await sql`insert into reports.counted select * from jsonb_populate_recordset(null::reports.counted, ${JSON.stringify(rows)}::jsonb)
    on conflict (report_id) do update set cell = excluded.cell, category = excluded.category, standing = excluded.standing,
      district = excluded.district, month = excluded.month`.execute(db)
}

/** Adds to the counts and takes away from them; each key comes once. */
export async function addCounts(db: Db, rows: readonly CellCount[]): Promise<void> {
  if (rows.length === 0) return
  await sql`insert into reports.density as d select * from jsonb_populate_recordset(null::reports.density, ${JSON.stringify(rows)}::jsonb)
    on conflict (resolution, grain, cell, category, standing, district, month) do update set count = d.count + excluded.count`.execute(db)
  const cells = [...new Set(rows.filter((row) => row.count < 0).map((row) => row.cell))]
  if (cells.length > 0) await sql`delete from reports.density where cell = any(${cells}::text[]) and count = 0`.execute(db)
}

/** Every cell that a report lies in. */
export async function reportCells(db: Db): Promise<string[]> {
  const result = await sql<{ cell: string }>`select distinct cell from reports.report where not hidden`.execute(db)
  return result.rows.map((row) => row.cell)
}

/** Where a cell lies in the coarser cells of the map. */
export type Parent = {
  readonly cell: string
  readonly resolution: number
  readonly parent: string
  readonly lat: number
  readonly long: number
}

/** Counts everything anew. */
export async function recountAll(db: Db, parents: readonly Parent[], zone: string): Promise<void> {
  await sql`delete from reports.density`.execute(db)
  await sql`delete from reports.counted`.execute(db)
  await sql`insert into reports.counted (report_id, cell, category, standing, district, month)
    select id, cell, category, ${STANDING}, coalesce(district, ''), ${month(zone)} from reports.report where not hidden`.execute(db)
  for (const resolution of new Set(parents.map((each) => each.resolution))) {
    const given = JSON.stringify(parents.filter((each) => each.resolution === resolution))
    await sql`
      with parent as materialized (
        select * from jsonb_to_recordset(${given}::jsonb) as p (cell text, parent text, lat float8, long float8)),
      fine as (select p.parent as cell, category, standing, district, month, lat, long, count(*)::int as count
        from reports.counted c join parent p on p.cell = c.cell group by 1, 2, 3, 4, 5, 6, 7)
      insert into reports.density (resolution, grain, cell, category, standing, district, month, lat, long, count)
      select ${resolution}::smallint, 'month', cell, category, standing, district, month, lat, long, count from fine
      union all select ${resolution}::smallint, 'kind', cell, category, standing, district, '0001-01-01'::date, lat, long, sum(count)::int
        from fine group by cell, category, standing, district, lat, long
      union all select ${resolution}::smallint, 'total', cell, '', '', '', '0001-01-01'::date, lat, long, sum(count)::int
        from fine group by cell, lat, long`.execute(db)
  }
}

/** Which counts. */
export type CountFilter = {
  readonly resolution: number
  /** West, south, east, north. */
  readonly bbox: readonly [number, number, number, number]
  readonly categories: readonly string[] | null
  readonly standings: readonly string[] | null
  readonly district: string | null
  readonly months: { readonly from: string; readonly to: string } | null
}

/** The cells whose middle lies in a box, with their counts; at most so many. */
export async function cellCounts(db: Db, filter: CountFilter, most: number): Promise<Array<{ cell: string; count: number }>> {
  const { bbox, categories, standings, district, months } = filter
  const grain: Grain = months ? 'month' : categories || standings || district ? 'kind' : 'total'
  let q = tables(db)
    .selectFrom('reports.density')
    .select(['cell', sql<number>`sum(count)::int`.as('count')])
    .where('resolution', '=', filter.resolution)
    .where('grain', '=', grain)
    .where(sql<SqlBool>`lat between ${bbox[1]} and ${bbox[3]} and long between ${bbox[0]} and ${bbox[2]}`)
  if (categories) q = q.where('category', '=', sql<string>`any(${[...categories]}::text[])`)
  if (standings) q = q.where('standing', '=', sql<string>`any(${[...standings]}::text[])`)
  if (district) q = q.where('district', '=', district)
  if (months) q = q.where('month', '>=', months.from).where('month', '<', months.to)
  return q.groupBy('cell').having(sql<SqlBool>`sum(count) > 0`).limit(most).execute() // prettier-ignore
}

/** How many reports came in each district, by standing; district empty for those outside every one. */
export async function districtCounts(
  db: Db,
  resolution: number,
  months: { readonly from: string; readonly to: string } | null,
): Promise<Array<{ district: string; standing: PublicStanding; count: number }>> {
  let q = tables(db)
    .selectFrom('reports.density')
    .select(['district', 'standing', sql<number>`sum(count)::int`.as('count')])
    .where('resolution', '=', resolution)
    .where('grain', '=', 'month')
  if (months) q = q.where('month', '>=', months.from).where('month', '<', months.to)
  const rows = await q.groupBy(['district', 'standing']).execute()
  return rows.map((row) => ({ ...row, standing: row.standing as PublicStanding }))
}
