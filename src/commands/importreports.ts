import { readConfig } from '../config.ts'
import { importReports } from '../modules/reports/index.ts'
import type { Command } from './command.ts'
import { count, line, progressBar, readOrder, sayRejected } from './csvorder.ts'
import { withApp } from './withapp.ts'

/** `import reports FILE --map MAP.yaml`: another system's reports, resumed where it stopped; rejects beside the file. */
export const importReportsCommand: Command = async ({ args, env, root }) => {
  const order = await readOrder(args, 'Usage: ./stoa import reports FILE.csv[.gz] --map MAP.yaml [--rejects FILE]\n')
  if (typeof order === 'number') return order
  return withApp(
    readConfig(env, root),
    async ({ board }) => {
      const bar = progressBar()
      const done = await importReports(board, { ...order, onProgress: bar.show })
      bar.end()
      say(done, order.rejects)
      return 0
    },
    { quiet: true },
  )
}

function say({ again, rows, tally }: Awaited<ReturnType<typeof importReports>>, rejects: string): void {
  if (again) line('This file was imported with this map already; there is nothing to do.')
  line(`${count(rows)} rows: ${count(tally.added)} reports added, ${count(tally.repeated)} there already.`)
  if (tally.categories > 0) line(`${count(tally.categories)} new categories.`)
  if (tally.unlinked > 0)
    line(`${count(tally.unlinked)} say that they repeat another report and not which: they are shown as closed elsewhere.`)
  sayRejected(tally.rejected, rejects)
}
