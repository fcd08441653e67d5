import { Problem } from '../../../kernel/problem.ts'
import { addDays, type PlainDate } from '../../../kernel/time.ts'
import { LONG_WRITING } from '../../../platform/db.ts'
import { record, unknownEvents } from '../../../platform/journal/journal.ts'
import { type Platform, today, transact } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import { type Books, booksResource } from '../books.ts'
import * as store from './store.ts'

/** The months of the books: those that are closed, newest first, and the last day of the one that comes next. */
export type Months = {
  readonly closed: readonly store.ClosedMonth[]
  readonly next: PlainDate | null
  /** Whether the next one is over. */
  readonly over: boolean
  readonly openItems: number
}

/** The months for whoever may close them. */
export async function readMonths(books: Books, actor: Actor): Promise<Months> {
  allow(actor, 'money.close', booksResource(books))
  const next = await store.nextToClose(books.platform.db)
  return {
    closed: await store.closedMonths(books.platform.db, 60),
    next,
    over: next !== null && next < today(books.platform),
    openItems: next === null ? 0 : await openItems(books, next),
  }
}

function openItems(books: Books, until: PlainDate): Promise<number> {
  return books.openItems?.(until) ?? Promise.resolve(0)
}

/**
 * Closes the month that ends on a day: from then on nothing is booked in it, and what comes late goes to the first open
 * day. It must be over and the next in turn, no work about its money may be open, every posting must name a line of the
 * journal, and debits equal credits in each currency; else it throws 409.
 */
export async function closeMonth(books: Books, actor: Actor, lastDay: PlainDate): Promise<void> {
  allow(actor, 'money.close', booksResource(books))
  const { platform } = books
  if (lastDay >= today(platform)) throw new Problem('ledger.month-not-over', 409, 'The month is not over.')
  await mustBeNext(platform, lastDay)
  if ((await openItems(books, lastDay)) > 0) throw new Problem('ledger.open-items', 409, 'Work about money of this month is still open.')
  const from = `${lastDay.slice(0, 8)}01` as PlainDate
  const uncaused = await countUncaused(platform, from, lastDay)
  if (uncaused > 0) throw new Problem('ledger.uncaused', 409, `${uncaused} postings name no line of the journal.`)
  const close = async (tx: Platform): Promise<void> => {
    await store.holdBooks(tx.db)
    await mustBeNext(tx, lastDay) // somebody else may have closed it meanwhile
    const postings = await store.countPostings(tx.db, from, lastDay)
    const cause = await record(tx, actor, { type: 'ledger.month.closed', stream: 'ledger', data: { month: lastDay, postings } })
    await store.writeMonth(tx.db, { lastDay, at: tx.now(), by: actor.journalName, cause })
    await store.writeClosings(tx.db, lastDay)
    const uneven = await store.unevenAt(tx.db, lastDay)
    if (uneven.length > 0) throw new Problem('ledger.uneven', 409, `Debits do not equal credits in ${uneven.join(', ')}.`)
  }
  await transact(platform, close, LONG_WRITING)
}

async function mustBeNext(platform: Platform, lastDay: PlainDate): Promise<void> {
  const next = await store.nextToClose(platform.db)
  if (next !== lastDay) throw new Problem('ledger.not-next-month', 409, 'Months are closed one after another, each once.')
}

/** How many postings name a line of the journal that is not there; from a day to another, or all. */
export async function countUncaused(platform: Platform, from: PlainDate | null = null, to: PlainDate | null = null): Promise<number> {
  const limit = 5_000
  let uncaused = 0
  for (let after: string | null = null; ;) {
    const some: Awaited<ReturnType<typeof store.causesOf>> = await store.causesOf(platform.db, { from, to, after, limit })
    const unknown = new Set(await unknownEvents(platform.db, [...new Set(some.map(({ cause }) => cause))]))
    uncaused += some.filter(({ cause }) => unknown.has(cause)).length
    const last = some.at(-1)
    if (!last || some.length < limit) return uncaused
    after = last.id
  }
}

/** The last day of a month written `YYYY-MM`; null when it is none. */
export function lastDayOf(month: string): PlainDate | null {
  const match = /^([1-9]\d{3})-(0[1-9]|1[0-2])$/.exec(month)
  if (!match) return null
  const [year, number] = [Number(match[1]), Number(match[2])]
  const next = number === 12 ? `${year + 1}-01-01` : `${year}-${String(number + 1).padStart(2, '0')}-01`
  return addDays(next as PlainDate, -1)
}
