// The long kill rounds: node tools/drill.ts --rounds 20 [--seed 7] [--clients 4]. The seed that is printed makes the same drill again.
import { parseArgs } from 'node:util'
import { drill } from '../tests/drill/rounds.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, seed: { type: 'string' }, clients: { type: 'string', default: '4' } },
})
const seed = Number(values.seed ?? Math.floor(performance.timeOrigin % 1_000_000))
console.log(`drill: ${values.rounds} rounds, seed ${seed}`)
const result = await drill({ rounds: Number(values.rounds), seed, clients: Number(values.clients), say: (line) => console.log(line) })
for (const fault of result.faults) console.log(`FAULT ${fault}`)
console.log(
  `${result.faults.length === 0 ? 'Nothing lost, nothing doubled' : `${result.faults.length} faults`}: ` +
    `${result.acknowledged} submissions, ${result.reports} reports and ${result.acts} acts of a crew acknowledged, ${result.retries} requests sent again, ${result.seconds} s.`,
)
process.exit(result.faults.length === 0 ? 0 : 1)
