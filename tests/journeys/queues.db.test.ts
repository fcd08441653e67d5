import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { may, type Resource, visible } from '../../src/modules/access/index.ts'
import { randomActors } from '../../src/modules/access/makers.ts'
import { getCase } from '../../src/modules/cases/index.ts'
import { queuePage } from '../../src/modules/cases/queues/store.ts'
import { resourceOf } from '../../src/modules/cases/work.ts'
import { query } from '../../src/platform/db.ts'
import { today } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'

const CASES = 60
const uuid = (kind: number, n: number): string => `00000000-0000-7000-8000-${kind}${String(n).padStart(11, '0')}`
const some = (kind: number, count: number): string[] => Array.from({ length: count }, (_, n) => uuid(kind, n))
const all = some(1, CASES)
const pools = {
  ids: all.slice(0, 4),
  persons: some(2, 3),
  accounts: some(3, 3),
  agencies: ['transport', 'fire_service', 'parks'],
  services: ['permit', 'library'],
}
const actions = ['cases.read', 'cases.work', 'cases.assign', 'cases.supervise', 'cases.opine', 'cases.approve', 'cases.follow'] as const

describe('the filter of the queues', () => {
  let test: TestApp
  const facts = new Map<string, Resource>()

  before(async () => {
    test = await startApp()
    const { db } = test.app.platform
    // each value meets each other: the numbers of values have no common divisor with one another or do so rarely
    const at = (values: readonly string[], n: number): string => values[n % values.length] ?? ''
    for (const [n, id] of all.entries()) {
      await query(
        db,
        `insert into cases.case (id, reference, journey_id, service_id, version, agency, person_id, record_id, state, state_since,
           waiting_for, submitted_at, proposed_by, language, channel)
         values ($1, $2, $3, $4, '1', $5, $6, $7, 'received', now(), 'agency', now(), $8, 'en', 'web')`,
        [
          id,
          `TST-${n}`,
          uuid(4, n),
          at(pools.services, n),
          at(pools.agencies, n),
          at(pools.persons, Math.floor(n / 3)),
          uuid(5, n),
          n % 4 === 0 ? at(pools.accounts, Math.floor(n / 4)) : null,
        ],
      )
      for (const agency of pools.agencies.filter((_, place) => Math.floor(n / (place + 2)) % 3 === 0))
        await query(
          db,
          `insert into cases.consultation (id, case_id, agency, transition, asked_at) values (gen_random_uuid(), $1, $2, 'ask', now())`,
          [id, agency],
        )
    }
    for (const id of all) facts.set(id, await resourceOf(test.app.platform, await getCase(test.app.platform, id)))
  })
  after(() => test.close())

  it('lists exactly the cases for which the decision is yes', async () => {
    let listedSome = 0
    await fc.assert(
      fc.asyncProperty(randomActors(pools), fc.constantFrom(...actions), async (actor, action) => {
        const rows = await queuePage(test.app.platform.db, {
          queue: 'agency',
          order: 'newest',
          visible: visible(actor, action),
          accountId: uuid(3, 0),
          today: today(test.app.platform),
          soon: today(test.app.platform),
          service: null,
          after: null,
          ids: null,
          limit: CASES + 1,
        })
        const allowed = all.filter((id) => may(actor, action, facts.get(id)))
        if (allowed.length > 0 && allowed.length < CASES) listedSome += 1
        assert.deepEqual(rows.map((row) => row.id).toSorted(), allowed.toSorted())
      }),
      { numRuns: 300 },
    )
    assert.ok(listedSome > 30, `enough lists hold some cases and not others: ${listedSome}`)
  })
})
