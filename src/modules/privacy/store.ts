import { type Db, tablesOf } from '../../platform/db.ts'

type Tables = {
  'privacy.consent': ConsentRow
  'privacy.choice': ChoiceRow
  'privacy.portal': PortalRow & { token: Buffer }
  'privacy.retention_run': RunRow
  'privacy.restriction': { case_id: string; ended_at: Date | null }
}

/** A line of the ledger of consents. */
export type ConsentRow = {
  id: string
  person_id: string
  consent: string
  version: number
  act: 'asked' | 'given' | 'withdrawn'
  language: string
  wording: string
  wording_hash: string
  channel: string
  at: Date
}

/** A choice that a person made, or let their browser make. */
export type ChoiceRow = {
  id: string
  person_id: string
  choice: 'no_sharing' | 'limit_sensitive'
  chosen: boolean
  source: 'person' | 'browser' | 'signal'
  at: Date
}

/** A registered portal. */
export type PortalRow = { id: string; name: string; created_at: Date; ended_at: Date | null }

/** What one run erased of one kind. */
export type RunRow = { id: string; at: Date; kind: 'case' | 'account' | 'message' | 'none'; service: string | null; count: number }

const tables = (db: Db) => tablesOf<Tables>(db)

export async function insertConsent(db: Db, row: ConsentRow): Promise<void> {
  await tables(db).insertInto('privacy.consent').values(row).execute()
}

/** The newest lines of a person's ledger. */
export async function consentsOf(db: Db, personId: string, limit: number): Promise<ConsentRow[]> {
  return tables(db)
    .selectFrom('privacy.consent')
    .selectAll()
    .where('person_id', '=', personId)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

/** The newest line about one consent. */
export async function newestConsent(db: Db, personId: string, consent: string): Promise<ConsentRow | null> {
  const query = tables(db).selectFrom('privacy.consent').selectAll().where('person_id', '=', personId).where('consent', '=', consent)
  return (await query.orderBy('at', 'desc').orderBy('id', 'desc').limit(1).executeTakeFirst()) ?? null
}

export async function insertChoice(db: Db, row: ChoiceRow): Promise<void> {
  await tables(db).insertInto('privacy.choice').values(row).execute()
}

/** The newest line of each choice of a person. */
export async function choicesOf(db: Db, personId: string): Promise<ChoiceRow[]> {
  return tables(db)
    .selectFrom('privacy.choice')
    .selectAll()
    .distinctOn('choice')
    .where('person_id', '=', personId)
    .orderBy('choice')
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

export async function insertPortal(db: Db, row: PortalRow & { token: Buffer }): Promise<void> {
  await tables(db).insertInto('privacy.portal').values(row).execute()
}

const PORTAL = ['id', 'name', 'created_at', 'ended_at'] as const

export async function portals(db: Db): Promise<PortalRow[]> {
  return tables(db).selectFrom('privacy.portal').select(PORTAL).orderBy('created_at', 'desc').execute()
}

export async function portalByToken(db: Db, token: Buffer): Promise<PortalRow | null> {
  const query = tables(db).selectFrom('privacy.portal').select(PORTAL).where('token', '=', token).where('ended_at', 'is', null)
  return (await query.executeTakeFirst()) ?? null
}

export async function endPortal(db: Db, id: string, at: Date): Promise<boolean> {
  const query = tables(db).updateTable('privacy.portal').set({ ended_at: at }).where('id', '=', id).where('ended_at', 'is', null)
  return (await query.returning('id').executeTakeFirst()) !== undefined
}

export async function insertRuns(db: Db, rows: readonly RunRow[]): Promise<void> {
  if (rows.length > 0)
    await tables(db)
      .insertInto('privacy.retention_run')
      .values([...rows])
      .execute()
}

/** What was erased, newest first. */
export async function runs(db: Db, limit: number): Promise<RunRow[]> {
  return tables(db)
    .selectFrom('privacy.retention_run')
    .selectAll()
    .orderBy('at', 'desc')
    .orderBy('kind')
    .orderBy('service')
    .limit(limit)
    .execute()
}

/** How much was erased in all, by kind and service. */
export async function runTotals(db: Db): Promise<Array<{ kind: RunRow['kind']; service: string | null; count: number }>> {
  const rows = await tables(db)
    .selectFrom('privacy.retention_run')
    .select((e) => ['kind', 'service', e.fn.sum<bigint>('count').as('count')])
    .where('kind', '!=', 'none')
    .groupBy(['kind', 'service'])
    .orderBy('kind')
    .orderBy('service')
    .execute()
  return rows.map((row) => ({ ...row, count: Number(row.count) }))
}

/** When the job ran last. */
export async function lastRun(db: Db): Promise<Date | null> {
  const query = tables(db).selectFrom('privacy.retention_run').select('at').orderBy('at', 'desc').limit(1)
  return (await query.executeTakeFirst())?.at ?? null
}

/** Those of these cases that are kept because their person asked for it: no use, and no erasing either (GDPR, article 18). */
export async function heldCases(db: Db, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const query = tables(db).selectFrom('privacy.restriction').select('case_id').where('ended_at', 'is', null)
  const rows = await query.where('case_id', 'in', [...ids]).execute()
  return rows.map((row) => row.case_id)
}
