import { type ExpressionBuilder, sql } from 'kysely'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { Role, RoleBinding } from '../../access/index.ts'
import type { Grant } from './grant.ts'

type Tables = {
  'identity.account': { id: string; person_id: string; status: StaffStatus; staff_name: string | null; language: string }
  'identity.role_binding': GrantRow
  'identity.emergency': EmergencyRow
  'identity.agency': AgencyRow
}

type StaffStatus = 'unverified' | 'active' | 'closed'

type GrantRow = {
  id: string
  account_id: string
  role: Role
  agency: string | null
  granted_at: Date
  granted_by: string | null
  ends_at: Date | null
  reviewed_at: Date | null
  reviewed_by: string | null
  review_due_at: Date | null
}

/** A break-glass access. */
export type EmergencyRow = {
  id: string
  account_id: string
  case_id: string
  /** The agency of the case. */
  agency: string
  reason: string
  /** The record in the vault that says why. */
  record_id: string
  began_at: Date
  ends_at: Date
  reviewed_at: Date | null
  reviewed_by: string | null
  outcome: 'justified' | 'follow_up' | null
}

/** What administrators wrote about an agency. */
export type AgencyRow = { id: string; data: unknown; closed_at: Date | null; changed_at: Date; changed_by: string | null }

/** An account with an official name. */
export type StaffRow = {
  readonly id: string
  readonly personId: string
  readonly name: string
  readonly status: StaffStatus
  readonly language: string
}

const tables = (db: Db) => tablesOf<Tables>(db)

const toGrant = (row: GrantRow): Grant => ({
  id: row.id,
  accountId: row.account_id,
  role: row.role,
  agency: row.agency,
  grantedAt: row.granted_at,
  grantedBy: row.granted_by,
  endsAt: row.ends_at,
  reviewedAt: row.reviewed_at,
  reviewedBy: row.reviewed_by,
  reviewDueAt: row.review_due_at,
})

const ofStaff = (e: ExpressionBuilder<Tables, 'identity.role_binding'>) => e('role', '!=', 'resident')

/** Members of staff by name, after one of them; `named` finds a part of a name. */
export async function staffPage(db: Db, ask: { named: string; after: string | null; limit: number }): Promise<StaffRow[]> {
  let q = tables(db)
    .selectFrom('identity.account')
    .select(['id', 'person_id', 'status', 'staff_name', 'language'])
    .where('staff_name', 'is not', null)
  if (ask.named !== '') q = q.where(sql<boolean>`position(lower(${ask.named}) in lower(staff_name)) > 0`)
  if (ask.after !== null)
    q = q.where(sql<boolean>`(staff_name, id) > (select a.staff_name, a.id from identity.account a where a.id = ${ask.after}::uuid)`)
  const rows = await q.orderBy('staff_name').orderBy('id').limit(ask.limit).execute()
  return rows.map(toStaff)
}

function toStaff(row: Tables['identity.account']): StaffRow {
  return { id: row.id, personId: row.person_id, name: row.staff_name ?? '', status: row.status, language: row.language }
}

export async function staffById(db: Db, id: string): Promise<StaffRow | null> {
  const row = await tables(db)
    .selectFrom('identity.account')
    .select(['id', 'person_id', 'status', 'staff_name', 'language'])
    .where('id', '=', id)
    .where('staff_name', 'is not', null)
    .executeTakeFirst()
  return row ? toStaff(row) : null
}

/** The grants of staff of these accounts, oldest first. */
export async function grantsOf(db: Db, accountIds: readonly string[]): Promise<Grant[]> {
  if (accountIds.length === 0) return []
  const rows = await tables(db)
    .selectFrom('identity.role_binding')
    .selectAll()
    .where('account_id', 'in', [...accountIds])
    .where(ofStaff)
    .orderBy('granted_at')
    .orderBy('id')
    .execute()
  return rows.map(toGrant)
}

/** Every grant of staff, those that are looked at soonest first. */
export async function allGrants(db: Db, limit: number): Promise<Grant[]> {
  const rows = await tables(db)
    .selectFrom('identity.role_binding')
    .selectAll()
    .where(ofStaff)
    .orderBy('review_due_at')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(toGrant)
}

/** Grants whose review is due, or that end before an instant; the soonest first. */
export async function grantsToLookAt(db: Db, now: Date, endBefore: Date, limit: number): Promise<Grant[]> {
  const rows = await tables(db)
    .selectFrom('identity.role_binding')
    .selectAll()
    .where(ofStaff)
    .where((e) => e.or([e('review_due_at', '<=', now), e('ends_at', '<=', endBefore)]))
    .orderBy('review_due_at')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(toGrant)
}

/** A grant of staff, its row locked until the transaction ends. */
export async function lockGrant(db: Db, id: string): Promise<Grant | null> {
  const row = await tables(db)
    .selectFrom('identity.role_binding')
    .selectAll()
    .where('id', '=', id)
    .where(ofStaff)
    .forUpdate()
    .executeTakeFirst()
  return row ? toGrant(row) : null
}

export async function changeGrant(
  db: Db,
  id: string,
  change: Partial<Pick<GrantRow, 'ends_at' | 'reviewed_at' | 'reviewed_by' | 'review_due_at'>>,
): Promise<void> {
  await tables(db).updateTable('identity.role_binding').set(change).where('id', '=', id).execute()
}

export async function deleteGrant(db: Db, id: string): Promise<void> {
  await tables(db).deleteFrom('identity.role_binding').where('id', '=', id).execute()
}

/** Takes away a binding of this role whose time was over; tells whether there was one. */
export async function deleteOver(db: Db, accountId: string, binding: RoleBinding, now: Date): Promise<boolean> {
  const gone = await tables(db)
    .deleteFrom('identity.role_binding')
    .where('account_id', '=', accountId)
    .where('role', '=', binding.role)
    .where('agency', 'is not distinct from', binding.agency)
    .where('ends_at', '<=', now)
    .returning('id')
    .executeTakeFirst()
  return gone !== undefined
}

/** Grants whose time is over, and those that nobody answered for since `unansweredSince`; locked. */
export async function lockOver(db: Db, now: Date, unansweredSince: Date, limit: number): Promise<Grant[]> {
  const rows = await tables(db)
    .selectFrom('identity.role_binding')
    .selectAll()
    .where((e) => e.or([e('ends_at', '<=', now), e('review_due_at', '<=', unansweredSince)]))
    .orderBy('id')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute()
  return rows.map(toGrant)
}

/** The grants by which active accounts administer, the one that lasts longest first; locked. */
export async function lockAdministering(db: Db): Promise<Grant[]> {
  const rows = await tables(db)
    .selectFrom('identity.role_binding as r')
    .innerJoin('identity.account as a', 'a.id', 'r.account_id')
    .selectAll('r')
    .where('r.role', '=', 'administrator')
    .where('a.status', '=', 'active')
    .orderBy('r.id')
    .forUpdate('r')
    .execute()
  return rows.map(toGrant)
}

export async function insertEmergency(db: Db, row: EmergencyRow): Promise<void> {
  await tables(db).insertInto('identity.emergency').values(row).execute()
}

export async function emergenciesOf(db: Db, caseId: string): Promise<EmergencyRow[]> {
  return tables(db).selectFrom('identity.emergency').selectAll().where('case_id', '=', caseId).orderBy('began_at').execute()
}

export async function lockEmergency(db: Db, id: string): Promise<EmergencyRow | null> {
  return (await tables(db).selectFrom('identity.emergency').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()) ?? null
}

export async function reviewEmergency(db: Db, id: string, by: string, at: Date, outcome: 'justified' | 'follow_up'): Promise<void> {
  await tables(db).updateTable('identity.emergency').set({ reviewed_at: at, reviewed_by: by, outcome }).where('id', '=', id).execute()
}

/** Break-glass accesses, those that nobody has reviewed first, then the newest. */
export async function emergencies(db: Db, limit: number): Promise<EmergencyRow[]> {
  return tables(db)
    .selectFrom('identity.emergency')
    .selectAll()
    .orderBy(sql`reviewed_at is not null`)
    .orderBy('began_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

export async function agencyRows(db: Db): Promise<AgencyRow[]> {
  return tables(db).selectFrom('identity.agency').selectAll().orderBy('id').execute()
}

export async function putAgency(db: Db, row: AgencyRow): Promise<void> {
  const { id: _id, ...change } = row
  await tables(db)
    .insertInto('identity.agency')
    .values({ ...row, data: JSON.stringify(row.data) })
    .onConflict((c) => c.column('id').doUpdateSet({ ...change, data: JSON.stringify(row.data) }))
    .execute()
}

/** How many active accounts work for each agency as officer or supervisor. */
export async function staffCounts(db: Db, now: Date): Promise<Map<string, number>> {
  const rows = await tables(db)
    .selectFrom('identity.role_binding as r')
    .innerJoin('identity.account as a', 'a.id', 'r.account_id')
    .select(['r.agency', (e) => e.fn.count<bigint>('r.account_id').distinct().as('count')])
    .where('r.agency', 'is not', null)
    .where('a.status', '=', 'active')
    .where((e) => e.or([e('r.ends_at', 'is', null), e('r.ends_at', '>', now)]))
    .groupBy('r.agency')
    .execute()
  return new Map(rows.map((row) => [row.agency ?? '', Number(row.count)]))
}

/** Lets one transaction at a time change an agency, whether it has a row yet or not. */
export async function lockAgency(db: Db, id: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`agency:${id}`}, 0))`.execute(db)
}
