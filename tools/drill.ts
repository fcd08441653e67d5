// The long kill rounds: node tools/drill.ts --rounds 20 [--part city|money|all] [--seed 7] [--clients 4]. The seed that is printed makes the same drill again.
import { parseArgs } from 'node:util'
import { moneyDrill } from '../tests/drill/money/rounds.ts'
import { drill } from '../tests/drill/rounds.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' },
    part: { type: 'string', default: 'all' },
    seed: { type: 'string' },
    clients: { type: 'string', default: '4' },
  },
})
const { part } = values
if (part !== 'all' && part !== 'city' && part !== 'money') throw new Error('--part is city, money or all')
const seed = Number(values.seed ?? Math.floor(performance.timeOrigin % 1_000_000))
const clients = Number(values.clients)
const say = (line: string): void => console.log(line)
const faults: string[] = []

if (part !== 'money') {
  const rounds = Number(values.rounds ?? 20)
  say(`drill: ${rounds} rounds, seed ${seed}`)
  const result = await drill({ rounds, seed, clients, say })
  faults.push(...result.faults)
  say(
    `${result.acknowledged} submissions, ${result.reports} reports and ${result.acts} acts of a crew acknowledged, ` +
      `${result.retries} requests sent again, ${result.seconds} s.`,
  )
}
if (part !== 'city') {
  const rounds = Number(values.rounds ?? 50)
  say(`drill of money: ${rounds} rounds, seed ${seed}`)
  const result = await moneyDrill({ rounds, seed, payers: clients + 1, say })
  faults.push(...result.faults)
  say(
    `${result.attempts} payments begun, ${result.captured} captured, ${result.acts} acts of officers acknowledged, ` +
      `${result.retries} requests sent again, ${result.seconds} s.`,
  )
}
for (const fault of faults) say(`FAULT ${fault}`)
say(faults.length === 0 ? 'Nothing lost, nothing doubled.' : `${faults.length} faults.`)
process.exit(faults.length === 0 ? 0 : 1)
