import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import pg from 'pg'
import { systemActor } from '../../src/modules/access/index.ts'
import { getCase } from '../../src/modules/cases/index.ts'
import { addAccount } from '../../src/modules/identity/index.ts'
import { feeBill, relieveBill, within } from '../../src/modules/payments/index.ts'
import { eraseWhatIsOver, retentionJob } from '../../src/modules/privacy/retention.ts'
import { runTotals } from '../../src/modules/privacy/store.ts'
import { transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { actOnCase, type Applied, applyFor } from '../support/world.ts'
import { get, newPerson, ownAddress, type Person, signedIn } from './visitor.ts'

const DAY = 86_400_000

describe('what is erased when its time is over', () => {
  let test: TestApp
  let client: pg.Client
  let officer: Person
  let now = new Date('2027-03-01T09:00:00Z')

  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { now: () => now } })
    client = new pg.Client({ connectionString: test.databaseUrl })
    await client.connect()
  })
  beforeEach(async () => {
    now = new Date('2027-03-01T09:00:00Z')
    officer = await signedIn(test, 'officer@harbourview.example')
  })
  after(async () => {
    await client.end()
    await test.close()
  })

  const granted = async (cookie = ''): Promise<Applied> => {
    const applied = await applyFor(test, 'resident_parking_permit', { cookie, own: ownAddress() })
    await actOnCase(test, officer.cookie, applied.caseId, 'message', { text: 'We have it.' })
    for (const transition of ['start_review', 'grant']) await actOnCase(test, officer.cookie, applied.caseId, 'step', { transition })
    await test.settle()
    return applied
  }
  const count = async (sql: string, ...values: unknown[]): Promise<number> =>
    Number((await client.query<{ n: string }>(`select count(*) as n from ${sql}`, values)).rows[0]?.n ?? 0)
  /** Sealed fields and documents that belong to a case and what was written about it. */
  const leftOf = async (caseId: string): Promise<number> =>
    count(
      `(select s.record_id::text from people.sealed s where s.record_id in (
          select record_id from cases.case where id = $1 union select record_id from cases.entry where case_id = $1
          union select record_id from messages.message where about = $1::text)
        union all select d.id::text from people.document d where d.record_id = (select record_id from cases.case where id = $1)
          or d.id in (select document_id from cases.letter where case_id = $1)
        union all select token::text from cases.same where case_id = $1
        union all select encode(b.token, 'hex') from people.blind b where b.record_id = (select record_id from cases.case where id = $1)) kept`,
      caseId,
    )
  /** Waives the bill for a case's fee, so that it has ended. */
  const endBillOf = async (caseId: string): Promise<void> => {
    const { treasury } = test.app
    assert.ok(treasury)
    const bill = await feeBill(treasury, caseId)
    assert.ok(bill && bill.outstanding > 0n)
    const relief = { key: `end:${bill.id}`, kind: 'waived', amount: bill.outstanding } as const
    await transact(treasury.platform, (tx) => relieveBill(within(treasury, tx), systemActor('payments'), bill.id, relief))
  }
  const keep = async (): Promise<void> => {
    const job = test.app.modules.flatMap((module) => module.jobs ?? []).find((each) => each.name === 'payments:keep')
    assert.ok(job)
    await job.run(test.app.platform, {})
  }
  const years = (n: number): Date => new Date(Date.UTC(2027 + n, 2, 1, 9))

  it('says at the end of a case until when it is kept', async () => {
    const me = await newPerson(test, 'Rhea Retained', 'rhea.retained@example.org')
    const applied = await granted(me.cookie)
    const { case_years: kept } = test.app.catalogue.offer('resident_parking_permit').definition.retention ?? { case_years: 0 }
    assert.equal((await getCase(test.app.platform, applied.caseId)).kept_until, `${2027 + kept}-03-01`)
    assert.match((await get(test, `/cases/${applied.reference}`, me)).body, new RegExp(`datetime="${2027 + kept}-03-01"`))
  })

  it('erases answers, files, words, letters and messages on the day after, and keeps the case, its outcome and its journal', async () => {
    const me = await newPerson(test, 'Resa Retained', 'resa.retained@example.org')
    const own = await granted(me.cookie)
    const anonymous = await granted()
    const { person_id: nobody } = await getCase(test.app.platform, anonymous.caseId)
    const lines = await count('journal.event where stream = $1', own.caseId)
    assert.ok((await leftOf(own.caseId)) > 5)
    const bytes = (await client.query<{ id: string }>('select document_id as id from cases.letter where case_id = $1', [anonymous.caseId]))
      .rows
    assert.ok(bytes.length > 0)
    now = new Date(years(3).getTime() + 10 * 3_600_000)
    await eraseWhatIsOver(test.app.house)
    assert.ok((await leftOf(own.caseId)) > 5, 'the last day is not over')
    await client.query(`update cases.letter set valid_until = null`)
    now = new Date(years(3).getTime() + DAY)
    const erased = await eraseWhatIsOver(test.app.house)
    assert.ok((erased.cases.get('resident_parking_permit') ?? 0) >= 2)
    for (const each of [own, anonymous]) {
      assert.equal(await leftOf(each.caseId), 0)
      const current = await getCase(test.app.platform, each.caseId)
      assert.equal(current.outcome, 'granted')
      assert.ok(current.erased_at)
      assert.notEqual(current.person_id, me.personId)
      assert.equal(current.account_id, null)
      assert.equal(await count('journeys.journey where case_id = $1 and (person_id is not null or account_id is not null)', each.caseId), 0)
    }
    for (const { id } of bytes) assert.equal(await test.app.platform.files.get(id), null, 'the bytes are gone too')
    assert.equal(await count('journal.event where stream = $1', own.caseId), lines + 1, 'one line more: that it was erased')
    const gone = (): Promise<number> => count('people.person where id = $1 and wrapped_key is null', nobody)
    assert.equal(await gone(), 0, 'whoever owes a bill is known')
    await endBillOf(anonymous.caseId)
    now = new Date(years(3 + (test.app.treasury?.rules.bill_years ?? 0)).getTime() + 2 * DAY)
    await keep()
    assert.equal(await gone(), 1, 'the key of somebody without an account goes with the last that is kept of them')
    assert.equal(await count('people.person where id = $1 and wrapped_key is not null', me.personId), 1, 'that of an account stays')
  })

  it('does nothing twice, and says what it did', async () => {
    now = new Date(years(3).getTime() + DAY)
    await eraseWhatIsOver(test.app.house)
    const before = await runTotals(test.app.platform.db)
    const again = await eraseWhatIsOver(test.app.house)
    assert.equal(again.cases.size + again.accounts, 0)
    assert.deepEqual(await runTotals(test.app.platform.db), before)
    const page = await get(test, '/privacy/retention', null)
    assert.match(page.body, /Nothing was due/)
    const cases = before.find((each) => each.kind === 'case' && each.service === 'resident_parking_permit')
    assert.ok(cases && cases.count > 0)
    assert.match(page.body, new RegExp(`<span>${cases.count}</span>`))
    assert.doesNotMatch(page.body, /retained/i, 'numbers only')
    const told = await count(`journal.event where type = 'privacy.retention.ran'`)
    await retentionJob(test.app.house).run(test.app.platform, {})
    assert.equal(await count(`journal.event where type = 'privacy.retention.ran'`), told + 1)
  })

  it('waits for a permit that is still in force, and for a case that its person wants kept', async () => {
    const inForce = await granted()
    const held = await granted()
    await client.query('update cases.letter set valid_until = $2 where case_id = $1', [inForce.caseId, '2031-12-31'])
    const me = await newPerson(test, 'Hal Held', 'hal.held@example.org')
    await client.query(
      'insert into privacy.restriction (request_case, person_id, case_id, since, granted_at) values (gen_random_uuid(), $1, $2, now(), now())',
      [me.personId, held.caseId],
    )
    await client.query('update cases.letter set valid_until = null where case_id = $1', [held.caseId])
    now = years(4)
    const run = await eraseWhatIsOver(test.app.house)
    assert.equal(run.left, false, 'what is held does not make the job run for ever')
    assert.ok((await leftOf(inForce.caseId)) > 5)
    assert.ok((await leftOf(held.caseId)) > 5)
    await client.query('update privacy.restriction set ended_at = now()')
    now = years(6)
    await eraseWhatIsOver(test.app.house)
    assert.equal((await leftOf(inForce.caseId)) + (await leftOf(held.caseId)), 0)
  })

  it('is bounded: what is more than one run does is left to the next', async () => {
    const three = [await granted(), await granted(), await granted()]
    await client.query('update cases.letter set valid_until = null')
    now = years(4)
    const first = await eraseWhatIsOver(test.app.house, 2)
    assert.equal(first.left, true)
    assert.equal(
      [...first.cases.values()].reduce((sum, each) => sum + each, 0),
      2,
    )
    const second = await eraseWhatIsOver(test.app.house, 2)
    assert.equal(second.left, false)
    for (const each of three) assert.equal(await leftOf(each.caseId), 0)
  })

  it('writes down the end of cases that were closed before ends were kept', async () => {
    const applied = await granted()
    await client.query('update cases.case set kept_until = null where id = $1', [applied.caseId])
    await eraseWhatIsOver(test.app.house)
    assert.equal((await getCase(test.app.platform, applied.caseId)).kept_until, '2030-03-01')
  })

  it('erases accounts that were never proven, and messages about no case', async () => {
    const { platform } = test.app
    const account = await transact(platform, (tx) =>
      addAccount(tx, {
        name: 'Una Proven',
        email: 'una.proven@example.org',
        passwordHash: 'x',
        language: 'en',
        status: 'unverified',
        staffName: null,
      }),
    )
    now = new Date(now.getTime() + 29 * DAY)
    await eraseWhatIsOver(test.app.house)
    assert.equal(await count('identity.account where id = $1', account.id), 1)
    now = new Date(now.getTime() + 2 * DAY)
    const { accounts } = await eraseWhatIsOver(test.app.house)
    assert.equal(accounts, 1)
    assert.equal(await count('identity.account where id = $1', account.id), 0)
    assert.equal(await count('people.person where id = $1 and wrapped_key is null', account.person_id), 1)
    await client.query(
      `insert into messages.message (id, person_id, record_id, template, language, state, created_at, sent_at)
       select 'old', person_id, id, 'verify', 'en', 'sent', $1, $1 from people.record where kind = 'profile' limit 1`,
      [new Date(now.getTime() - 91 * DAY)],
    )
    assert.equal((await eraseWhatIsOver(test.app.house)).messages, 1)
    assert.equal(await count(`messages.message where id = 'old'`), 0)
  })
})
