import { isUniqueViolation } from '../../../../platform/db.ts'
import { type CsvFile, hashOf } from '../../../../platform/csvrows.ts'
import type { RejectsFile } from '../../../../platform/csvrejects.ts'
import { record } from '../../../../platform/journal/journal.ts'
import { transact } from '../../../../platform/platform.ts'
import { createPersons, type NewPerson } from '../../../people/index.ts'
import { issueMany } from '../../bills/issuemany.ts'
import type { ReadyBill } from '../../bills/many/store.ts'
import { type BadRow, countedWith, type GoodRow, inBatches, type RowBatch, withRows } from '../../bulk/rows.ts'
import { nameKey, PAYER_NAME } from '../../payername.ts'
import { type Treasury, within } from '../../treasury.ts'
import { contentOf, PROGRAM, sourceKey } from '../bills.ts'
import type { SentBill } from '../body.ts'
import * as clients from '../store.ts'
import type { Client } from '../store.ts'
import { billReader, columnsOf, readBillMap, type Reject } from './map.ts'
import * as store from './store.ts'
import type { Intake, Tally } from './store.ts'

/** What to import: paths of the file and of the file for rows that are not taken in (null: they are only counted), and the map's text. */
export type BillOrder = {
  readonly file: string
  readonly map: { readonly path: string; readonly text: string }
  readonly client: string
  readonly rejects: string | null
  /** Reads and judges everything and writes nothing. */
  readonly dryRun?: boolean
  /** No more rows than this; more is an error in words. */
  readonly most?: number
  /** Called after each commit with the rows that are done and the share of the file that was read, 0 to 1. */
  readonly onProgress?: (rows: number, share: number) => void
}

/** A row that is not taken in, with its number among the data rows. */
export type RejectedRow = { readonly row: number; readonly reason: Reject }
/** What an import did, or would do; `again` when there was nothing left to do. `first` are the first rows that are not taken in. */
export type ImportedBills = {
  readonly again: boolean
  readonly rows: number
  readonly tally: Tally
  readonly first: readonly RejectedRow[]
}

const MOST_TRIES = 5
const SHOWN = 20
const NOTHING: Tally = { added: 0, repeated: 0, amount: '0', rejected: {} }

type Bad = BadRow<Reject>
type Good = GoodRow<SentBill>
type Run = {
  readonly treasury: Treasury
  readonly client: Client
  readonly hash: string
  readonly rejects: RejectsFile | null
  readonly dryRun: boolean
}

/**
 * Brings the rows of a client's file in as bills, a thousand a transaction, from where it stopped the last time. A row whose
 * number is there with the same content adds nothing; with another it is rejected. Throws an Error in words for the operator.
 */
export async function importBills(treasury: Treasury, order: BillOrder): Promise<ImportedBills> {
  const { platform } = treasury
  const client = await clients.clientByCode(platform.db, order.client)
  if (client?.state !== 'active') throw new Error(`There is no program ${order.client} that may send bills.`)
  const map = readBillMap(order.map.text, order.map.path)
  const hash = await hashOf(order.file, order.map.text)
  const dryRun = order.dryRun ?? false
  const known = dryRun ? null : await store.intakeOf(platform.db, client.id)
  const before = known?.file_hash === hash ? known : null
  if (before?.finished_at) return { again: true, rows: before.rows, tally: before.tally, first: [] }
  const opening = { file: order.file, rejects: dryRun ? null : order.rejects, map, columns: columnsOf(map), committed: before?.rejects_bytes ?? 0 }
  return withRows(opening, (file, rejects) =>
    takeIn({ treasury, client, hash, rejects, dryRun }, billReader(platform, map, file.head), file, before, order),
  )
} // prettier-ignore

async function takeIn(
  run: Run,
  read: ReturnType<typeof billReader>,
  file: CsvFile,
  before: Intake | null,
  { most, onProgress }: BillOrder,
): Promise<ImportedBills> {
  let [tally, bytes] = [before?.tally ?? NOTHING, before?.rejects_bytes ?? 0]
  const first: RejectedRow[] = []
  const rows = await inBatches<SentBill, Reject>(file, { before: before?.rows ?? 0, most }, read, async (batch) => {
    const done = await commitBatch(run, { ...batch, tally, bytes })
    first.push(...done.rejected.slice(0, SHOWN - first.length).map(({ row, reason }) => ({ row, reason })))
    ;[tally, bytes] = [done.tally, done.bytes]
    onProgress?.(batch.number, batch.finished ? 1 : file.share())
  })
  return { again: false, rows, tally, first }
}

type Batch = RowBatch<SentBill, Reject> & { readonly tally: Tally; readonly bytes: number }

async function commitBatch(run: Run, batch: Batch): Promise<{ tally: Tally; bytes: number; rejected: Bad[] }> {
  const { platform } = run.treasury
  // written once, however often the transaction is tried
  let bytes: number | null = null
  for (let tries = 1; ; tries += 1) {
    try {
      return await transact(platform, async (tx) => {
        const inside = within(run.treasury, tx)
        const held = run.dryRun ? null : await store.intakeOf(tx.db, run.client.id, true)
        if (held !== null && held.file_hash === run.hash && held.rows !== batch.before)
          throw new Error('Another import of this program is at work. Wait until it has ended.')
        const done = await writeRows(inside, run, batch.good)
        const rejected = [...batch.bad, ...done.used].toSorted((a, b) => a.row - b.row)
        const tally = together(batch.tally, done, rejected)
        if (run.dryRun) return { tally, bytes: 0, rejected }
        bytes ??= (await run.rejects?.add(rejected)) ?? 0
        const finished_at = batch.finished ? tx.now() : null
        await store.keepIntake(tx.db, { client_id: run.client.id, file_hash: run.hash, rows: batch.number, tally, rejects_bytes: bytes, updated_at: tx.now(), finished_at })
        if (batch.finished)
          await record(tx, PROGRAM, { type: 'payments.client.imported', stream: run.client.id, data: { rows: batch.number, added: tally.added } })
        return { tally, bytes, rejected }
      })
    } catch (error) {
      if (!isUniqueViolation(error) || tries >= MOST_TRIES) throw error
    }
  }
} // prettier-ignore

function together(before: Tally, done: { added: number; repeated: number; amount: bigint }, rejected: readonly Bad[]): Tally {
  return {
    added: before.added + done.added,
    repeated: before.repeated + done.repeated,
    amount: (BigInt(before.amount) + done.amount).toString(),
    rejected: countedWith(before.rejected, rejected),
  }
}

async function writeRows(treasury: Treasury, run: Run, good: readonly Good[]) {
  const tx = treasury.platform
  const known = await clients.clientBills(tx.db, run.client.id, good.map(({ sent }) => sent.number)) // prettier-ignore
  const contents = new Map([...known].map(([number, bill]) => [number, bill.content]))
  const fresh: Array<Good & { content: Buffer }> = []
  const used: Bad[] = []
  let repeated = 0
  for (const each of good) {
    const content = contentOf(tx, 'bill', each.sent)
    const before = contents.get(each.sent.number)
    if (before === undefined) fresh.push({ ...each, content })
    else if (before.equals(content)) repeated += 1
    else used.push({ row: each.row, reason: 'number_used', cells: each.cells })
    if (before === undefined) contents.set(each.sent.number, content)
  }
  const amount = fresh.reduce((sum, { sent }) => sum + (sent.lines[0]?.amount ?? 0n), 0n)
  if (!run.dryRun && fresh.length > 0) await issueFresh(treasury, run.client, fresh)
  return { added: fresh.length, repeated, amount, used }
}

async function issueFresh(treasury: Treasury, client: Client, fresh: ReadonlyArray<Good & { content: Buffer }>): Promise<void> {
  const tx = treasury.platform
  const persons: NewPerson[] = []
  const bills = fresh.map(({ sent }): ReadyBill => {
    const { payer, legalBasis, appeal } = sent
    const known = payer && { id: tx.newId(), record: tx.newId() }
    if (payer && known) {
      const { name, email, address } = payer
      const fields = { name, ...(email ? { email } : {}), ...(address && address.length > 0 ? { address: address.join('\n') } : {}) }
      persons.push({ ...known, fields, findBy: [nameKey(name)] })
    }
    return {
      key: sourceKey(client, sent.number),
      source: 'agency',
      sourceId: sent.number,
      agency: client.agency,
      revenue: sent.revenue,
      payer: payer && known && { kind: payer.kind, personId: known.id, recordId: known.record },
      language: sent.language,
      currency: sent.currency,
      title: sent.title,
      ...(legalBasis ? { legalBasis } : {}),
      ...(appeal ? { appeal } : {}),
      dueOn: sent.dueOn,
      lines: sent.lines.map(({ title, amount }) => ({ title, amount })),
    }
  })
  await createPersons(tx, 'bill', PAYER_NAME, persons)
  const made = await issueMany(treasury, PROGRAM, bills)
  const rows = fresh.flatMap(({ sent, content }) => {
    const id = made.get(sourceKey(client, sent.number))
    return id === undefined ? [] : [{ client_id: client.id, number: sent.number, bill_id: id, content }]
  })
  await clients.insertClientBills(tx.db, rows)
}
