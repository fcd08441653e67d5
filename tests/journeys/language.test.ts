import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { addressOf } from '../hostile/addresses.ts'
import { type Belongings, makeBelongings } from '../hostile/belongings.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { formBody, send } from '../support/client.ts'
import { type Applied, applyFor, sessionFor } from '../support/world.ts'
import { type Shown, Visitor } from './visitor.ts'

const typedWords = 'Line one: "quoted" & <b>bold</b>.\r\nLine two </textarea> $& ends.'
const escaped = 'Line one: &#34;quoted&#34; &#38; &#60;b&#62;bold&#60;/b&#62;.\r\nLine two &#60;/textarea&#62; $&#38; ends.'

const plain = (text: string): string => text.replaceAll('&#38;', '&')

/** Where the language controls of a page lead: the pages of its links, and of the buttons that take a form along. */
function leadsTo(text: string): string[] {
  const nav = /<nav class="st-languages"[^]*?<\/nav>/.exec(text)?.[0] ?? ''
  const links = [...nav.matchAll(/ href="([^"]+)"/g)].map(([, href = '']) => plain(href))
  const pages = [...nav.matchAll(/ formaction="([^"]+)"/g)].map(
    ([, to = '']) => new URL(plain(to), 'http://x').searchParams.get('page') ?? '',
  )
  return [...links, ...pages]
}

describe('changing the language', () => {
  let test: TestApp
  let own: Belongings
  let open: Applied
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    own = await makeBelongings(test)
    open = await applyFor(test, 'resident_parking_permit', { cookie: own.cookie })
  })
  after(() => test.close())

  /** Presses a language button after typing: the form that the page takes along, or the one that is named. */
  const press = (visitor: Visitor, page: Shown, language: string, typed: Record<string, string>, form?: string): Promise<Shown> => {
    const to = / formaction="(\/language\?[^"]+)"/.exec(page.text)?.[1] ?? ''
    assert.notEqual(to, '', 'the page takes its form along')
    const url = new URL(plain(to), test.url)
    if (form !== undefined) url.searchParams.set('form', form)
    return visitor.post(url.pathname + url.search, { ...typed, _lang: language })
  }

  it('keeps what was typed to register, but no password', async () => {
    const visitor = new Visitor(test.url)
    const typed = { name: 'Nadia "N" Sample', email: 'nadia@example.org', password: 'long-secret-words' }
    const page = await press(visitor, await visitor.get('/register?next=/my'), 'es', typed)
    assert.equal(page.status, 200)
    assert.match(page.text, /<html lang="es"/)
    assert.match(page.text, /value="Nadia &#34;N&#34; Sample"/)
    assert.match(page.text, /value="nadia@example\.org"/)
    assert.match(page.text, /name="next" value="\/my"/)
    assert.doesNotMatch(page.text, /long-secret-words/)
    assert.equal(page.headers.get('cache-control'), 'no-store')
    const refused = await visitor.post('/register', { ...typed, password: 'short' })
    assert.equal(refused.status, 422)
    const again = await press(visitor, refused, 'ar', typed)
    assert.match(again.text, /<html lang="ar" dir="rtl"[^]*value="nadia@example\.org"/)
    assert.match((await visitor.get('/register')).text, /<html lang="ar"/, 'and it stays')
  })

  it('keeps the words of a resident on their case, also after they were refused', async () => {
    const visitor = new Visitor(test.url)
    visitor.remember(own.cookie)
    const path = `/cases/${open.reference}`
    const page = await press(visitor, await visitor.get(path), 'es', { text: typedWords }, `${path}/message`)
    assert.match(page.text, /<html lang="es"/)
    assert.ok(page.text.includes(`>\n${escaped}</textarea>`), 'the words are in their field')
    const refused = await visitor.post(`${path}/message`, { text: 'x'.repeat(20_000) })
    assert.equal(refused.status, 422)
    assert.deepEqual([...new Set(leadsTo(refused.text))], [path])
    assert.match((await press(visitor, refused, 'en', { text: 'Shorter now' })).text, /<html lang="en"[^]*>\nShorter now<\/textarea>/)
  })

  it('keeps the reason of an officer in its own form, and shows that form', async () => {
    const officer = new Visitor(test.url)
    await officer.signIn('officer@harbourview.example', DEMO_PASSWORD)
    const path = `/officer/cases/${open.caseId}`
    const before = await officer.get(path)
    for (const act of ['note', 'message']) {
      const page = await press(officer, before, 'es', { text: typedWords }, `${path}/${act}`)
      const form = new RegExp(`<form[^>]*action="${path}/${act}"[^]*?</form>`).exec(page.text)?.[0] ?? ''
      assert.ok(form.includes(escaped), act)
      assert.equal(page.text.split(escaped).length, 2, 'and in no other')
      const around = page.text.slice(0, page.text.indexOf(form)).split('</details>').at(-1) ?? ''
      assert.doesNotMatch(around, /<details(?! open)/)
    }
  })

  it('takes along the form that was typed in last, where scripts run', async () => {
    const browser = await openBrowser()
    try {
      const context = await browser.newContext()
      const [name = '', value = ''] = (await sessionFor(test.app, 'officer@harbourview.example', 'high')).split('=')
      await context.addCookies([{ name, value, url: test.url }])
      const page = await context.newPage()
      await page.goto(`${test.url}/officer/cases/${open.caseId}`)
      const field = page.locator('form[action$="/note"] textarea')
      await field.evaluate((one) => one.closest('details')?.setAttribute('open', ''))
      await field.fill('Only in the note')
      await page.locator('.st-languages button[value=ar]').click()
      await page.locator('html[lang=ar]').waitFor()
      assert.equal(await page.locator('form[action$="/note"] textarea').inputValue(), 'Only in the note')
      assert.ok(await page.locator('form[action$="/note"] textarea').isVisible())
      await page.locator('.st-languages button[value=es]').click()
      await page.locator('html[lang=es]').waitFor()
    } finally {
      await browser.close()
    }
  })

  it('does nothing else: no page of others, nothing that ends elsewhere, no words from another site', async () => {
    const visitor = new Visitor(test.url)
    for (const page of ['//evil.example/', 'https://evil.example/', '/language?page=/language', ''])
      assert.equal(
        (await visitor.post(`/language?${new URLSearchParams({ page }).toString()}`, { _lang: 'es' })).path,
        `/language?${new URLSearchParams({ page }).toString()}`,
      )
    const closed = await visitor.post(`/language?page=/officer`, { _lang: 'es', text: 'x' })
    assert.match(closed.path, /^\/sign-in\?next=/)
    assert.equal((await visitor.get('/language?page=/track')).path, '/track')
    visitor.remember(own.cookie)
    const live = test.app.routes.filter(({ method, path }) => method === 'GET' && /events|live/.test(path) && !path.startsWith('/life'))
    assert.ok(live.length > 1)
    for (const { path } of [...live, { path: '/cases/:reference/%65vents' }, { path: '/cases/:reference/events#x' }])
      assert.equal(
        (
          await visitor.post(`/language?page=${encodeURIComponent(addressOf(path, { ...own.ids, reference: open.reference }))}`, {
            _lang: 'es',
          })
        ).status,
        200,
      )
    const headers = { 'sec-fetch-site': 'cross-site', 'content-type': 'application/x-www-form-urlencoded' }
    const foreign = await send(test.url, {
      method: 'POST',
      path: '/language?page=/register&form=/register',
      headers,
      body: formBody({ name: 'x' }),
    })
    assert.equal(foreign.status, 403)
  })

  it('leads from whatever an act answers to a page that is there', async () => {
    const seat = async (email: string): Promise<string> => sessionFor(test.app, `${email}@harbourview.example`, 'high')
    const staff = [await seat('officer'), await seat('admin')]
    const acts = test.app.routes.filter(
      ({ method, path, access }) => method === 'POST' && access !== 'token' && !/^\/(api|open311|sign-out|goodbye|language)\b/.test(path),
    )
    const followed = new Map<string, Promise<number>>()
    for (const { path: pattern, access } of acts) {
      const path = addressOf(pattern, own.ids)
      for (const cookie of access === 'staff' ? staff : ['', own.cookie]) {
        const headers = {
          cookie,
          accept: 'text/html',
          'sec-fetch-site': 'same-origin',
          'content-type': 'application/x-www-form-urlencoded',
        }
        const answer = await send(test.url, { method: 'POST', path, headers, body: formBody({ text: ' ', reason: ' ' }) })
        if (!String(answer.headers['content-type']).startsWith('text/html') || ![200, 409, 422].includes(answer.status)) continue
        for (const page of new Set(leadsTo(answer.body))) {
          const asked = followed.get(cookie + page) ?? send(test.url, { path: page, headers }).then(({ status }) => status)
          followed.set(cookie + page, asked)
          assert.notEqual(await asked, 404, `POST ${path} (${answer.status}) leads to ${page}, which is not there`)
        }
      }
    }
    assert.ok(followed.size > 40, `${followed.size} pages were looked for`)
  })
})
