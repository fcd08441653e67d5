import { mkdir } from 'node:fs/promises'
import { startApp } from './support/app.ts'
import { openBrowser } from './support/browser.ts'
import { faultsOf } from './support/looks.ts'
import { makeTemplates } from './support/templates.ts'
import sharp from 'sharp'
const only = process.env['ONLY'] ? new RegExp(process.env['ONLY']) : null
const sights = (process.env['SIGHTS'] ?? 'en-light-360,ar-dark-360,en-light-1280').split(',').map((s) => s.split('-'))
const out = process.env['OUT'] ?? '/tmp/looks'
await mkdir(out, { recursive: true })
const test = await startApp({ listen: true, accounts: true })
const browser = await openBrowser()
try {
  const templates = await makeTemplates(test)
  const pages = templates.pages.filter((p) => !only || only.test(p.name))
  for (const [language = 'en', scheme = 'light', width = '360'] of sights) {
    const shots: { name: string; file: string }[] = []
    for (const seat of new Set(pages.map((p) => p.seat))) {
      const context = await browser.newContext({ viewport: { width: Number(width), height: 700 }, colorScheme: scheme === 'dark' ? 'dark' : 'light' })
      context.setDefaultTimeout(8000)
      await context.addCookies([{ name: 'stoa_lang', value: language, url: test.url }])
      if (seat) await templates.sit(context, seat)
      const page = await context.newPage()
      for (const t of pages.filter((p) => p.seat === seat)) {
        try {
          await page.goto(test.url + t.path)
          await t.act?.(page)
          const { pathname } = new URL(page.url())
          if (t.at ? !t.at.test(pathname) : pathname !== new URL(t.path, test.url).pathname) console.log('ELSEWHERE', t.name, pathname)
          if (process.env['FAULTS']) for (const f of await faultsOf(page)) console.log('FAULT', language, t.name, f)
          const file = `${out}/${language}-${scheme}-${width}-${t.name.replaceAll(/[^a-z0-9]+/gi, '_')}.png`
          await page.screenshot({ path: file, fullPage: true, animations: 'disabled' })
          shots.push({ name: t.name, file })
        } catch (e) { console.log('FAILED', t.name, String(e).slice(0, 300)) }
      }
      await context.close()
    }
    // contact sheets
    const w = Number(width) > 600 ? 640 : 360
    const cols = w === 360 ? 5 : 3
    const maxH = w === 360 ? 1900 : 1100
    let sheet = 0
    for (let i = 0; i < shots.length; i += cols) {
      const part = shots.slice(i, i + cols)
      const tiles = await Promise.all(part.map(async (s, k) => {
        const meta = await sharp(s.file).metadata()
        const scale = w / (meta.width ?? w)
        const h = Math.min(Math.round((meta.height ?? 1) * scale), maxH)
        const buf = await sharp(s.file).extract({ left: 0, top: 0, width: meta.width ?? 1, height: Math.min(meta.height ?? 1, Math.floor(h / scale)) }).resize({ width: w }).png().toBuffer()
        return { input: buf, left: k * (w + 12), top: 0, h }
      }))
      const height = Math.max(...tiles.map((t) => t.h)) + 4
      await sharp({ create: { width: cols * (w + 12), height, channels: 3, background: '#c0c' } }).composite(tiles.map(({ input, left, top }) => ({ input, left, top }))).png().toFile(`${out}/sheet-${language}-${scheme}-${width}-${String(sheet).padStart(2, '0')}.png`)
      console.log(`sheet-${language}-${scheme}-${width}-${String(sheet).padStart(2, '0')}`, part.map((p) => p.name).join(' | '))
      sheet += 1
    }
  }
} finally {
  await browser.close()
  await test.close()
}
