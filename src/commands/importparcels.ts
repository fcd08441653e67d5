import { stderr } from 'node:process'
import { readConfig } from '../config.ts'
import { importParcels } from '../modules/payments/index.ts'
import type { Command } from './command.ts'
import { count, line, progressBar, readOrder, sayRejected } from './csvorder.ts'
import { withApp } from './withapp.ts'

/** `import parcels FILE --map MAP.yaml`: the register that property tax is assessed on, resumed where it stopped; rejects beside the file. */
export const importParcelsCommand: Command = async ({ args, env, root }) => {
  const order = await readOrder(args, 'Usage: ./stoa import parcels FILE.csv[.gz] --map MAP.yaml [--rejects FILE]\n')
  if (typeof order === 'number') return order
  return withApp(
    readConfig(env, root),
    async ({ treasury }) => {
      if (!treasury) {
        stderr.write('This city takes no money: it has no money.yaml.\n')
        return 1
      }
      const bar = progressBar()
      const done = await importParcels(treasury, { ...order, onProgress: bar.show })
      bar.end()
      say(done, order.rejects)
      return 0
    },
    { quiet: true },
  )
}

function say({ again, rows, tally }: Awaited<ReturnType<typeof importParcels>>, rejects: string): void {
  if (again) line('This file was imported with this map already; there is nothing to do.')
  const { added, changed, owners, same } = tally
  line(`${count(rows)} rows: ${count(added)} parcels added, ${count(changed)} changed, ${count(same)} as they were.`)
  if (owners > 0) line(`${count(owners)} have a new owner; bills of the one before stay as they are.`)
  sayRejected(tally.rejected, rejects)
}
