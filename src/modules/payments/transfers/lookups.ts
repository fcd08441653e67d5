import type { Platform } from '../../../platform/platform.ts'
import { findByValues } from '../../people/index.ts'
import type { Bill } from '../bill.ts'
import { nameKey, PAYER_NAME } from '../payername.ts'
import { type SettlementRow, unbookedByReference } from '../reconcile/store.ts'
import { type Deposit, depositsOnTheWay } from '../till/store.ts'
import { type Known, meant, ownReferences } from './match.ts'
import { type Part, referencesIn, refundIn, wordsOf } from './part.ts'
import * as store from './store.ts'

/** Everything of the books that a batch of entries may be about, by what entries say. */
export type Books = Known & {
  readonly settlements: ReadonlyMap<string, SettlementRow>
  readonly refunds: ReadonlyMap<string, store.RefundRow>
  readonly files: ReadonlyMap<string, store.TransferFile & { readonly refunds: readonly store.RefundRow[] }>
  readonly deposits: ReadonlyMap<string, Deposit>
}

/** Open bills that are looked at for one name. */
const BILLS_OF_A_NAME = 40

/** Looks up what a batch of entries may be about: a fixed number of statements, however many entries. */
export async function booksFor(platform: Platform, parts: readonly Part[]): Promise<Books> {
  const { db } = platform
  const credits = parts.filter((part) => part.amount > 0n)
  const byCreditor = new Map(
    (await store.billsByCreditor(db, unique(credits.flatMap((part) => part.references)))).map((bill) => [bill.creditor_reference, bill]),
  )
  // what names a bill needs no second look
  const rest = credits.filter((part) => !part.references.some((each) => byCreditor.has(each)))
  const typed = unique(rest.flatMap((part) => [...meant(part), ...ownReferences(part)]))
  const byReference = new Map((await store.billsByReference(db, typed)).map((bill) => [bill.reference, bill]))
  const words = unique(parts.flatMap(wordsOf))
  const settlements = await unbookedByReference(db, words)
  const deposits = await depositsOnTheWay(db, unique(parts.flatMap(depositsIn)))
  const files = await store.filesByMessage(db, unique(parts.flatMap((part) => part.orders))) // prettier-ignore
  const inFiles = await Promise.all(files.map(async (file) => ({ file, ids: await store.refundsInFile(db, file.id) })))
  const ids = unique([...parts.flatMap((part) => refundIn(part.endToEnd) ?? []), ...inFiles.flatMap(({ ids }) => ids)])
  const refunds = new Map((await store.refundsById(db, ids)).map((refund) => [refund.id, refund]))
  return {
    byCreditor,
    byReference,
    byName: await billsByName(platform, rest),
    settlements: new Map(settlements.map((each) => [each.reference, each])),
    refunds,
    files: new Map(inFiles.map(({ file, ids }) => [file.message_id, { ...file, refunds: ids.flatMap((id) => refunds.get(id) ?? []) }])),
    deposits: new Map(deposits.map((each) => [each.reference, each])),
  }
}

/** Open bills by their payers' names, for the entries without any reference that helps. */
async function billsByName(platform: Platform, parts: readonly Part[]): Promise<Map<string, Bill[]>> {
  const names = unique(parts.filter((part) => part.references.length === 0).flatMap((part) => part.names.map(nameKey)))
  const records = await findByValues(platform, PAYER_NAME, names, BILLS_OF_A_NAME)
  const bills = await store.openBillsOfRecords(platform.db, unique([...records.values()].flat()))
  const byRecord = Map.groupBy(bills, (bill) => bill.record_id ?? '')
  return new Map([...records].map(([name, ids]) => [name, ids.flatMap((id) => byRecord.get(id) ?? [])]))
}

/** The references of paying-in slips in a part's words. */
export function depositsIn(part: Part): string[] {
  return referencesIn(part).filter((each) => each.startsWith('DEP-'))
}

const unique = (values: readonly string[]): string[] => [...new Set(values)]
