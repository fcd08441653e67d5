import { notFound, Problem } from '../../../kernel/problem.ts'
import { record } from '../../../platform/journal/journal.ts'
import { transact } from '../../../platform/platform.ts'
import { type Actor, allow, may } from '../../access/index.ts'
import { composeInvoice, invoiceParts, setInThread, type Sheet } from '../documents/index.ts'
import { billsById } from '../store.ts'
import type { Treasury } from '../treasury.ts'
import * as store from './store.ts'
import type { Run } from './store.ts'

/** Letters of one file: what a printer takes, and is set in some seconds. */
const IN_FILE = 250
/** Files of one page of their list. */
const LISTED = 50

/** The file in which the nth letter of a run stands; both count from 1. */
export function fileOf(nth: number): number {
  return Math.ceil(nth / IN_FILE)
}

/** A file of letters, and when it was fetched last. */
export type LetterFile = { readonly no: number; readonly letters: number; readonly fetched: Date | null }

/** Letters of a run to print: how many, in which files, how many of these were fetched. `page` counts from 1. */
export type Letters = {
  readonly all: number
  readonly files: number
  readonly fetched: number
  readonly listed: readonly LetterFile[]
  readonly page: number
  readonly pages: number
}

/** The letters of a run, for who may print them; null for others, and until the run is done. */
export async function readLetters({ platform, rules }: Treasury, actor: Actor, run: Run, page: number): Promise<Letters | null> {
  if (run.state !== 'done' || run.letters === 0 || !may(actor, 'money.work', factsOf(rules.treasury))) return null
  const files = fileOf(run.letters)
  const pages = Math.ceil(files / LISTED)
  const at = Math.min(Math.max(1, page), pages)
  const [from, to] = [(at - 1) * LISTED + 1, Math.min(at * LISTED, files)]
  const fetched = await store.lettersFetched(platform.db, run.id, from, to)
  const listed = Array.from({ length: to - from + 1 }, (_, i): LetterFile => {
    const no = from + i
    return { no, letters: no < files ? IN_FILE : run.letters - (files - 1) * IN_FILE, fetched: fetched.get(no) ?? null }
  })
  return { all: run.letters, files, fetched: await store.countFetched(platform.db, run.id), listed, page: at, pages }
}

const factsOf = (agency: string) => ({ agency, consulted: [agency] })

/**
 * The bills of one file of letters as one PDF, in the order of their parcels; each payer is opened through the vault, and the journal
 * says that the file was fetched. What was paid or taken back since is left out of a yearly run. Throws 404 for a file that there is not,
 * 409 when nothing of it is left to print.
 */
export async function fetchLetters(treasury: Treasury, actor: Actor, id: string, no: number): Promise<Uint8Array> {
  const { platform, rules } = treasury
  allow(actor, 'money.work', factsOf(rules.treasury))
  const run = await store.runById(platform.db, id)
  if (run?.state !== 'done' || !Number.isInteger(no) || no < 1 || no > fileOf(run.letters)) throw notFound('letters')
  const sheets = await sheetsOf(treasury, actor, run, no)
  if (sheets.length === 0) throw new Problem('payments.run-letters', 409, 'Nothing of this file is left to print.')
  const bytes = await setInThread(sheets)
  await transact(platform, async (tx) => {
    await store.putFetched(tx.db, { run_id: run.id, no, fetched_at: tx.now(), fetched_by: actor.accountId ?? '' })
    await record(tx, actor, { type: 'payments.run.letters', stream: run.id, data: { no, letters: sheets.length } })
  })
  return bytes
}

async function sheetsOf(treasury: Treasury, actor: Actor, run: Run, no: number): Promise<Sheet[]> {
  const { db } = treasury.platform
  const one = run.parcel_id === null ? null : await store.billOfYear(db, run.year, run.parcel_id)
  const ids = run.parcel_id === null ? await store.letterBills(db, run.id, no) : one === null ? [] : [one]
  const bills = new Map((await billsById(db, ids)).map((bill) => [bill.id, bill]))
  const sheets: Sheet[] = []
  for (const id of ids) {
    const bill = bills.get(id)
    // a correction is told whatever it comes to
    if (bill && (bill.state === 'open' || run.kind === 'correction'))
      sheets.push(composeInvoice(treasury, await invoiceParts(treasury, actor, bill)))
  }
  return sheets
}
