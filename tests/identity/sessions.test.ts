import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { query } from '../../src/platform/db.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { demoCodes } from '../support/authenticator.ts'
import { send } from '../support/client.ts'
import { sessionFor } from '../support/world.ts'
import { Visitor } from '../journeys/visitor.ts'

const RESIDENT = 'resident@harbourview.example'
const OFFICER = 'officer@harbourview.example'
const MINUTE = 60_000

describe('sessions', () => {
  let test: TestApp
  let later = 0
  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { now: () => new Date(Date.now() + later) } })
  })
  after(() => test.close())

  const isIn = async (cookie: string): Promise<boolean> => (await send(test.url, { path: '/my', headers: { cookie } })).status === 200
  const owner = async (email: string, level: 'low' | 'substantial' = 'low'): Promise<Visitor> => {
    const visitor = new Visitor(test.url)
    visitor.remember(await sessionFor(test.app, email, level))
    return visitor
  }

  it('begin under a token that nobody knew before, and end the one before', async () => {
    const planted = 'A'.repeat(43)
    const visitor = new Visitor(test.url)
    visitor.remember(`stoa_session=${planted}`)
    assert.match((await visitor.get('/my')).path, /^\/sign-in/, 'a made-up token is no session')
    await visitor.signIn(RESIDENT, DEMO_PASSWORD)
    const first = visitor.cookie('stoa_session') ?? ''
    assert.notEqual(first, planted)
    assert.ok(!(await isIn(`stoa_session=${planted}`)))
    await visitor.post('/sign-in', { email: RESIDENT, password: DEMO_PASSWORD })
    const second = visitor.cookie('stoa_session') ?? ''
    assert.notEqual(second, first)
    assert.ok(!(await isIn(`stoa_session=${first}`)), 'the older session of this browser is over')
    assert.ok(await isIn(`stoa_session=${second}`))
    const stored = await query<{ token: Buffer }>(test.app.platform.db, 'select token from identity.session')
    for (const { token } of stored) assert.ok(!token.toString().includes(second) && !token.equals(Buffer.from(second, 'base64url')))
  })

  it('change their token when their level changes', async () => {
    const visitor = await owner(OFFICER, 'low')
    const low = visitor.cookie('stoa_session') ?? ''
    const [code = ''] = await demoCodes(test.url, OFFICER)
    const done = await visitor.post('/sign-in/step-up', { code, next: '/officer', level: 'substantial' })
    assert.equal(done.path, '/officer')
    const raised = visitor.cookie('stoa_session') ?? ''
    assert.notEqual(raised, low)
    assert.equal((await send(test.url, { path: '/officer', headers: { cookie: `stoa_session=${low}` } })).status, 303)
    const [line] = await query<{ data: { level: string; methods: string[] } }>(
      test.app.platform.db,
      `select data from journal.event where type = 'identity.session.raised'`,
    )
    assert.deepEqual(line?.data, { level: 'substantial', methods: ['password', 'totp'] })
  })

  it('are listed by device, end one by one or all at once, and only by their owner', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'Mozilla/5.0 (Android 14) Firefox/130.0' }
    const body = `email=${encodeURIComponent(RESIDENT)}&password=${DEMO_PASSWORD}`
    const phone = await send(test.url, { method: 'POST', path: '/sign-in', headers, body })
    const cookie = String(phone.headers['set-cookie']?.[0]).split(';')[0] ?? ''
    const visitor = await owner(RESIDENT)
    const page = await visitor.get('/account/security')
    assert.match(page.text, /Firefox · Android/)
    const ids = [...page.text.matchAll(/\/account\/security\/sessions\/([0-9a-f-]{36})\/end/g)].map((match) => match[1] ?? '')
    assert.ok(ids.length >= 2)
    const stranger = await owner('auditor@harbourview.example', 'substantial')
    for (const id of ids) assert.equal((await stranger.post(`/account/security/sessions/${id}/end`, {})).status, 404)
    assert.ok(await isIn(cookie))
    const [newest] = await query<{ id: string }>(test.app.platform.db, `select id from identity.session where device = 'Firefox · Android'`)
    assert.equal((await visitor.post(`/account/security/sessions/${newest?.id ?? ''}/end`, {})).path, '/account/security?done=ended')
    assert.ok(!(await isIn(cookie)))
    const other = await owner(RESIDENT)
    assert.equal((await visitor.post('/account/security/sessions/end-others', {})).path, '/account/security?done=ended_others')
    assert.match((await other.get('/my')).path, /^\/sign-in/)
    assert.equal((await visitor.get('/my')).path, '/my')
  })

  it('end after an hour without activity, and after twelve hours whatever happens', async () => {
    const idle = await sessionFor(test.app, RESIDENT, 'low')
    const busy = await sessionFor(test.app, RESIDENT, 'low')
    later = 59 * MINUTE
    assert.ok(await isIn(busy))
    later = 61 * MINUTE
    assert.ok(!(await isIn(idle)))
    for (; later < 12 * 60 * MINUTE; later += 50 * MINUTE) assert.ok(await isIn(busy), `after ${later / MINUTE} minutes`)
    later = 12 * 60 * MINUTE + MINUTE
    assert.ok(!(await isIn(busy)))
    later = 0
  })

  it('lead back to the page of a form whose session is over, and nowhere else', async () => {
    const post = async (headers: Record<string, string>): Promise<string> => {
      const answer = await send(test.url, { method: 'POST', path: '/account/security/recovery', headers })
      assert.equal(answer.status, 303)
      return String(answer.headers.location)
    }
    assert.equal(
      await post({ referer: `${test.url}/account/security?done=password` }),
      '/sign-in?next=%2Faccount%2Fsecurity%3Fdone%3Dpassword',
    )
    assert.equal(await post({ referer: 'https://evil.example/account/security' }), '/sign-in?next=%2Faccount%2Fsecurity%2Frecovery')
    assert.equal(await post({}), '/sign-in?next=%2Faccount%2Fsecurity%2Frecovery')
    const json = await send(test.url, { method: 'POST', path: '/account/security/recovery', headers: { accept: 'application/json' } })
    assert.equal(json.status, 401)
    const live = await send(test.url, { path: '/my', headers: { accept: 'text/event-stream' } })
    assert.equal(live.status, 401)
  })
})
