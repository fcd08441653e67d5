import { createHash } from 'node:crypto'
import { createReadStream, type ReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

/** A CSV file that is read row by row, plain or packed with gzip. */
export type CsvFile = {
  readonly head: readonly string[]
  /** The data rows that follow the head; never the whole file in memory. */
  readonly rows: AsyncIterable<readonly string[]>
  /** The share of the file that was read, 0 to 1. */
  readonly share: () => number
  close(): void
}

/** A row longer than this, in characters, is not a row but a quote that was never closed. */
const LONGEST_ROW = 1_000_000

/** Opens a CSV file and reads its head; throws an Error in words for the operator. */
export async function openCsv(path: string, options: { delimiter: string; encoding: 'utf8' | 'latin1' }): Promise<CsvFile> {
  const { parse } = await import('csv-parse') // loaded with the first file: few processes ever read one
  const { size } = await stat(path)
  const source = createReadStream(path)
  const parser = parse({
    delimiter: options.delimiter,
    encoding: options.encoding,
    bom: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_ROW,
  })
  const steps = (await isGzip(path)) ? [source, createGunzip(), parser] : [source, parser]
  // its end is heard through the parser, which gets the error
  pipeline(steps).catch(() => undefined)
  const records = parser[Symbol.asyncIterator]() as AsyncIterator<string[]>
  const head = await records.next().catch((error: unknown) => {
    throw new Error(`${path} is not CSV: ${error instanceof Error ? error.message : 'unreadable'}`)
  })
  if (head.done) throw new Error(`${path} is empty.`)
  return {
    head: head.value.map((name) => name.trim()),
    rows: { [Symbol.asyncIterator]: () => records },
    share: () => shareOf(source, size),
    close: () => source.destroy(),
  }
}

function shareOf(source: ReadStream, size: number): number {
  return size === 0 ? 1 : Math.min(1, source.bytesRead / size)
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await file.close()
  }
}

/** The SHA-256 of a file with what else decides about its rows, as hexadecimal digits. Throws an Error in words when it is not there. */
export async function hashOf(path: string, more: string): Promise<string> {
  const hash = createHash('sha256')
  hash.update(more)
  await stat(path).catch(() => {
    throw new Error(`${path} cannot be read.`)
  })
  for await (const part of createReadStream(path)) if (part instanceof Buffer) hash.update(part)
  return hash.digest('hex')
}
