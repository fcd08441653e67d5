import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'
import * as openid from 'openid-client'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { anonymous } from '../../src/modules/access/index.ts'
import { sessionCookie, signOut } from '../../src/modules/identity/index.ts'
import type { TestApp } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { send } from '../support/client.ts'
import { faultsOf } from '../support/looks.ts'
import {
  addOtis,
  CALLBACK,
  discover,
  flowOf,
  OTIS,
  type Provider,
  redeem,
  register,
  signedIn,
  signIn,
  startProvider,
  Visitor,
} from './oidcvisitor.ts'

const RESIDENT = 'resident@harbourview.example'

describe('residents sign in at the demo’s application, and at others by a browser', () => {
  let provider: Provider
  let test: TestApp
  let app: openid.Configuration
  before(async () => {
    provider = await startProvider()
    ;({ test, app } = provider)
    await addOtis(test)
  })
  after(() => provider.close())

  it('ends with the session of the city, and tells the application', async () => {
    const visitor = await signedIn(test, RESIDENT)
    await signedInAtDemoApp(visitor)
    const tokens = await signIn(app, visitor)
    const token = visitor.cookies.find(({ name }) => name === sessionCookie(test.app.platform))?.value ?? ''
    await signOut(test.app.platform, token, anonymous('web'))
    await assert.rejects(openid.fetchUserInfo(app, tokens.access_token, openid.skipSubjectCheck), /WWW-Authenticate/, 'at once')
    assert.match((await visitor.ask('/demo/agency-app')).body, /What the app learned/, 'the application does not know yet')
    await provider.run('oidc:end_sessions')
    assert.doesNotMatch((await visitor.ask('/demo/agency-app')).body, /What the app learned/, 'now it does')
  })

  /** Signs in to the demo's application. */
  async function signedInAtDemoApp(visitor: Visitor): Promise<void> {
    const asked = await visitor.go('/demo/agency-app/sign-in')
    const page = asked.path.startsWith('/oidc-consent/') ? await visitor.go(asked.path, { answer: 'allow' }) : asked
    assert.equal(page.path, '/demo/agency-app', page.answer.body.slice(0, 2000))
    assert.match(page.answer.body, /Robin Example/)
  }

  it('has a demo application that signs in and out', async () => {
    const visitor = await signedIn(test, RESIDENT)
    assert.match((await visitor.ask('/demo/agency-app')).body, /Sign in with the city/)
    await signedInAtDemoApp(visitor)
    const leaving = await visitor.go('/demo/agency-app/sign-out', {})
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(leaving.answer.body)?.[1] ?? ''
    const out = await visitor.go('/oidc/session/end/confirm', { xsrf, logout: 'yes' })
    assert.equal(out.path, '/demo/agency-app')
    assert.match(out.answer.body, /Sign in with the city/)
    const forged = await send(test.url, {
      method: 'POST',
      path: '/demo/agency-app/backchannel',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'logout_token=eyJhbGciOiJub25lIn0.eyJzaWQiOiJ4In0.',
    })
    assert.equal(forged.status, 400)
  })

  it('walks through the demo application in a browser without scripts', async () => {
    const browser = await openBrowser()
    try {
      const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en' })
      const [session] = (await signedIn(test, RESIDENT)).cookies
      await context.addCookies([{ name: session?.name ?? '', value: session?.value ?? '', url: test.url }])
      const page = await context.newPage()
      const demo = await provider.database.query<{ id: string }>("select id from oidc.client where id like 'demo-%'")
      await (await signedIn(test, RESIDENT)).go('/account/apps/end', { app: demo.rows[0]?.id ?? '' })
      await page.goto(`${test.url}/demo/agency-app`)
      await page.getByRole('link', { name: 'Sign in with the city' }).click()
      await page.getByRole('button', { name: 'Allow', exact: true }).click()
      await page.waitForURL('**/demo/agency-app')
      assert.match(await page.locator('main').innerText(), /Robin Example/)
      await page.getByRole('main').getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('button', { name: 'Sign out of everything' }).click()
      await page.waitForURL('**/demo/agency-app')
      assert.match(await page.locator('main').innerText(), /Sign in with the city/)
    } finally {
      await browser.close()
    }
  })

  it('lets a browser leave for the application’s own origin after its forms, and for no other', async () => {
    const elsewhere = createServer((_request, reply) => reply.end('<h1>Elsewhere</h1>'))
    await new Promise<void>((ready) => elsewhere.listen(0, '127.0.0.1', ready))
    const address = elsewhere.address()
    const origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
    const browser = await openBrowser()
    try {
      const own = { redirectUris: [`${origin}/back`], postLogoutRedirectUris: [`${origin}/bye`] }
      const distant = await discover(test, 'distant', own)
      const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en' })
      const [session] = (await signedIn(test, RESIDENT)).cookies
      await context.addCookies([{ name: session?.name ?? '', value: session?.value ?? '', url: test.url }])
      const page = await context.newPage()
      const flow = await flowOf(distant, { redirect_uri: `${origin}/back` })
      await page.goto(flow.to.href)
      await page.getByRole('button', { name: 'Allow', exact: true }).click()
      await page.waitForURL(`${origin}/back?**`)
      const tokens = await redeem(distant, new URL(page.url()), flow)
      await page.goto(
        openid.buildEndSessionUrl(distant, { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: `${origin}/bye` }).href,
      )
      await page.getByRole('button', { name: 'Sign out of App distant only' }).click()
      await page.waitForURL(`${origin}/bye`)
      // signing in on the way, the first time with the question and the second time without
      for (const question of [true, false]) {
        const stranger = await browser.newContext({ javaScriptEnabled: false, locale: 'en' })
        const tab = await stranger.newPage()
        await tab.goto((await flowOf(distant, { redirect_uri: `${origin}/back` })).to.href)
        await tab.locator('[name=email]').fill(OTIS.email)
        await tab.locator('[name=password]').fill(DEMO_PASSWORD)
        await tab.locator('form[action="/sign-in"] button[type=submit]').click()
        if (question) await tab.getByRole('button', { name: 'Allow', exact: true }).click()
        await tab.waitForURL(`${origin}/back?code=**`)
        await stranger.close()
      }
      // the same pages do not send a form to anybody else
      await page.goto((await flowOf(distant, { redirect_uri: `${origin}/back`, prompt: 'consent' })).to.href)
      const policy = String((await page.reload())?.headers()['content-security-policy'])
      assert.match(policy, new RegExp(`form-action 'self' ${origin}(;|$)`))
    } finally {
      await browser.close()
      elsewhere.close()
    }
  })

  it('draws pages that everybody can use, in every language, light and dark, at 320 pixels', async () => {
    const browser = await openBrowser()
    try {
      await register(test, 'looked', { agency: 'library' })
      for (const [language, colorScheme] of [
        ['en', 'light'],
        ['es', 'light'],
        ['ar', 'dark'],
      ] as const) {
        const context = await browser.newContext({ viewport: { width: 320, height: 640 }, colorScheme })
        const sit = async (email: string): Promise<void> => {
          const [session] = (await signedIn(test, email)).cookies
          await context.addCookies([
            { name: session?.name ?? '', value: session?.value ?? '', url: test.url },
            { name: 'stoa_lang', value: language, url: test.url },
          ])
        }
        const page = await context.newPage()
        const look = async (path: string, at = path): Promise<void> => {
          await page.goto(new URL(path, test.url).href)
          assert.ok(new URL(page.url()).pathname.startsWith(at), `${path.slice(0, 60)} leads to ${page.url()}`)
          assert.deepEqual(await faultsOf(page), [], `${language} ${path.slice(0, 60)}`)
          assert.equal(await page.locator('html').getAttribute('lang'), language)
        }
        await sit(RESIDENT)
        const challenge = await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier())
        const ask = { client_id: 'looked', redirect_uri: CALLBACK, response_type: 'code', scope: 'openid profile email offline_access' }
        const query = new URLSearchParams({ ...ask, prompt: 'consent', code_challenge: challenge, code_challenge_method: 'S256' })
        await look(`/oidc/auth?${query.toString()}`, '/oidc-consent/')
        await look(`/oidc/auth?${query.toString().replace('127.0.0.1', 'evil.example')}`, '/oidc/auth')
        query.set('prompt', 'login')
        provider.moveBy(2_000)
        await look(`/oidc/auth?${query.toString()}`, '/oidc-consent/')
        for (const path of ['/account/apps', '/demo/agency-app', '/oidc/session/end/success']) await look(path)
        await page.goto(`${test.url}/demo/agency-app/sign-in`)
        if (page.url().includes('/oidc-consent/')) await page.locator('button[value=allow]').click()
        await look('/demo/agency-app')
        await look('/account/apps')
        await look('/oidc/session/end')
        await sit('admin@harbourview.example')
        await look('/admin/apps')
        const send = (form: string) =>
          Promise.all([page.waitForNavigation(), page.locator(`form[action$="${form}"] button[type=submit]`).click()])
        await send('/admin/apps')
        assert.deepEqual(await faultsOf(page), [], `${language} faults of a registration`)
        await send('/looked/secret')
        assert.deepEqual(await faultsOf(page), [], `${language} the secret`)
        await context.close()
      }
    } finally {
      await browser.close()
    }
  })
})
