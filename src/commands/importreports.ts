import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { stderr, stdout } from 'node:process'
import { createApp } from '../app.ts'
import { allMigrations } from '../declared.ts'
import { readConfig } from '../config.ts'
import { importReports } from '../modules/reports/index.ts'
import { migrate } from '../platform/migrate.ts'
import { type Command, option, positional } from './command.ts'
import { openDatabase } from './database.ts'

/** `import reports FILE --map MAP.yaml`: another system's reports, resumed where it stopped; rejects beside the file. */
export const importReportsCommand: Command = async ({ args, env, root }) => {
  const [, file] = positional(args)
  const mapPath = option(args, 'map')
  if (file === undefined || mapPath === null) {
    stderr.write('Usage: ./stoa import reports FILE.csv[.gz] --map MAP.yaml [--rejects FILE]\n')
    return 2
  }
  const config = readConfig(env, root)
  const text = await readFile(resolve(mapPath), 'utf8').catch(() => null)
  if (text === null) {
    stderr.write(`${mapPath} cannot be read.\n`)
    return 1
  }
  const rejects = resolve(option(args, 'rejects') ?? `${file.replace(/(\.csv)?(\.gz)?$/i, '')}.rejects.csv`)
  const database = await openDatabase(config, false)
  try {
    await migrate(database.url, allMigrations())
    const app = await createApp({ ...config, logLevel: config.logLevelGiven ?? 'warn' }, database.url)
    const bar = progressBar()
    try {
      const order = { file: resolve(file), map: { path: mapPath, text }, rejects, onProgress: bar.show }
      const done = await importReports(app.board, order)
      bar.end()
      say(done, rejects)
      return 0
    } finally {
      await app.close()
    }
  } finally {
    await database.stop()
  }
}

type Done = Awaited<ReturnType<typeof importReports>>

function say({ again, rows, tally }: Done, rejects: string): void {
  const line = (text: string): void => void stdout.write(`${text}\n`)
  const count = (number: number): string => number.toLocaleString('en')
  if (again) line('This file was imported with this map already; there is nothing to do.')
  line(`${count(rows)} rows: ${count(tally.added)} reports added, ${count(tally.repeated)} there already.`)
  if (tally.categories > 0) line(`${count(tally.categories)} new categories.`)
  if (tally.unlinked > 0)
    line(`${count(tally.unlinked)} say that they repeat another report and not which: they are shown as closed elsewhere.`)
  const rejected = Object.entries(tally.rejected).toSorted(([, a], [, b]) => b - a)
  for (const [reason, number] of rejected) line(`${count(number)} rejected: ${reason}`)
  if (rejected.length > 0) line(`The rejected rows are in ${rejects}.`)
}

/** A line that fills up on a terminal; nothing where the output is kept. */
function progressBar(): { show: (rows: number, share: number) => void; end: () => void } {
  const begun = performance.now()
  const first = { rows: -1 }
  if (!stderr.isTTY) return { show: () => undefined, end: () => undefined }
  return {
    show(rows, share) {
      if (first.rows < 0) first.rows = rows
      const filled = Math.round(share * 30)
      const rate = Math.round(((rows - first.rows) * 1000) / Math.max(1, performance.now() - begun))
      const bar = `${'#'.repeat(filled)}${'.'.repeat(30 - filled)}`
      stderr.write(`\r[${bar}] ${Math.floor(share * 100)} %  ${rows.toLocaleString('en')} rows  ${rate.toLocaleString('en')}/s  `)
    },
    end: () => void stderr.write('\n'),
  }
}
