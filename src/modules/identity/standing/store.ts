import { sql } from 'kysely'
import type { Db } from '../../../platform/db.ts'

/** What stands in the tables about members of staff: ids, and whether something is due. */
export type StandingRow = {
  account_id: string
  created_at: Date
  second_factor: boolean
  /** Roles whose review is due, and roles that ended and are still there. */
  due: number
  over: number
  endless: number
}

/** Active accounts with a role beside resident. */
export async function standingRows(db: Db, now: Date): Promise<StandingRow[]> {
  const rows = await sql<StandingRow>`
    select a.id as account_id, a.created_at,
      exists (select 1 from identity.passkey p where p.account_id = a.id and p.disabled_at is null)
        or exists (select 1 from identity.totp t where t.account_id = a.id) as second_factor,
      count(*) filter (where r.review_due_at <= ${now} and (r.ends_at is null or r.ends_at > ${now}))::int as due,
      count(*) filter (where r.ends_at <= ${now})::int as over,
      count(*) filter (where r.ends_at is null)::int as endless
    from identity.account a join identity.role_binding r on r.account_id = a.id
    where a.status = 'active' and r.role <> 'resident' group by a.id order by a.id`.execute(db)
  return rows.rows
}
