import { isUuid } from '../../../kernel/id.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { record } from '../../../platform/journal/journal.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import { findCreditorReferences, plainIban } from '../../iso20022/index.ts'
import { balanceOf, post } from '../../ledger/index.ts'
import { findByValues, findByWords, open } from '../../people/index.ts'
import type { Bill } from '../bill.ts'
import { clearingAccount, payoutCleared, TERMINAL, unclear } from '../books.ts'
import { closeItem } from '../items.ts'
import { nameKey, PAYER_NAME } from '../payername.ts'
import { receive } from '../receive.ts'
import { proposeRefund, type Refund } from '../refunds/index.ts'
import { billByReference, billsById, type Payment } from '../store.ts'
import { type Treasury, within } from '../treasury.ts'
import { ENTRY_WORDS, entryKey, importer } from './book.ts'
import type { Reason } from './match.ts'
import * as store from './store.ts'

/** An entry with the bills that it is perhaps for. */
export type EntryStory = {
  readonly entry: store.StatementEntry
  readonly statement: store.Statement
  readonly candidates: ReadonlyArray<{ readonly bill: Bill; readonly reason: Reason }>
}

/** What the bank tells of an entry's other side. */
export type Told = {
  readonly names: readonly string[]
  readonly ibans: readonly string[]
  readonly references: readonly string[]
  readonly lines: readonly string[]
  readonly notes: readonly string[]
}

const facts = ({ rules }: Treasury): { agency: string } => ({ agency: rules.treasury })

/** An entry for whoever works on transfers; throws 404. */
export async function entryStory(treasury: Treasury, actor: Actor, id: string): Promise<EntryStory> {
  allow(actor, 'money.read', facts(treasury))
  const { db } = treasury.platform
  const entry = await store.entryById(db, id)
  const statement = entry && (await store.statementById(db, entry.statement_id))
  if (!entry || !statement) throw notFound('entry')
  const candidates = await store.candidatesOf(db, [id])
  const bills = new Map((await billsById(db, candidates.map((each) => each.bill_id))).map((bill) => [bill.id, bill])) // prettier-ignore
  return {
    entry,
    statement,
    candidates: candidates.flatMap(({ bill_id, reason }) => {
      const bill = bills.get(bill_id)
      return bill ? [{ bill, reason }] : []
    }),
  }
}

/** Opens what the bank tells of an entry; the opening is noted. Null when it was kept long enough. */
export async function openEntry(treasury: Treasury, actor: Actor, entry: store.StatementEntry): Promise<Told | null> {
  allow(actor, 'money.work', facts(treasury))
  const statement = await store.statementById(treasury.platform.db, entry.statement_id)
  if (entry.record_id === null || !statement || statement.erased_at !== null) return null
  const { told } = await open(treasury.platform, actor, { record: entry.record_id, purpose: 'payments.match', legalBasis: 'gdpr.6.1.e' })
  const list = (name: string): string[] => {
    const value: unknown = typeof told === 'object' && told !== null ? Object.entries(told).find(([key]) => key === name)?.[1] : null
    return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
  }
  return { names: list('names'), ibans: list('ibans'), references: list('references'), lines: list('lines'), notes: list('notes') }
}

/** Entries in which exactly this name, account or reference stands, the newest first. */
export async function findEntries(treasury: Treasury, actor: Actor, typed: string): Promise<store.StatementEntry[]> {
  allow(actor, 'money.read', facts(treasury))
  const text = cleanText(typed)
  const values = [...new Set([text, nameKey(text), plainIban(text) ?? ''])].filter((each) => each !== '')
  const found = await Promise.all(values.map((value) => findByWords(treasury.platform, ENTRY_WORDS, [value], 100)))
  return store.entriesByRecord(treasury.platform.db, [...new Set(found.flat())])
}

/** Bills that an officer looks for by reference, creditor reference or the payer's whole name; at most 20. */
export async function findBills(treasury: Treasury, actor: Actor, typed: string): Promise<Bill[]> {
  allow(actor, 'money.work', facts(treasury))
  const { platform } = treasury
  const text = cleanText(typed).slice(0, 200)
  if (text === '') return []
  const creditors = await store.billsByCreditor(platform.db, findCreditorReferences(text))
  const own = await ownBill(platform, text)
  const records = await findByValues(platform, PAYER_NAME, [nameKey(text)], 20)
  const named = await store.openBillsOfRecords(platform.db, [...records.values()].flat())
  return [...new Map([...creditors, ...(own ? [own] : []), ...named].map((bill) => [bill.id, bill])).values()].slice(0, 20)
}

async function ownBill({ db }: Platform, text: string): Promise<Bill | null> {
  const [reference] = text.toUpperCase().match(/[A-Z]{3}-?[0-9A-Z]{4}-?[0-9A-Z]{4}/) ?? []
  if (reference === undefined) return null
  const plain = reference.replaceAll('-', '')
  return billByReference(db, `${plain.slice(0, 3)}-${plain.slice(3, 7)}-${plain.slice(7)}`)
}

/**
 * Puts an entry that nobody was sure of to bills, in their order: each takes what it is owed, the rest is kept for the payer. Throws 409 when
 * somebody else was faster, 422 for what is no money in or no bill.
 */
export async function assignEntry(treasury: Treasury, actor: Actor, id: string, bills: readonly string[]): Promise<Payment> {
  allow(actor, 'money.work', facts(treasury))
  if (bills.length === 0 || bills.length > 20 || !bills.every(isUuid))
    throw new Problem('payments.choose-bill', 422, 'Choose the bill that this money is for.')
  return transact(treasury.platform, async (tx) => {
    const entry = await waiting(tx, id)
    const known = await billsById(tx.db, bills)
    if (known.length !== new Set(bills).size || known.some((bill) => bill.currency !== entry.currency))
      throw new Problem('payments.choose-bill', 422, 'Choose the bill that this money is for.')
    const data = { bills: bills.length, amount: entry.amount.toString() }
    const cause = await record(tx, actor, { type: 'payments.entry.assigned', stream: id, data })
    const payment = await take(within(treasury, tx), entry, bills, cause)
    await end(tx, actor, entry, payment, 'assigned')
    return payment
  })
}

/**
 * Sends an entry back to the account that it came from: it is kept for its payer, and a refund by transfer is proposed, which another officer
 * decides. Throws 409 when somebody else was faster, 422 when the bank did not tell the account.
 */
export async function sendBack(treasury: Treasury, actor: Actor, id: string, words: string): Promise<Refund> {
  const { entry } = await entryStory(treasury, actor, id)
  const told = await openEntry(treasury, actor, entry)
  const [name] = told?.names ?? []
  const [iban] = told?.ibans ?? []
  if (name === undefined || iban === undefined)
    throw new Problem('payments.no-account', 422, 'The bank did not say which account this came from.')
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const held = await waiting(tx, id)
    const cause = await record(tx, actor, { type: 'payments.entry.sent_back', stream: id, data: { amount: held.amount.toString() } })
    const payment = await take(inside, held, [], cause)
    await end(tx, actor, held, payment, 'sent_back')
    const { amount } = held
    return proposeRefund(inside, actor, { payment: payment.id, amount, cause: 'mistake', way: 'bank', words, account: { name, iban } })
  })
}

/**
 * Books a credit that waits as what the bank of the card terminals paid out, less its fees. Throws 409 when somebody else was faster, 422 when it
 * is more than was taken there and not paid out yet.
 */
export async function terminalPaidOut(treasury: Treasury, actor: Actor, id: string, fees: bigint): Promise<void> {
  allow(actor, 'money.work', facts(treasury))
  if (fees < 0n) throw new Problem('payments.amount', 422, 'Enter an amount of money.')
  await transact(treasury.platform, async (tx) => {
    const entry = await waiting(tx, id)
    const { amount, currency, booked_on: day } = entry
    if (amount + fees > (await balanceOf(tx, clearingAccount(treasury.rules.treasury, TERMINAL, currency))))
      throw new Problem('payments.terminal-more', 422, 'This is more than was taken at the card terminals and not paid out yet.')
    const data = { provider: 'terminal', net: amount.toString(), fees: fees.toString() }
    const cause = await record(tx, actor, { type: 'payments.payout.booked', stream: id, data })
    const lines = payoutCleared(treasury.rules.treasury, 'terminal', currency, amount + fees, fees, id)
    await post(tx, { kind: 'payout', key: `payout:terminal:${id}`, cause, day, lines })
    await store.changeEntry(tx.db, id, {
      state: 'done',
      kind: 'payout',
      outcome: 'terminal',
      changed_at: tx.now(),
      changed_by: actor.accountId,
    })
    await closeItem(tx, actor, entryKey(id), 'terminal')
  })
}

/** Books an entry that looked like one told before and is not: it then waits like any other. */
export async function countEntry(treasury: Treasury, actor: Actor, id: string): Promise<void> {
  allow(actor, 'money.work', facts(treasury))
  await transact(treasury.platform, async (tx) => {
    const entry = await store.entryById(tx.db, id, true)
    if (!entry) throw notFound('entry')
    if (entry.state !== 'repeated') throw gone()
    const { amount, currency, booked_on: day } = entry
    const cause = await record(tx, actor, { type: 'payments.entry.counted', stream: id, data: { amount: amount.toString() } })
    await post(tx, { kind: 'unclear', key: entryKey(id), cause, day, lines: unclear(treasury.rules.treasury, currency, amount, id) })
    await store.changeEntry(tx.db, id, { state: 'unmatched', outcome: 'counted', changed_at: tx.now(), changed_by: actor.accountId })
  })
}

const gone = (): Problem => new Problem('payments.entry-done', 409, 'Somebody else has dealt with this entry.')

/** A credit that waits, held until the transaction ends. */
async function waiting(tx: Platform, id: string): Promise<store.StatementEntry> {
  const entry = await store.entryById(tx.db, id, true)
  if (!entry) throw notFound('entry')
  if (entry.state !== 'suggested' && entry.state !== 'unmatched') throw gone()
  if (entry.amount <= 0n) throw new Problem('payments.entry-out', 422, 'This is money that left the account.')
  return entry
}

async function take(treasury: Treasury, entry: store.StatementEntry, bills: readonly string[], cause: string): Promise<Payment> {
  const { id, amount, currency, booked_on: day } = entry
  const shares = bills.map((bill) => ({ bill, amount }))
  const money = {
    key: entryKey(id),
    source: 'bank',
    heldBy: treasury.rules.treasury,
    amount,
    currency,
    day,
    shares,
    entry: id,
    cause,
  } as const
  return (await receive(treasury, importer, money)).payment
}

async function end(tx: Platform, actor: Actor, entry: store.StatementEntry, payment: Payment, outcome: string): Promise<void> {
  const change = {
    state: 'done',
    kind: 'transfer',
    outcome,
    payment_id: payment.id,
    changed_at: tx.now(),
    changed_by: actor.accountId,
  } as const
  await store.changeEntry(tx.db, entry.id, change)
  await closeItem(tx, actor, entryKey(entry.id), outcome)
}
