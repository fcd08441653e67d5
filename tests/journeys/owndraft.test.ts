import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { dayIn, formatDay } from '../../src/kernel/time.ts'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { sessionCookie, sessionLimits } from '../../src/modules/identity/index.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { send } from '../support/client.ts'
import { type Shown, Visitor } from './visitor.ts'

describe("a draft in somebody's account", () => {
  let test: TestApp
  let ahead = 0
  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { now: () => new Date(Date.now() + ahead) } })
  })
  after(() => test.close())

  const START = '/services/library_card/start'
  const signedIn = async (): Promise<Visitor> => {
    const visitor = new Visitor(test.url)
    await visitor.signIn('resident@harbourview.example', DEMO_PASSWORD)
    return visitor
  }
  const namePage = ({ path }: Shown): string => path.replace(/\/p\/.*/, '/p/name_page')
  const sourceOf = ({ text }: Shown): string => /<span class="st-source">([^<]*)</.exec(text)?.[1] ?? ''

  it('says of an answer since when the record has it, and nothing of one that was typed over it', async () => {
    const visitor = await signedIn()
    const day = formatDay(dayIn(test.app.platform.city.timeZone, new Date()), 'en')
    ahead = 40 * 86_400_000
    const later = await signedIn()
    const first = await later.get(namePage(await later.post(START, {})))
    assert.equal(first.field('full_name'), 'Robin Example')
    assert.equal(sourceOf(first), `This is from your record with the city, as it stands since ${day}. Correct it if it is wrong.`)
    await later.post(first.path, { _shown: 'full_name', full_name: '  Robin Example ' })
    assert.notEqual(sourceOf(await later.get(first.path)), '', 'what was not changed is still from the record')
    await later.post(first.path, { _shown: 'full_name', full_name: 'Robin Other' })
    const typed = await later.get(first.path)
    assert.deepEqual([typed.field('full_name'), sourceOf(typed)], ['Robin Other', ''])
    ahead = 0
    assert.equal((await visitor.get('/my')).status, 200)
  })

  it('is begun once, however often the button is pressed at once', async () => {
    ahead = 3_600_000
    const visitor = await signedIn()
    const [one, two] = await Promise.all([visitor.post(START, {}), visitor.post(START, {})])
    const idOf = ({ path }: Shown): string => path.split('/')[2] ?? ''
    assert.equal(idOf(one), idOf(two))
    await visitor.post(namePage(one), { _shown: 'full_name', full_name: 'Robin Example' })
    assert.notEqual(idOf(await visitor.post(START, {})), idOf(one), 'what was worked on is another draft')
    ahead = 0
  })

  it('is gone on with on another device, and what is typed there outlives the session', async () => {
    const begun = namePage(await (await signedIn()).post(START, {}))
    const device = await signedIn()
    await device.get(begun.replace('/p/name_page', ''))
    device.forget(sessionCookie(test.app.platform))
    const stopped = await device.post(begun, { _shown: 'full_name', full_name: 'Robin Typed Later' })
    assert.match(stopped.path, /^\/sign-in\?next=/, 'what is typed is taken, and nothing shown')
    for (const page of [begun, begun.replace('/p/name_page', ''), begun.replace('/p/name_page', '/check')])
      assert.match((await device.get(page)).path, /^\/sign-in\?next=/)
    const wrong = await device.post(begun, { _shown: 'full_name', full_name: 'x'.repeat(300) })
    assert.match(wrong.path, /^\/sign-in\?next=/, 'also where the page would be shown again')
    await device.signIn('resident@harbourview.example', DEMO_PASSWORD)
    assert.equal((await device.get(begun)).field('full_name'), 'x'.repeat(300))
    await device.post(begun, { _shown: 'full_name', full_name: 'Robin Typed Later' })
    const again = await signedIn()
    assert.equal((await again.get(begun)).field('full_name'), 'Robin Typed Later')
    assert.ok(again.cookie('stoa_journey'))
    await again.post('/sign-out', {})
    assert.equal(again.cookie('stoa_journey'), null, 'signing out takes it away')
  })

  it('is nothing to another account in the same browser, and its token lasts no longer than a session', async () => {
    const visitor = await signedIn()
    const begun = namePage(await visitor.post(START, {}))
    const id = begun.split('/')[2] ?? ''
    const session = (): string => `${sessionCookie(test.app.platform)}=${visitor.cookie(sessionCookie(test.app.platform)) ?? ''}`
    const shown = await send(test.url, { path: begun, headers: { cookie: session() } })
    assert.match(
      (shown.headers['set-cookie'] ?? []).join(),
      new RegExp(`stoa_journey=[^;]+; Path=/apply/${id};.*Max-Age=${sessionLimits.absoluteMs / 1000}$`),
    )
    const left = await send(test.url, { method: 'POST', path: '/sign-out', headers: { cookie: session() } })
    assert.ok(
      (left.headers['set-cookie'] ?? []).some((line) => line.startsWith(`stoa_journey=; Path=/apply/${id};`) && line.endsWith('Max-Age=0')),
    )
    await visitor.signIn('officer@harbourview.example', DEMO_PASSWORD)
    assert.ok(visitor.cookie('stoa_journey'), 'the browser has not forgotten it')
    for (const answer of [await visitor.get(begun), await visitor.post(begun, { _shown: 'full_name', full_name: 'Another' })])
      assert.deepEqual([answer.status, answer.text.includes('Robin Example')], [404, false])
    assert.equal((await visitor.post(`/apply/${id}/submit`, {})).status, 404)
  })

  it('is not told for longer than the session: extending says how long it lasts, and that it has ended', async () => {
    const visitor = await signedIn()
    const cookie = `${sessionCookie(test.app.platform)}=${visitor.cookie(sessionCookie(test.app.platform)) ?? ''}`
    const extend = (headers: Record<string, string>) =>
      send(test.url, { method: 'POST', path: '/session/extend', headers: { accept: 'application/json', ...headers } })
    const seconds = async (): Promise<number> => JSON.parse((await extend({ cookie })).body).seconds
    assert.equal(await seconds(), sessionLimits.idleMs / 1000)
    assert.equal((await extend({})).status, 401)
    for (ahead = 0; ahead < sessionLimits.absoluteMs - 60_000; ahead += sessionLimits.idleMs - 60_000) await seconds()
    ahead = sessionLimits.absoluteMs - 30_000
    assert.ok((await seconds()) <= 30, 'no longer than a session lasts at most')
    ahead = sessionLimits.absoluteMs + 1000
    assert.equal((await extend({ cookie })).status, 401)
    ahead = 0
  })
})
