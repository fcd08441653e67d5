import { sql } from 'kysely'
import type { PlainDate } from '../../../../kernel/time.ts'
import { type Db, tablesOf } from '../../../../platform/db.ts'

/** Old bills that are to be written off together. `amount` is what they owed when it was proposed. */
export type WriteOff = {
  readonly id: string
  readonly agency: string
  readonly currency: string
  /** Bills to be paid before this day. */
  readonly before: PlainDate
  readonly bills: number
  readonly amount: bigint
  readonly state: 'proposed' | 'approved' | 'declined' | 'done'
  readonly proposed_by: string
  readonly proposed_at: Date
  readonly decided_by: string | null
  readonly decided_at: Date | null
}

/** What could be written off together now. */
export type OldBills = { readonly agency: string; readonly currency: string; readonly bills: number; readonly amount: bigint }

type Tables = { 'payments.write_off': WriteOff; 'payments.write_off_bill': { write_off_id: string; bill_id: string; amount: bigint } }

const tables = (db: Db) => tablesOf<Tables>(db)

/** Bills that are that old, have no agreement that runs, and are in no proposal that is open. */
const old = (
  before: PlainDate,
) => sql`b.state = 'open' and b.due_on < ${before}::date and (b.deferred_until is null or b.deferred_until < ${before}::date)
  and not exists (select from payments.arrangement a where a.bill_id = b.id and a.kind = 'plan' and a.ended_on is null)
  and not exists (select from payments.attempt_bill t where t.bill_id = b.id and t.open)
  and not exists (select from payments.proposal p where p.bill_id = b.id and p.state = 'proposed')`

export async function oldBills(db: Db, before: PlainDate): Promise<OldBills[]> {
  const found = await sql<{ agency: string; currency: string; bills: number; amount: string }>`
    select b.agency, b.currency, count(*)::int as bills, sum(b.outstanding)::text as amount from payments.bill b
    where ${old(before)} group by 1, 2 order by 1, 2`.execute(db)
  return found.rows.map((row) => ({ ...row, amount: BigInt(row.amount) }))
}

/** Writes a proposal with its bills in one statement; null when there are none, or one waits for this agency already. */
export async function insertWriteOff(
  db: Db,
  row: Pick<WriteOff, 'id' | 'agency' | 'currency' | 'before' | 'proposed_by' | 'proposed_at'>,
): Promise<WriteOff | null> {
  const done = await sql<{ id: string }>`
    with found as (select b.id, b.outstanding from payments.bill b
        where ${old(row.before)} and b.agency = ${row.agency} and b.currency = ${row.currency}),
      proposal as (insert into payments.write_off (id, agency, currency, before, bills, amount, state, proposed_by, proposed_at)
        select ${row.id}::uuid, ${row.agency}, ${row.currency}, ${row.before}::date, count(*), sum(outstanding), 'proposed',
          ${row.proposed_by}::uuid, ${row.proposed_at}::timestamptz from found having count(*) > 0
        on conflict (agency, currency) where state = 'proposed' do nothing returning id)
    insert into payments.write_off_bill (write_off_id, bill_id, amount)
    select proposal.id, found.id, found.outstanding from proposal, found returning write_off_id as id`.execute(db)
  return done.rows.length === 0 ? null : writeOffById(db, row.id)
}

export async function writeOffById(db: Db, id: string, lock = false): Promise<WriteOff | null> {
  const found = tables(db).selectFrom('payments.write_off').selectAll().where('id', '=', id)
  return (await (lock ? found.forNoKeyUpdate() : found).executeTakeFirst()) ?? null
}

export async function changeWriteOff(
  db: Db,
  id: string,
  change: Partial<Pick<WriteOff, 'state' | 'decided_by' | 'decided_at'>>,
): Promise<WriteOff> {
  return tables(db).updateTable('payments.write_off').set(change).where('id', '=', id).returningAll().executeTakeFirstOrThrow()
}

/** The newest first. */
export async function writeOffs(db: Db, limit: number): Promise<WriteOff[]> {
  return tables(db).selectFrom('payments.write_off').selectAll().orderBy('proposed_at', 'desc').limit(limit).execute()
}

/** Approved ones that are not done. */
export async function approvedWriteOffs(db: Db): Promise<WriteOff[]> {
  return tables(db).selectFrom('payments.write_off').selectAll().where('state', '=', 'approved').orderBy('proposed_at').execute()
}

/** Bills of a proposal in the order of their ids, after one of them. */
export async function billsOfWriteOff(
  db: Db,
  id: string,
  after: string | null,
  limit: number,
): Promise<Array<{ bill_id: string; amount: bigint }>> {
  let found = tables(db).selectFrom('payments.write_off_bill').select(['bill_id', 'amount']).where('write_off_id', '=', id)
  if (after !== null) found = found.where('bill_id', '>', after)
  return found.orderBy('bill_id').limit(limit).execute()
}

/** What of a proposal was written off: by the postings' own journal, which is the bills' waived amounts. */
export async function writtenOff(db: Db, id: string): Promise<{ bills: number; amount: bigint }> {
  const found = await sql<{ bills: number; amount: string }>`
    select count(*)::int as bills, coalesce(sum(w.amount), 0)::text as amount from payments.write_off_bill w
    join payments.bill b on b.id = w.bill_id where w.write_off_id = ${id} and b.state = 'written_off'`.execute(db)
  const [row] = found.rows
  return { bills: row?.bills ?? 0, amount: BigInt(row?.amount ?? '0') }
}
