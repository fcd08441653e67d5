import type { RejectsFile } from '../../../../platform/csvrejects.ts'
import { type CsvFile, hashOf } from '../../../../platform/csvrows.ts'
import { record } from '../../../../platform/journal/journal.ts'
import { transact } from '../../../../platform/platform.ts'
import { allow, systemActor } from '../../../access/index.ts'
import { countedWith, inBatches, type RowBatch, withRows } from '../../bulk/rows.ts'
import type { Treasury } from '../../treasury.ts'
import { type NewParcel, takeParcels } from '../register.ts'
import { loadTaxRules } from '../rules.ts'
import { parcelColumns, parcelReader, type ParcelReject, readParcelMap } from './map.ts'
import * as store from './store.ts'
import type { ParcelIntake, ParcelTally } from './store.ts'

/** What to import: paths of the file and of the file for rows that are not taken in, and the map's text. */
export type ParcelOrder = {
  readonly file: string
  readonly map: { readonly path: string; readonly text: string }
  readonly rejects: string
  /** Called after each commit with the rows that are done and the share of the file that was read, 0 to 1. */
  readonly onProgress?: (rows: number, share: number) => void
}

/** What an import of the register did; `again` when there was nothing left to do. */
export type ImportedParcels = { readonly again: boolean; readonly rows: number; readonly tally: ParcelTally }

const PROGRAM = systemActor('payments', 'command')
const NOTHING: ParcelTally = { added: 0, changed: 0, owners: 0, same: 0, rejected: {} }

type Run = { readonly treasury: Treasury; readonly id: string; readonly hash: string; readonly rejects: RejectsFile | null }

/**
 * Brings the register of parcels to what a file says, a thousand rows a transaction, from where it stopped the last time. A number that
 * stands twice in the file is rejected the second time; parcels that are not in the file stay. Throws an Error in words for the operator.
 */
export async function importParcels(treasury: Treasury, order: ParcelOrder): Promise<ImportedParcels> {
  const { platform } = treasury
  allow(PROGRAM, 'money.system', { agency: treasury.rules.treasury })
  const rules = await loadTaxRules(platform.city.folder)
  if (!rules) throw new Error('The city has no property tax: there is no property-tax.yaml.')
  const map = readParcelMap(order.map.text, order.map.path)
  const hash = await hashOf(order.file, order.map.text)
  const known = await store.parcelIntake(platform.db)
  const before = known?.file_hash === hash ? known : null
  if (before?.finished_at) return { again: true, rows: before.rows, tally: before.tally }
  const committed = Number(before?.rejects_bytes ?? 0)
  return withRows({ file: order.file, rejects: order.rejects, map, columns: parcelColumns(map), committed }, (file, rejects) => {
    const run = { treasury, id: before?.id ?? platform.newId(), hash, rejects }
    return takeIn(run, parcelReader(platform, rules, map, file.head), file, before, order.onProgress)
  })
}

async function takeIn(
  run: Run,
  read: ReturnType<typeof parcelReader>,
  file: CsvFile,
  before: ParcelIntake | null,
  onProgress: ParcelOrder['onProgress'],
): Promise<ImportedParcels> {
  let [tally, bytes] = [before?.tally ?? NOTHING, Number(before?.rejects_bytes ?? 0)]
  const seen = new Set<string>()
  const once = (cells: readonly string[]): NewParcel | ParcelReject => {
    const parcel = read(cells)
    if (typeof parcel === 'string') return parcel
    if (seen.has(parcel.number)) return 'number_used'
    seen.add(parcel.number)
    return parcel
  }
  // what was taken in before the stop is read again, so that a number that comes twice is known
  const from = { before: before?.rows ?? 0, onDone: (cells: readonly string[]) => void once(cells) }
  const rows = await inBatches<NewParcel, ParcelReject>(file, from, once, async (batch) => {
    ;({ tally, bytes } = await commitBatch(run, { ...batch, tally, bytes }))
    onProgress?.(batch.number, batch.finished ? 1 : file.share())
  })
  return { again: false, rows, tally }
}

type Batch = RowBatch<NewParcel, ParcelReject> & { readonly tally: ParcelTally; readonly bytes: number }

async function commitBatch({ treasury, id, hash, rejects }: Run, batch: Batch): Promise<{ tally: ParcelTally; bytes: number }> {
  return transact(treasury.platform, async (tx) => {
    const held = await store.parcelIntake(tx.db, true)
    if (held !== null && held.file_hash === hash && held.rows !== batch.before)
      throw new Error('Another import of the register is at work. Wait until it has ended.')
    const done = await takeParcels(tx, batch.good.map(({ sent }) => sent)) // prettier-ignore
    const tally = {
      added: batch.tally.added + done.added,
      changed: batch.tally.changed + done.changed,
      owners: batch.tally.owners + done.owners,
      same: batch.tally.same + done.same,
      rejected: countedWith(batch.tally.rejected, batch.bad),
    }
    const bytes = (await rejects?.add(batch.bad)) ?? 0
    const finished_at = batch.finished ? tx.now() : null
    await store.keepParcelIntake(tx.db, { id, file_hash: hash, rows: batch.number, tally, rejects_bytes: BigInt(bytes), updated_at: tx.now(), finished_at }) // prettier-ignore
    const { added, changed, owners } = done
    if (added + changed > 0) await record(tx, PROGRAM, { type: 'payments.parcel.taken', stream: id, data: { added, changed, owners } })
    if (batch.finished)
      await record(tx, PROGRAM, {
        type: 'payments.parcel.imported',
        stream: id,
        data: { rows: batch.number, added: tally.added, changed: tally.changed, owners: tally.owners },
      })
    return { tally, bytes }
  })
}
