import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { type Actor, anonymous, may, type Resource, visible } from '../../src/modules/access/index.ts'
import { randomActors } from '../../src/modules/access/makers.ts'
import { getCase } from '../../src/modules/cases/index.ts'
import { queue, type QueuePage } from '../../src/modules/cases/queue.ts'
import { type Queue, queuePage } from '../../src/modules/cases/queues/store.ts'
import { resourceOf } from '../../src/modules/cases/work.ts'
import { query } from '../../src/platform/db.ts'
import { today } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { send } from '../support/client.ts'
import { sessionOf } from '../support/world.ts'

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
          words: null,
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

/** Cases put into the tables as they stand; `set` changes what every one of them has in common. */
async function insertCases(test: TestApp, many: number, set: { agency: string; deadline?: string; more?: string }): Promise<string[]> {
  const { db } = test.app.platform
  const { version } = test.app.catalogue.offer('library_card').definition
  const { workflow } = await test.app.catalogue.version(test.app.platform, 'library_card', String(version))
  const rows = await query<{ id: string }>(
    db,
    `insert into cases.case (id, reference, journey_id, service_id, version, agency, person_id, record_id, state, state_since,
       waiting_for, submitted_at, deadline, language, channel)
     select gen_random_uuid(), 'Q-' || gen_random_uuid(), gen_random_uuid(), 'library_card', $1, $2, gen_random_uuid(), gen_random_uuid(),
       $4, now(), 'agency', now() - n * interval '1 minute', ${set.deadline ?? 'null'}::date, 'en', 'web'
     from generate_series(1, $3::int) as n returning id`,
    [version, set.agency, many, workflow.initial],
  )
  const ids = rows.map((row) => row.id)
  if (set.more) await query(db, `update cases.case set ${set.more} where id = any($1::uuid[])`, [ids])
  return ids
}

const officerOf = (agency: string): Actor => ({
  ...anonymous('web'),
  kind: 'account',
  level: 'substantial',
  accountId: uuid(6, 1),
  journalName: `account:${uuid(6, 1)}`,
  roles: [{ role: 'officer', agency }],
})

describe('the queues of an officer', () => {
  let test: TestApp
  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { now: () => new Date('2027-03-01T09:00:00Z') } })
  })
  after(() => test.close())

  type List = Extract<QueuePage, { kind: 'list' }>
  const page = async (agency: string, name: Queue, more: { after?: string | null; search?: string } = {}): Promise<List> => {
    const found = await queue(test.app.house, officerOf(agency), {
      queue: name,
      order: 'deadline',
      service: null,
      search: more.search ?? '',
      after: more.after ?? null,
    })
    assert.equal(found.kind, 'list')
    return found.kind === 'list' ? found : assert.fail('not a list')
  }
  const listed = async (agency: string, name: Queue): Promise<string[]> => {
    const found = await page(agency, name)
    assert.equal(found.counts.get(name), found.lines.length, `${name} counts what it lists`)
    return found.lines.map((line) => line.current.id).toSorted()
  }

  it('asks each agency for its opinion until it has given its own', async () => {
    const [id = ''] = await insertCases(test, 1, { agency: 'transport' })
    const { db } = test.app.platform
    for (const agency of ['fire_service', 'police_liaison'])
      await query(db, `insert into cases.consultation (id, case_id, agency, transition, asked_at) values (gen_random_uuid(), $1, $2, 'ask', now())`, [id, agency]) // prettier-ignore
    assert.deepEqual(await listed('fire_service', 'opinions'), [id])
    await query(db, `update cases.consultation set answered_at = now(), opinion = 'no_objection' where agency = 'fire_service'`)
    assert.deepEqual(await listed('fire_service', 'opinions'), [], 'they have nothing left to do')
    assert.deepEqual(await listed('police_liaison', 'opinions'), [id])
  })

  it('knows what is due soon, overdue and with the resident; the clock of a case that waits for them stands still', async () => {
    const agency = 'parks'
    const soon = await insertCases(test, 1, { agency, deadline: `'2027-03-08'` })
    const warned = await insertCases(test, 1, { agency, deadline: `'2027-04-30'`, more: 'warned = true' })
    await insertCases(test, 1, { agency, deadline: `'2027-04-30'` })
    await insertCases(test, 1, { agency })
    const late = await insertCases(test, 1, { agency, deadline: `'2027-02-26'`, more: 'warned = true' })
    const asked = `waiting_for = 'resident', information_since = '2027-02-20', paused_since = '2027-02-20'`
    const waiting = [
      ...(await insertCases(test, 1, { agency, deadline: `'2027-03-02'`, more: asked })),
      ...(await insertCases(test, 1, { agency, deadline: `'2027-02-24'`, more: asked })),
    ]
    assert.deepEqual(await listed(agency, 'due_soon'), [...soon, ...warned].toSorted())
    assert.deepEqual(await listed(agency, 'overdue'), late)
    assert.deepEqual(await listed(agency, 'waiting'), waiting.toSorted())
  })

  it('goes on after a page where it ended, also across cases without a deadline', async () => {
    const agency = 'housing'
    const first = await insertCases(test, 40, { agency, deadline: `'2027-05-03'` })
    const rest = await insertCases(test, 70, { agency })
    const seen: string[] = []
    let after: string | null = null
    for (let pages = 1; pages <= 3; pages += 1) {
      const shown: List = await page(agency, 'agency', { after })
      seen.push(...shown.lines.map((line) => line.current.id))
      after = shown.next
      assert.equal(after === null, pages === 3)
    }
    assert.deepEqual(seen.slice(0, 40).toSorted(), first.toSorted(), 'those with a deadline come first')
    assert.deepEqual(seen.slice(40).toSorted(), rest.toSorted())
  })

  it('counts up to a thousand, then says that there are more', async () => {
    await insertCases(test, 1_200, { agency: 'many' })
    const { counts } = await page('many', 'unassigned')
    assert.equal(counts.get('unassigned'), 1_001)
    const cookie = await sessionOf(test, 'officer@harbourview.example')
    const { body } = await send(test.url, { path: '/officer', headers: { cookie } })
    assert.match(body, /Unassigned <span class="st-count">1,000\+<\/span>/)
  })

  it('finds the newest cases of a name that the officer may see, however many others have it elsewhere', async () => {
    const others = await insertCases(test, 260, { agency: 'elsewhere' })
    const mine = await insertCases(test, 60, { agency: 'library' })
    const { db, keys } = test.app.platform
    const token = keys.blind('case.name', 'namesake')
    await query(db, `insert into people.person (id, key_version, wrapped_key, opened, created_at)
      select person_id, 1, '\\x00', 0, now() from cases.case where id = any($1::uuid[])`, [[...others, ...mine]]) // prettier-ignore
    await query(db, `insert into people.record (id, person_id, kind, created_at)
      select record_id, person_id, 'answers', now() from cases.case where id = any($1::uuid[])`, [[...others, ...mine]]) // prettier-ignore
    await query(db, `insert into people.blind (record_id, person_id, field, token)
      select record_id, person_id, 'case.name', $2 from cases.case where id = any($1::uuid[])`, [[...others, ...mine], token]) // prettier-ignore
    const found = await page('library', 'mine', { search: 'Namesake' })
    const newest = await query<{ id: string }>(db, `select id from cases.case where agency = 'library' order by submitted_at desc limit 50`)
    assert.deepEqual(
      found.lines.map((line) => line.current.id),
      newest.map((row) => row.id),
    )
    assert.equal(found.more, true, 'that the list was cut is said')
    assert.deepEqual((await page('library', 'mine', { search: 'Nameshake' })).lines, [])
  })
})
