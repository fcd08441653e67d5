import { type Selectable, sql } from 'kysely'
import type { PlainDate } from '../../../kernel/time.ts'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { Bill } from '../bill.ts'
import type { Scope } from './client.ts'

type ClientTable = {
  id: string
  code: string
  name: string
  agency: string
  state: 'active' | 'ended'
  key: Buffer | null
  scopes: Scope[]
  per_minute: number
  made_by: string
  made_at: Date
  ended_at: Date | null
  used_on: PlainDate | null
}
type ClientBillTable = { client_id: string; number: string; bill_id: string; content: Buffer }
type AskTable = { client_id: string; key: Buffer; content: Buffer; bill_id: string; asked_at: Date }
type Tables = {
  'payments.client': ClientTable
  'payments.client_bill': ClientBillTable
  'payments.client_ask': AskTable
  'payments.bill': Bill
}

/** A program of an agency. */
export type Client = Selectable<ClientTable>
/** A client's own number of a bill, with the keyed hash of what it sent. */
export type ClientBill = Selectable<ClientBillTable>

const tables = (db: Db) => tablesOf<Tables>(db)
const column = <Row, K extends keyof Row>(rows: readonly Row[], name: K): Array<Row[K]> => rows.map((row) => row[name])

export async function insertClient(db: Db, client: Client): Promise<void> {
  await tables(db).insertInto('payments.client').values(client).execute()
}

export async function clientById(db: Db, id: string, lock = false): Promise<Client | null> {
  const found = tables(db).selectFrom('payments.client').selectAll().where('id', '=', id)
  return (await (lock ? found.forNoKeyUpdate() : found).executeTakeFirst()) ?? null
}

export async function clientByCode(db: Db, code: string): Promise<Client | null> {
  return (await tables(db).selectFrom('payments.client').selectAll().where('code', '=', code).executeTakeFirst()) ?? null
}

export async function clientByKey(db: Db, key: Buffer): Promise<Client | null> {
  const found = tables(db).selectFrom('payments.client').selectAll().where('key', '=', key).where('state', '=', 'active')
  return (await found.executeTakeFirst()) ?? null
}

/** The newest first. */
export async function allClients(db: Db, agency?: string): Promise<Client[]> {
  let found = tables(db).selectFrom('payments.client').selectAll()
  if (agency !== undefined) found = found.where('agency', '=', agency)
  return found.orderBy('made_at', 'desc').orderBy('id', 'desc').limit(500).execute()
}

export async function changeClient(
  db: Db,
  id: string,
  change: Partial<Pick<Client, 'key' | 'state' | 'ended_at' | 'per_minute' | 'used_on'>>,
): Promise<void> {
  await tables(db).updateTable('payments.client').set(change).where('id', '=', id).execute()
}

/** Takes one request of a client's minute; returns how many that makes. */
export async function takeMinute(db: Db, clientId: string, minute: number): Promise<number> {
  const done = await sql<{ used: number }>`
    insert into payments.client_minute as m (client_id, minute, used) values (${clientId}::uuid, ${minute}, 1)
    on conflict (client_id) do update set used = case when m.minute = excluded.minute then m.used + 1 else 1 end, minute = excluded.minute
    returning used`.execute(db)
  return done.rows[0]?.used ?? 1
}

/** Waits for whoever works on the same names, until the transaction ends; always in one order. */
export async function holdNames(db: Db, names: readonly string[]): Promise<void> {
  await sql`select pg_advisory_xact_lock(h) from (
    select distinct hashtextextended(n, 4711) as h from unnest(${[...names]}::text[]) as n order by 1) as held`.execute(db)
}

export async function clientBill(db: Db, clientId: string, number: string): Promise<ClientBill | null> {
  const found = tables(db).selectFrom('payments.client_bill').selectAll().where('client_id', '=', clientId).where('number', '=', number)
  return (await found.executeTakeFirst()) ?? null
}

export async function clientBills(db: Db, clientId: string, numbers: readonly string[]): Promise<Map<string, ClientBill>> {
  const rows = await tables(db)
    .selectFrom('payments.client_bill')
    .selectAll()
    .where('client_id', '=', clientId)
    .where('number', '=', sql<string>`any(${[...numbers]}::text[])`)
    .execute()
  return new Map(rows.map((row) => [row.number, row]))
}

export async function insertClientBills(db: Db, rows: readonly ClientBill[]): Promise<void> {
  await sql`
    insert into payments.client_bill (client_id, number, bill_id, content)
    select * from unnest(${column(rows, 'client_id')}::uuid[], ${column(rows, 'number')}::text[], ${column(rows, 'bill_id')}::uuid[],
      ${column(rows, 'content')}::bytea[])`.execute(db)
}

/** A client's bill by its reference, with the client's number; null for a bill of somebody else. */
export async function billOfClient(db: Db, clientId: string, reference: string): Promise<(Bill & { number: string }) | null> {
  const row = await tables(db)
    .selectFrom('payments.bill as b')
    .innerJoin('payments.client_bill as c', 'c.bill_id', 'b.id')
    .selectAll('b')
    .select('c.number')
    .where('b.reference', '=', reference)
    .where('c.client_id', '=', clientId)
    .executeTakeFirst()
  return row ?? null
}

/** What a list of bills is narrowed to. */
export type BillFilter = {
  readonly state?: Bill['state'] | undefined
  readonly number?: string | undefined
  readonly after?: string | undefined
}

/** A client's bills, the newest first. */
export async function listBills(db: Db, clientId: string, filter: BillFilter, limit: number): Promise<Array<Bill & { number: string }>> {
  let found = tables(db)
    .selectFrom('payments.client_bill as c')
    .innerJoin('payments.bill as b', 'b.id', 'c.bill_id')
    .selectAll('b')
    .select('c.number')
    .where('c.client_id', '=', clientId)
  if (filter.state) found = found.where('b.state', '=', filter.state)
  if (filter.number) found = found.where('c.number', '=', filter.number)
  if (filter.after) found = found.where('c.bill_id', '<', filter.after)
  return found.orderBy('c.bill_id', 'desc').limit(limit).execute()
}

export async function askOf(db: Db, clientId: string, key: Buffer): Promise<Selectable<AskTable> | null> {
  const found = tables(db).selectFrom('payments.client_ask').selectAll().where('client_id', '=', clientId).where('key', '=', key)
  return (await found.executeTakeFirst()) ?? null
}

export async function insertAsk(db: Db, ask: Selectable<AskTable>): Promise<void> {
  await tables(db).insertInto('payments.client_ask').values(ask).execute()
}

export async function forgetAsks(db: Db, before: Date): Promise<void> {
  await tables(db).deleteFrom('payments.client_ask').where('asked_at', '<', before).execute()
}
