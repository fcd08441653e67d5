import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { query } from '../../src/platform/db.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { formBody, send } from '../support/client.ts'
import { freePort } from '../support/port.ts'
import { sessionFor } from '../support/world.ts'

const RESIDENT = 'resident@harbourview.example'
const OFFICER = 'officer@harbourview.example'
const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** A browser with an authenticator that verifies its user, as phones and laptops have one. */
type Device = { context: BrowserContext; page: Page; cdp: CDPSession; authenticator: string }

describe('passkeys in a browser', () => {
  let test: TestApp
  let browser: Browser
  const open: BrowserContext[] = []
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    browser = await openBrowser()
  })
  after(async () => {
    await browser.close()
    await test.close()
  })

  const rows = <Row>(text: string): Promise<Row[]> => query<Row>(test.app.platform.db, text)
  const device = async (session = ''): Promise<Device> => {
    const context = await browser.newContext()
    open.push(context)
    context.setDefaultTimeout(10_000)
    const page = await context.newPage()
    const cdp = await context.newCDPSession(page)
    await cdp.send('WebAuthn.enable')
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true,
      },
    }) // prettier-ignore
    if (session) {
      const [name = '', value = ''] = session.split('=')
      await context.addCookies([{ name, value, url: test.url }])
    }
    return { context, page, cdp, authenticator: authenticatorId }
  }
  const addTo = async ({ page }: Device, name: string): Promise<void> => {
    await page.goto(`${test.url}/account/security`)
    await page.locator('#passkey-name').fill(name)
    await page.locator('form[data-passkey=create] button').click()
    await page.waitForURL(/done=passkey_added/)
  }
  /** The same authenticator in a browser that has nothing else: keys move, cookies do not. */
  const moved = async (from: Device, change: Record<string, unknown> = {}): Promise<Device> => {
    const { credentials } = await from.cdp.send('WebAuthn.getCredentials', { authenticatorId: from.authenticator })
    const to = await device()
    for (const credential of credentials)
      await to.cdp.send('WebAuthn.addCredential', { authenticatorId: to.authenticator, credential: { ...credential, ...change } })
    return to
  }
  const session = async (): Promise<{ level: string; methods: string[] } | undefined> =>
    (await rows<{ level: string; methods: string[] }>('select level, methods from identity.session order by created_at desc limit 1'))[0]

  it('are added with a name, raise the session, and sign in without a name or password', async () => {
    const owner = await device(await sessionFor(test.app, RESIDENT, 'low'))
    await addTo(owner, 'My phone')
    assert.match(await owner.page.content(), /My phone/)
    assert.deepEqual(await session(), { level: 'substantial', methods: ['password', 'passkey'] })
    const [row] = await rows<{ name: Buffer; counter: bigint }>('select name, counter from identity.passkey')
    assert.ok(!row?.name.includes(Buffer.from('My phone')), 'the name is only wrapped')
    await test.settle()
    assert.match(test.mails.at(-1)?.text ?? '', /new passkey was added/)

    const there = await moved(owner)
    await there.cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: there.authenticator, enabled: false })
    await there.page.goto(`${test.url}/sign-in`)
    await there.page.locator('form[data-passkey=get] button').waitFor()
    assert.equal(await there.page.locator('[data-passkey-off]').isVisible(), false)
    await there.cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: there.authenticator, enabled: true })
    if (there.page.url().includes('/sign-in'))
      await there.page
        .locator('form[data-passkey=get] button')
        .click({ timeout: 3_000 })
        .catch(() => undefined)
    await there.page.waitForURL(`${test.url}/my`)
    assert.deepEqual(await session(), { level: 'substantial', methods: ['passkey'] })
  })

  it('are offered where the address is typed, without pressing anything', async () => {
    const owner = await device(await sessionFor(test.app, 'auditor@harbourview.example', 'substantial'))
    await addTo(owner, '')
    const there = await moved(owner)
    const { body } = await send(test.url, { path: '/sign-in' })
    assert.match(body, /<input[^>]*name="email"[^>]*autocomplete="username webauthn"/)
    await there.page.goto(`${test.url}/sign-in?next=${encodeURIComponent('/services')}`)
    await there.page.waitForURL(`${test.url}/services`)
    assert.deepEqual(await session(), { level: 'substantial', methods: ['passkey'] })
  })

  it('are the second step of staff', async () => {
    const owner = await device(await sessionFor(test.app, OFFICER, 'substantial'))
    await addTo(owner, 'Desk')
    const there = await moved(owner)
    await there.page.goto(`${test.url}/reset`) // a page without autofill
    await there.context.clearCookies()
    const cookie = await send(test.url, {
      method: 'POST',
      path: '/sign-in',
      headers: form,
      body: formBody({ email: OFFICER, password: DEMO_PASSWORD }),
    })
    const [name = '', value = ''] = (cookie.headers['set-cookie']?.[0] ?? '').split(';')[0]?.split('=') ?? []
    assert.equal(name, 'stoa_step')
    await there.context.addCookies([{ name, value, url: test.url }])
    await there.page.goto(`${test.url}/sign-in/second-step`)
    await there.page.locator('form[data-passkey=get] button').click()
    await there.page.waitForURL(`${test.url}/officer`)
    assert.deepEqual(await session(), { level: 'substantial', methods: ['passkey'] })
  })

  it('raise a session in place, and reach the high level when the papers were seen', async () => {
    const email = 'second.officer@harbourview.example'
    const owner = await device(await sessionFor(test.app, email, 'substantial'))
    await addTo(owner, 'Wallet')
    const there = await moved(owner, { signCount: 10 })
    const [name = '', value = ''] = (await sessionFor(test.app, email, 'low')).split('=')
    await there.page.goto(`${test.url}/reset`)
    await there.context.addCookies([{ name, value, url: test.url }])
    await there.page.goto(`${test.url}/officer`)
    assert.equal(new URL(there.page.url()).pathname, '/sign-in')
    await there.page.locator('form[data-passkey=get] button').click()
    await there.page.waitForURL(`${test.url}/officer`)
    assert.deepEqual(await session(), { level: 'substantial', methods: ['password', 'passkey'] })
    assert.notEqual((await there.context.cookies()).find((cookie) => cookie.name === name)?.value, value)
    const high = `${test.url}/sign-in?next=/services&level=high`
    await there.page.goto(high)
    assert.equal(await there.page.locator('form[data-passkey=get]').count(), 0, 'no passkey reaches it before the papers were seen')
    assert.match(await there.page.content(), /Come to our counter once/)
    await rows(`update identity.account set proofed_at = now() where staff_name = 'Sami Specimen'`)
    await there.page.goto(high)
    await there.page.locator('form[data-passkey=get] button').click()
    await there.page.waitForURL(`${test.url}/services`)
    assert.equal((await session())?.level, 'high')
  })

  it('are blocked when their counter goes back, and their owner is told', async () => {
    const owner = await device(await sessionFor(test.app, 'parking@harbourview.example', 'substantial'))
    await addTo(owner, 'Copied')
    const there = await moved(owner, { signCount: 40 })
    await there.page.goto(`${test.url}/sign-in?next=/services`)
    await there.page.waitForURL(`${test.url}/services`)
    const copy = await moved(owner, { signCount: 5 })
    await copy.page.goto(`${test.url}/sign-in`)
    await copy.page.getByText('This passkey cannot be used here').first().waitFor()
    assert.match(copy.page.url(), /\/sign-in\/passkey$/)
    const [row] = await rows<{ disabled_at: Date | null }>(`select disabled_at from identity.passkey order by created_at desc limit 1`)
    assert.notEqual(row?.disabled_at ?? null, null)
    const lines = await rows(`select 1 from journal.event where type = 'identity.passkey.clone_suspected'`)
    assert.equal(lines.length, 1)
    await test.settle()
    assert.match(test.mails.at(-1)?.text ?? '', /only a copy of it could be/)
    await there.context.clearCookies()
    await there.page.goto(`${test.url}/sign-in`)
    await there.page.getByText('This passkey cannot be used here').first().waitFor()
    // devices without a person say yes again and again, and every yes is a try
    for (const { context } of [copy, there]) await context.close()
    await rows('delete from identity.delay')
  })

  it('are good for one answer, from this origin only, and for nobody else', async () => {
    const owner = await device(await sessionFor(test.app, 'owner@harbourview.example', 'substantial'))
    await addTo(owner, 'Origin')
    const optionsFor = async (): Promise<{ challenge: string }> =>
      JSON.parse((await send(test.url, { method: 'POST', path: '/sign-in/passkey/options', headers: { accept: 'application/json' } })).body)
    const signAt = async (at: Page, challenge: string): Promise<string> =>
      at.evaluate(`(async () => {
        const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
        const credential = await navigator.credentials.get({
          publicKey: { challenge: bytes(${JSON.stringify(challenge)}), rpId: 'localhost', userVerification: 'required' },
        })
        return JSON.stringify(credential.toJSON())
      })()`)
    const answer = async (text: string): Promise<number> =>
      (await send(test.url, { method: 'POST', path: '/sign-in/passkey', headers: form, body: formBody({ answer: text }) })).status
    const elsewhere = await moved(owner, { signCount: 100 })
    const other = `http://localhost:${await freePort()}/`
    await elsewhere.page.route(other, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>other</title>' }))
    await elsewhere.page.goto(other)
    const foreign = await signAt(elsewhere.page, (await optionsFor()).challenge)
    assert.match(Buffer.from(JSON.parse(foreign).response.clientDataJSON, 'base64url').toString(), new RegExp(other.slice(0, -1)))
    assert.equal(await answer(foreign), 422, 'signed for another origin')
    await elsewhere.page.goto(`${test.url}/services`)
    assert.equal(await answer(await signAt(elsewhere.page, 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')), 422, 'a challenge of one’s own')
    const good = await signAt(elsewhere.page, (await optionsFor()).challenge)
    assert.equal(await answer(good.replace(/"signature":"./, '"signature":"A')), 422)
    const fresh = await signAt(elsewhere.page, (await optionsFor()).challenge)
    assert.equal(await answer(fresh), 303)
    assert.equal(await answer(fresh), 422, 'the same answer a second time')
    for (const broken of ['', '{}', 'null', '[]', '{"id":1}', 'x'.repeat(10_000)]) assert.equal(await answer(broken), 422)
    const stranger = await sessionFor(test.app, OFFICER, 'low')
    const asked = await send(test.url, {
      method: 'POST',
      path: '/sign-in/step-up/options',
      headers: { cookie: stranger, accept: 'application/json' },
    })
    const foreignKey = await signAt(elsewhere.page, JSON.parse(asked.body).challenge)
    const raised = await send(test.url, {
      method: 'POST', path: '/sign-in/step-up/passkey', headers: { ...form, cookie: stranger }, body: formBody({ answer: foreignKey, level: 'substantial' }),
    }) // prettier-ignore
    assert.equal(raised.status, 422, 'another account’s passkey raises nothing')
  })

  it('can be renamed and removed, by their owner only', async () => {
    const [row] = await rows<{ id: string }>(
      `select p.id from identity.passkey p join identity.account a on a.id = p.account_id where a.staff_name is null`,
    )
    const act = async (cookie: string, what: string, body = ''): Promise<number> =>
      (
        await send(test.url, {
          method: 'POST',
          path: `/account/security/passkeys/${row?.id ?? ''}/${what}`,
          headers: { ...form, cookie },
          body,
        })
      ).status
    const stranger = await sessionFor(test.app, OFFICER, 'substantial')
    const owner = await sessionFor(test.app, RESIDENT, 'substantial')
    assert.equal(await act(stranger, 'name', 'name=Mine'), 404)
    assert.equal(await act(stranger, 'remove'), 404)
    assert.equal(await act(await sessionFor(test.app, RESIDENT, 'low'), 'remove'), 303)
    assert.equal((await rows(`select 1 from identity.passkey where id = '${row?.id ?? ''}'`)).length, 1, 'a low session removes nothing')
    assert.equal(await act(owner, 'name', 'name=Old+phone'), 303)
    const page = await send(test.url, { path: '/account/security', headers: { cookie: owner } })
    assert.match(page.body, /Old phone/)
    assert.equal(await act(owner, 'remove'), 303)
    assert.equal((await rows(`select 1 from identity.passkey where id = '${row?.id ?? ''}'`)).length, 0)
  })
})
