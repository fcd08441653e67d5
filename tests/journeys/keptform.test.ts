import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { newReference } from '../../src/kernel/id.ts'
import { getCaseByReference } from '../../src/modules/cases/index.ts'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { formBody, send } from '../support/client.ts'
import { multipart } from '../support/reporting.ts'
import { type Applied, applyFor, photo, sessionFor, sessionOf } from '../support/world.ts'
import { type Shown, Visitor } from './visitor.ts'

const OFFICER = 'officer@harbourview.example'
const RESIDENT = 'resident@harbourview.example'
const reason = `The place is "taken" & <paid>.\nSecond line, ${'written at length. '.repeat(270)}`.slice(0, 4_990)

/** The form of a page that gives back what was refused, as its button would send it. */
function kept(page: Shown): { action: string; fields: Record<string, string> } {
  const form = /<form method="post" action="([^"]+)"[^>]*class="st-form"[^>]*>([^]*?)<\/form>/.exec(page.text) ?? []
  const names = [...(form[2] ?? '').matchAll(/<input type="hidden" name="([^"]+)"/g)].map(([, name = '']) => name)
  assert.ok(form[1] && names.length > 0, 'there is a form to send again')
  return { action: form[1], fields: Object.fromEntries(names.map((name) => [name, page.field(name) ?? ''])) }
}

describe('a form whose session is over', () => {
  let test: TestApp
  let applied: Applied
  const path = (act: string): string => `/officer/cases/${applied.caseId}/${act}`
  const of = async (email: string): Promise<Visitor> => {
    const visitor = new Visitor(test.url)
    await visitor.signIn(email, DEMO_PASSWORD)
    return visitor
  }
  const step = async (officer: Visitor): Promise<Record<string, string>> => ({
    transition: 'start_review',
    revision: (await officer.get(path('').slice(0, -1))).field('revision') ?? '',
    text: reason,
  })

  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    applied = await applyFor(test, 'resident_parking_permit', { cookie: await sessionOf(test, RESIDENT) })
  })
  after(() => test.close())

  it("keeps an officer's reason, which is sent again after signing in", async () => {
    const officer = await of(OFFICER)
    const typed = await step(officer)
    const before = await getCaseByReference(test.app.platform, applied.reference)
    officer.forget('stoa_session')
    const refused = await officer.post(path('step'), typed)
    assert.deepEqual([refused.status, refused.path], [401, path('step')])
    assert.equal(refused.headers.get('cache-control'), 'no-store')
    assert.match(refused.text, /<blockquote[^>]*>The place is &#34;taken&#34; &#38; &#60;paid&#62;\.\nSecond line/)
    assert.match(refused.text, /<a [^>]*href="\/sign-in\?next=[^"]*"[^>]*target="_blank"/)
    const again = kept(refused)
    assert.deepEqual(again, { action: path('step'), fields: typed })
    assert.equal((await officer.post(again.action, again.fields)).status, 401, 'nothing is done before somebody signed in')

    const resident = await of(RESIDENT)
    assert.equal((await resident.post(again.action, again.fields)).status, 403, 'whoever signs in instead is judged for themselves')
    assert.deepEqual(await getCaseByReference(test.app.platform, applied.reference), before)

    await officer.signIn(OFFICER, DEMO_PASSWORD)
    const done = await officer.post(again.action, again.fields)
    assert.deepEqual([done.status, done.path], [200, `${path('').slice(0, -1)}?done=step`])
  })

  it('is given back too where a surer sign-in is asked for', async () => {
    const weak = new Visitor(test.url)
    weak.remember(await sessionFor(test.app, OFFICER, 'low'))
    const refused = await weak.post(path('note'), { text: 'A note at length.' })
    assert.equal(refused.status, 403)
    assert.match(refused.text, /href="\/sign-in\?next=[^"]*level=substantial"[^]*A note at length\./)
  })

  it("keeps a resident's message for who has the code, and tells nobody which cases and bills there are", async () => {
    const nobody = new Visitor(test.url)
    const typed = { text: 'My car is blue,\nnot green.' }
    const at = (reference: string): string => `/cases/${reference}/message`
    const refused = await nobody.post(at(applied.reference), typed)
    assert.equal(refused.status, 401)
    assert.match(refused.text, new RegExp(`href="/track\\?reference=${applied.reference}"[^>]*target="_blank"`))
    const unknown = newReference('PKP', () => 7)
    const other = await nobody.post(at(unknown), typed)
    assert.deepEqual([other.status, other.text.replaceAll(unknown, applied.reference)], [401, refused.text])
    const again = kept(refused)
    await nobody.post('/track', { reference: applied.reference, code: applied.code })
    const done = await nobody.post(again.action, again.fields)
    assert.equal(done.path, `/cases/${applied.reference}?done=message`)
    assert.match(done.text, /My car is blue,\s+not green\./)
    assert.equal((await (await of('helper@harbourview.example')).post(again.action, again.fields)).status, 404)
    const number = newReference('BIL', () => 7)
    const bill = await nobody.post(`/pay/bills/${number}/wrong`, { words: 'We have no dog.' })
    assert.match(bill.text, new RegExp(`href="/pay\\?reference=${number}"[^]*We have no dog\\.`))
    assert.equal(
      (await new Visitor(test.url).post(`/cases/${applied.reference}/withdraw`, {})).path,
      `/track?reference=${applied.reference}`,
    )
  })

  it('with files keeps its words and asks for the files again', async () => {
    const sent = multipart({ client: 'x', note: 'Bills of May & June' }, [{ field: 'file', name: 'may "1".csv', bytes: await photo() }])
    const headers = { accept: 'text/html', 'content-type': sent.type }
    const { status, body } = await send(test.url, { method: 'POST', path: '/officer/money/imports', headers, body: sent.body })
    assert.equal(status, 401)
    assert.match(body, /<form[^>]*action="\/officer\/money\/imports"[^>]*enctype="multipart\/form-data"/)
    assert.match(body, /<input type="hidden" name="note" value="Bills of May &#38; June">/)
    assert.match(body, /Choose this file again: may[^]*<input[^>]*type="file"[^>]*name="file"/)
  })

  it('is not shown on a shared device, nor to whoever comes after a helper', async () => {
    for (const cookie of ['stoa_kiosk=on', `stoa_acting=assistance.${applied.caseId}.1.${'a'.repeat(40)}`]) {
      const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' }
      const body = formBody({ text: 'Only for my eyes.' })
      for (const place of [path('note'), `/cases/${applied.reference}/message`]) {
        const answer = await send(test.url, { method: 'POST', path: place, headers, body })
        assert.equal(answer.status, 401)
        assert.match(answer.body, /What you typed is gone/)
        assert.doesNotMatch(answer.body, /my eyes|name="text"/)
      }
    }
  })

  it('gives back no password and no code, nothing to a foreign site, and no page where nothing was typed', async () => {
    const nobody = new Visitor(test.url)
    const secrets = { password: 'Lantern-77', old: 'Lantern-76', code: 'ABCD-1234', client_secret: 'Lantern-78' }
    const refused = await nobody.post(path('note'), { ...secrets, text: 'Plain words.' })
    assert.match(refused.text, /Plain words\.[^]*name="text"/)
    assert.match(refused.text, /Passwords and codes are not kept/)
    assert.doesNotMatch(refused.text, /Lantern|ABCD-1234/)
    for (const fields of [secrets, { revision: '3', transition: 'grant', text: ' ' }])
      assert.match((await nobody.post(path('note'), fields)).path, /^\/sign-in\?next=/)
    const headers = { 'sec-fetch-site': 'cross-site', 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' }
    const foreign = await send(test.url, { method: 'POST', path: path('note'), headers, body: formBody({ text: 'Words of a foe.' }) })
    assert.equal(foreign.status, 403)
    assert.doesNotMatch(foreign.body, /of a foe/)
    const json = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }
    const program = await send(test.url, { method: 'POST', path: path('note'), headers: json, body: formBody({ text: 'x y' }) })
    assert.deepEqual([program.status, JSON.parse(program.body).code], [401, 'access.sign-in-needed'])
  })
})
