import { type CsvFile, openCsv } from '../../../platform/csvrows.ts'
import { openRejects, type RejectsFile } from '../../../platform/csvrejects.ts'

/** A row that is not taken in, with its number among the data rows. */
export type BadRow<R extends string = string> = { readonly row: number; readonly reason: R; readonly cells: readonly string[] }
/** A row that fits, with what it says. */
export type GoodRow<T> = { readonly row: number; readonly sent: T; readonly cells: readonly string[] }
/** Rows that are committed together: those after `before`, up to `number`. */
export type RowBatch<T, R extends string> = {
  readonly before: number
  readonly number: number
  readonly good: ReadonlyArray<GoodRow<T>>
  readonly bad: ReadonlyArray<BadRow<R>>
  readonly finished: boolean
}

const BATCH = 1_000

type Opening = {
  readonly file: string
  /** Null: rows that are not taken in are only counted. */
  readonly rejects: string | null
  readonly map: { readonly delimiter: string; readonly encoding: 'utf8' | 'latin1' }
  readonly columns: readonly string[]
  /** How long the file of rejects was when the last rows were committed, in bytes. */
  readonly committed: number
}

/** Works on a CSV file and the file for its rejects, and closes both. Throws an Error in words when a column is not there. */
export async function withRows<T>(
  { file: path, rejects: rejectsPath, map, columns, committed }: Opening,
  work: (file: CsvFile, rejects: RejectsFile | null) => Promise<T>,
): Promise<T> {
  const file = await openCsv(path, map)
  let rejects: RejectsFile | null = null
  try {
    const missing = columns.filter((name) => !file.head.includes(name))
    if (missing.length > 0) throw new Error(`The file has no column ${missing.join(', ')}.`)
    rejects = rejectsPath === null ? null : await openRejects(rejectsPath, file.head, committed, map.delimiter)
    return await work(file, rejects)
  } finally {
    await rejects?.close()
    file.close()
  }
}

/**
 * Reads the rows after the first `before`, a thousand at a time, and hands them over; the last batch is `finished` and may be empty. `onDone`
 * gets the rows before them. `read` gives a row, or why it does not fit. Returns how many rows there are; throws an Error in words when they are more than `most`.
 */
export async function inBatches<T extends object, R extends string>(
  file: CsvFile,
  {
    before,
    most,
    onDone,
  }: { readonly before: number; readonly most?: number | undefined; readonly onDone?: (cells: readonly string[]) => void },
  read: (cells: readonly string[], row: number) => T | R,
  commit: (batch: RowBatch<T, R>) => Promise<void>,
): Promise<number> {
  let [done, number, good, bad]: [number, number, Array<GoodRow<T>>, Array<BadRow<R>>] = [before, 0, [], []]
  const hand = async (finished: boolean): Promise<void> => {
    await commit({ before: done, number, good, bad, finished })
    ;[done, good, bad] = [number, [], []]
  }
  for await (const cells of file.rows) {
    number += 1
    if (most !== undefined && number > most) throw new Error(`The file has more than ${most} rows.`)
    if (number <= before) {
      onDone?.(cells)
      continue
    }
    const sent = read(cells, number)
    if (typeof sent === 'string') bad.push({ row: number, reason: sent, cells })
    else good.push({ row: number, sent, cells })
    if (good.length + bad.length >= BATCH) await hand(false)
  }
  await hand(true)
  return number
}

/** How often each reason came, with some rows more. */
export function countedWith(before: Readonly<Record<string, number>>, rejected: readonly BadRow[]): Record<string, number> {
  const counts: Record<string, number> = { ...before }
  for (const { reason } of rejected) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}
