import pg from 'pg'
import { type App, createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { addDays, type PlainDate } from '../../src/kernel/time.ts'
import { accountActor, systemActor } from '../../src/modules/access/index.ts'
import {
  type AccountKey,
  balanceOf,
  closeMonth,
  lastDayOf,
  type NewPosting,
  post,
  postMany,
  setCheckpoints,
  statement,
  trialBalance,
} from '../../src/modules/ledger/index.ts'
import { record } from '../../src/platform/journal/journal.ts'
import { type Platform, transact } from '../../src/platform/platform.ts'
import { costFigure, type Figure, quantile, rateFigure } from './figures.ts'
import { environmentOf, type Place, root } from './program.ts'

const CLIENTS = 16
const FIRST_DAY = '2025-01-01' as PlainDate
const AGENCIES = ['transport', 'library', 'parks', 'revenue'] as const
const actor = systemActor('payments')

/** How much is measured: seconds of booking by 16 clients, and postings that are there when balances are read. */
export type PostingScale = { readonly seconds: number; readonly postings: number; readonly rounds: number }

/** Postings, each in a durable transaction with its line of the journal, beside a bare loop of the same rows; and reading the books. */
export async function measurePostings(place: Place, scale: PostingScale): Promise<Figure[]> {
  const config = readConfig(environmentOf(place, 0), root)
  const app = await createApp({ ...config, logLevel: 'silent' }, place.databaseUrl)
  const bare = new pg.Pool({ connectionString: place.databaseUrl, max: CLIENTS })
  try {
    await prepareBare(bare)
    return [await measureBooking(app.platform, bare, scale.seconds), ...(await measureReading(app, scale))]
  } finally {
    await bare.end()
    await app.close()
  }
}

/** The limit writes into tables with the same columns, keys and indexes; nothing checks there that debits equal credits. */
async function prepareBare(pool: pg.Pool): Promise<void> {
  await pool.query(`drop schema if exists bare cascade; create schema bare;
    create table bare.posting (like ledger.posting including all);
    create table bare.entry (like ledger.entry including all)`)
}

async function measureBooking(platform: Platform, bare: pg.Pool, seconds: number): Promise<Figure> {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => bare.connect()))
  const [ours, limit] = [() => bookOne(platform), (at: number) => writeBare(clients[at], platform)]
  try {
    await rate(0.5, ours)
    await rate(0.5, limit)
    // in turns, so that both see the same machine
    const half = seconds / 2
    const [a, b, c, d] = [await rate(half, ours), await rate(half, limit), await rate(half, ours), await rate(half, limit)]
    return rateFigure('postings, 16 clients, durable', '1/s', (a + c) / 2, (b + d) / 2, { must: 0.4, aim: 0.6 })
  } finally {
    for (const client of clients) client.release()
  }
}

async function rate(seconds: number, work: (client: number) => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  let done = 0
  const run = async (client: number): Promise<void> => {
    for (; performance.now() - begun < seconds * 1000; done += 1) await work(client)
  }
  await Promise.all(Array.from({ length: CLIENTS }, (_, client) => run(client)))
  return done / ((performance.now() - begun) / 1000)
}

const account = (kind: AccountKey['kind'], agency: string, part?: string): AccountKey => ({
  agency,
  kind,
  currency: 'EUR',
  ...(part ? { part } : {}),
})

function lineFor(bill: string) {
  const data = { source: 'bench', agency: 'transport', revenue: 'fee', amount: '2500', currency: 'EUR', due: FIRST_DAY }
  return { type: 'payments.bill.issued', stream: bill, data }
}

function bookOne(platform: Platform): Promise<boolean> {
  return transact(platform, async (tx) => {
    const bill = tx.newId()
    const cause = await record(tx, actor, lineFor(bill))
    return post(tx, postingOf(bill, cause, FIRST_DAY, 'transport', 2_500n))
  })
}

function postingOf(bill: string, cause: string, day: PlainDate, agency: string, amount: bigint): NewPosting {
  const lines = [
    { account: account('receivable', agency), amount, subject: bill },
    { account: account('revenue', agency, 'fee'), amount: -amount },
  ]
  return { kind: 'bill.issued', key: `issue:${bill}`, cause, day, lines }
}

const POSTING = {
  name: 'posting',
  text: 'insert into bare.posting (id, key, kind, day, value_day, cause, lines, made_at) values ($1, $2, $3, $4, $4, $5, $6, $7)',
}
const ENTRIES = {
  name: 'entries',
  text: `insert into bare.entry (posting_id, line, account_id, day, amount, subject) values ($1, 1, 1, $2, $3, $4), ($1, 2, 2, $2, $5, null)`,
}
const LINE = {
  name: 'line',
  text: `insert into journal.event (id, stream, version, type, actor, channel, data, occurred_at) values ($1, $2, 1, $3, $4, $5, $6, $7)`,
}

async function writeBare(client: pg.PoolClient | undefined, platform: Platform): Promise<void> {
  if (!client) throw new Error('a client is missing')
  const [bill, id, cause, at] = [platform.newId(), platform.newId(), platform.newId(), platform.now()]
  const { type, data } = lineFor(bill)
  await client.query('begin')
  await client.query({ ...POSTING, values: [id, `issue:${bill}`, 'bill.issued', FIRST_DAY, cause, 2, at] })
  await client.query({ ...ENTRIES, values: [id, FIRST_DAY, 2500, bill, -2500] })
  await client.query({ ...LINE, values: [cause, bill, type, actor.journalName, actor.channel, JSON.stringify(data), at] })
  await client.query('commit')
}

/** Books a year of postings by the thousand, closes its months, and reads balances, statements and the trial balance. */
async function measureReading(app: App, scale: PostingScale): Promise<Figure[]> {
  const { platform } = app
  const begun = performance.now()
  for (let from = 0; from < scale.postings; from += 1_000) await bookMany(platform, from, Math.min(1_000, scale.postings - from))
  const seconds = (performance.now() - begun) / 1000
  process.stdout.write(`  ${scale.postings} postings by the thousand: ${(scale.postings / seconds).toFixed(0)} a second\n`)
  await setCheckpoints(platform)
  const chief = accountActor({
    accountId: platform.newId(),
    personId: null,
    roles: [{ role: 'supervisor', agency: null }],
    channel: 'web',
    level: 'substantial',
  })
  const books = { platform, treasury: 'revenue' }
  for (let month = 1; month <= 6; month += 1) {
    const lastDay = lastDayOf(`2025-${String(month).padStart(2, '0')}`)
    if (lastDay) await closeMonth(books, chief, lastDay)
  }
  const day = (n: number): PlainDate => addDays(FIRST_DAY, (n * 37) % 365)
  const busy = account('receivable', 'transport')
  const looks: ReadonlyArray<readonly [string, (n: number) => Promise<unknown>, { must: number; aim: number }]> = [
    ['balance of an account, now, p95', () => balanceOf(platform, busy), { must: 20, aim: 5 }],
    ['statement, 50 entries, p95', (n) => statement(platform, busy, day(n), addDays(day(n), 30), undefined, 50), { must: 50, aim: 20 }],
    ['trial balance of any day, p95', (n) => trialBalance(platform, day(n)), { must: 1_000, aim: 250 }],
  ]
  const figures: Figure[] = []
  for (const [name, look, marks] of looks) {
    const took: number[] = []
    for (let n = 0; n < scale.rounds; n += 1) {
      const from = performance.now()
      await look(n)
      took.push(performance.now() - from)
    }
    figures.push(costFigure(`books of ${scale.postings} postings: ${name}`, 'ms', quantile(took, 0.95), marks))
  }
  return figures
}

function bookMany(platform: Platform, from: number, count: number): Promise<number> {
  return transact(platform, async (tx) => {
    const cause = await record(tx, actor, lineFor(tx.newId()))
    const postings = Array.from({ length: count }, (_, at) => {
      const n = from + at
      const agency = AGENCIES[n % 10 < 7 ? 0 : n % AGENCIES.length] ?? 'transport'
      return postingOf(tx.newId(), cause, addDays(FIRST_DAY, n % 365), agency, BigInt(100 + (n % 9_000)))
    })
    return postMany(tx, postings)
  })
}
