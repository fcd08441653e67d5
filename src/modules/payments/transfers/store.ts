import { type Selectable, sql } from 'kysely'
import type { PlainDate } from '../../../kernel/time.ts'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { Bill } from '../bill.ts'
import type { Reason } from './match.ts'

/** A statement as it is kept. */
export type Statement = {
  id: string
  account: string
  currency: string
  statement_id: string
  page: number
  digest: Buffer
  sequence: bigint | null
  opening: bigint
  opening_day: PlainDate
  closing: bigint
  closing_day: PlainDate
  entries: number
  done: number
  state: 'waiting' | 'done'
  person_id: string
  document_id: string | null
  imported_by: string | null
  imported_at: Date
  finished_at: Date | null
  erased_at: Date | null
}

type EntryTable = {
  id: string
  statement_id: string
  no: number
  part: number
  key: Buffer | null
  amount: bigint
  currency: string
  booked_on: PlainDate
  kind: 'transfer' | 'payout' | 'refund' | 'refund_return' | 'fee' | 'deposit' | 'other' | 'none'
  state: 'done' | 'suggested' | 'unmatched' | 'repeated'
  outcome: string | null
  payment_id: string | null
  refund_id: string | null
  record_id: string | null
  changed_at: Date
  changed_by: string | null
}
/** One transaction of a statement. */
export type StatementEntry = Selectable<EntryTable>
/** A bill that an entry is perhaps for. */
export type Candidate = { entry_id: string; bill_id: string; reason: Reason }
/** A refund as far as transfers have to do with it. */
export type RefundRow = {
  id: string
  payment_id: string
  amount: bigint
  currency: string
  way: string
  state: string
  record_id: string | null
}
/** A pain.001 file. */
export type TransferFile = {
  id: string
  message_id: string
  currency: string
  count: number
  total: bigint
  execution_on: PlainDate
  made_at: Date
  made_by: string
}

type Tables = {
  'payments.statement': Statement
  'payments.entry': EntryTable
  'payments.entry_candidate': Candidate
  'payments.refund': RefundRow
  'payments.transfer_file': TransferFile
  'payments.transfer_file_refund': { refund_id: string; file_id: string }
  'payments.bill': Bill
}

const tables = (db: Db) => tablesOf<Tables>(db)
const listed = (values: readonly string[], type: 'uuid' | 'text') => sql<string>`any(${[...values]}::${sql.raw(type)}[])`

/** What names a statement at the bank. */
export type StatementName = Pick<Statement, 'account' | 'currency' | 'statement_id' | 'page'>

export async function statementByName(db: Db, name: StatementName): Promise<Statement | null> {
  const { account, currency, statement_id, page } = name
  const found = tables(db).selectFrom('payments.statement').selectAll().where('account', '=', account).where('currency', '=', currency)
  return (await found.where('statement_id', '=', statement_id).where('page', '=', page).executeTakeFirst()) ?? null
}

export async function statementById(db: Db, id: string, lock = false): Promise<Statement | null> {
  const found = tables(db).selectFrom('payments.statement').selectAll().where('id', '=', id)
  return (await (lock ? found.forUpdate() : found).executeTakeFirst()) ?? null
}

/** False when there is one of this name already. */
export async function insertStatement(db: Db, row: Statement): Promise<boolean> {
  const done = await tables(db)
    .insertInto('payments.statement')
    .values(row)
    .onConflict((c) => c.columns(['account', 'currency', 'statement_id', 'page']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return done !== undefined
}

export async function changeStatement(
  db: Db,
  id: string,
  change: Partial<Pick<Statement, 'done' | 'state' | 'finished_at' | 'document_id' | 'erased_at'>>,
): Promise<void> {
  await tables(db).updateTable('payments.statement').set(change).where('id', '=', id).execute()
}

/** The newest first. */
export async function statements(db: Db, limit: number): Promise<Statement[]> {
  return tables(db).selectFrom('payments.statement').selectAll().orderBy('closing_day', 'desc').orderBy('id', 'desc').limit(limit).execute()
}

/** The newest statements of an account, the oldest of them first: as the bank wrote them. */
export async function chainOf(db: Db, account: string, currency: string, limit: number): Promise<Statement[]> {
  const rows = await tables(db)
    .selectFrom('payments.statement')
    .selectAll()
    .where('account', '=', account)
    .where('currency', '=', currency)
    .orderBy('closing_day', 'desc')
    .orderBy(sql`coalesce(sequence, 0)`, 'desc')
    .orderBy('page', 'desc')
    .orderBy('imported_at', 'desc')
    .limit(limit)
    .execute()
  return rows.toReversed()
}

/** Statements whose persons are to be forgotten. */
export async function statementsBefore(db: Db, day: PlainDate, limit: number): Promise<Statement[]> {
  const found = tables(db).selectFrom('payments.statement').selectAll().where('erased_at', 'is', null).where('closing_day', '<', day)
  return found.orderBy('closing_day').limit(limit).execute()
}

export async function knownEntries(db: Db, keys: readonly Buffer[]): Promise<Set<string>> {
  const rows = await sql<{ key: Buffer }>`select key from payments.entry where key = any(${[...keys]}::bytea[])`.execute(db)
  return new Set(rows.rows.map((row) => row.key.toString('hex')))
}

/** Writes entries and what they are perhaps for, each list with one statement. */
export async function insertEntries(db: Db, rows: readonly StatementEntry[], candidates: readonly Candidate[]): Promise<void> {
  const column = <K extends keyof StatementEntry>(name: K): Array<StatementEntry[K]> => rows.map((row) => row[name])
  await sql`
    insert into payments.entry
      (id, statement_id, no, part, key, amount, currency, booked_on, kind, state, payment_id, refund_id, record_id, changed_at)
    select * from unnest(${column('id')}::uuid[], ${column('statement_id')}::uuid[], ${column('no')}::integer[], ${column('part')}::integer[],
      ${column('key')}::bytea[], ${column('amount')}::bigint[], ${column('currency')}::text[], ${column('booked_on')}::date[],
      ${column('kind')}::text[], ${column('state')}::text[], ${column('payment_id')}::uuid[], ${column('refund_id')}::uuid[],
      ${column('record_id')}::uuid[], ${column('changed_at')}::timestamptz[])`.execute(db)
  if (candidates.length === 0) return
  await sql`
    insert into payments.entry_candidate (entry_id, bill_id, reason)
    select * from unnest(${candidates.map((row) => row.entry_id)}::uuid[], ${candidates.map((row) => row.bill_id)}::uuid[],
      ${candidates.map((row) => row.reason)}::text[])`.execute(db)
}

export async function entryById(db: Db, id: string, lock = false): Promise<StatementEntry | null> {
  const found = tables(db).selectFrom('payments.entry').selectAll().where('id', '=', id)
  return (await (lock ? found.forUpdate() : found).executeTakeFirst()) ?? null
}

export async function changeEntry(
  db: Db,
  id: string,
  change: Partial<Pick<StatementEntry, 'kind' | 'state' | 'outcome' | 'payment_id' | 'refund_id' | 'changed_at' | 'changed_by'>>,
): Promise<void> {
  await tables(db).updateTable('payments.entry').set(change).where('id', '=', id).execute()
}

/** Entries that wait for an officer, the oldest first, after one of them. */
export async function waitingEntries(db: Db, after: StatementEntry | null, limit: number): Promise<StatementEntry[]> {
  let found = tables(db).selectFrom('payments.entry').selectAll().where('state', '<>', 'done')
  if (after) found = found.where(sql<boolean>`(booked_on, id) > (${after.booked_on}::date, ${after.id}::uuid)`)
  return found.orderBy('booked_on').orderBy('id').limit(limit).execute()
}

export async function entriesByRecord(db: Db, records: readonly string[]): Promise<StatementEntry[]> {
  if (records.length === 0) return []
  const found = tables(db).selectFrom('payments.entry').selectAll().where('record_id', '=', listed(records, 'uuid'))
  return found.orderBy('booked_on', 'desc').orderBy('id').limit(100).execute()
}

/** How many entries of a statement there are of each kind and state, and their sum. */
export async function countsOf(db: Db, statement: string): Promise<Array<{ kind: string; state: string; n: number; total: bigint }>> {
  const rows = await sql<{ kind: string; state: string; n: number; total: string }>`
    select kind, state, count(*)::int as n, sum(amount)::text as total from payments.entry
    where statement_id = ${statement}::uuid group by kind, state order by kind, state`.execute(db)
  return rows.rows.map((row) => ({ ...row, total: BigInt(row.total) }))
}

export async function candidatesOf(db: Db, entries: readonly string[]): Promise<Candidate[]> {
  if (entries.length === 0) return []
  return tables(db).selectFrom('payments.entry_candidate').selectAll().where('entry_id', '=', listed(entries, 'uuid')).execute()
}

export async function billsByCreditor(db: Db, references: readonly string[]): Promise<Bill[]> {
  if (references.length === 0) return []
  return tables(db).selectFrom('payments.bill').selectAll().where('creditor_reference', '=', listed(references, 'text')).execute()
}

export async function billsByReference(db: Db, references: readonly string[]): Promise<Bill[]> {
  if (references.length === 0) return []
  return tables(db).selectFrom('payments.bill').selectAll().where('reference', '=', listed(references, 'text')).execute()
}

/** Open bills whose payer is sealed in one of these records. */
export async function openBillsOfRecords(db: Db, records: readonly string[]): Promise<Bill[]> {
  if (records.length === 0) return []
  const found = tables(db).selectFrom('payments.bill').selectAll().where('record_id', '=', listed(records, 'uuid'))
  return found.where('state', '=', 'open').execute()
}

export async function refundsById(db: Db, ids: readonly string[]): Promise<RefundRow[]> {
  if (ids.length === 0) return []
  return tables(db).selectFrom('payments.refund').select(['id', 'payment_id', 'amount', 'currency', 'way', 'state', 'record_id']).where('id', '=', listed(ids, 'uuid')).execute() // prettier-ignore
}

export async function insertFile(db: Db, file: TransferFile, refunds: readonly string[]): Promise<void> {
  await tables(db).insertInto('payments.transfer_file').values(file).execute()
  await tables(db)
    .insertInto('payments.transfer_file_refund')
    .values(refunds.map((refund_id) => ({ refund_id, file_id: file.id })))
    .execute()
}

export async function fileById(db: Db, id: string): Promise<TransferFile | null> {
  return (await tables(db).selectFrom('payments.transfer_file').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
}

/** Holds a file until the transaction ends: it is fetched, or the bank's refusal of something of it is noted. */
export async function holdFile(db: Db, id: string): Promise<void> {
  await tables(db).selectFrom('payments.transfer_file').select('id').where('id', '=', id).forUpdate().execute()
}

/** Files by their message ids, or by the order ids made of them. */
export async function filesByMessage(db: Db, messages: readonly string[]): Promise<TransferFile[]> {
  if (messages.length === 0) return []
  return tables(db).selectFrom('payments.transfer_file').selectAll().where('message_id', '=', listed(messages, 'text')).execute()
}

/** The newest first. */
export async function files(db: Db, limit: number): Promise<TransferFile[]> {
  return tables(db).selectFrom('payments.transfer_file').selectAll().orderBy('made_at', 'desc').limit(limit).execute()
}

export async function refundsInFile(db: Db, file: string): Promise<string[]> {
  const rows = await tables(db)
    .selectFrom('payments.transfer_file_refund')
    .select('refund_id')
    .where('file_id', '=', file)
    .orderBy('refund_id')
    .execute()
  return rows.map((row) => row.refund_id)
}

/** Refunds of a currency that are on their way with the bank, each with its file. */
export async function refundsSent(db: Db, currency: string): Promise<Array<RefundRow & { file_id: string }>> {
  return tables(db)
    .selectFrom('payments.refund as r')
    .innerJoin('payments.transfer_file_refund as f', 'f.refund_id', 'r.id')
    .select(['r.id', 'r.payment_id', 'r.amount', 'r.currency', 'r.way', 'r.state', 'r.record_id', 'f.file_id'])
    .where('r.way', '=', 'bank')
    .where('r.state', '=', 'sent')
    .where('r.currency', '=', currency)
    .orderBy('r.id')
    .limit(10_000)
    .execute()
}

export async function filesById(db: Db, ids: readonly string[]): Promise<TransferFile[]> {
  if (ids.length === 0) return []
  return tables(db).selectFrom('payments.transfer_file').selectAll().where('id', '=', listed(ids, 'uuid')).orderBy('made_at').execute()
}

/** The file that a refund is in; null when it is in none. */
export async function fileOfRefund(db: Db, refund: string): Promise<string | null> {
  const found = tables(db).selectFrom('payments.transfer_file_refund').select('file_id').where('refund_id', '=', refund)
  return (await found.executeTakeFirst())?.file_id ?? null
}

/** Those of these refunds that are in a file already. */
export async function refundsInFiles(db: Db, refunds: readonly string[]): Promise<Set<string>> {
  if (refunds.length === 0) return new Set()
  const found = tables(db).selectFrom('payments.transfer_file_refund').select('refund_id').where('refund_id', '=', listed(refunds, 'uuid'))
  return new Set((await found.execute()).map((row) => row.refund_id))
}

/** What was on the account before the first statement; null before there is one. */
export async function firstOpening(db: Db, account: string, currency: string): Promise<bigint | null> {
  const found = tables(db)
    .selectFrom('payments.statement')
    .select('opening')
    .where('account', '=', account)
    .where('currency', '=', currency)
  return (await found.orderBy('opening_day').orderBy('sequence').limit(1).executeTakeFirst())?.opening ?? null
}
