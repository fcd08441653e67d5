import { newReference } from '../../../kernel/id.ts'
import { invariant } from '../../../kernel/invariant.ts'
import type { PlainDate } from '../../../kernel/time.ts'
import { drawSymbol, today } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import { creditorReference } from '../../iso20022/index.ts'
import { type NewPosting, postMany } from '../../ledger/index.ts'
import { billFacts } from '../bill.ts'
import { billed } from '../books.ts'
import * as bulk from './many/store.ts'
import { takeIn } from '../desk/figures/store.ts'
import { tellBill, type Treasury } from '../treasury.ts'

/**
 * Issues many bills at once, each once for its key, in the caller's transaction and in a fixed number of statements: for
 * some thousands. With `cause`, a line of the journal that tells of all of them, there is no line for each. Returns the ids
 * of the new ones by key. Throws a unique violation when somebody else issues one of them at this moment; nothing is
 * issued then, and the caller tries again.
 */
export async function issueMany(
  treasury: Treasury,
  actor: Actor,
  wanted: readonly bulk.ReadyBill[],
  cause: string | null = null,
): Promise<Map<string, string>> {
  const tx = treasury.platform
  invariant(tx.inTransaction, 'bills are issued in a transaction')
  for (const agency of new Set(wanted.map((bill) => bill.agency)))
    allow(actor, 'money.system', billFacts({ id: '', person_id: null, service: null, agency }, treasury.rules.treasury))
  const known = await bulk.knownSources(tx.db, wanted.map((bill) => bill.key)) // prettier-ignore
  const fresh = [...new Map(wanted.filter((bill) => !known.has(bill.key)).map((bill) => [bill.key, bill])).values()]
  if (fresh.length === 0) return new Map()
  const day = today(tx)
  const references = await drawReferences(treasury, fresh.length)
  const rows = fresh.map((bill, at) => rowOf(treasury, bill, references[at] ?? '', day))
  await bulk.insertBills(tx.db, rows, { day, at: tx.now() })
  await bulk.insertLines(
    tx.db,
    rows.flatMap(({ id, bill }) => bill.lines.map((line) => ({ id: tx.newId(), bill: id, title: line.title, amount: line.amount, law: line.law ?? null }))),
    day,
  ) // prettier-ignore
  await bulk.insertParts(
    tx.db,
    rows.flatMap(({ id, bill }) => (bill.parts ?? []).map((part, no) => ({ bill: id, no: no + 1, amount: part.amount, due: part.dueOn }))),
  )
  const postings: NewPosting[] = []
  for (const row of rows) {
    const posted = { id: row.id, agency: row.bill.agency, currency: row.bill.currency, revenue: row.bill.revenue }
    const why = cause ?? (await tellIssued(treasury, actor, row))
    postings.push({ kind: 'bill', key: `bill:${row.id}`, cause: why, day, lines: billed(posted, row.total) })
  }
  await postMany(tx, postings)
  // without a line for each the figures would not hear of them
  if (cause !== null) await takeIn(tx.db, rows.map(({ id }) => id)) // prettier-ignore
  return new Map(rows.map(({ id, bill }) => [bill.key, id]))
}

function rowOf({ platform }: Treasury, bill: bulk.ReadyBill, reference: string, day: PlainDate): bulk.BillRow {
  const total = bill.lines.reduce((sum, line) => sum + line.amount, 0n)
  const parts = bill.parts ?? []
  invariant(total > 0n, 'a bill is of more than nothing')
  invariant(parts.length === 0 || parts.reduce((sum, part) => sum + part.amount, 0n) === total, 'parts add up to their bill')
  // the day that counts first is the one of the first part
  const stepOn = parts[0]?.dueOn ?? bill.dueOn
  return { id: platform.newId(), bill, reference, creditor: creditorReference(reference.replaceAll('-', '')), total, stepOn: stepOn < day ? bill.dueOn : stepOn }
} // prettier-ignore

function tellIssued({ platform }: Treasury, actor: Actor, { id, bill, total }: bulk.BillRow): Promise<string> {
  return tellBill(platform, actor, { id, person_id: bill.payer?.personId ?? null }, 'payments.bill.issued', {
    source: bill.source,
    agency: bill.agency,
    revenue: bill.revenue,
    amount: total.toString(),
    currency: bill.currency,
    due: bill.dueOn,
    ...(bill.service ? { service: bill.service } : {}),
  })
}

/** Draws so often before it is a bug that references are taken. */
const MOST_DRAWS = 8

/** References that no bill has yet; two that draw the same at the same moment meet at the unique index. */
async function drawReferences({ platform }: Treasury, count: number): Promise<string[]> {
  const draw = drawSymbol(platform)
  const drawn = new Set<string>()
  for (let turn = 0; turn < MOST_DRAWS; turn += 1) {
    const fresh: string[] = []
    while (drawn.size + fresh.length < count) fresh.push(newReference('BIL', draw))
    const taken = await bulk.takenReferences(platform.db, fresh)
    for (const reference of fresh) if (!taken.has(reference)) drawn.add(reference)
    if (drawn.size === count) return [...drawn]
  }
  invariant(false, 'references that nobody has can be drawn')
}
