import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { query } from '../../src/platform/db.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { demoCodes } from '../support/authenticator.ts'
import { sessionFor } from '../support/world.ts'
import { type Shown, Visitor } from '../journeys/visitor.ts'

const RESIDENT = 'resident@harbourview.example'
const OFFICER = 'officer@harbourview.example'
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

describe('signing in', () => {
  let test: TestApp
  let later = 0
  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { now: () => new Date(Date.now() + later) } })
  })
  after(() => test.close())

  const rows = <Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> => query<Row>(test.app.platform.db, text, values)
  const codeTo = async (email: string): Promise<string> => {
    await test.settle()
    const mail = test.mails.findLast((each) => each.to === email && /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/.test(each.text))
    return /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(mail?.text ?? '')?.[0] ?? ''
  }
  const levels = async (email: string): Promise<string[]> => {
    const found = await rows<{ level: string }>(
      `select s.level from identity.session s join identity.account a on a.id = s.account_id where a.email_token = $1 order by s.created_at`,
      [test.app.platform.keys.blind('account.email', email)],
    )
    return found.map((row) => row.level)
  }
  /** Begins a form as nobody in particular and answers its first page; gives the address of the page after it. */
  const beginForm = async (visitor: Visitor): Promise<{ id: string; page: string }> => {
    const page = await visitor.post('/services/library_card/start', {})
    const id = /\/apply\/([0-9a-f-]{36})/.exec(page.path)?.[1] ?? ''
    const on = await visitor.post(`/apply/${id}/p/name_page`, { _shown: 'full_name', full_name: 'Una Halfway' })
    assert.match(on.path, /\/p\//)
    return { id, page: on.path }
  }
  const answersOf = async (visitor: Visitor, id: string): Promise<string> =>
    (await visitor.get(`/apply/${id}/p/name_page`)).field('full_name') ?? ''

  it('asks staff for a second step, takes each code once, and only then shows the queue', async () => {
    const visitor = new Visitor(test.url)
    const step = await visitor.post('/sign-in', { email: OFFICER, password: DEMO_PASSWORD, next: '/officer' })
    assert.equal(step.path, '/sign-in/second-step?next=%2Fofficer')
    assert.deepEqual(await levels(OFFICER), [], 'a right password alone is no session')
    assert.match((await visitor.get('/officer')).path, /^\/sign-in\?/)
    const wrong = await visitor.post('/sign-in/second-step', { code: '000000', next: '/officer' })
    assert.equal(wrong.status, 422)
    const [code = ''] = await demoCodes(test.url, OFFICER)
    assert.equal((await visitor.post('/sign-in/second-step', { code, next: '/officer' })).path, '/officer')
    assert.deepEqual(await levels(OFFICER), ['substantial'])
    const again = new Visitor(test.url)
    await again.post('/sign-in', { email: OFFICER, password: DEMO_PASSWORD })
    assert.equal((await again.post('/sign-in/second-step', { code })).status, 422, 'the same code a second time')
    const [, next = ''] = await demoCodes(test.url, OFFICER)
    assert.equal((await again.post('/sign-in/second-step', { code: next })).path, '/officer')
  })

  it('does not take the second step of one browser in another, nor after ten minutes', async () => {
    const visitor = new Visitor(test.url)
    await visitor.post('/sign-in', { email: 'fire@harbourview.example', password: DEMO_PASSWORD })
    const [code = ''] = await demoCodes(test.url, 'fire@harbourview.example')
    assert.equal((await new Visitor(test.url).post('/sign-in/second-step', { code })).path, '/sign-in')
    later = 11 * MINUTE
    const [fresh = ''] = await demoCodes(test.url, 'fire@harbourview.example')
    assert.equal((await visitor.post('/sign-in/second-step', { code: fresh })).path, '/sign-in')
    assert.deepEqual(await levels('fire@harbourview.example'), [])
  })

  it('signs residents in with their password at the low level', async () => {
    const visitor = new Visitor(test.url)
    assert.equal((await visitor.signIn(RESIDENT, DEMO_PASSWORD)).path, '/my')
    assert.deepEqual(await levels(RESIDENT), ['low'])
  })

  it('signs in with a code by e-mail, once, for ten minutes, at the low level', async () => {
    const visitor = new Visitor(test.url)
    assert.equal((await visitor.post('/sign-in/link', { email: RESIDENT, next: '/my' })).path, '/sign-in/link/use?next=%2Fmy')
    const code = await codeTo(RESIDENT)
    const mail = test.mails.findLast((each) => each.to === RESIDENT)
    assert.match(mail?.text ?? '', /\/sign-in\/link\/use\?next=%2Fmy/)
    assert.ok(!/link\/use\S*[0-9A-Z]{4}-[0-9A-Z]{4}/.test(mail?.text ?? ''), 'the address carries no code')
    assert.equal((await visitor.post('/sign-in/link/use', { code, next: '/my' })).path, '/my')
    assert.equal((await new Visitor(test.url).post('/sign-in/link/use', { code })).status, 422)
    await visitor.post('/sign-in/link', { email: RESIDENT })
    const late = await codeTo(RESIDENT)
    assert.notEqual(late, code)
    later += 10 * MINUTE + 1_000
    assert.equal((await new Visitor(test.url).post('/sign-in/link/use', { code: late })).status, 422)
  })

  it('lets staff who came by e-mail do nothing before a second step with their password', async () => {
    const visitor = new Visitor(test.url)
    await visitor.post('/sign-in/link', { email: 'parking@harbourview.example' })
    await visitor.post('/sign-in/link/use', { code: await codeTo('parking@harbourview.example') })
    const asked = await visitor.get('/officer')
    assert.equal(asked.path, '/sign-in?next=%2Fofficer&level=substantial')
    assert.notEqual(asked.field('password'), null, 'a code from the e-mail and one from the app are no password')
    const [code = ''] = await demoCodes(test.url, 'parking@harbourview.example')
    const without = await visitor.post('/sign-in/step-up', { code, next: '/officer', level: 'substantial' })
    assert.equal(without.status, 422)
    const removed = await visitor.post('/account/security/app/remove', {})
    assert.match(removed.path, /^\/sign-in\?.*level=substantial/, 'a low session changes no second step')
    const fresh = (await demoCodes(test.url, 'parking@harbourview.example')).find((each) => each !== '') ?? ''
    const raised = await visitor.post('/sign-in/step-up', { code: fresh, password: DEMO_PASSWORD, next: '/officer', level: 'substantial' })
    assert.equal(raised.path, '/officer')
    assert.deepEqual(await levels('parking@harbourview.example'), ['substantial'])
  })

  it('refuses a new password that everybody would try, and says what to choose instead', async () => {
    const visitor = new Visitor(test.url)
    const typed = { name: 'Ottilie Newcomer', email: 'ottilie.newcomer@example.org' }
    for (const password of ['Q1W2E3R4T5Y6', 'ottilie-newcomer', 'Harbourview-2026', 'short']) {
      const shown = await visitor.post('/register', { ...typed, password })
      assert.equal(shown.status, 422, password)
      assert.match(shown.text, password === 'short' ? /Enter a password of 12 to 128/ : /This password is easy to guess/, password)
    }
    assert.equal((await visitor.post('/register', { ...typed, password: 'seven green umbrellas' })).path, '/register/verify')
  })

  it('keeps a form that was begun as nobody through registering, twenty minutes and the e-mail', async () => {
    const visitor = new Visitor(test.url)
    const { id, page } = await beginForm(visitor)
    const account = { name: 'Una Halfway', email: 'una.halfway@example.org', password: 'tall-lantern-of-una' }
    const signIn = await visitor.get(`/sign-in?next=${encodeURIComponent(page)}`)
    assert.match(signIn.text, new RegExp(`/register\\?next=${encodeURIComponent(page)}`))
    assert.equal((await visitor.get(`/register?next=${encodeURIComponent(page)}`)).field('next'), page)
    const asked = await visitor.post('/register', { ...account, next: page })
    assert.equal(asked.path, `/register/verify?next=${encodeURIComponent(page)}`)
    assert.equal(asked.field('next'), page)
    const code = await codeTo(account.email)
    assert.ok(test.mails.findLast((each) => each.to === account.email)?.text.includes(`/register/verify?next=${encodeURIComponent(page)}`))
    later += 20 * MINUTE
    const back = await visitor.post('/register/verify', { code, next: page })
    assert.deepEqual([back.status, back.path], [200, page])
    assert.equal(await answersOf(visitor, id), 'Una Halfway')
    const [journey] = await rows<{ account_id: string | null }>('select account_id from journeys.journey where id = $1', [id])
    assert.notEqual(journey?.account_id ?? null, null, 'it is the account’s own now')
    visitor.forget('stoa_journey')
    assert.equal((await visitor.get(page)).status, 200)
  })

  it('keeps it through a forgotten password too', async () => {
    const visitor = new Visitor(test.url)
    const { id, page } = await beginForm(visitor)
    const asked = await visitor.post('/reset', { email: 'una.halfway@example.org', next: page })
    assert.equal(asked.field('next'), page)
    const code = await codeTo('una.halfway@example.org')
    later += 20 * MINUTE
    const set = await visitor.post('/reset/code', { code, password: 'another-lantern-of-una', next: page })
    assert.equal(set.path, `/sign-in?next=${encodeURIComponent(page)}`)
    const back = await visitor.post('/sign-in', { email: 'una.halfway@example.org', password: 'another-lantern-of-una', next: page })
    assert.deepEqual([back.status, back.path], [200, page])
    assert.equal(await answersOf(visitor, id), 'Una Halfway')
  })

  it('steps up in mid-form after twenty minutes, sets up what is missing, and comes back to the page', async () => {
    const visitor = new Visitor(test.url)
    await visitor.signIn('una.halfway@example.org', 'another-lantern-of-una')
    const { id, page } = await beginForm(visitor)
    const needed = await visitor.get(`/sign-in?next=${encodeURIComponent(page)}&level=substantial`)
    assert.equal(needed.path, `/account/security?next=${encodeURIComponent(page)}`)
    assert.match(needed.text, /What you have filled in is kept/)
    later += 20 * MINUTE
    const { page: done } = await visitor.setUpApp(page, Date.now() + later)
    assert.equal(done.path, `/account/security?done=app_added&next=${encodeURIComponent(page)}`)
    assert.ok(done.text.includes(`href="${page}"`))
    assert.deepEqual((await levels('una.halfway@example.org')).slice(-1), ['substantial'])
    assert.equal((await visitor.get(page)).status, 200)
    assert.equal(await answersOf(visitor, id), 'Una Halfway')
    const enough = await visitor.get(`/sign-in?next=${encodeURIComponent(page)}&level=substantial`)
    assert.equal(enough.path, page)
    const more = await visitor.get(`/sign-in?next=${encodeURIComponent(page)}&level=high`)
    assert.match(more.text, /Come to our counter once/)
  })

  it('prints a letter at the counter that signs in once, within thirty days', async () => {
    const officer = await sessionFor(test.app, OFFICER, 'substantial')
    const counter = new Visitor(test.url)
    counter.remember(officer)
    const made = await counter.post('/officer/counter/accounts', { name: 'Petra Paperless', language: 'es' })
    assert.match(made.path, /^\/officer\/counter\/accounts\/[0-9a-f-]{36}\?done=added$/)
    const account = made.path.split('?')[0] ?? ''
    const print = async (): Promise<Shown> => counter.post(`${account}/letter`, {})
    const codeOn = (page: Shown): string => /(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}/.exec(page.text)?.[0] ?? ''
    const first = codeOn(await print())
    const letter = await print()
    assert.match(letter.text, /<article class="st-letter[^>]*lang="es"[^]*Petra Paperless[^]*Su código para entrar/)
    const code = codeOn(letter)
    const resident = new Visitor(test.url)
    assert.equal((await resident.post('/sign-in/letter', { code: first })).status, 422, 'an older letter')
    assert.equal((await resident.post('/sign-in/letter', { code: code.toLowerCase().replaceAll('-', ' ') })).path, '/my')
    assert.equal((await new Visitor(test.url).post('/sign-in/letter', { code })).status, 422, 'a second time')
    const late = codeOn(await print())
    later += 31 * DAY
    assert.equal((await new Visitor(test.url).post('/sign-in/letter', { code: late })).status, 422)
    const [session] = await rows<{ level: string; methods: string[] }>(
      `select level, methods from identity.session where 'letter' = any(methods)`,
    )
    assert.deepEqual(session, { level: 'low', methods: ['letter'] })
    const number = /ACC-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(letter.text)?.[0] ?? ''
    const again = new Visitor(test.url)
    again.remember(await sessionFor(test.app, OFFICER, 'substantial'))
    assert.match((await again.post('/officer/counter', { who: number })).text, /Petra Paperless/)
    assert.equal((await again.post('/officer/counter', { who: 'parking@harbourview.example' })).status, 422, 'no letters for staff')
  })

  it('serves the counter for officers only, and sends letters by post to those with an address', async () => {
    const owner = new Visitor(test.url)
    owner.remember(await sessionFor(test.app, RESIDENT, 'low'))
    const refused = await owner.post('/account/security/letter', {})
    assert.equal(refused.status, 422)
    assert.match(refused.text, /no postal address/)
    const auditor = new Visitor(test.url)
    auditor.remember(await sessionFor(test.app, 'auditor@harbourview.example', 'substantial'))
    assert.equal((await auditor.get('/officer/counter')).status, 403)
    assert.equal((await owner.get('/officer/counter')).status, 403)
  })
})
