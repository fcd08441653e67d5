import { notFound } from '../../kernel/problem.ts'
import { addDays, type PlainDate } from '../../kernel/time.ts'
import { eventById } from '../../platform/journal/journal.ts'
import type { JournalEvent } from '../../platform/journal/event.ts'
import type { Platform } from '../../platform/platform.ts'
import { type Actor, allow, type Resource } from '../access/index.ts'
import type { LedgerEntry } from './ledger.ts'
import { foldFor } from './service.ts'
import * as store from './store.ts'

/** The city's books as people read and close them. */
export type Books = {
  readonly platform: Platform
  /** The agency that keeps them; null in a city that takes no money, where only auditors come in. */
  readonly treasury: string | null
  /** How many things about money of days up to this one somebody still has to look at; a month is closed when there are none. */
  readonly openItems?: (until: PlainDate) => Promise<number>
}

/** Days from one to another, both with. */
export type Period = { readonly from: PlainDate; readonly to: PlainDate }

/** What decides who may read and close the books. */
export function booksResource(books: Pick<Books, 'treasury'>): Resource {
  return books.treasury === null ? {} : { agency: books.treasury }
}

/** The accounts of one currency at the end of a day; `debit` equals `credit`, or the books are broken. */
export type TrialBalance = {
  readonly currency: string
  readonly accounts: readonly store.Balance[]
  readonly debit: bigint
  readonly credit: bigint
}

/** The balances of all accounts that have one at the end of a day, by currency, read in one snapshot. */
export async function trialBalance(platform: Platform, until: PlainDate): Promise<TrialBalance[]> {
  const all = await store.balances(platform.db, until, foldFor(platform, until))
  const moved = all.filter(({ balance }) => balance !== 0n)
  return [...Map.groupBy(moved, ({ currency }) => currency)].map(([currency, accounts]) => ({
    currency,
    accounts,
    debit: accounts.reduce((sum, { balance }) => (balance > 0n ? sum + balance : sum), 0n),
    credit: accounts.reduce((sum, { balance }) => (balance < 0n ? sum - balance : sum), 0n),
  }))
}

/** An account in a period: `before` + `debit` - `credit` = `after`; balances with their sign, sides without. */
export type Movement = store.Moved & { readonly before: bigint; readonly after: bigint }

/** What moved on the accounts of one currency in a period; `debit` equals `credit`, or the books are broken. */
export type Turnover = {
  readonly currency: string
  readonly accounts: readonly Movement[]
  readonly debit: bigint
  readonly credit: bigint
}

/** The accounts that have a balance before a period or were booked on in it, by currency. */
export async function turnovers(platform: Platform, { from, to }: Period): Promise<Turnover[]> {
  const dayBefore = addDays(from, -1)
  const before = new Map(
    (await store.balances(platform.db, dayBefore, foldFor(platform, dayBefore))).map((each) => [each.id, each.balance]),
  )
  const all = (await store.movedIn(platform.db, from, to)).map((each): Movement => {
    const opening = before.get(each.id) ?? 0n
    return { ...each, before: opening, after: opening + each.debit - each.credit }
  })
  const shown = all.filter((each) => each.before !== 0n || each.debit !== 0n || each.credit !== 0n)
  return [...Map.groupBy(shown, ({ currency }) => currency)].map(([currency, accounts]) => ({
    currency,
    accounts,
    debit: accounts.reduce((sum, each) => sum + each.debit, 0n),
    credit: accounts.reduce((sum, each) => sum + each.credit, 0n),
  }))
}

/** The trial balance of a period for whoever may read the books. */
export async function readTurnovers(books: Books, actor: Actor, period: Period): Promise<Turnover[]> {
  allow(actor, 'money.books', booksResource(books))
  return turnovers(books.platform, period)
}

/** At most `limit` postings of a period with their lines, by day and number, that come after the posting `after`. */
export function journalOf(platform: Platform, period: Period, after: string | null = null, limit = 100): Promise<store.Posted[]> {
  return store.postingsOf(platform.db, period, after, limit)
}

/** What the trial balance shows to whoever may read the books. */
export async function readTrialBalance(books: Books, actor: Actor, until: PlainDate): Promise<TrialBalance[]> {
  allow(actor, 'money.books', booksResource(books))
  return trialBalance(books.platform, until)
}

/** A part of an account's statement: its balance before the first of these entries, and the entries. */
export type StatementPart = { readonly account: store.Account; readonly before: bigint; readonly entries: readonly LedgerEntry[] }

/** Part of the statement of an account after an entry (null: from its beginning); throws 404 when there is no such account. */
export async function readStatement(
  books: Books,
  actor: Actor,
  ask: { account: number; period: Period; after: bigint | null; limit: number },
): Promise<StatementPart> {
  allow(actor, 'money.books', booksResource(books))
  const { platform } = books
  const account = await store.accountById(platform.db, ask.account)
  if (!account) throw notFound('account')
  const dayBefore = addDays(ask.period.from, -1)
  const [opening, earlier, entries] = await Promise.all([
    store.balanceOf(platform.db, ask.account, dayBefore, foldFor(platform, dayBefore)),
    store.sumUpTo(platform.db, ask.account, ask.period.from, ask.after),
    store.entriesOf(platform.db, ask.account, ask.period, ask.after, ask.limit),
  ])
  return { account, before: opening + earlier, entries }
}

/** Some postings of a period for whoever may read the books. */
export function readJournal(books: Books, actor: Actor, period: Period, after: string | null, limit: number): Promise<store.Posted[]> {
  allow(actor, 'money.books', booksResource(books))
  return journalOf(books.platform, period, after, limit)
}

/** A posting and the line of the journal that caused it, null should it be missing; throws 404 when there is no such posting. */
export async function readPosting(
  books: Books,
  actor: Actor,
  id: string,
): Promise<{ posting: store.Posted; cause: JournalEvent | null; accounts: readonly store.Account[] }> {
  allow(actor, 'money.books', booksResource(books))
  const posting = await store.postingById(books.platform.db, id)
  if (!posting) throw notFound('posting')
  const accounts = await store.findAccounts(
    books.platform.db,
    posting.lines.map((line) => line.account),
  )
  return { posting, cause: await eventById(books.platform, posting.cause), accounts }
}
