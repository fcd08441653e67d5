import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import sharp from 'sharp'
import { systemActor } from '../../src/modules/access/index.ts'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import type { Report } from '../../src/modules/reports/report.ts'
import { endReport, getReport } from '../../src/modules/reports/service/index.ts'
import { query } from '../../src/platform/db.ts'
import { root, startApp, type TestApp } from '../support/app.ts'
import { openLasting } from '../support/browser.ts'
import { faultsOf } from '../support/looks.ts'
import { freePort } from '../support/port.ts'
import { signIn } from '../support/walk.ts'
import { giveReports, LIGHTING, LIGHTING_EMAIL, ROADS, ROADS_EMAIL } from './crewday.ts'

/** The way between device and city, which can be cut for real: the worker of a page has a connection of its own. */
type Cable = { readonly url: string; cut(): void; mend(): void; close(): Promise<void> }

async function layCable(port: number, to: number): Promise<Cable> {
  const sockets = new Set<Socket>()
  let whole = true
  const server = createServer((near) => {
    if (!whole) return void near.destroy()
    const far = connect(to, '127.0.0.1')
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  const cut = (): void => {
    whole = false
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://localhost:${port}`,
    cut,
    mend: () => void (whole = true),
    close: async () => {
      cut()
      await new Promise((done) => server.close(done))
    },
  }
}

let app: TestApp
let cable: Cable
let profile = ''
let context: BrowserContext
let page: Page

before(async () => {
  const port = await freePort()
  app = await startApp({ accounts: true, listen: true, env: { PUBLIC_ORIGIN: `http://localhost:${port}` } })
  cable = await layCable(port, Number(new URL(app.url).port))
  profile = await mkdtemp(join(tmpdir(), 'stoa-device-'))
  context = await openLasting(profile, { viewport: { width: 360, height: 780 } })
  await context.addInitScript({ path: `${root}/tests/reports/kept.page.js` })
  context.setDefaultTimeout(10_000)
  page = await context.newPage()
})
after(async () => {
  await context?.close()
  await cable?.close()
  await app?.close()
  await rm(profile, { recursive: true, force: true, maxRetries: 5 })
})

const offline = async (): Promise<void> => {
  cable.cut()
  await context.setOffline(true)
}
const online = async (): Promise<void> => {
  cable.mend()
  await context.setOffline(false)
}
/** Opens a page; again when the one before it was going on by itself, as it does when the connection comes back. */
const open = async (path: string, tries = 3): Promise<void> => {
  try {
    await page.goto(`${cable.url}${path}`)
  } catch (error) {
    if (tries === 1 || !/ERR_ABORTED|interrupted by another navigation/.test(String(error))) throw error
    await page.waitForLoadState()
    await open(path, tries - 1)
  }
}
const pending = () => page.locator('[data-acts] > li')
const stateOf = (report: Report): Promise<Report> => getReport(app.app.board, report.id)

/** Signs in, opens the list and waits until the device could go on alone. */
async function beginShift(email: string): Promise<void> {
  await signIn(page, cable.url, email, DEMO_PASSWORD)
  await open('/officer/crew')
  await page.locator('[data-line]').filter({ hasText: /./ }).waitFor()
  await waitFor('ready')
}

/** Waits until something is so on the device; see kept.page.js. */
async function waitFor(what: 'ready' | 'empty'): Promise<void> {
  for (const begun = performance.now(); performance.now() - begun < 20_000;) {
    if (await page.evaluate(`globalThis.kept.${what}()`)) return
    await new Promise((done) => setTimeout(done, 100))
  }
  assert.fail(`the device is not ${what}: ${await page.locator('main').innerText()}`)
}

async function openStop(report: Report, kind: string): Promise<void> {
  await page.locator(`[data-stop="${report.reference}"] a`).click()
  await page.locator(`[data-act="${kind}"] > summary`).waitFor()
  await page.locator(`[data-act="${kind}"] > summary`).click()
}

const sendForm = (kind: string): Promise<void> => page.locator(`form[data-crew-act="${kind}"] button[type=submit]`).click()

async function photo(): Promise<Buffer> {
  const noise = Buffer.from(Array.from({ length: 300 * 200 * 3 }, (_, at) => (at * 97) % 251))
  return sharp(noise, { raw: { width: 300, height: 200, channels: 3 } })
    .jpeg()
    .toBuffer()
}

type Kept = { text: string; who: string[]; keys: Array<{ who: string; exports: boolean; opens: number }>; acts: number; parts: number }

/** Everything that the browser's stores hold for this origin; see kept.page.js. */
function everythingKept(): Promise<Kept> {
  return page.evaluate('globalThis.kept.everything()')
}

/** Every file below the profile whose path fits, as Latin-1. */
async function onDisk(fits: RegExp): Promise<string> {
  const names = (await readdir(profile, { recursive: true, withFileTypes: true })).filter((each) => each.isFile())
  const texts = await Promise.all(
    names.map(async (each) => {
      const path = join(each.parentPath, each.name)
      return fits.test(path) ? readFile(path, 'latin1').catch(() => '') : ''
    }),
  )
  return texts.join('\n')
}

const SECRETS = ['Deep hole where the invented tram turns', 'Filled with asphalt from lorry seven', 'Ren Mockup'] as const

test('a shift without a connection is the officer’s alone: nothing of it for the next one at the device, and it goes out once', async () => {
  const [hole, kerb, third] = await giveReports(app, ROADS, [SECRETS[0], 'A loose kerb', 'A third thing'])
  const [lamp] = await giveReports(app, LIGHTING, ['A lamp that the second officer sees'])
  assert.ok(hole && kerb && third && lamp)
  await beginShift(ROADS_EMAIL)
  await offline()

  // the list and a report, drawn from what is kept
  await open('/officer/crew')
  await page.locator('[data-crew-frame] [data-stop]').first().waitFor()
  assert.equal(await page.locator('[data-stop]').count(), 3)
  assert.deepEqual(await faultsOf(page), [])
  await openStop(hole, 'done')
  assert.ok((await page.locator('main').innerText()).includes(SECRETS[0]))
  assert.equal(await page.locator('img[src^="blob:"]').count(), 1, 'the map is drawn from what is kept')
  assert.deepEqual(await faultsOf(page), [])
  // nothing is kept that the server would refuse
  await sendForm('done')
  assert.match(await page.locator('[data-act=done] [data-form-error]').innerText(), /photo/)
  await page.locator('#done-after').setInputFiles([{ name: 'after.jpg', mimeType: 'image/jpeg', buffer: await photo() }])
  await page.locator('#done-text').fill(SECRETS[1])
  await sendForm('done')
  await pending().first().waitFor()
  await page.waitForURL(/\/officer\/crew$/)
  await openStop(kerb, 'cannot')
  await page.locator('[name=why][value=private_land]').check()
  await sendForm('cannot')
  await page.waitForURL(/\/officer\/crew$/)
  await page.locator('[data-acts] > li:nth-child(2)').waitFor()
  await page.reload()
  await page.locator('[data-acts] > li:nth-child(2)').waitFor()
  const category = (await page.locator(`[data-stop="${hole.reference}"] a`).innerText()).trim()
  assert.match(await pending().first().innerText(), new RegExp(`${hole.reference} ${category}[^]*${SECRETS[1]}`))
  assert.deepEqual([(await stateOf(hole)).state, (await stateOf(kerb)).state], ['assigned', 'assigned'])

  assert.deepEqual(await faultsOf(page), [])

  // signed out without a connection: shut at once
  await page.locator('form[action="/sign-out"] button').click()
  await page.locator('[data-locked]:not([hidden])').waitFor()
  const shut = await everythingKept()
  assert.deepEqual([shut.keys, shut.acts], [[], 2])
  assert.ok(shut.parts > 0, 'what is looked through holds the sealed parts')
  for (const secret of [...SECRETS, hole.reference, 'JFIF']) assert.ok(!shut.text.includes(secret), `${secret} is readable`)
  assert.ok(!(await page.content()).includes(SECRETS[0]))

  // the next page from the city ends the session too
  await online()
  await open('/services')
  await page.locator('a[href="/sign-in"]').first().waitFor()
  await open('/officer/crew')
  assert.match(page.url(), /\/sign-in/)

  // the second officer, on the same device
  await beginShift(LIGHTING_EMAIL)
  assert.equal(await page.locator('[data-stop]').count(), 1)
  assert.equal(await page.locator(`[data-stop="${lamp.reference}"]`).count(), 1)
  assert.equal(await pending().count(), 0)
  assert.ok(await page.locator('[data-pending]').isHidden())
  const second = await everythingKept()
  assert.equal(second.who.length, 2, 'what the first one keeps is still there')
  assert.equal(second.acts, 2)
  assert.ok(second.parts > 0)
  assert.deepEqual(
    second.keys.map(({ exports, opens }) => ({ exports, opens })),
    [{ exports: false, opens: 0 }],
    'the one key that is there opens nothing of the first one, and cannot be carried away',
  )
  for (const secret of [...SECRETS, hole.reference, kerb.reference, 'A lamp that the second officer sees', 'JFIF'])
    assert.ok(!second.text.includes(secret), `${secret} is readable`)
  await offline()
  await open(`/officer/crew/reports/${hole.reference}`)
  await page.locator('[data-view] h1').filter({ hasText: /./ }).first().waitFor()
  for (const secret of SECRETS) assert.ok(!(await page.content()).includes(secret))
  await online()
  const disk = await onDisk(/IndexedDB|CacheStorage|Service Worker/)
  assert.ok(disk.includes('stoa-crew'), 'the stores were looked at')
  for (const secret of SECRETS)
    assert.ok(!disk.includes(secret) && !disk.includes(Buffer.from(secret, 'utf16le').toString('latin1')), `${secret} is on the disk`)
  assert.deepEqual([(await stateOf(hole)).state, (await stateOf(kerb)).state], ['assigned', 'assigned'], 'nothing went out in another name')

  // the first one again: everything goes out, once
  await open('/officer/crew')
  await page.locator('header form[action="/sign-out"] button').click()
  await page.locator('a[href="/sign-in"]').first().waitFor()
  await signIn(page, cable.url, ROADS_EMAIL, DEMO_PASSWORD)
  await open('/officer/crew')
  await waitFor('empty')
  await waitFor('ready')
  assert.deepEqual(
    [(await stateOf(hole)).state, (await stateOf(kerb)).closure],
    ['checking', { outcome: 'no_action', reason: 'private_land' }],
  )
  assert.deepEqual(await counts(hole), { acts: 1, photos: 1, lines: 1 })
  await page.reload()
  await page.locator('[data-line]').filter({ hasText: /./ }).waitFor()
  assert.deepEqual(await counts(hole), { acts: 1, photos: 1, lines: 1 })
  assert.equal((await everythingKept()).acts, 0)
})

/** How often an act on a report left its traces. */
async function counts(report: Report): Promise<{ acts: number; photos: number; lines: number }> {
  const [row] = await query<{ acts: number; photos: number; lines: number }>(
    app.app.database.db,
    `select (select count(*)::int from reports.act where report_id = $1) as acts,
      (select count(*)::int from reports.photo where report_id = $1) as photos,
      (select count(*)::int from reports.update where report_id = $1 and state = 'checking') as lines`,
    [report.id],
  )
  return row ?? assert.fail()
}

test('an answer that is lost is asked for again, and nothing is done twice', async () => {
  const [report] = await giveReports(app, ROADS, ['A step that is gone'])
  assert.ok(report)
  await open('/officer/crew')
  let lost = 0
  await page.route('**/officer/crew/acts', async (route) => {
    await route.fetch()
    lost += 1
    // a page that has gone on has given it up by itself
    await route.abort().catch(() => undefined)
  })
  await openStop(report, 'done')
  await page.locator('#done-order').fill('WO-88')
  await sendForm('done')
  await page.waitForURL(/\/officer\/crew$/)
  await pending().first().waitFor()
  assert.ok(lost > 0)
  assert.equal((await stateOf(report)).state, 'checking', 'the city has it, the device does not know')
  await page.unrouteAll({ behavior: 'wait' })
  await page.reload()
  await waitFor('empty')
  assert.deepEqual(await counts(report), { acts: 1, photos: 0, lines: 1 })
})

test('what somebody else closed meanwhile is shown in both versions, and stays until it is decided', async () => {
  const [one, two] = await giveReports(app, ROADS, ['A board in the path', 'A bench without a seat'])
  assert.ok(one && two)
  await open('/officer/crew')
  await page.locator('[data-line]').filter({ hasText: /./ }).waitFor()
  await page.waitForLoadState('networkidle')
  await offline()
  for (const report of [one, two]) {
    await open('/officer/crew')
    await openStop(report, 'done')
    await page.locator('#done-order').fill('WO-99')
    await page.locator('#done-text').fill(`Seen to ${report.reference}`)
    await sendForm('done')
    await page.waitForURL(/\/officer\/crew$/)
  }
  for (const report of [one, two])
    await endReport(app.app.board, systemActor('timers'), report.id, { outcome: 'no_action', reason: 'already_fixed' })
  await online()
  await open('/officer/crew')
  await page.locator('[data-choice=drop]').nth(1).waitFor()
  assert.equal(await pending().count(), 2)
  assert.deepEqual(await faultsOf(page), [])
  const first = pending().filter({ hasText: one.reference })
  const shown = await first.innerText()
  assert.match(shown, new RegExp(`Seen to ${one.reference}`))
  assert.match(shown, /It was closed without work\./)
  await page.reload()
  await page.locator('[data-choice=drop]').nth(1).waitFor()
  await first.locator('[data-choice=drop]').click()
  await first.waitFor({ state: 'detached' })
  await pending().filter({ hasText: two.reference }).locator('[data-choice=note]').click()
  await waitFor('empty')
  const lines = await query<{ text: string; report_id: string }>(app.app.database.db, "select text, report_id from reports.update where kind = 'message' and report_id = any($1::uuid[])", [[one.id, two.id]]) // prettier-ignore
  assert.deepEqual(lines, [{ text: `Seen to ${two.reference}`, report_id: two.id }])
  assert.equal((await stateOf(two)).closure?.outcome, 'no_action')
})
