import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import sharp from 'sharp'
import type { Browser } from 'playwright-core'
import { openBrowser } from '../support/browser.ts'
import { setStage, type Stage } from './stage.ts'

const picture = '/map/picture.svg?lat=39.004&long=-30.5&zoom=16&w=640&h=360'

describe("the map's addresses", () => {
  let stage: Stage
  before(async () => {
    stage = await setStage()
  })
  after(() => stage.close())

  const get = (path: string, headers: Record<string, string> = {}) => fetch(stage.url + path, { headers })

  it('give the basemap as GeoJSON, packed, and not twice to who has it', async () => {
    const answer = await get('/map/base.json')
    assert.equal(answer.headers.get('content-type'), 'application/geo+json; charset=utf-8')
    assert.match(String(answer.headers.get('cache-control')), /public, max-age=\d+/)
    assert.ok(['br', 'gzip'].includes(String(answer.headers.get('content-encoding'))))
    const base: unknown = await answer.json()
    assert.ok(typeof base === 'object' && base !== null && 'features' in base && Array.isArray(base.features))
    const kinds = Map.groupBy(base.features, (feature: { properties: { kind: string } }) => feature.properties.kind)
    assert.equal(kinds.get('street')?.length, stage.places.streets.length)
    assert.equal(kinds.get('district')?.length, stage.places.districts.length)
    assert.equal(kinds.get('sea')?.length, 1)
    const again = await get('/map/base.json', { 'if-none-match': String(answer.headers.get('etag')) })
    assert.deepEqual([again.status, await again.text()], [304, ''])
  })

  it('give a picture, the same each time, that nothing can run in', async () => {
    const [one, two] = await Promise.all([get(picture), get(picture)])
    assert.equal(one.headers.get('content-type'), 'image/svg+xml; charset=utf-8')
    assert.equal(one.headers.get('content-encoding'), 'gzip')
    assert.match(String(one.headers.get('content-security-policy')), /^default-src 'none'; style-src 'sha256-[\w+/=]+'$/)
    assert.equal(await one.text(), await two.text())
    const again = await get(picture, { 'if-none-match': String(one.headers.get('etag')) })
    assert.equal(again.status, 304)
    assert.notEqual((await get(`${picture}&m=39.004,-30.5`)).headers.get('etag'), one.headers.get('etag'))
  })

  it('refuse what makes no sense', async () => {
    for (const path of [
      '/map/picture.svg',
      '/map/picture.svg?lat=x&long=1',
      `${picture}&zoom=99&zoom=3`.replace('zoom=16&', ''),
      picture.replace('640', '100000'),
      `${picture}&m=<script>`,
      '/map/at.json',
      '/map/at.json?lat=NaN&long=0',
      '/map/at.json?lat=39',
      '/map/at.json?lat=99&long=0',
    ]) {
      // prettier-ignore
      const answer = await get(path)
      assert.equal(answer.status, 400, path)
      assert.doesNotMatch(await answer.text(), /<script/)
    }
    assert.equal((await get('/map/city.pmtiles')).status, 404, 'no map of the operator was set')
  })

  it("say where a point is, in the reader's language", async () => {
    const read = async (path: string): Promise<unknown> => (await get(path)).json()
    assert.deepEqual(await read('/map/at.json?lat=39.00428&long=-30.50027&lang=es'), {
      label: 'Marlin Lane, Puerto Viejo',
      inside: true,
      metres: 0,
    })
    const away = await read('/map/at.json?lat=39.5&long=-30.5')
    assert.ok(typeof away === 'object' && away !== null && 'metres' in away && Number(away.metres) > 50_000)
    assert.match(JSON.stringify(await read('/map/at.json?lat=39.5&long=-30.5&lang=ar')), /خارج المدينة/)
  })
})

describe('the picture, as a browser shows it', () => {
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

  /** How light the picture is on the whole, 0 to 255. */
  const lightness = async (path: string, colorScheme: 'light' | 'dark'): Promise<number> => {
    const context = await browser.newContext({ viewport: { width: 700, height: 600 }, colorScheme, javaScriptEnabled: false })
    const page = await context.newPage()
    const faults: string[] = []
    page.on('console', (message) => faults.push(message.text()))
    await page.goto(stage.url + path)
    const shown = path.startsWith('/map/') ? await page.screenshot() : await page.locator('img.st-map-picture').screenshot()
    assert.deepEqual(faults, [])
    await context.close()
    const { channels } = await sharp(shown).stats()
    return channels.slice(0, 3).reduce((sum, { mean }) => sum + mean / 3, 0)
  }

  it('is light in the light and dark in the dark, in a page and alone, without a script', async () => {
    for (const path of ['/picture', picture.replace('w=640&h=360', 'w=700&h=600')]) {
      const [light, dark] = [await lightness(path, 'light'), await lightness(path, 'dark')]
      assert.ok(light > 200, `${path} in the light: ${light}`)
      assert.ok(dark < 90, `${path} in the dark: ${dark}`)
    }
  })

  it('tells where it is to those who do not see it', async () => {
    const page = await browser.newPage()
    await page.goto(`${stage.url}/picture`)
    assert.match(String(await page.getAttribute('img.st-map-picture', 'alt')), /^.+ (Street|Lane|Row|Square).*, Old Harbour$/)
    await page.close()
  })
})
