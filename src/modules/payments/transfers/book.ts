import { record } from '../../../platform/journal/journal.ts'
import type { Platform } from '../../../platform/platform.ts'
import { systemActor } from '../../access/index.ts'
import { type NewPosting, postMany } from '../../ledger/index.ts'
import { sealMany } from '../../people/index.ts'
import { bankAccount, bankFee, unclear } from '../books.ts'
import { type NewItem, openItems } from '../items.ts'
import type { Incoming } from '../receive.ts'
import { receiveMany } from '../receivemany.ts'
import { bookPayout } from '../reconcile/settlements.ts'
import { refundCameBack, refundLeft } from '../refunds/index.ts'
import { noteArrived } from '../till/store.ts'
import type { Treasury } from '../treasury.ts'
import { decide, type Decision } from './decide.ts'
import { booksFor } from './lookups.ts'
import { findableBy, type Part } from './part.ts'
import * as store from './store.ts'

/** The bank's side of the books: what statements say is booked by a program, whoever brought them. */
export const importer = systemActor('payments')

/** The kind of record in the vault that holds what a statement tells of one transaction, and the look-up of its words. */
export const ENTRY_RECORD = 'statement_entry'
export const ENTRY_WORDS = 'payments.statement_entry'

/** How many of what there were. */
export type Tally = {
  readonly matched: number
  readonly suggested: number
  readonly unmatched: number
  readonly repeated: number
  readonly other: number
}

type Row = { readonly id: string; readonly part: Part; readonly key: Buffer; readonly decision: Decision }

/** The key of the work item about an entry, and of the payment that it makes. */
export const entryKey = (id: string): string => `entry:${id}`

/**
 * Books a batch of a statement's transactions in the caller's transaction, in a fixed number of statements for payments and one by one for what
 * is rare: payouts, refunds, cash. Everything that a person could be known by is sealed. Returns how many were what.
 */
export async function bookParts(
  treasury: Treasury,
  statement: Pick<store.Statement, 'id' | 'person_id'>,
  parts: ReadonlyArray<{ readonly part: Part; readonly key: Buffer }>,
): Promise<Tally> {
  const tx = treasury.platform
  const known = await store.knownEntries(tx.db, parts.map(({ key }) => key)) // prettier-ignore
  const books = await booksFor(tx, parts.map(({ part }) => part)) // prettier-ignore
  const decisions = decide(parts.map(({ part, key }) => ({ part, repeated: known.has(key.toString('hex')) })), books, treasury.rules.statements.fee_codes) // prettier-ignore
  const rows = parts.map(({ part, key }, at): Row => ({ id: tx.newId(), part, key, decision: decisions[at] ?? { kind: 'unmatched' } }))
  const tally = tallyOf(rows)
  const cause = await record(tx, importer, {
    type: 'payments.statement.booked',
    stream: statement.id,
    data: { from: parts[0]?.part.no ?? 0, to: parts.at(-1)?.part.no ?? 0, ...tally },
  })
  const incoming = rows.flatMap((row) => incomingOf(treasury, row, cause))
  const payments = await receiveMany(treasury, importer, incoming)
  await keep(tx, statement, rows, new Map(payments.map((payment) => [payment.key, payment.id])))
  await postMany(tx, rows.flatMap((row) => postingOf(treasury, row, cause))) // prettier-ignore
  await openItems(tx, importer, rows.flatMap((row) => itemOf(treasury, statement.id, row))) // prettier-ignore
  for (const row of rows) await bookOwn(treasury, row)
  return tally
}

function tallyOf(rows: readonly Row[]): Tally {
  const of = (kind: Decision['kind']): number => rows.filter(({ decision }) => decision.kind === kind).length
  const counted = { matched: of('exact'), suggested: of('suggested'), unmatched: of('unmatched'), repeated: of('repeated') }
  return { ...counted, other: rows.length - Object.values(counted).reduce((sum, n) => sum + n, 0) }
}

/** Seals what the bank tells and writes the entries, with the payments that they made by their keys. */
async function keep(
  tx: Platform,
  statement: Pick<store.Statement, 'id' | 'person_id'>,
  rows: readonly Row[],
  payments: ReadonlyMap<string, string>,
): Promise<void> {
  const records = rows.map((row) => ({ ...row, record: tx.newId() }))
  await sealMany(
    tx,
    statement.person_id,
    ENTRY_RECORD,
    ENTRY_WORDS,
    records.map(({ record: id, part }) => ({ id, fields: { told: part.told }, findBy: findableBy(part) })),
  )
  await store.insertEntries(
    tx.db,
    records.map(({ record: record_id, ...row }) => ({
      ...entryOf(row, statement.id, tx.now()),
      record_id,
      payment_id: payments.get(entryKey(row.id)) ?? null,
    })),
    rows.flatMap(({ id, decision }) =>
      decision.kind === 'suggested' ? decision.candidates.map(({ bill, reason }) => ({ entry_id: id, bill_id: bill.id, reason })) : [],
    ),
  )
}

const kinds: Readonly<Record<Decision['kind'], store.StatementEntry['kind']>> = {
  exact: 'transfer', suggested: 'transfer', unmatched: 'other', repeated: 'other', none: 'none', fee: 'fee', payout: 'payout', deposit: 'deposit',
  refund: 'refund', refund_return: 'refund_return',
} // prettier-ignore

function entryOf({ id, part, key, decision }: Row, statement: string, now: Date): store.StatementEntry {
  const { kind } = decision
  return {
    id,
    statement_id: statement,
    no: part.no,
    part: part.part,
    key: kind === 'repeated' ? null : key,
    amount: part.amount,
    currency: part.currency,
    booked_on: part.day,
    kind: kind === 'unmatched' && part.amount > 0n ? 'transfer' : kinds[kind],
    state: kind === 'suggested' || kind === 'unmatched' || kind === 'repeated' ? kind : 'done',
    outcome: null,
    payment_id: null,
    refund_id: kind === 'refund_return' ? decision.refund.id : kind === 'refund' ? (decision.refunds[0]?.id ?? null) : null,
    record_id: null,
    changed_at: now,
    changed_by: null,
  }
}

function incomingOf({ rules }: Treasury, { id, part, decision }: Row, cause: string): Incoming[] {
  if (decision.kind !== 'exact') return []
  const { amount, currency, day } = part
  const shares = [{ bill: decision.bill.id, amount }]
  return [{ key: entryKey(id), source: 'bank', heldBy: rules.treasury, amount, currency, day, shares, cause }]
}

/** What lies unclear on the account until somebody knows, and what the bank takes for itself. */
function postingOf({ rules }: Treasury, { id, part, decision }: Row, cause: string): NewPosting[] {
  const { amount, currency, day } = part
  if (decision.kind === 'fee')
    return [{ kind: 'bank_fee', key: entryKey(id), cause, day, lines: bankFee(rules.treasury, currency, -amount, id) }]
  if (decision.kind !== 'suggested' && decision.kind !== 'unmatched') return []
  return [{ kind: 'unclear', key: entryKey(id), cause, day, lines: unclear(rules.treasury, currency, amount, id) }]
}

function itemOf({ rules }: Treasury, statement: string, { id, part, decision }: Row): NewItem[] {
  const { kind } = decision
  if (kind !== 'suggested' && kind !== 'unmatched' && kind !== 'repeated') return []
  const named = kind === 'unmatched' && part.amount < 0n ? 'entry_debit' : `entry_${kind}`
  const bill = decision.kind === 'suggested' && decision.candidates.length === 1 ? decision.candidates[0]?.bill.id : undefined
  return [
    {
      key: entryKey(id),
      kind: named,
      agency: rules.treasury,
      ...(bill === undefined ? {} : { bill }),
      amount: part.amount,
      currency: part.currency,
      story: {
        entry: id,
        statement,
        no: part.no,
        day: part.day,
        ...(decision.kind === 'suggested' ? { reason: decision.candidates[0]?.reason ?? '' } : {}),
      },
    },
  ]
}

/** What is the city's own money on its way. */
async function bookOwn(treasury: Treasury, { id, part, decision }: Row): Promise<void> {
  const { rules, platform } = treasury
  const bank = bankAccount(rules.treasury, part.currency)
  if (decision.kind === 'payout') await bookPayout(treasury, importer, decision.settlement, { id, day: part.day, unclear: false })
  if (decision.kind === 'deposit') await noteArrived(platform.db, decision.deposit.reference, id)
  if (decision.kind === 'refund') for (const refund of decision.refunds) await refundLeft(treasury, importer, refund.id, bank, true)
  if (decision.kind === 'refund_return') await refundCameBack(treasury, importer, decision.refund.id, bank)
}
