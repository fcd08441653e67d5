import { sql } from 'kysely'
import type { PlainDate } from '../../../kernel/time.ts'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { SettlementLine } from '../providers/port.ts'
import type { WorkItem } from '../store.ts'

/** A settlement as a provider told it last. */
export type SettlementRow = {
  provider: string
  id: string
  day: PlainDate
  currency: string
  net: bigint
  reference: string
  gross: bigint
  fees: bigint
  entry_id: string | null
  booked_at: Date | null
  fetched_at: Date
}
type LineRow = SettlementLine & { provider: string; settlement: string; no: number }
/** A run of the comparison. */
export type Run = {
  id: string
  from_day: PlainDate
  to_day: PlainDate
  checked: number
  differences: number
  ran_at: Date
  ran_by: string | null
}
type Tables = {
  'payments.settlement': SettlementRow
  'payments.settlement_line': LineRow
  'payments.reconciliation': Run
  'payments.item': WorkItem
}

const tables = (db: Db) => tablesOf<Tables>(db)
const texts = (values: readonly string[]) => sql<string>`any(${[...values]}::text[])`

export async function settlementById(db: Db, provider: string, id: string, lock = false): Promise<SettlementRow | null> {
  const found = tables(db).selectFrom('payments.settlement').selectAll().where('provider', '=', provider).where('id', '=', id)
  return (await (lock ? found.forUpdate() : found).executeTakeFirst()) ?? null
}

/** Writes a settlement as it is told now; what is booked of it stays. */
export async function putSettlement(db: Db, row: SettlementRow, lines: readonly SettlementLine[]): Promise<void> {
  const { day, currency, net, reference, fetched_at, gross, fees } = row
  await tables(db)
    .insertInto('payments.settlement')
    .values(row)
    .onConflict((c) => c.columns(['provider', 'id']).doUpdateSet({ day, currency, net, reference, fetched_at, gross, fees }))
    .execute()
  await tables(db).deleteFrom('payments.settlement_line').where('provider', '=', row.provider).where('settlement', '=', row.id).execute()
  const column = <K extends keyof SettlementLine>(name: K): Array<SettlementLine[K]> => lines.map((line) => line[name])
  await sql`
    insert into payments.settlement_line (provider, settlement, no, kind, payment, attempt, gross, fee, net)
    select ${row.provider}, ${row.id}, no, kind, payment, attempt, gross, fee, net
    from unnest(${column('kind')}::text[], ${column('payment')}::text[], ${column('attempt')}::uuid[], ${column('gross')}::bigint[],
      ${column('fee')}::bigint[], ${column('net')}::bigint[]) with ordinality as l (kind, payment, attempt, gross, fee, net, no)`.execute(
    db,
  )
}

export async function noteBooked(db: Db, provider: string, id: string, entry: string | null, at: Date): Promise<void> {
  const found = tables(db).updateTable('payments.settlement').set({ entry_id: entry, booked_at: at })
  await found.where('provider', '=', provider).where('id', '=', id).execute()
}

/** Settlements whose payout has not been booked, by what stands on the statement for them. */
export async function unbookedByReference(db: Db, references: readonly string[]): Promise<SettlementRow[]> {
  if (references.length === 0) return []
  const found = tables(db).selectFrom('payments.settlement').selectAll().where('reference', '=', texts(references))
  return found.where('booked_at', 'is', null).execute()
}

/** Settlements whose payout has not been booked, the oldest first. */
export async function unbooked(db: Db): Promise<SettlementRow[]> {
  return tables(db).selectFrom('payments.settlement').selectAll().where('booked_at', 'is', null).orderBy('day').limit(1_000).execute()
}

export async function settlementsOf(db: Db, provider: string, from: PlainDate, to: PlainDate): Promise<SettlementRow[]> {
  const found = tables(db).selectFrom('payments.settlement').selectAll().where('provider', '=', provider)
  return found.where('day', '>=', from).where('day', '<=', to).orderBy('day').orderBy('id').execute()
}

export async function linesOf(db: Db, provider: string, settlements: readonly string[]): Promise<LineRow[]> {
  if (settlements.length === 0) return []
  const found = tables(db).selectFrom('payments.settlement_line').selectAll().where('provider', '=', provider)
  return found.where('settlement', '=', texts(settlements)).orderBy('settlement').orderBy('no').execute()
}

/** A payment of a provider as the books have it, with what was given and taken back of it by the provider. */
export type BookedPayment = {
  id: string
  key: string
  provider_payment: string | null
  amount: bigint
  currency: string
  received_on: PlainDate
}

const PAYMENTS = sql`select id, key, provider_payment, amount, currency, received_on from payments.payment where source = 'provider'`

/** What came in by a provider in a period, and what is in these lines of settlements. */
export async function bookedPayments(
  db: Db,
  provider: string,
  period: { readonly from: PlainDate; readonly to: PlainDate },
  named: readonly string[],
): Promise<BookedPayment[]> {
  const rows = await sql<BookedPayment>`
    ${PAYMENTS} and part = ${provider} and received_on between ${period.from}::date and ${period.to}::date
    union
    ${PAYMENTS} and part = ${provider} and provider_payment = any(${[...named]}::text[])`.execute(db)
  return rows.rows
}

/** Money that went back by a provider: refunds that arrived, and chargebacks with their fees; negative what of a chargeback came back. */
export type BookedReturn = {
  id: string
  kind: 'refund' | 'chargeback'
  provider_payment: string | null
  amount: bigint
  fee: bigint
  currency: string
  day: PlainDate
}

export async function bookedReturns(
  db: Db,
  provider: string,
  period: { readonly from: Date; readonly to: Date; readonly zone: string },
  named: readonly string[],
): Promise<BookedReturn[]> {
  const { from, to, zone } = period
  const rows = await sql<BookedReturn>`
    select r.id::text, 'refund' as kind, p.provider_payment, r.amount, 0::bigint as fee, r.currency, (r.ended_at at time zone ${zone})::date as day
    from payments.refund r join payments.payment p on p.id = r.payment_id
    where r.way = 'provider' and r.state = 'succeeded' and p.part = ${provider} and p.source = 'provider'
      and ((r.ended_at >= ${from} and r.ended_at < ${to}) or p.provider_payment = any(${[...named]}::text[]))
    union all
    select c.id::text, 'chargeback', p.provider_payment, c.amount, c.fee, p.currency, (c.opened_at at time zone ${zone})::date
    from payments.chargeback c join payments.payment p on p.id = c.payment_id
    where c.provider = ${provider} and ((c.opened_at >= ${from} and c.opened_at < ${to}) or p.provider_payment = any(${[...named]}::text[]))
    union all
    select c.id || ':won', 'chargeback', p.provider_payment, -c.amount, -e.fee_back, p.currency, (e.ended_at at time zone ${zone})::date
    from payments.chargeback_end e join payments.chargeback c on c.id = e.chargeback_id join payments.payment p on p.id = c.payment_id
    where c.provider = ${provider} and ((e.ended_at >= ${from} and e.ended_at < ${to}) or p.provider_payment = any(${[...named]}::text[]))`.execute(
    db,
  )
  return rows.rows
}

/** Which of these ids of a provider's payments are in a settlement at all, with how much of them: of any day. */
export async function settledOf(
  db: Db,
  provider: string,
  payments: readonly string[],
): Promise<Array<{ payment: string; kind: SettlementLine['kind']; gross: bigint; settlement: string }>> {
  if (payments.length === 0) return []
  const rows = await sql<{ payment: string; kind: SettlementLine['kind']; gross: bigint; settlement: string }>`
    select payment, kind, gross, settlement from payments.settlement_line
    where provider = ${provider} and payment = any(${[...payments]}::text[])`.execute(db)
  return rows.rows
}

/** What the books should have with a provider: everything that came in there, less what went back and what was paid out. */
export async function heldByProvider(db: Db, provider: string, currency: string): Promise<bigint> {
  const [row] = (
    await sql<{ held: string }>`
      select (
        coalesce((select sum(amount) from payments.payment where source = 'provider' and part = ${provider} and currency = ${currency}), 0)
        - coalesce((select sum(r.amount) from payments.refund r join payments.payment p on p.id = r.payment_id
            where r.way = 'provider' and r.state = 'succeeded' and p.source = 'provider' and p.part = ${provider} and p.currency = ${currency}), 0)
        - coalesce((select sum(case when e.ended_at is null then c.amount + c.fee else c.fee - e.fee_back end)
            from payments.chargeback c join payments.payment p on p.id = c.payment_id left join payments.chargeback_end e on e.chargeback_id = c.id
            where c.provider = ${provider} and p.currency = ${currency}), 0)
        - coalesce((select sum(gross) from payments.settlement
            where provider = ${provider} and currency = ${currency} and booked_at is not null), 0))::text as held`.execute(db)
  ).rows
  return BigInt(row?.held ?? 0)
}

/** What was taken at card terminals less what their bank has paid out. */
export async function takenAtTerminals(db: Db, currency: string): Promise<bigint> {
  const [row] = (
    await sql<{ held: string }>`
      select (coalesce((select sum(amount) from payments.payment where source = 'terminal' and currency = ${currency}), 0)
        - coalesce((select sum(amount) from payments.entry
            where state = 'done' and kind = 'payout' and outcome = 'terminal' and currency = ${currency}), 0))::text as held`.execute(db)
  ).rows
  return BigInt(row?.held ?? 0)
}

/**
 * Attempts, by our id or the provider's payment, whose money we do not have, or of which settlements hold more chargebacks, or more money that
 * came back of them, than we know: a webhook that is lost is not found by polling, which ends with the money.
 */
export async function unsureAttempts(db: Db, ids: readonly string[], payments: readonly string[]): Promise<string[]> {
  const rows = await sql<{ id: string }>`
    select id from payments.attempt t where (id = any(${[...ids]}::uuid[]) or provider_payment = any(${[...payments]}::text[]))
      and (state <> 'captured'
        or exists (
          select 1 from
            (select coalesce(-sum(gross) filter (where gross < 0), 0) as taken, coalesce(sum(gross) filter (where gross > 0), 0) as back
             from payments.settlement_line l where l.provider = t.provider and l.payment = t.provider_payment and l.kind = 'chargeback') told,
            (select coalesce(sum(c.amount), 0) as taken, coalesce(sum(c.amount) filter (where e.ended_at is not null), 0) as back
             from payments.payment p join payments.chargeback c on c.payment_id = p.id left join payments.chargeback_end e on e.chargeback_id = c.id
             where p.source = 'provider' and p.part = t.provider and p.provider_payment = t.provider_payment) known
          where told.taken > known.taken or told.back > known.back))
    order by id limit 500`.execute(db)
  return rows.rows.map((row) => row.id)
}

/** The money of the books that came by a payment of a provider; null when none did. */
export async function paymentOf(db: Db, provider: string, payment: string): Promise<string | null> {
  const rows = await sql<{ id: string }>`
    select id from payments.payment where source = 'provider' and part = ${provider} and provider_payment = ${payment}`.execute(db)
  return rows.rows[0]?.id ?? null
}

/** Refunds of these payments of a provider that are under way with us, in the order in which they go. */
export async function unsureRefunds(db: Db, payments: readonly string[]): Promise<string[]> {
  const rows = await sql<{ id: string }>`
    select r.id from payments.refund r join payments.payment p on p.id = r.payment_id
    where p.source = 'provider' and p.provider_payment = any(${[...payments]}::text[])
      and r.way = 'provider' and r.state in ('approved', 'sent', 'unknown') order by r.decided_at, r.id limit 500`.execute(db)
  return rows.rows.map((row) => row.id)
}

/** Open items of the comparison, oldest first. */
export async function openDifferences(db: Db): Promise<WorkItem[]> {
  const found = tables(db).selectFrom('payments.item').selectAll().where('closed_at', 'is', null).where('key', 'like', 'reconcile:%')
  return found.orderBy('opened_at').orderBy('id').limit(5_000).execute()
}

/** Every item that was ever opened about these differences, the newest last. */
export async function itemsAbout(db: Db, keys: readonly string[]): Promise<WorkItem[]> {
  if (keys.length === 0) return []
  const found = tables(db)
    .selectFrom('payments.item')
    .selectAll()
    .where(sql`regexp_replace(key, '#[0-9]+$', '')`, '=', texts(keys))
  return found.where('key', 'like', 'reconcile:%').orderBy('opened_at').orderBy('id').execute()
}

export async function insertRun(db: Db, run: Run): Promise<void> {
  await tables(db).insertInto('payments.reconciliation').values(run).execute()
}

/** The newest first. */
export async function runs(db: Db, limit: number): Promise<Run[]> {
  return tables(db).selectFrom('payments.reconciliation').selectAll().orderBy('ran_at', 'desc').limit(limit).execute()
}

/** Sums of the bank account that are not entries of statements: what the books have there must be what the statements say. */
export async function entriesTotal(db: Db, currency: string): Promise<bigint> {
  const [row] = (
    await sql<{ total: string }>`
      select coalesce(sum(amount), 0)::text as total from payments.entry where currency = ${currency} and state <> 'repeated'`.execute(db)
  ).rows
  return BigInt(row?.total ?? 0)
}
