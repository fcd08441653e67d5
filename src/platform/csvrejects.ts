import { type FileHandle, open } from 'node:fs/promises'

/** The file of rows that were not taken in: their cells as they were, with the row's number and the reason behind. */
export type RejectsFile = {
  /** Adds rows and puts them on the disk; returns how long the file is then, in bytes. */
  add(rows: ReadonlyArray<{ readonly row: number; readonly reason: string; readonly cells: readonly string[] }>): Promise<number>
  close(): Promise<void>
}

const OWN = ['rejected_row', 'rejected_because']

/**
 * Opens the file at the length it had when the last rows were committed: what was written after that is written again.
 * A file that is shorter, or not there, begins anew with its head.
 */
export async function openRejects(path: string, head: readonly string[], committed: number, delimiter: string): Promise<RejectsFile> {
  const kept = head.flatMap((name, index) => (OWN.includes(name) ? [] : [index]))
  const line = (cells: readonly string[], more: readonly string[]): string =>
    `${[...kept.map((index) => cells[index] ?? ''), ...more].map((cell) => quoted(cell, delimiter)).join(delimiter)}\r\n`
  const file = await open(path, committed > 0 ? 'a+' : 'w').catch((error: unknown) => {
    throw new Error(`${path} cannot be written${error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''}.`)
  })
  let length = (await file.stat()).size
  if (committed > 0 && length >= committed) {
    await file.truncate(committed)
    length = committed
  } else if (length === 0) length += await write(file, line(head, OWN))
  return {
    async add(rows) {
      if (rows.length > 0) length += await write(file, rows.map(({ row, reason, cells }) => line(cells, [String(row), reason])).join(''))
      return length
    },
    close: () => file.close(),
  }
}

async function write(file: FileHandle, text: string): Promise<number> {
  const bytes = Buffer.from(text)
  await file.appendFile(bytes)
  await file.datasync()
  return bytes.length
}

function quoted(cell: string, delimiter: string): string {
  return cell.includes('"') || cell.includes(delimiter) || /[\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
