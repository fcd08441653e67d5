import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { stderr, stdout } from 'node:process'
import { createApp } from '../app.ts'
import { allMigrations } from '../declared.ts'
import { readConfig } from '../config.ts'
import { formatMoney } from '../kernel/money.ts'
import { importBills } from '../modules/payments/index.ts'
import { migrate } from '../platform/migrate.ts'
import { type Command, option, positional } from './command.ts'
import { openDatabase } from './database.ts'

const USAGE = 'Usage: ./stoa import bills FILE.csv[.gz] --map MAP.yaml --client NAME [--rejects FILE] [--dry-run yes]\n'

/** `import bills FILE --map MAP.yaml --client NAME`: an agency's bills, resumed where it stopped; rejects beside the file. */
export const importBillsCommand: Command = async ({ args, env, root }) => {
  const [, file] = positional(args)
  const [mapPath, client] = [option(args, 'map'), option(args, 'client')]
  if (file === undefined || mapPath === null || client === null) {
    stderr.write(USAGE)
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
    try {
      if (!app.treasury) {
        stderr.write('This city takes no money: it has no money.yaml.\n')
        return 1
      }
      const dryRun = option(args, 'dry-run') !== null
      const order = { file: resolve(file), map: { path: mapPath, text }, client, rejects, dryRun, onProgress: progress() }
      say(await importBills(app.treasury, order), app.platform.city.currency, rejects, dryRun)
      return 0
    } finally {
      await app.close()
    }
  } finally {
    await database.stop()
  }
}

function progress(): (rows: number, share: number) => void {
  if (!stderr.isTTY) return () => undefined
  return (rows, share) => stderr.write(`\r${Math.floor(share * 100)} %  ${rows.toLocaleString('en')} rows  ${share === 1 ? '\n' : ''}`)
}

function say({ again, rows, tally }: Awaited<ReturnType<typeof importBills>>, currency: string, rejects: string, dryRun: boolean): void {
  const line = (text: string): void => void stdout.write(`${text}\n`)
  const count = (number: number): string => number.toLocaleString('en')
  if (again) line('This file was imported with this map already; there is nothing to do.')
  if (dryRun) line('Checked only; nothing was written.')
  const sum = formatMoney({ amount: BigInt(tally.amount), currency }, 'en')
  line(`${count(rows)} rows: ${count(tally.added)} bills ${dryRun ? 'to add' : 'added'} (${sum}), ${count(tally.repeated)} there already.`)
  const rejected = Object.entries(tally.rejected).toSorted(([, a], [, b]) => b - a)
  for (const [reason, number] of rejected) line(`${count(number)} rejected: ${reason}`)
  if (rejected.length > 0 && !dryRun) line(`The rejected rows are in ${rejects}.`)
}
