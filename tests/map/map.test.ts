import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { openBrowser } from '../support/browser.ts'
import { faultsOf } from '../support/looks.ts'
import { setStage, type Stage } from './stage.ts'
import { tilesFile } from './tilesfile.ts'

/** Waits until an expression holds in the page; the page's own policy forbids the browser to be told to wait for a text. */
async function until(page: Page, expression: string): Promise<void> {
  for (let tries = 0; tries < 80; tries += 1) {
    if (await page.evaluate<boolean>(`Boolean(${expression})`)) return
    await page.waitForTimeout(100)
  }
  assert.fail(`not so in 8 s: ${expression}`)
}

/** The bytes that came for each part of the map, as they travelled. */
function weigh(page: Page): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  page.on('requestfinished', async (request) => {
    const path = new URL(request.url()).pathname.replace(/-[0-9a-f]{10}/, '')
    const { responseBodySize } = await request.sizes()
    if (/^\/(map\/|assets\/(map|leaflet|protomaps))/.test(path)) weights.set(path, (weights.get(path) ?? 0) + responseBodySize)
  })
  return weights
}

type Options = Parameters<Browser['newContext']>[0]

/** A page that keeps what the browser's policy refused and what went wrong in scripts. */
type Watched = { readonly page: Page; readonly context: BrowserContext; readonly faults: string[]; violations(): Promise<string[]> }

describe('the map', () => {
  let stage: Stage
  let browser: Browser
  before(async () => {
    stage = await setStage()
    browser = await openBrowser()
  })
  after(async () => {
    await browser.close()
    await stage.close()
  })

  const visit = async (path: string, options: Options = {}, at: Stage = stage): Promise<Watched> => {
    const context = await browser.newContext({ viewport: { width: 800, height: 900 }, ...options })
    context.setDefaultTimeout(8_000)
    const page = await context.newPage()
    const faults: string[] = []
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text())
    })
    await page.addInitScript(`
      globalThis.refused = []
      document.addEventListener('securitypolicyviolation', (event) => refused.push(event.violatedDirective + ' ' + event.sample))
    `)
    await page.goto(at.url + path)
    return { page, context, faults, violations: () => page.evaluate('globalThis.refused') }
  }
  const drawn = async (page: Page): Promise<void> => {
    await until(page, `!['', 'loading', undefined].includes(document.querySelector('[data-map]').dataset.on)`)
    const { on, why } = await page.evaluate<{ on: string; why?: string }>(`({ ...document.querySelector('[data-map]').dataset })`)
    assert.equal(on, 'yes', why)
  }
  const position = async (page: Page): Promise<[number, number]> => {
    const text = async (id: string) => Number(await page.inputValue(`#place-${id}`))
    return [await text('lat'), await text('long')]
  }

  it('lets a place be picked by a tap, and breaks no rule of the page', async () => {
    const { page, context, faults, violations } = await visit('/pick')
    await drawn(page)
    assert.equal(await page.locator('.st-map-tap').isVisible(), false, 'the picture is gone')
    const pane = page.locator('.st-map-pane')
    await pane.click({ position: { x: 300, y: 200 } })
    await page.locator('.st-map-pin').waitFor()
    const [lat, long] = await position(page)
    assert.ok(stage.places.districtAt(lat, long), `${lat}, ${long} is in the city`)
    const label = (stage.places.nearestAddress(lat, long)?.thing ?? stage.places.nearestStreet(lat, long)?.thing)?.id
    assert.ok(label)
    await until(page, `/^Chosen place: .*[a-z]/.test(document.querySelector('[data-map-said]').textContent)`)
    await page.locator('[data-map-act=in]').click()
    await page.locator('[data-map-act=out]').click()
    assert.deepEqual(await violations(), [])
    assert.deepEqual(faults, [])
    assert.deepEqual(await faultsOf(page), [])
    if (process.env['MAP_PICTURE']) await page.screenshot({ path: process.env['MAP_PICTURE'] })
    await page.click('#go')
    assert.equal(await page.textContent('#sent'), `${lat},${long}`)
    await context.close()
  })

  it('draws the city, not an empty canvas', async () => {
    const { page, context } = await visit('/pick')
    await drawn(page)
    await until(page, `document.querySelectorAll('.st-map-pane canvas').length >= 4`)
    const colours = await page.evaluate<number>(`(() => {
      const seen = new Set()
      for (const canvas of document.querySelectorAll('.leaflet-tile-container canvas')) {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
        for (let at = 0; at < data.length; at += 4 * 97) seen.add(data[at] + ' ' + data[at + 1] + ' ' + data[at + 2])
      }
      return seen.size
    })()`)
    assert.ok(colours > 8, `${colours} colours`)
    await context.close()
  })

  it('can be used by keyboard alone: the arrow keys move the pin, and it is said where it is', async () => {
    const { page, context, violations } = await visit('/pick', { reducedMotion: 'reduce' })
    await drawn(page)
    await page.locator('#note').focus()
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate('document.activeElement.className.includes("st-map-pane")'), true)
    assert.match(String(await page.getAttribute('.st-map-pane', 'aria-description')), /arrow keys/i)
    await page.keyboard.press('ArrowUp')
    const first = await position(page)
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Shift+ArrowRight')
    const [lat, long] = await position(page)
    assert.ok(lat > first[0] && long > first[1], 'north and east')
    for (let times = 0; times < 30; times += 1) await page.keyboard.press('Shift+ArrowLeft')
    await page.keyboard.press('+')
    assert.ok((await page.locator('.st-map-pin').boundingBox()) !== null)
    await until(page, `document.querySelector('[data-map-said]').textContent.startsWith('Chosen place')`)
    assert.deepEqual(await violations(), [])
    await context.close()
  })

  it('works by touch, from right to left, in the dark and at 320 px', async () => {
    const { page, context, faults, violations } = await visit('/pick?lang=ar', {
      viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true, colorScheme: 'dark',
    }) // prettier-ignore
    await drawn(page)
    const box = await page.locator('.st-map-pane').boundingBox()
    assert.ok(box)
    await page.touchscreen.tap(box.x + 100, box.y + 150)
    await page.locator('.st-map-pin').waitFor()
    const first = await position(page)
    await page.waitForTimeout(900)
    // it came near; the second tap is the exact one
    await page.touchscreen.tap(box.x + 100, box.y + 150)
    assert.notDeepEqual(await position(page), first)
    const pin = await page.locator('.st-map-pin').boundingBox()
    assert.ok(
      pin && Math.abs(pin.x + pin.width / 2 - box.x - 100) < 4 && Math.abs(pin.y + 36 - box.y - 150) < 6,
      'the point of the pin is where the finger was',
    )
    await until(page, `/[\\u0600-\\u06ff]/.test(document.querySelector('[data-map-said]').textContent)`)
    assert.deepEqual(await faultsOf(page), [])
    assert.deepEqual([...(await violations()), ...faults], [])
    await context.close()
  })

  it("takes the device's position when it is asked to, and says when that is no use", async () => {
    const here = { latitude: 39.004, longitude: -30.5 }
    const { page, context } = await visit('/pick', { geolocation: here, permissions: ['geolocation'] })
    await drawn(page)
    await page.click('[data-map-act=locate]')
    await page.locator('.st-map-pin').waitFor()
    assert.deepEqual(await position(page), [39.004, -30.5])
    await context.setGeolocation({ latitude: 48, longitude: 11 })
    await page.reload()
    await drawn(page)
    await page.click('[data-map-act=locate]')
    await page.getByText('outside the city').waitFor()
    assert.equal(await page.inputValue('#place-lat'), '')
    await context.close()
    const refused = await visit('/pick', { permissions: [] })
    await drawn(refused.page)
    await refused.page.click('[data-map-act=locate]')
    await refused.page.getByText('did not give a position').waitFor()
    await refused.context.close()
  })

  it('lets a place be picked on the picture without a script', async () => {
    const { page, context } = await visit('/pick', { javaScriptEnabled: false, viewport: { width: 320, height: 700 } })
    assert.deepEqual(
      await page
        .locator('.st-map-tap')
        .evaluate((image) => [image.clientWidth, image.clientHeight])
        .catch(() => null),
      [280, 320],
    )
    await page.click('main button[value=in]')
    await page.click('main button[value=in]')
    await page.click('main button[value=east]')
    await page.locator('.st-map-tap').click({ position: { x: 140, y: 160 } })
    const middle = String(await page.getAttribute('input[name=place-look]', 'value')).split('@')
    assert.equal(middle[1], String(Number(middle[1])))
    const [lat, long] = await position(page)
    const [wantedLat = 0, wantedLong = 0] = (middle[0] ?? '').split(',').map(Number)
    assert.ok(Math.abs(lat - wantedLat) < 2e-4 && Math.abs(long - wantedLong) < 2e-4, 'a tap in the middle is the middle')
    assert.match(String(await page.getAttribute('.st-map-tap', 'src')), new RegExp(`m=${lat},${long}`))
    // the streets beside it are a way to choose too
    await page.locator('input[name=place-street]').first().check()
    const value = await page.inputValue('input[name=place-street]:checked')
    await page.click('#go')
    assert.equal(await page.textContent('#sent'), value)
    await context.close()
  })

  it('does not take Enter in another field for a tap', async () => {
    const { page, context } = await visit('/pick', { javaScriptEnabled: false })
    await page.focus('#note')
    await page.keyboard.press('Enter')
    assert.equal(await page.textContent('#sent'), 'none')
    await context.close()
  })

  for (const lost of ['/map/base.json', 'leaflet-', 'mapdrawing-'] as const) {
    it(`leaves the picture, which works, when ${lost} cannot be had`, async () => {
      const { page, context } = await visit('/picture')
      await page.route(
        (url) => url.pathname.includes(lost),
        (route) => route.abort(),
      )
      await page.goto(`${stage.url}/pick`)
      await until(page, `document.querySelector('[data-map]').dataset.on === 'no'`)
      assert.deepEqual(await faultsOf(page), [])
      await page.locator('.st-map-tap').click({ position: { x: 140, y: 100 } })
      await until(page, `document.querySelector('#place-lat').value !== ''`)
      await context.close()
    })
  }

  it('leaves the picture when the browser has no canvas', async () => {
    const { page, context } = await visit('/picture')
    await page.addInitScript('HTMLCanvasElement.prototype.getContext = () => null')
    await page.goto(`${stage.url}/pick`)
    await until(page, `document.querySelector('[data-map]').dataset.on === 'no'`)
    assert.equal(await page.locator('.st-map-tap').isVisible(), true)
    assert.equal(await page.locator('.st-map-pane').count(), 0)
    await context.close()
  })

  it('shows clusters and heat from afar, places from near, and lights up with its list', async () => {
    const { page, context, faults, violations } = await visit('/look')
    await drawn(page)
    await until(page, `document.querySelector('[data-map]').dataset.shown === '2'`)
    const cluster = page.locator('.st-map-cluster')
    assert.match(String(await cluster.textContent()), /^1[.,]2K$/)
    const before = stage.asked.length
    for (let times = 0; times < 8 && (await cluster.count()) > 0; times += 1) {
      // the map draws its marks anew while it moves: one that has gone is no longer tapped
      await cluster.click({ timeout: 1_500 }).catch(() => undefined)
      await page.waitForTimeout(700)
    }
    assert.equal(await cluster.count(), 0, 'taps come nearer until there are single places')
    assert.ok(stage.asked.length > before)
    const last = stage.asked.at(-1)
    const [west = 0, south = 0, east = 0, north = 0] = String(last?.get('bbox')).split(',').map(Number)
    assert.ok(west < -30.505 && east > -30.505 && south < 39.006 && north > 39.006, 'it asks for what is seen')
    // a dot leads to its element of the list
    const pane = await page.locator('.st-map-pane').boundingBox()
    assert.ok(pane)
    await page.mouse.click(pane.x + pane.width / 2, pane.y + pane.height / 2)
    await until(page, `document.activeElement.getAttribute('href') === '/two'`)
    assert.deepEqual([...(await violations()), ...faults], [])
    assert.deepEqual(await faultsOf(page), [])
    await context.close()
  })

  it("draws the operator's own map in ranges, with its source named, within the same weight", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'map-'))
    const file = join(folder, 'city.pmtiles')
    await writeFile(file, tilesFile('<a href="https://maps.example">&copy; Map makers</a>'))
    const own = await setStage(file)
    const { page, context, faults, violations } = await visit('/map/at.json?lat=1&long=1', {}, own)
    const weights = weigh(page)
    const ranges: string[] = []
    page.on('response', (response) => {
      if (response.url().endsWith('.pmtiles')) ranges.push(`${response.status()} ${response.headers()['content-range']}`)
    })
    await page.goto(`${own.url}/pick`)
    await drawn(page)
    await page.getByText('© Map makers', { exact: true }).waitFor()
    await until(
      page,
      `[...document.querySelectorAll('.st-map-pane canvas')].some((canvas) => canvas.getContext('2d').getImageData(9, 9, 1, 1).data[3] === 255)`,
    )
    assert.ok(ranges.length > 0 && ranges.every((range) => /^206 bytes \d+-\d+\/\d+$/.test(range)), ranges.join())
    await page.locator('.st-map-pane').click({ position: { x: 300, y: 200 } })
    await page.locator('.st-map-pin').waitFor()
    assert.deepEqual([...(await violations()), ...faults], [])
    const sum = [...weights.values()].reduce((total, bytes) => total + bytes, 0)
    console.log(`map with tiles: ${sum} bytes`)
    assert.ok(sum > 60_000 && sum < 120_000, String(sum))
    const refused = await Promise.all(
      ['', 'bytes=0-1,3-4', 'bytes=999999999-', 'bytes=-5', 'items=0-1'].map((range) =>
        fetch(`${own.url}/map/city.pmtiles`, { headers: { range } }),
      ),
    )
    assert.deepEqual(
      refused.map(({ status }) => status),
      [416, 416, 416, 416, 416],
    )
    await context.close()
    await own.close()
    await writeFile(file, 'no map')
    await assert.rejects(setStage(file), /city\.pmtiles is not a PMTiles file of version 3/)
    await assert.rejects(setStage(join(folder, 'gone')), /cannot be read/)
    await rm(folder, { recursive: true })
  })

  it('weighs at most 120 kB on a page, and nothing but its first script until it is near', async () => {
    const context = await browser.newContext({ viewport: { width: 800, height: 900 } })
    const page = await context.newPage()
    const weights = weigh(page)
    await page.goto(`${stage.url}/pick`)
    await drawn(page)
    await page.waitForLoadState('networkidle')
    const sum = [...weights.values()].reduce((total, bytes) => total + bytes, 0)
    console.log(`map: ${sum} bytes`, Object.fromEntries(weights))
    assert.ok(weights.size >= 8 && sum > 40_000 && sum < 120_000, String(sum))
    await context.close()
  })
})
