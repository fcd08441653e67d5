import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { query } from '../../src/platform/db.ts'
import type { JournalEvent } from '../../src/platform/journal/event.ts'
import { advance, type Subscriber } from '../../src/platform/journal/subscribers.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { completeJourney, submit } from './door.ts'

describe('who reads the journal', () => {
  let test: TestApp
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    for (let n = 0; n < 3; n += 1) await submit(test.url, await completeJourney(test.url, 'library_card'), `reader-${n}`)
    await test.settle()
  })
  after(() => test.close())

  it('takes in every line of its types once, in order, and sets aside only the one that fails', async () => {
    const { platform } = test.app
    const wanted = await query<{ position: bigint }>(
      platform.db,
      `select o.position from journal.ordered o join journal.event e on e.id = o.event_id where e.type = 'journeys.journey.submitted' order by 1`,
    )
    const positions = wanted.map((row) => row.position)
    assert.equal(positions.length, 3)
    assert.ok(Number(positions[2]) - Number(positions[0]) > 2, 'lines of other types stand between them')
    const taken: bigint[] = []
    const subscriber: Subscriber = {
      name: 'test',
      types: ['journeys.journey.submitted'],
      handle: async (_tx, events: readonly JournalEvent[]) => {
        if (events.some((event) => event.position === positions[1])) throw new Error('this one cannot be taken in')
        taken.push(...events.map((event) => event.position))
      },
    }
    for (let round = 0; round < 40; round += 1) await advance(platform, subscriber)
    assert.deepEqual(taken, [positions[0], positions[2]])
    const stuck = await query<{ position: bigint }>(platform.db, `select position from journal.stuck where subscriber = 'test'`)
    assert.deepEqual(stuck, [{ position: positions[1] }])
    const [state] = await query<{ behind: bigint }>(
      platform.db,
      `select (select max(position) from journal.ordered) - position as behind from journal.cursor where name = 'test'`,
    )
    assert.equal(state?.behind, 0n)
  })
})
