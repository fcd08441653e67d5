import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { present } from '../../src/kernel/invariant.ts'
import { anonymous, holding } from '../../src/modules/access/index.ts'
import { getBill, startAttempt, type Treasury } from '../../src/modules/payments/index.ts'
import { makeBill } from '../support/bills.ts'
import { payByCard } from '../support/payer.ts'
import { freePort } from '../support/port.ts'
import { costFigure, type Figure } from './figures.ts'
import { environmentOf, type Place, root, startProgram } from './program.ts'

const CLIENTS = 8
/** What nothing is asked of: the figure is told only. */
const TOLD = { must: null, aim: null }

/**
 * Whole payments through the sandbox bank, each from the start of the attempt over the hosted checkout to "paid" on the way
 * back; 8 payers, webhooks on. Told with where the time goes: at the start (ours and the bank's), on the bank's pages, and
 * on the way back (asking, booking).
 */
export async function measurePayments(place: Place, payments: number): Promise<Figure[]> {
  const [port, bankPort] = [await freePort(), await freePort()]
  const bank = await runBank(join(place.dataDir, 'bank'), bankPort, port)
  const pay = { PAY_PROVIDER: 'harbourbank', PAY_URL: `http://127.0.0.1:${bankPort}`, PAY_KEY: bank.key, PAY_WEBHOOK_SECRET: bank.secret }
  const program = await startProgram(place, { port, env: pay })
  const config = readConfig({ ...environmentOf(place, port), ...pay }, root)
  const app = await createApp({ ...config, logLevel: 'silent' }, place.databaseUrl)
  try {
    const treasury = present(app.treasury, 'the city takes money')
    return await measure(treasury, payments)
  } finally {
    await app.close()
    await program.stop()
    bank.child.kill('SIGTERM')
  }
}

async function measure(treasury: Treasury, payments: number): Promise<Figure[]> {
  const bills: string[] = []
  for (let n = 0; n < payments; n += 1) bills.push((await makeBill(treasury, 5_000n)).id)
  const spent = { start: 0, checkout: 0, back: 0 }
  const begun = performance.now()
  const waiting = [...bills]
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      for (let bill = waiting.pop(); bill !== undefined; bill = waiting.pop()) await payOne(treasury, bill, spent)
    }),
  )
  const seconds = (performance.now() - begun) / 1_000
  for (const id of bills) if ((await getBill(treasury.platform, id)).state !== 'paid') throw new Error('a payment did not arrive')
  const each = (ms: number): number => ms / payments
  return [
    costFigure(`whole payment through the sandbox, ${CLIENTS} payers (${(payments / seconds).toFixed(1)}/s)`, 'ms', (seconds * 1_000) / payments, TOLD), // prettier-ignore
    costFigure('of it for its payer: starting', 'ms', each(spent.start), TOLD),
    costFigure("of it for its payer: the bank's pages", 'ms', each(spent.checkout), TOLD),
    costFigure('of it for its payer: coming back, asking and booking', 'ms', each(spent.back), TOLD),
  ]
}

async function payOne(treasury: Treasury, bill: string, spent: { start: number; checkout: number; back: number }): Promise<void> {
  const times = [performance.now()]
  const ask = { bills: [bill], language: 'en', returnPath: '/pay' }
  const started = await startAttempt(treasury, holding(anonymous('web'), bill), ask)
  if (started.kind !== 'go') throw new Error('a payment did not begin')
  times.push(performance.now())
  const back = await payByCard(started.url)
  if (back === null) throw new Error('a card was not taken')
  times.push(performance.now())
  const answer = await fetch(back, { redirect: 'manual' })
  await answer.body?.cancel()
  times.push(performance.now())
  const [a = 0, b = 0, c = 0, d = 0] = times
  spent.start += b - a
  spent.checkout += c - b
  spent.back += d - c
}

async function runBank(dir: string, port: number, cityPort: number): Promise<{ child: ChildProcess; key: string; secret: string }> {
  const env = {
    PATH: '/usr/bin:/bin',
    PORT: String(cityPort),
    BANK_PORT: String(port),
    BANK_DIR: dir,
    BANK_WEBHOOK_URL: `http://127.0.0.1:${cityPort}/pay/webhooks/harbourbank`,
  }
  const argv = ['--disable-warning=ExperimentalWarning', join(root, 'src/main.ts'), 'bank']
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'], env })
  for (let tries = 0; tries < 1_000; tries += 1) {
    const up = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null)
    await up?.body?.cancel()
    if (up?.ok) {
      const keys: { merchantKey: string; webhookSecret: string } = JSON.parse(readFileSync(join(dir, 'keys.json'), 'utf8'))
      return { child, key: keys.merchantKey, secret: keys.webhookSecret }
    }
    await sleep(20)
  }
  throw new Error('the bank did not start')
}
