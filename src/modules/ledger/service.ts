import { invariant, present } from '../../kernel/invariant.ts'
import { addDays, type PlainDate } from '../../kernel/time.ts'
import type { Db } from '../../platform/db.ts'
import { type Platform, today } from '../../platform/platform.ts'
import { type AccountKey, type AccountKind, accountText, type LedgerEntry, mustBalance, type NewPosting } from './ledger.ts'
import * as store from './store.ts'

/** The numbers of committed accounts, for each database: an account is opened once and stays, so that nobody needs to ask again. */
const numbers = new WeakMap<Db, Map<string, number>>()

/**
 * Books one posting in the caller's transaction, with one statement; false when a posting with this key is there already
 * (then nothing is written). Throws when it is not balanced in every currency. What belongs to a day of a closed month is
 * booked on the first open day, and keeps its own as `valueDay`.
 */
export async function post(tx: Platform, posting: NewPosting): Promise<boolean> {
  return (await postMany(tx, [posting])) === 1
}

/** Books many postings at once, with the promises of `post`; returns how many were new. */
export async function postMany(tx: Platform, postings: readonly NewPosting[]): Promise<number> {
  invariant(tx.inTransaction, 'a posting is booked in the transaction of what caused it')
  if (postings.length === 0) return 0
  for (const posting of postings) mustBalance(posting)
  const known = await accountNumbers(tx, postings)
  const rows = postings.map(({ key, kind, day, cause, lines }) => ({ id: tx.newId(), key, kind, day, cause, lines: lines.length }))
  const lines = postings.flatMap((posting, at) =>
    posting.lines.map(({ account, amount, subject }, line) => ({
      posting: rows[at]?.id ?? '',
      line: line + 1,
      account: present(known.get(accountText(account)), 'the account is open'),
      amount,
      subject: subject ?? null,
    })),
  )
  return store.book(tx.db, { postings: rows, lines }, tx.now())
}

/** The number of each account that postings name; those that are not there yet are opened. */
async function accountNumbers(tx: Platform, postings: readonly NewPosting[]): Promise<ReadonlyMap<string, number>> {
  const known = numbers.get(tx.pool) ?? new Map<string, number>()
  numbers.set(tx.pool, known)
  const missing = new Map<string, AccountKey>()
  for (const { lines } of postings)
    for (const { account } of lines) {
      const text = accountText(account)
      if (!known.has(text)) missing.set(text, account)
    }
  if (missing.size === 0) return known
  const wanted = [...missing.values()]
  let found = await store.findAccounts(tx.db, wanted)
  if (found.length < wanted.length) {
    await store.openAccounts(tx.db, wanted)
    found = await store.findAccounts(tx.db, wanted)
  }
  // what this transaction opened is not there for others, nor for us when it is taken back
  for (const each of found) if (!each.fresh) known.set(accountText(each), each.id)
  return new Map([...known, ...found.map((each) => [accountText(each), each.id] as const)])
}

async function numberOf(platform: Platform, account: AccountKey): Promise<number | null> {
  const known = numbers.get(platform.pool)?.get(accountText(account))
  if (known !== undefined) return known
  const [found] = await store.findAccounts(platform.db, [account])
  return found?.id ?? null
}

/** The balance of an account (debit above zero) at the end of a day, or of all that is booked; 0 of an account that nothing was booked on. */
export async function balanceOf(platform: Platform, account: AccountKey, until?: PlainDate): Promise<bigint> {
  const id = await numberOf(platform, account)
  if (id === null) return 0n
  return store.balanceOf(platform.db, id, until ?? null, foldFor(platform, until))
}

/** Days so recent are folded down from what is booked now. */
const RECENT_DAYS = 62

/** From where a balance at the end of a day is folded: whichever passes fewer entries. */
export function foldFor(platform: Platform, until: PlainDate | undefined): store.Fold {
  return until === undefined || until >= addDays(today(platform), -RECENT_DAYS) ? 'from-now' : 'from-closed'
}

/** The balance of one subject on accounts of a kind: what is still owed of a bill is its balance on `receivable`. */
export function subjectBalance(platform: Platform, kind: AccountKind, subject: string): Promise<bigint> {
  return store.subjectBalance(platform.db, kind, subject)
}

/** The entries about a subject, oldest first. */
export function entriesAbout(platform: Platform, subject: string): Promise<LedgerEntry[]> {
  return store.entriesAbout(platform.db, subject)
}

/** At most `limit` entries of an account from one day to another, by day and number, that come after the entry with the number `after`. */
export async function statement(
  platform: Platform,
  account: AccountKey,
  from: PlainDate,
  to: PlainDate,
  after?: bigint,
  limit = 100,
): Promise<LedgerEntry[]> {
  const id = await numberOf(platform, account)
  return id === null ? [] : store.entriesOf(platform.db, id, { from, to }, after ?? null, limit)
}
