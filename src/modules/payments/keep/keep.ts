import { addYears, startOfDay } from '../../../kernel/time.ts'
import type { Job } from '../../../platform/jobs.ts'
import type { Forgotten } from '../../../platform/module.ts'
import { type Platform, today, transact } from '../../../platform/platform.ts'
import { allow, systemActor } from '../../access/index.ts'
import { eraseMessagesAbout } from '../../messages/index.ts'
import { destroyPerson, eraseRecord, hasContent, notErased, ownerOf, removeFiles } from '../../people/index.ts'
import { recordShared } from '../assessments/index.ts'
import { type Bill, billFacts } from '../bill.ts'
import * as bills from '../store.ts'
import { unendedOfPerson } from '../refunds/store.ts'
import type { Treasury } from '../treasury.ts'
import * as store from './store.ts'

const PROGRAM = systemActor('payments')
const BATCH = 200

/**
 * Takes bills and payments from a person who is being erased: amounts, days and the ledger stay, as tax law asks, without
 * a name. Whoever has the reference and code of an open bill can still pay it.
 */
export async function forgetPayer(tx: Platform, { personId, accountId }: Forgotten): Promise<void> {
  await store.disownBills(tx.db, personId)
  if (accountId === null) return
  await store.disownAttempts(tx.db, accountId)
  await store.disownProposals(tx.db, accountId)
}

/** A bill of a person, for the copy of their data. */
export type BillHolding = { readonly bill: Bill; readonly page: string }

/** Every bill of a person, the newest first. The caller has asked whether the reader may. */
export async function billHoldings(platform: Platform, personId: string): Promise<BillHolding[]> {
  const found = await bills.billsOfPerson(platform.db, personId, 10_000)
  return found.map((bill) => ({ bill, page: `${platform.publicOrigin}/pay/bills/${bill.reference}` }))
}

/** How many open bills a person has, and refunds that have not ended: what erasing them would cut off. */
export async function openMoney(platform: Platform, personId: string): Promise<{ readonly bills: number; readonly refunds: number }> {
  const open = (await bills.billsOfPerson(platform.db, personId, 10_000)).filter((bill) => bill.state === 'open')
  return { bills: open.length, refunds: await unendedOfPerson(platform.db, personId) }
}

/**
 * The job: closed bills lose their payer, and what was written about them and their refunds, when the years are over for
 * which the city keeps them.
 */
export function keepJob(treasury: Treasury): Job {
  return {
    name: 'payments:keep',
    cron: '27 3 * * *',
    async run(platform) {
      const inside = { ...treasury, platform }
      const day = addYears(today(platform), -treasury.rules.bill_years)
      const before = startOfDay(platform.city.timeZone, day)
      await each(() => store.closedBefore(platform.db, before, BATCH), (id) => forgetBill(inside, id)) // prettier-ignore
      await each(() => store.wordsBefore(platform.db, before, BATCH), (id) => forgetBill(inside, id)) // prettier-ignore
      await each(() => store.refundsBefore(platform.db, before, BATCH), (id) => forgetRefund(inside, id, before)) // prettier-ignore
    },
  }
}

/** Does something about all that are found, until none is found any more. */
async function each(find: () => Promise<string[]>, forget: (id: string) => Promise<void>): Promise<void> {
  for (let ids = await find(); ids.length > 0; ids = ids.length < BATCH ? [] : await find()) for (const id of ids) await forget(id)
}

async function forgetBill({ platform, rules }: Treasury, id: string): Promise<void> {
  const files = await transact(platform, async (tx) => {
    const [bill] = await bills.lockBills(tx.db, [id])
    if (!bill || bill.closed_at === null) return []
    allow(PROGRAM, 'money.system', billFacts(bill, rules.treasury))
    await eraseMessagesAbout(tx, id)
    const files = await eraseRecords(tx, await store.takeWords(tx.db, id))
    if (bill.person_id === null) return files
    // the owner of a parcel is sealed once for all of its bills
    const own = bill.record_id !== null && !(await recordShared(tx.db, bill.record_id, id))
    if (own && bill.record_id !== null) files.push(...(await eraseRecord(tx, bill.record_id)))
    await store.disownBill(tx.db, id)
    return [...files, ...(await endEmpty(tx, bill.person_id))]
  })
  await removeFiles(platform, files)
}

/** A refund may be of money that was put to no bill, or end long after its bill. */
async function forgetRefund({ platform, rules }: Treasury, id: string, before: Date): Promise<void> {
  const files = await transact(platform, async (tx) => {
    allow(PROGRAM, 'money.system', { id, agency: rules.treasury })
    return eraseRecords(tx, await store.takeRefund(tx.db, id, before))
  })
  await removeFiles(platform, files)
}

async function eraseRecords(tx: Platform, records: readonly string[]): Promise<string[]> {
  const files: string[] = []
  for (const record of records) {
    files.push(...(await eraseRecord(tx, record)))
    const owner = await ownerOf(tx, record)
    if (owner !== null) files.push(...(await endEmpty(tx, owner)))
  }
  return files
}

/** Somebody who is known for nothing else any more goes with the last that was kept of them. */
async function endEmpty(tx: Platform, personId: string): Promise<string[]> {
  const kept = (await hasContent(tx, personId)) || (await notErased(tx, [personId])).length === 0
  return kept ? [] : destroyPerson(tx, PROGRAM, personId, 'kept-long-enough')
}
