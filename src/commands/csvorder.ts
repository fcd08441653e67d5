import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { stderr, stdout } from 'node:process'
import { option, positional } from './command.ts'

/** What was asked of an import: paths of the file and of the file for its rejects, and the map's text. */
export type CsvOrder = {
  readonly file: string
  readonly map: { readonly path: string; readonly text: string }
  readonly rejects: string
}

/** Reads `import WHAT FILE --map MAP.yaml [--rejects FILE]`; else says why not and gives the exit code. The rejects stand beside the file. */
export async function readOrder(args: readonly string[], usage: string): Promise<CsvOrder | number> {
  const [, file] = positional(args)
  const path = option(args, 'map')
  if (file === undefined || path === null) {
    stderr.write(usage)
    return 2
  }
  const text = await readFile(resolve(path), 'utf8').catch(() => null)
  if (text === null) {
    stderr.write(`${path} cannot be read.\n`)
    return 1
  }
  const rejects = resolve(option(args, 'rejects') ?? `${file.replace(/(\.csv)?(\.gz)?$/i, '')}.rejects.csv`)
  return { file: resolve(file), map: { path, text }, rejects }
}

/** Writes a line. */
export const line = (text: string): void => void stdout.write(`${text}\n`)

/** A count as people read it. */
export const count = (number: number): string => number.toLocaleString('en')

/** Says how many rows were not taken in and why, the most first, and in which file they are; null: in none. */
export function sayRejected(rejected: Readonly<Record<string, number>>, where: string | null): void {
  const reasons = Object.entries(rejected).toSorted(([, a], [, b]) => b - a)
  for (const [reason, number] of reasons) line(`${count(number)} rejected: ${reason}`)
  if (reasons.length > 0 && where !== null) line(`The rejected rows are in ${where}.`)
}

/** A line that fills up on a terminal; nothing where the output is kept. */
export function progressBar(): { show: (rows: number, share: number) => void; end: () => void } {
  const begun = performance.now()
  const first = { rows: -1 }
  if (!stderr.isTTY) return { show: () => undefined, end: () => undefined }
  return {
    show(rows, share) {
      if (first.rows < 0) first.rows = rows
      const filled = Math.round(share * 30)
      const rate = Math.round(((rows - first.rows) * 1000) / Math.max(1, performance.now() - begun))
      const bar = `${'#'.repeat(filled)}${'.'.repeat(30 - filled)}`
      stderr.write(`\r[${bar}] ${Math.floor(share * 100)} %  ${count(rows)} rows  ${count(rate)}/s  `)
    },
    end: () => void stderr.write('\n'),
  }
}
