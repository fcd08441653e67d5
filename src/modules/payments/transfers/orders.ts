import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { addWorkingDays } from '../../../kernel/time.ts'
import { eventsOf, record } from '../../../platform/journal/journal.ts'
import { today, transact } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import { openSchema, writePain001 } from '../../iso20022/index.ts'
import { bankAccount } from '../books.ts'
import { openRefund, type Refund, refundById, refundLeft, refundOrdered, refundsToTransfer, refundUncovered } from '../refunds/index.ts'
import { type Treasury, within } from '../treasury.ts'
import { importer } from './book.ts'
import { endToEndOf } from './part.ts'
import * as store from './store.ts'

/** Most refunds of one file. */
const MOST = 1_000

/** The one currency of SEPA credit transfers. */
const SEPA = 'EUR'

/** Approved refunds that wait for a file of transfers. */
export async function waitingRefunds(treasury: Treasury, actor: Actor): Promise<Refund[]> {
  allow(actor, 'money.read', { agency: treasury.rules.treasury })
  const { db } = treasury.platform
  const waiting = await refundsToTransfer(treasury.platform)
  const filed = await store.refundsInFiles(db, waiting.map((refund) => refund.id)) // prettier-ignore
  return waiting.filter((refund) => !filed.has(refund.id) && refund.currency === SEPA).slice(0, MOST)
}

/**
 * Puts the approved refunds that wait into a file for the bank, each in one file ever, and notes that they are sent. Those that cannot go any more
 * - nobody has their account, or a bank took their payment back - fail first, each with a work item. Throws 422 when none waits, 409 when somebody
 * else makes a file of them at this moment.
 */
export async function makeFile(treasury: Treasury, actor: Actor): Promise<store.TransferFile> {
  allow(actor, 'money.work', { agency: treasury.rules.treasury })
  for (const refund of await waitingRefunds(treasury, actor)) await accountOrEnd(treasury, actor, refund)
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const refunds = await waitingRefunds(inside, actor)
    if (refunds.length === 0) throw new Problem('payments.no-refunds', 422, 'No refund waits for a transfer.')
    for (const refund of refunds)
      if (!(await refundOrdered(inside, importer, refund.id)))
        throw new Problem('payments.file-twice', 409, 'Somebody else makes a file of these refunds now.')
    const id = tx.newId()
    const total = refunds.reduce((sum, refund) => sum + refund.amount, 0n)
    const file: store.TransferFile = {
      id,
      message_id: `STOA-${id.replaceAll('-', '').slice(0, 30).toUpperCase()}`,
      currency: SEPA,
      count: refunds.length,
      total,
      execution_on: addWorkingDays(today(tx), 1, tx.city.calendar),
      made_at: tx.now(),
      made_by: actor.accountId ?? '',
    }
    await store.insertFile(tx.db, file, refunds.map((refund) => refund.id)) // prettier-ignore
    const data = { refunds: file.count, total: total.toString(), currency: SEPA }
    await record(tx, actor, { type: 'payments.transfers.made', stream: id, data })
    return file
  })
}

/** The account that a refund goes to; null when it cannot go any more: it has then failed, and its money is kept for the payer. */
async function accountOrEnd(treasury: Treasury, actor: Actor, refund: Refund): Promise<Awaited<ReturnType<typeof openRefund>>['account']> {
  if (await refundUncovered(treasury, importer, refund.id)) return null
  const { account } = await openRefund(treasury, actor, refund)
  if (account === null) await fails(treasury, refund)
  return account
}

async function fails(treasury: Treasury, { id, currency }: Refund): Promise<void> {
  await transact(treasury.platform, async (tx) => {
    await refundLeft(within(treasury, tx), importer, id, bankAccount(treasury.rules.treasury, currency), false)
  })
}

/** A file of transfers with its refunds; `fetched`: somebody has it, and the bank may have it; `changed`: it is not to be fetched again. */
export type FileStory = {
  readonly file: store.TransferFile
  readonly refunds: readonly Refund[]
  readonly fetched: boolean
  readonly changed: boolean
}

/** A file of transfers and what became of it; throws 404. */
export async function fileStory(treasury: Treasury, actor: Actor, id: string): Promise<FileStory> {
  allow(actor, 'money.read', { agency: treasury.rules.treasury })
  const file = await store.fileById(treasury.platform.db, id)
  if (!file) throw notFound('file')
  const ids = await store.refundsInFile(treasury.platform.db, id)
  const refunds = await Promise.all(ids.map((each) => refundById(treasury.platform, each)))
  const last = (await eventsOf(treasury.platform, id)).findLast((event) => event.type === FETCHED)
  const failed = refunds.filter((refund) => refund.state === 'failed').length
  // those that failed before the first time were never in it
  return {
    file,
    refunds,
    fetched: last !== undefined,
    changed: last !== undefined && failed > refunds.length - Number(last.data['refunds']),
  }
}

/**
 * The file as the bank takes it (pain.001.001.10), the same each time, with its one message id. Names and accounts are opened for it, which is
 * noted for each person. The first time, what cannot go any more fails and is left out. Throws 409 when the bank has refused something of it: it
 * must not have it again; 422 when nothing of it can go.
 */
export async function fetchFile(treasury: Treasury, actor: Actor, id: string): Promise<{ name: string; xml: string }> {
  allow(actor, 'money.work', { agency: treasury.rules.treasury })
  const { file, refunds, fetched, changed } = await fileStory(treasury, actor, id)
  if (changed) throw refusedOnce()
  const payments: Array<Parameters<typeof writePain001>[0]['payments'][number]> = []
  for (const refund of refunds.filter((each) => each.state !== 'failed')) {
    const account = fetched ? (await openRefund(treasury, actor, refund)).account : await accountOrEnd(treasury, actor, refund)
    if (account === null && fetched) throw new Problem('payments.refund-account', 422, 'A refund of this file has no account any more.')
    if (account === null) continue
    const text = `Refund ${refund.id.slice(0, 8)}`
    payments.push({ endToEnd: endToEndOf(refund.id), amount: refund.amount, currency: refund.currency, creditor: account, text })
  }
  if (payments.length === 0) throw new Problem('payments.no-refunds', 422, 'No refund waits for a transfer.')
  const xml = xmlOf(treasury, file, payments)
  if (treasury.schemas !== undefined) await mustBeValid(treasury.schemas, xml)
  await transact(treasury.platform, async (tx) => {
    await store.holdFile(tx.db, id)
    const now = await fileStory(within(treasury, tx), actor, id)
    if (now.changed || now.refunds.filter((each) => each.state !== 'failed').length !== payments.length) throw refusedOnce()
    await record(tx, actor, { type: FETCHED, stream: id, data: { refunds: payments.length } })
  })
  return { name: `${file.message_id}.xml`, xml }
}

const FETCHED = 'payments.transfers.fetched'

const refusedOnce = (): Problem =>
  new Problem('payments.file-changed', 409, 'The bank has refused a transfer of this file. It must not have the file again.')

function xmlOf({ rules }: Treasury, file: store.TransferFile, payments: Parameters<typeof writePain001>[0]['payments']): string {
  const { name, iban, bic } = rules.creditor
  return writePain001({
    messageId: file.message_id,
    createdAt: file.made_at,
    debtor: { name, iban, ...(bic ? { bic } : {}) },
    executionDate: file.execution_on,
    payments,
  })
}

async function mustBeValid(folder: string, xml: string): Promise<void> {
  const name = (await readdir(folder)).find((each) => /^pain\.001\.001\.10.*\.xsd$/.test(each))
  if (name === undefined) throw new Error(`${folder} has no pain.001.001.10.xsd.`)
  const schema = await openSchema(await readFile(join(folder, name)))
  try {
    const [fault] = await schema.validate(Buffer.from(xml))
    if (fault) throw new Error(`A file of transfers is not valid at line ${fault.line}: ${fault.detail}`)
  } finally {
    schema.dispose()
  }
}

/**
 * Notes that the bank refused a transfer of a file: the money is kept for its payer again. Throws 409 when it has left, or the bank cannot have the
 * file because nobody has fetched it.
 */
export async function transferRefused(treasury: Treasury, actor: Actor, fileId: string, refundId: string): Promise<void> {
  allow(actor, 'money.work', { agency: treasury.rules.treasury })
  await transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    await store.holdFile(tx.db, fileId)
    const { refunds, fetched } = await fileStory(inside, actor, fileId)
    const refund = refunds.find((each) => each.id === refundId)
    if (!refund) throw notFound('refund')
    if (!fetched) throw new Problem('payments.file-unfetched', 409, 'Nobody has fetched this file yet: the bank cannot have refused it.')
    await refundLeft(inside, importer, refund.id, bankAccount(treasury.rules.treasury, refund.currency), false)
  })
}
