import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { moneyDrill } from './money/rounds.ts'

describe('money on a bad day', () => {
  it('is in the books to the cent after three rounds of kill -9 of server, worker, bank, officers and database', async (t) => {
    const result = await moneyDrill({ rounds: 3, seed: 20261708, slow: false, say: (line) => t.diagnostic(line) })
    t.diagnostic(
      `${result.attempts} payments begun, ${result.captured} captured, ${result.acts} acts, ${result.retries} retries, ${result.seconds} s`,
    )
    assert.deepEqual(result.faults, [])
    assert.ok(result.captured > 0)
    assert.ok(result.acts > 0)
  })
})
