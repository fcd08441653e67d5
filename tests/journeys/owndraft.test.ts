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
    await device.post(begun, { _shown: 'full_name', full_name: 'Robin Typed Later' })
    assert.equal((await device.get(begun)).field('full_name'), 'Robin Typed Later')
    const again = await signedIn()
    await again.get(begun)
    assert.ok(again.cookie('stoa_journey'))
    await again.post('/sign-out', {})
    assert.equal(again.cookie('stoa_journey'), null, 'signing out takes it away')
    assert.notEqual((await again.get(begun)).field('full_name'), 'Robin Typed Later')
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
