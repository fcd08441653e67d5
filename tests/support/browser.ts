import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'

const quiet = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A browser: CHROME_PATH, one that is installed, or the one inside a development dependency. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await executable(), args: quiet })
}

async function executable(): Promise<string> {
  const known = [process.env['CHROME_PATH'], '/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/chromium-browser'].find(
    (path) => path && existsSync(path),
  )
  if (known) return known
  const { default: shipped } = await import('@sparticuz/chromium')
  return shipped.executablePath()
}

/** A browser with a profile on disk, as a person's own device has one. */
export async function openLasting(folder: string, options: { viewport: { width: number; height: number } }): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, { ...options, executablePath: await executable(), args: quiet })
}
