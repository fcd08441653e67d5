import { stderr } from 'node:process'
import { readConfig } from '../config.ts'
import { formatMoney } from '../kernel/money.ts'
import { importBills } from '../modules/payments/index.ts'
import { type Command, option } from './command.ts'
import { count, line, progressBar, readOrder, sayRejected } from './csvorder.ts'
import { withApp } from './withapp.ts'

const USAGE = 'Usage: ./stoa import bills FILE.csv[.gz] --map MAP.yaml --client NAME [--rejects FILE] [--dry-run yes]\n'

/** `import bills FILE --map MAP.yaml --client NAME`: an agency's bills, resumed where it stopped; rejects beside the file. */
export const importBillsCommand: Command = async ({ args, env, root }) => {
  const client = option(args, 'client')
  const order = await readOrder(client === null ? [] : args, USAGE)
  if (typeof order === 'number' || client === null) return typeof order === 'number' ? order : 2
  const dryRun = option(args, 'dry-run') !== null
  return withApp(
    readConfig(env, root),
    async ({ treasury, platform }) => {
      if (!treasury) {
        stderr.write('This city takes no money: it has no money.yaml.\n')
        return 1
      }
      const bar = progressBar()
      const done = await importBills(treasury, { ...order, client, dryRun, onProgress: bar.show })
      bar.end()
      say(done, platform.city.currency, order.rejects, dryRun)
      return 0
    },
    { quiet: true },
  )
}

function say({ again, rows, tally }: Awaited<ReturnType<typeof importBills>>, currency: string, rejects: string, dryRun: boolean): void {
  if (again) line('This file was imported with this map already; there is nothing to do.')
  if (dryRun) line('Checked only; nothing was written.')
  const sum = formatMoney({ amount: BigInt(tally.amount), currency }, 'en')
  line(`${count(rows)} rows: ${count(tally.added)} bills ${dryRun ? 'to add' : 'added'} (${sum}), ${count(tally.repeated)} there already.`)
  sayRejected(tally.rejected, dryRun ? null : rejects)
}
