import { sql } from 'kysely'
import type { Db } from '../../../../platform/db.ts'

/** What has to be asked of the reports themselves, by district; empty outside every one. */
export type FixFigures = {
  readonly district: string
  /** Reports that were called fixed and came back at least once. */
  readonly reopened: number
  /** Calendar days from coming to the fix of half of the confirmed ones. */
  readonly median: number | null
  readonly measured: number
}

/** Fixes and returns of the public reports that came in a period, by district. */
export async function fixFigures(db: Db, months: { readonly from: Date; readonly to: Date } | null): Promise<FixFigures[]> {
  const result = await sql<FixFigures>`
    select coalesce(district, '') as district, count(*) filter (where reopened > 0)::int as reopened,
      count(*) filter (where confirmed_by is not null)::int as measured,
      percentile_disc(0.5) within group (order by extract(epoch from ended_at - opened_at) / 86400)
        filter (where confirmed_by is not null)::float8 as median
    from reports.report
    where (outcome = 'fixed' or reopened > 0) and not hidden
      and (${months?.from ?? null}::timestamptz is null or opened_at >= ${months?.from ?? null})
      and (${months?.to ?? null}::timestamptz is null or opened_at < ${months?.to ?? null})
    group by 1`.execute(db)
  return result.rows
}
