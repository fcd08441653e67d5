import { type Expression, type ExpressionBuilder, sql, type SqlBool } from 'kysely'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { Condition, Visible } from '../../access/index.ts'
import type { Confirmation, Report, ReportOutcome, ReportState } from '../report.ts'

/** A box of WGS 84 degrees, as GeoJSON orders its sides (RFC 7946, 5). */
export type Bbox = readonly [west: number, south: number, east: number, north: number]

/** Which reports; what is left out or null asks for nothing. Times include their beginning and leave out their end. */
export type ReportFilter = {
  readonly ids?: readonly string[]
  readonly references?: readonly string[]
  readonly categories?: readonly string[]
  readonly states?: readonly ReportState[]
  readonly outcomes?: readonly ReportOutcome[]
  readonly confirmedBy?: readonly Confirmation[]
  readonly agency?: string | null
  readonly crew?: string | null
  readonly officer?: string | null
  readonly district?: string | null
  readonly bbox?: Bbox | null
  readonly openedFrom?: Date | null
  readonly openedTo?: Date | null
  readonly updatedFrom?: Date | null
  readonly updatedTo?: Date | null
  readonly sources?: readonly string[]
  /** The reader's own filter: `visible(actor, 'reports.read')`. */
  readonly visible?: Visible
  /** Only what the public may see: not hidden. */
  readonly publicOnly: boolean
}

/** Where a page begins: after this one. */
export type After = { readonly openedAt: Date; readonly id: string }

type Table = { 'reports.report': Report }

const tables = (db: Db) => tablesOf<Table>(db)

const columnOf: Partial<Record<Condition['fact'], 'id' | 'agency' | 'district' | 'person_id'>> = {
  id: 'id',
  agency: 'agency',
  district: 'district',
  personId: 'person_id',
}

/** The policies' filter as SQL; the same facts that `factsOf` names. */
function seen(e: ExpressionBuilder<Table, 'reports.report'>, visible: Visible): Expression<SqlBool> {
  if (visible.everything) return e.val(true)
  return e.or(visible.ways.map((way) => e.and(way.map((condition) => has(e, condition)))))
}

function has(e: ExpressionBuilder<Table, 'reports.report'>, { fact, among, not }: Condition): Expression<SqlBool> {
  const column = columnOf[fact]
  const values = among.filter((value) => value !== null)
  if (column === undefined) return e.val(among.includes(null) !== not)
  const listed = values.length > 0 ? [e(column, 'in', values)] : []
  const given = among.includes(null) ? [...listed, e(column, 'is', null)] : listed
  // what is compared with null is neither true nor false, so that its opposite would not hold either
  return not ? e.not(e.fn.coalesce(e.or(given), e.val(false))) : e.or(given)
}

/** The reports of a filter, as a query that more may be asked of. */
export function filtered(db: Db, filter: ReportFilter) {
  let q = tables(db).selectFrom('reports.report')
  const { visible, bbox } = filter
  const any = (column: 'id' | 'reference' | 'category' | 'source', values: readonly string[] | undefined, type: string): void => {
    if (values) q = q.where(sql.ref(column), '=', sql`any(${[...values]}::${sql.raw(type)}[])`)
  }
  any('id', filter.ids, 'uuid')
  any('reference', filter.references, 'text')
  any('category', filter.categories, 'text')
  any('source', filter.sources, 'text')
  if (filter.states) q = q.where('state', 'in', [...filter.states, 'none' as ReportState])
  if (filter.outcomes) q = q.where('outcome', 'in', [...filter.outcomes, 'none' as ReportOutcome])
  if (filter.confirmedBy) q = q.where('confirmed_by', 'in', [...filter.confirmedBy, 'none' as Confirmation])
  if (filter.agency) q = q.where('agency', '=', filter.agency)
  if (filter.crew) q = q.where('crew', '=', filter.crew)
  if (filter.officer) q = q.where('officer', '=', filter.officer)
  if (filter.district) q = q.where('district', '=', filter.district)
  if (bbox) q = q.where(sql<SqlBool>`point(long, lat) <@ box(point(${bbox[0]}, ${bbox[1]}), point(${bbox[2]}, ${bbox[3]}))`)
  if (filter.openedFrom) q = q.where('opened_at', '>=', filter.openedFrom)
  if (filter.openedTo) q = q.where('opened_at', '<', filter.openedTo)
  if (filter.updatedFrom) q = q.where('updated_at', '>=', filter.updatedFrom)
  if (filter.updatedTo) q = q.where('updated_at', '<', filter.updatedTo)
  if (filter.publicOnly) q = q.where('hidden', '=', false)
  if (visible) q = q.where((e) => seen(e, visible))
  return q
}

/** A page of reports, the newest first, by keyset. */
export async function listReports(db: Db, filter: ReportFilter, page: { limit: number; after?: After | null }): Promise<Report[]> {
  let q = filtered(db, filter).selectAll().limit(page.limit)
  const { after } = page
  if (after) q = q.where(sql<SqlBool>`(opened_at, id) < (${after.openedAt}::timestamptz, ${after.id}::uuid)`)
  return q.orderBy('opened_at', 'desc').orderBy('id', 'desc').execute()
}

/** Open reports of a category around a place, nearest first, with their distance in metres (on a sphere of 6,371 km). */
export async function openAround(
  db: Db,
  category: string,
  place: { readonly lat: number; readonly long: number; readonly box: Bbox },
  limit: number,
): Promise<Array<Report & { readonly metres: number }>> {
  const { lat, long, box } = place
  const result = await sql<Report & { metres: number }>`
    select r.*, 12742000 * asin(least(1, sqrt(
        power(sin(radians(lat - ${lat}::float8) / 2), 2)
        + cos(radians(${lat}::float8)) * cos(radians(lat)) * power(sin(radians(long - ${long}::float8) / 2), 2)))) as metres
    from reports.report r
    where category = ${category} and state in ('received', 'assigned', 'in_progress', 'checking') and not hidden
      and point(long, lat) <@ box(point(${box[0]}, ${box[1]}), point(${box[2]}, ${box[3]}))
    order by metres, opened_at limit ${limit}`.execute(db)
  return result.rows
}
