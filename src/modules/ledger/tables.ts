import { minorDigits } from '../../kernel/money.ts'
import type { PlainDate } from '../../kernel/time.ts'
import { type Cell, csvLines } from '../../platform/csv.ts'
import { type Actor, allow } from '../access/index.ts'
import { type Books, booksResource, journalOf, type Period, readStatement, trialBalance, turnovers } from './books.ts'
import type { AccountKey } from './ledger.ts'

/** So many rows are read at once for a file that is sent piece by piece. */
const CHUNK = 1_000

/** An amount in whole units with its decimals, as office programs read it; never below zero, since debits and credits have columns of their own. */
export function decimalText(amount: bigint, currency: string): string {
  const digits = minorDigits(currency)
  const text = (amount < 0n ? -amount : amount).toString().padStart(digits + 1, '0')
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
}

function sides(amount: bigint, currency: string): [Cell, Cell] {
  return [amount > 0n ? decimalText(amount, currency) : null, amount < 0n ? decimalText(amount, currency) : null]
}

const accountCells = ({ agency, kind, part, currency }: AccountKey): Cell[] => [agency, kind, part ?? '', currency]

/** The trial balance at the end of a day, as CSV. */
export function trialBalanceTable(books: Books, actor: Actor, until: PlainDate): AsyncGenerator<string> {
  allow(actor, 'money.books', booksResource(books))
  return trialBalanceLines(books, until)
}

async function* trialBalanceLines({ platform }: Books, until: PlainDate): AsyncGenerator<string> {
  yield `\uFEFF${csvLines([['day', 'account', 'agency', 'kind', 'part', 'currency', 'debit', 'credit']])}`
  for (const { accounts, currency } of await trialBalance(platform, until))
    yield csvLines(accounts.map((each) => [until, each.id, ...accountCells(each), ...sides(each.balance, currency)]))
}

/** The trial balance of a period, as CSV: what each account had before, what was booked on each side, and what it has after. */
export function turnoverTable(books: Books, actor: Actor, period: Period): AsyncGenerator<string> {
  allow(actor, 'money.books', booksResource(books))
  return turnoverLines(books, period)
}

async function* turnoverLines({ platform }: Books, period: Period): AsyncGenerator<string> {
  const head = ['from', 'to', 'account', 'agency', 'kind', 'part', 'currency', 'before_debit', 'before_credit', 'debit', 'credit', 'after_debit', 'after_credit'] // prettier-ignore
  yield `\uFEFF${csvLines([head])}`
  for (const { accounts, currency } of await turnovers(platform, period))
    yield csvLines(
      accounts.map((each) => {
        const moved = [decimalText(each.debit, currency), decimalText(each.credit, currency)]
        const about = [period.from, period.to, each.id, ...accountCells(each)]
        return [...about, ...sides(each.before, currency), ...moved, ...sides(each.after, currency)]
      }),
    )
}

/** The statement of an account for a period with its balance after each entry, as CSV; throws 404 when there is no such account. */
export async function statementTable(books: Books, actor: Actor, account: number, period: Period): Promise<AsyncGenerator<string>> {
  const first = await readStatement(books, actor, { account, period, after: null, limit: CHUNK })
  return statementLines(books, actor, period, first)
}

async function* statementLines(
  books: Books,
  actor: Actor,
  period: Period,
  first: Awaited<ReturnType<typeof readStatement>>,
): AsyncGenerator<string> {
  const head = ['day', 'value_day', 'posting', 'kind', 'subject', 'cause', 'debit', 'credit', 'balance_debit', 'balance_credit', 'currency']
  yield `\uFEFF${csvLines([head])}`
  const { id, currency } = first.account
  let balance = first.before
  for (let { entries } = first; ;) {
    yield csvLines(
      entries.map((entry) => {
        balance += entry.amount
        const about = [entry.day, entry.valueDay, entry.posting, entry.kind, entry.subject, entry.cause]
        return [...about, ...sides(entry.amount, currency), ...sides(balance, currency), currency]
      }),
    )
    const last = entries.at(-1)
    if (!last || entries.length < CHUNK) return
    entries = (await readStatement(books, actor, { account: id, period, after: last.seq, limit: CHUNK })).entries
  }
}

/** The postings of a period, a row for each line of theirs, as CSV. */
export function journalTable(books: Books, actor: Actor, period: Period): AsyncGenerator<string> {
  allow(actor, 'money.books', booksResource(books))
  return journalLines(books, period)
}

async function* journalLines({ platform }: Books, period: Period): AsyncGenerator<string> {
  const head = [
    'day',
    'value_day',
    'posting',
    'key',
    'kind',
    'cause',
    'agency',
    'account',
    'part',
    'currency',
    'subject',
    'debit',
    'credit',
  ]
  yield `\uFEFF${csvLines([head])}`
  for (let after: string | null = null; ;) {
    const postings: Awaited<ReturnType<typeof journalOf>> = await journalOf(platform, period, after, CHUNK)
    for (const { day, valueDay, id, key, kind, cause, lines } of postings)
      yield csvLines(
        lines.map(({ account, subject, amount }) => [
          day, valueDay, id, key, kind, cause, ...accountCells(account), subject, ...sides(amount, account.currency),
        ]), // prettier-ignore
      )
    const last = postings.at(-1)
    if (!last || postings.length < CHUNK) return
    after = last.id
  }
}
