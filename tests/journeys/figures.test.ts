import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { accountActor } from '../../src/modules/access/index.ts'
import { getCaseByReference } from '../../src/modules/cases/index.ts'
import { step } from '../../src/modules/cases/work.ts'
import { query } from '../../src/platform/db.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { send } from '../support/client.ts'
import { completeJourney, submit } from './door.ts'

const DAY_MS = 86_400_000

describe('what is measured', () => {
  let test: TestApp
  let now = Date.parse('2026-03-02T09:00:00Z')
  before(async () => {
    test = await startApp({ listen: true, overrides: { now: () => new Date(now) } })
  })
  after(() => test.close())

  const officer = accountActor({
    accountId: '01890000-0000-7000-8000-000000000001',
    personId: null,
    roles: [{ role: 'officer', agency: null }],
    channel: 'web',
    level: 'substantial',
  })
  /** A case that is decided after so many days. */
  const decide = async (service: string, days: number, transition: string): Promise<void> => {
    const sent = await submit(test.url, await completeJourney(test.url, service), 'key')
    now += days * DAY_MS
    for (const name of ['start_review', transition]) {
      const current = await getCaseByReference(test.app.platform, sent.body.reference)
      await step(test.app.house, officer, current.id, { transition: name, reason: 'As the rules say.', revision: current.revision })
    }
    await test.settle()
  }
  const page = async (language = 'en'): Promise<string> => {
    now += 60_000 // a page is kept ready for half a minute
    const { body } = await send(test.url, { path: `/services/change_of_address?lang=${language}` })
    return body.replaceAll(/[\u2066-\u2069]/g, '')
  }

  it('is how long a service took: nothing from four cases, from five the half and the nine tenths', async () => {
    for (const days of [1, 20, 3, 2]) await decide('change_of_address', days, 'grant')
    assert.doesNotMatch(await page(), /st-measured/)
    await decide('change_of_address', 10, 'refuse')
    assert.match(await page(), /half of the last 5 decisions took 3 days or less, nine in ten 20 days or less/)
    assert.match(await page('es'), /st-measured[^<]*>[^<]*5[^<]*3[^<]*20/)
    assert.doesNotMatch((await send(test.url, { path: '/services/library_card' })).body, /st-measured/)
  })

  it('is shown to operators under the names that are written down', async () => {
    await send(test.url, { path: '/nowhere' })
    const answer = await send(test.url, { path: '/metrics' })
    assert.equal(answer.status, 200)
    assert.match(String(answer.headers['content-type']), /^text\/plain; version=0\.0\.4/)
    const value = (pattern: string): number => Number(new RegExp(`^${pattern} ([0-9.e+-]+)$`, 'm').exec(answer.body)?.[1] ?? 'NaN')
    assert.ok(value('stoa_http_request_seconds_count\\{route="/services/:id",method="GET",status="200"\\}') >= 4)
    assert.ok(value('stoa_http_request_seconds_bucket\\{le="2",route="/services/:id",method="GET",status="200"\\}') >= 4)
    assert.ok(value('stoa_http_request_seconds_count\\{route="none",method="GET",status="404"\\}') >= 1)
    assert.equal(value('stoa_journal_lag'), 0)
    assert.equal(value('stoa_journal_stuck'), 0)
    assert.ok(value('process_resident_memory_bytes') > 1e7)
    assert.ok(value('nodejs_eventloop_lag_p99_seconds') >= 0)
    // a route is named as it was declared, so that no id and no word of a resident comes into a label
    assert.doesNotMatch(answer.body, /change_of_address|nowhere/)
  })

  it('says that lines wait, and that one was set aside', async () => {
    await submit(test.url, await completeJourney(test.url, 'library_card'), 'last')
    const { platform } = test.app
    await query(platform.db, `insert into journal.stuck (subscriber, position, error) values ('test', 1, 'x')`)
    const { body } = await send(test.url, { path: '/metrics' })
    assert.match(body, /^stoa_journal_lag [1-9]\d*$/m)
    assert.match(body, /^stoa_journal_stuck 1$/m)
  })
})
