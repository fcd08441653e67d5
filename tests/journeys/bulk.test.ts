import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { getCase } from '../../src/modules/cases/index.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { query } from '../../src/platform/db.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { type Answer, send } from '../support/client.ts'
import { actOnCase, type Applied, applyFor, sessionOf } from '../support/world.ts'

describe('several cases given to an officer at once', () => {
  let test: TestApp
  let cookie: string
  let olu: string
  let sami: string
  const cases: Applied[] = []
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    cookie = await sessionOf(test, 'officer@harbourview.example')
    for (let i = 0; i < 4; i += 1) cases.push(await applyFor(test, 'resident_parking_permit', { own: ({ id }) => addresses(i)[id] }))
    await test.settle()
    olu = (await accountByAddress(test.app.platform, 'officer@harbourview.example'))?.id ?? ''
    sami = (await accountByAddress(test.app.platform, 'second.officer@harbourview.example'))?.id ?? ''
  })
  after(() => test.close())

  const addresses = (i: number): Record<string, unknown> => ({
    home_address: { line1: `${i + 1} Keeper Street`, town: 'Harbourview', postcode: 'HV3 4PX' },
  })
  const ids = (...at: readonly number[]): string[] => at.map((i) => cases[i]?.caseId ?? '')
  const owners = async (): Promise<Array<string | null>> =>
    Promise.all(cases.map(async (applied) => (await getCase(test.app.platform, applied.caseId)).officer))
  /** Rows as the page shows them now; what is no case goes as it is. */
  const rowsOf = (chosen: readonly string[]): Promise<string[]> =>
    Promise.all(
      chosen.map(async (id) =>
        cases.some((each) => each.caseId === id) ? `${id}~${(await getCase(test.app.platform, id)).revision}` : id,
      ),
    )
  const give = async (chosen: readonly string[], officer: string): Promise<Answer> => sendRows(await rowsOf(chosen), officer)
  const sendRows = (chosen: readonly string[], officer: string): Promise<Answer> => {
    const pairs: Array<[string, string]> = [
      ['queue', 'unassigned'],
      ['service', ''],
      ['officer', officer],
      ...chosen.map((id): [string, string] => ['case', id]),
    ]
    const body = new URLSearchParams(pairs).toString()
    const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' }
    return send(test.url, { method: 'POST', path: '/officer/assign', headers, body })
  }
  const shown = async (answer: Answer): Promise<string> => {
    assert.equal(answer.status, 303, answer.body.slice(0, 300))
    return (await send(test.url, { path: String(answer.headers.location), headers: { cookie } })).body
  }

  it('are chosen on the page of the queue', async () => {
    const page = await send(test.url, { path: '/officer?queue=unassigned', headers: { cookie } })
    for (const applied of cases)
      assert.match(
        page.body,
        new RegExp(`<input[^>]*name="case"[^>]*value="${applied.caseId}~1"|value="${applied.caseId}~1"[^>]*name="case"`),
      )
    assert.match(page.body, new RegExp(`<option value="${sami}"[^>]*>Sami Specimen`))
  })

  it('have the officer, one line each, and leave the queue of those without', async () => {
    const body = await shown(await give(ids(0, 1, 2), sami))
    assert.match(body, /3 cases were given\./)
    assert.deepEqual(await owners(), [sami, sami, sami, null])
    for (const id of ids(0, 1, 2)) assert.ok(!body.includes(`value="${id}`))
    assert.ok(body.includes(ids(3)[0] ?? '-'))
    const lines = await query<{ stream: string; actor: string }>(
      test.app.platform.db,
      `select stream, actor from journal.event where type = 'cases.case.assigned' order by seq`,
    )
    assert.deepEqual(
      lines,
      ids(0, 1, 2).map((stream) => ({ stream, actor: `account:${olu}` })),
    )
  })

  it('go on without those that cannot be given, and say how many', async () => {
    for (const transition of ['start_review', 'grant']) await actOnCase(test, cookie, ids(3)[0] ?? '', 'step', { transition })
    const answer = await give([...ids(0, 3), '01890000-0000-7000-8000-000000000001~1', 'nonsense'], olu)
    assert.match(String(answer.headers.location), /given=1&failed=2$/)
    assert.deepEqual((await owners()).slice(0, 3), [olu, sami, sami])
    assert.match(await shown(answer), /1 case was given\. 2 cases could not be given/)
  })

  it('are not given over what somebody changed since they were chosen', async () => {
    const [seen] = await rowsOf(ids(1))
    await actOnCase(test, cookie, ids(1)[0] ?? '', 'assign', { officer: olu })
    const answer = await sendRows([seen ?? ''], sami)
    assert.match(String(answer.headers.location), /given=0&failed=1$/)
    assert.match(await shown(answer), /somebody changed it in the meantime/)
    assert.deepEqual((await owners()).slice(0, 3), [olu, olu, sami])
  })

  it('are told as given when the same is sent twice, and not when they are closed', async () => {
    const rows = [...(await rowsOf(ids(0))), ...(await rowsOf(ids(3)))]
    for (let times = 0; times < 2; times += 1) assert.match(String((await sendRows(rows, sami)).headers.location), /given=1&failed=1$/)
    assert.equal((await owners())[0], sami)
    const fire = await sessionOf(test, 'fire@harbourview.example')
    const headers = { cookie: fire, 'content-type': 'application/x-www-form-urlencoded' }
    const body = new URLSearchParams({ queue: 'agency', officer: sami, case: rows[0] ?? '' }).toString()
    const other = await send(test.url, { method: 'POST', path: '/officer/assign', headers, body })
    assert.match(String(other.headers.location), /given=0&failed=1$/, 'nobody else learns who has a case')
    assert.match(String((await give(ids(0), olu)).headers.location), /given=1&failed=0$/)
  })

  it('need an officer to be chosen: without one nothing happens, and the ticks stay', async () => {
    const [row = ''] = await rowsOf(ids(2))
    for (const officer of ['', 'garbage']) {
      const answer = await sendRows([row], officer)
      assert.equal(answer.status, 422)
      assert.match(answer.body, /Choose an officer, or/)
    }
    const kept = await send(test.url, {
      method: 'POST',
      path: '/officer/assign',
      headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ queue: 'agency', case: row }).toString(),
    })
    assert.match(kept.body, new RegExp(`<input(?=[^>]*value="${row}")(?=[^>]* checked)`))
    assert.match(kept.body, /<a[^>]*href="#officer"/)
    const elsewhere = await send(test.url, {
      method: 'POST',
      path: '/officer/assign',
      headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ queue: 'closed', case: row }).toString(),
    })
    assert.match(elsewhere.body, /<a[^>]*href="#main"[^>]*>Choose an officer, or/)
    assert.ok(!elsewhere.body.includes('href="#officer"'), 'there is no such field on this page')
    assert.deepEqual((await owners()).slice(0, 3), [olu, olu, sami])
  })

  it("are nobody's again when that is chosen, and nothing happens when no case is", async () => {
    await give(ids(1, 2), 'nobody')
    assert.deepEqual((await owners()).slice(0, 3), [olu, null, null])
    assert.match(String((await give([], sami)).headers.location), /given=0&failed=0$/)
    assert.match(String((await give(ids(1), '01890000-0000-7000-8000-000000000009')).headers.location), /given=0&failed=1$/)
    assert.deepEqual((await owners()).slice(0, 3), [olu, null, null])
  })
})
