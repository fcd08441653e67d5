import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { databaseProcesses, isAlive, killDatabase, makeProgram } from './program.ts'
import { drill } from './rounds.ts'

describe('the program on a bad day', () => {
  it('loses and doubles nothing in three rounds of kill -9', async (t) => {
    const result = await drill({ rounds: 3, seed: 20260401, say: (line) => t.diagnostic(line) })
    assert.deepEqual(result.faults, [])
    assert.ok(result.acknowledged > 0)
    assert.ok(result.reports > 0)
    assert.ok(result.acts > 0)
  })

  it('starts in a closed folder, refuses a second start there, and leaves nothing running after Ctrl-C', async () => {
    const program = await makeProgram({ open: false })
    if (process.platform !== 'win32') assert.equal((await stat(program.dataDir)).mode & 0o777, 0o700)
    const first = program.launch()
    try {
      await first.ready()
      const second = program.launch()
      assert.equal(await second.ended(), 1)
      assert.match(second.said(), /Another Stoa is already running/)
      assert.equal((await fetch(`${program.url}/healthz`)).status, 200, 'the first one goes on')
      const pids = await databaseProcesses(program.dataDir)
      assert.ok(pids.length > 0)
      first.signal('SIGINT')
      assert.equal(await first.ended(), 0, first.said())
      assert.deepEqual(await remaining(pids, 3_000), [])
      assert.doesNotMatch(first.said(), /"level":[45]0/, 'an orderly end is quiet')
    } finally {
      first.signal('SIGKILL')
      await killDatabase(program.dataDir, true)
      await program.remove()
    }
  })
})

/** Which processes are still there; an ended one may wait a moment until it is collected. */
async function remaining(pids: readonly number[], patienceMs: number): Promise<number[]> {
  const until = performance.now() + patienceMs
  for (;;) {
    const left = pids.filter(isAlive)
    if (left.length === 0 || performance.now() > until) return left
    await sleep(50)
  }
}
