import { Problem } from '../../../src/kernel/problem.ts'
import type { Actor } from '../../../src/modules/access/index.ts'
import type { Treasury } from '../../../src/modules/payments/index.ts'
import { fetchFile, importFile, sourceOf } from '../../../src/modules/payments/transfers/index.ts'
import { query } from '../../../src/platform/db.ts'

/** Where the bank is and what it is called with. */
export type BankDoor = { readonly url: string; readonly key: string }

/** The bank did not answer, or said that it cannot now, or that this cannot be. */
export class BankAway extends Error {}

/** Every day that a drill can be on. */
export const everyDay = 'from=2000-01-01&to=2999-12-31'

/** Asks the bank's API and gives the text of its answer; throws BankAway. */
export async function askBank(bank: BankDoor, path: string, init: RequestInit = {}): Promise<string> {
  const headers = { authorization: `Bearer ${bank.key}`, ...init.headers }
  return told(`${bank.url}/v1/${path}`, { ...init, headers })
}

/** Does something at the bank's back office; throws BankAway. */
export async function toOffice(bank: BankDoor, path: string, body: unknown): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' }
  return JSON.parse(await told(`${bank.url}/office/${path}`, { method: 'POST', headers, body: JSON.stringify(body) }))
}

async function told(url: string, init: RequestInit): Promise<string> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) })
    const text = await response.text()
    if (!response.ok) throw new BankAway(`${url} ${response.status} ${text}`)
    return text
  } catch (error) {
    throw error instanceof BankAway ? error : new BankAway(`${url} ${String(error)}`)
  }
}

/** Imports every statement of the bank; those that are there already book nothing. */
export async function importStatements(treasury: Treasury, actor: Actor, bank: BankDoor): Promise<string[]> {
  const { statements }: { statements: Array<{ id: string }> } = JSON.parse(await askBank(bank, `statements?${everyDay}`))
  const files: string[] = []
  for (const { id } of statements) {
    const xml = await askBank(bank, `statements/${id}.xml`)
    files.push(xml)
    await importFile(treasury, actor, sourceOf(Buffer.from(xml)))
  }
  return files
}

/** A file of which nothing can go any more, because the payers' banks took the money back before anybody fetched it. */
function nothingLeft(error: unknown): null {
  if (error instanceof Problem && error.code === 'payments.no-refunds') return null
  throw error
}

/** Sends every file of transfers to the bank, each with its one key, so that one that was sent already does nothing. */
export async function sendFiles(treasury: Treasury, actor: Actor, bank: BankDoor): Promise<string[]> {
  const rejected: string[] = []
  for (const { id, message_id } of await query<{ id: string; message_id: string }>(
    treasury.platform.db,
    'select id, message_id from payments.transfer_file order by made_at, id',
  )) {
    const file = await fetchFile(treasury, actor, id).catch(nothingLeft)
    if (file === null) continue
    const headers = { 'content-type': 'application/xml', 'idempotency-key': message_id }
    const answer: { rejected: unknown[] } = JSON.parse(await askBank(bank, 'transfers', { method: 'POST', headers, body: file.xml }))
    if (answer.rejected.length > 0) rejected.push(`${message_id}: ${JSON.stringify(answer.rejected)}`)
  }
  return rejected
}
