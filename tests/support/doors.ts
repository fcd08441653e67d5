import assert from 'node:assert/strict'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { oidcAddress, register, Visitor } from '../identity/oidcvisitor.ts'
import type { Page } from 'playwright-core'
import type { TestApp } from './app.ts'
import { formBody, send } from './client.ts'
import { sendEmpty, sendEmptyForm } from './looks.ts'
import type { Seat, Template } from './templates.ts'
import { type Applied, sessionOf } from './world.ts'

type Sessions = Readonly<Record<'resident' | 'officer' | 'admin', string>>

/** Presses the button of a form, and waits for the page that comes. */
function press(action: string): (page: Page) => Promise<void> {
  return async (page) => {
    await page.locator(`form[action$="${action}"] button`).first().click()
    await page.waitForLoadState()
  }
}

/** Follows the first link that begins so. */
async function follow(page: Page, start: string): Promise<void> {
  await page.locator(`main a[href^="${start}"]`).first().click()
  await page.waitForLoadState()
}

/** Sends the form for something new, which stands below the list of what there is. */
function sendNothing(page: Page): Promise<void> {
  return sendEmptyForm(page, 'main form.st-form')
}

/** Chooses in the invented national ID who to be, and goes on. */
async function choose(page: Page): Promise<void> {
  if (!page.url().includes('/choose/')) return
  await page.locator('main form button').click()
  await page.waitForLoadState()
}

/**
 * Lets a resident use what belongs to who they are and what is kept about them: an application with access, a linked
 * national ID, a consent, a copy of all data, an alert; and an officer find an account that asked for a letter.
 */
export async function makeDoors(test: TestApp, sessions: Sessions, open: Applied): Promise<Template[]> {
  const post = async (cookie: string, path: string, fields: Readonly<Record<string, string>> = {}): Promise<void> => {
    const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' }
    const done = await send(test.url, { method: 'POST', path, headers, body: formBody(fields) })
    assert.ok(done.status < 400, `${path}: ${done.status} ${done.body.slice(0, 300)}`)
  }
  const visitor = new Visitor(test.url)
  // a session of its own: linking raises it, under another token
  const [name = '', value = ''] = (await sessionOf(test, 'resident@harbourview.example')).split('=')
  visitor.put(name, value)
  const asked = await visitor.go('/demo/agency-app/sign-in')
  const club = await visitor.go(asked.path, { answer: 'allow' })
  assert.equal(club.path, '/demo/agency-app', club.answer.body)
  const chosen = await visitor.go('/sign-in/with/national-id?next=/account/providers')
  const join = await visitor.go(chosen.path, { sub: 'nid-000-0003' })
  assert.equal((await visitor.go(join.path, {})).path, '/account/providers')
  const consents = await send(test.url, { path: '/my/consents', headers: { cookie: sessions.resident } })
  const [, consent = '', wording = ''] = /name="consent" value="([^"]*)"[^]*?name="wording" value="([^"]*)"/.exec(consents.body) ?? []
  await post(sessions.resident, '/my/consents', { consent, wording, act: 'give' })
  await post(sessions.resident, '/my/data/export')
  const district = test.app.board.places?.districts[0]?.id ?? ''
  await post(sessions.resident, '/reports/alerts', { district, email: 'resident@harbourview.example' })
  await post(sessions.resident, '/account/security/letter')
  await post(sessions.admin, '/admin/portals', { name: 'National portal' })
  await register(test, 'allotment-office')
  const account = await accountByAddress(test.app.platform, 'resident@harbourview.example')
  return [...pagesOfDoors(account?.id ?? ''), ...pagesOfData(open)]
}

function pagesOfDoors(account: string): Template[] {
  const seen = (name: string, path: string, seat: Seat, act?: Template['act'], at?: RegExp): Template => ({ name, path, seat, act, at })
  return [
    seen('national ID', '/sign-in/with/national-id', null, undefined, /^\/demo\/national-id\/choose\//),
    seen('first time with a provider', '/sign-in/with/national-id', null, choose, /^\/sign-in\/with\/new$/),
    seen('join a provider', '/sign-in/with/national-id', 'second', choose, /^\/sign-in\/with\/join$/),
    seen('providers', '/account/providers', 'resident'),
    seen('account', '/account', 'resident'),
    seen('account of staff', '/account', 'officer'),
    seen('apps', '/account/apps', 'resident'),
    seen('apps, none', '/account/apps', 'second'),
    seen('application', '/demo/agency-app', null),
    seen('application, signed in', '/demo/agency-app/sign-in', 'resident', undefined, /^\/demo\/agency-app$/),
    seen('consent to an application', oidcAddress('allotment-office'), 'resident', undefined, /^\/oidc-consent\//),
    seen('applications', '/admin/apps', 'admin'),
    seen('applications, wrong', '/admin/apps', 'admin', sendNothing),
    seen('outside providers', '/admin/providers', 'admin'),
    seen('outside providers, wrong', '/admin/providers', 'admin', sendNothing),
    seen('programs', '/admin/open311', 'admin'),
    seen('program', '/admin/open311', 'admin', (page) => follow(page, '/admin/open311/'), /^\/admin\/open311\/[0-9a-f-]{36}$/),
    seen('keys for programs', '/open311/keys', null),
    seen('keys for programs, wrong', '/open311/keys', null, sendNothing),
    seen('keys for programs, sent', '/open311/keys/sent', null),
    seen('keys for programs, link lost', '/open311/keys/confirm', null),
    seen('portals', '/admin/portals', 'admin'),
    seen('portals, wrong', '/admin/portals', 'admin', sendNothing),
    seen('counter, wrong', '/officer/counter', 'officer', sendEmpty),
    seen('counter, account', `/officer/counter/accounts/${account}`, 'officer'),
    seen('counter, letter', `/officer/counter/accounts/${account}`, 'officer', press('/letter'), /\/letter$/),
    seen('recovery codes', '/account/security', 'officer', press('/recovery'), /\/recovery$/),
    seen('how staff sign in', '/account/security', 'officer'),
  ]
}

function pagesOfData(open: Applied): Template[] {
  const seen = (name: string, path: string, seat: Seat = 'resident', act?: Template['act']): Template => ({ name, path, seat, act })
  return [
    seen('who looked at my data', '/my/access'),
    seen('who looked at my data, nothing', '/my/access?who=library&period=week'),
    seen('my data', '/my/data'),
    seen('my data of a case', `/my/data/cases/${open.reference}`),
    seen('my messages', '/my/data/messages'),
    seen('copies of my data', '/my/data/export'),
    seen('erase my data', '/my/data/erase'),
    seen('erase my data, wrong', '/my/data/erase', 'resident', (page) => sendEmptyForm(page, 'main form[action="/my/data/erase"]')),
    seen('erased', '/my/data/erased', null),
    seen('consents', '/my/consents'),
    seen('privacy choices', '/my/privacy-choices'),
    seen('privacy choices, of nobody', '/my/privacy-choices', null),
    seen('retention', '/privacy/retention', null),
  ]
}
