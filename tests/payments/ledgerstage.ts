import pg from 'pg'
import type { PlainDate } from '../../src/kernel/time.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import { type AccountKey, type NewPosting, post, verifyLedger } from '../../src/modules/ledger/index.ts'
import { APP_ROLE } from '../../src/platform/db.ts'
import { record } from '../../src/platform/journal/journal.ts'
import { type Platform, transact } from '../../src/platform/platform.ts'

/** A day as it is written. */
export const day = (text: string): PlainDate => text as PlainDate
/** The key of an account, of transport and in euros unless told otherwise. */
export const account = (kind: AccountKey['kind'], agency = 'transport', currency = 'EUR', part?: string): AccountKey => ({
  agency,
  kind,
  currency,
  ...(part ? { part } : {}),
})
/** What is owed to transport. */
export const receivable = account('receivable')
/** What transport takes in fees. */
export const fees = account('revenue', 'transport', 'EUR', 'fee')
const actor = systemActor('payments')

/** A posting without the line of the journal that it names. */
export type Asked = Omit<NewPosting, 'cause'>

const issued = { source: 'test', agency: 'transport', revenue: 'fee', amount: '1', currency: 'EUR', due: '2026-01-01' }

/** Writes a line of the journal, for postings to name. */
export function cause(tx: Platform): Promise<string> {
  return record(tx, actor, { type: 'payments.bill.issued', stream: tx.newId(), data: issued })
}

/** Books a posting with a line of the journal of its own; false when its key is booked already. */
export function book(platform: Platform, posting: Asked): Promise<boolean> {
  return transact(platform, async (tx) => post(tx, { ...posting, cause: await cause(tx) }))
}

/** Whether an error has this code, be it an SQLSTATE or that of a refusal. */
export function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Error && 'code' in error && error.code === code
}

/** What the ledger finds wrong with itself. */
export async function failures(platform: Platform): Promise<string[]> {
  return (await verifyLedger(platform)).filter(({ state }) => state !== 'ok').map(({ what, evidence }) => `${what}: ${evidence}`)
}

/** Runs statements as the program's own role, in one transaction. */
export async function rawly(url: string, work: (client: pg.Client) => Promise<void>, role: string | null = APP_ROLE): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    if (role !== null) await client.query(`set role ${role}`)
    await client.query('begin')
    await work(client)
    await client.query('commit')
  } finally {
    await client.end()
  }
}
