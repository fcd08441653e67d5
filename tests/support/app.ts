import { runOnce, Logger } from 'graphile-worker'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { type App, createApp, type Overrides } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createHasher } from '../../src/modules/identity/index.ts'
import { seedDemo } from '../../src/modules/demo/seed.ts'
import { keysFromPhrase } from '../../src/platform/crypto.ts'
import { sequenceOnce, sequencerLag } from '../../src/platform/journal/sequencer.ts'
import { advance } from '../../src/platform/journal/subscribers.ts'
import type { Mail, Mailer } from '../../src/platform/mail.ts'
import { createDatabase } from './database.ts'
import { freePort } from './port.ts'

/** The folder of the project. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** A program under test, on a database of its own. */
export type TestApp = {
  readonly app: App
  readonly url: string
  readonly databaseUrl: string
  /** E-mails handed over, oldest first. */
  readonly mails: Mail[]
  /** Lets the sequencer, subscribers and jobs finish what there is to do. */
  settle(): Promise<void>
  close(): Promise<void>
}

/** A mailer that keeps what it is given. */
export function memoryMailer(): Mailer & { mails: Mail[] } {
  const mails: Mail[] = []
  return { mails, send: async (mail) => void mails.push(mail), close: () => undefined }
}

/** Starts the program on a fresh database; `listen` also on a free loopback port. */
export async function startApp(
  options: { listen?: boolean; accounts?: boolean; demo?: boolean; env?: Record<string, string>; overrides?: Overrides } = {},
): Promise<TestApp> {
  const database = await createDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'stoa-test-'))
  const port = await freePort()
  const config = {
    ...readConfig(
      { PORT: String(port), DATA_DIR: dataDir, LOG_LEVEL: process.env['STOA_TEST_LOG'] ?? 'silent', STOA_DRAFTS: '1', ...options.env },
      root,
    ),
    demo: options.demo ?? true,
  }
  const mailer = memoryMailer()
  const app = await createApp(config, database.url, {
    mailer,
    hasher: createHasher(true),
    keys: keysFromPhrase('test'),
    ...options.overrides,
  })
  if (options.accounts) await seedDemo(app, () => undefined)
  if (options.listen) await app.server.listen({ host: '127.0.0.1', port })
  const pool = new pg.Pool({ connectionString: database.url, max: 3 })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return {
    app,
    url: `http://localhost:${port}`,
    databaseUrl: database.url,
    mails: mailer.mails,
    settle: () => settle(app, pool),
    async close() {
      await app.close()
      await pool.end()
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function settle(app: App, pool: pg.Pool): Promise<void> {
  const subscribers = app.modules.flatMap((module) => module.subscribers ?? [])
  const taskList = Object.fromEntries(
    app.modules
      .flatMap((module) => module.jobs ?? [])
      .map((job) => [
        job.name,
        async (payload: unknown) => job.run(app.platform, typeof payload === 'object' && payload !== null ? { ...payload } : {}),
      ]),
  )
  for (let round = 0; round < 600; round += 1) {
    let moved = 0
    for (let count = 1; count > 0; moved += count) count = await sequenceOnce(app.platform)
    for (const subscriber of subscribers) for (let count = 1; count > 0; moved += count) count = await advance(app.platform, subscriber)
    const { rows } = await pool.query<{ count: number }>(
      'select count(*)::int as count from graphile_worker.jobs where run_at <= now() and attempts < max_attempts',
    )
    if ((rows[0]?.count ?? 0) > 0)
      await runOnce({ pgPool: pool, taskList, logger: new Logger(() => () => undefined), noHandleSignals: true })
    else if (moved === 0 && (await sequencerLag(app.platform)) === 0) return
    // a transaction that is open in another test's database holds the order back for a moment
    else if (moved === 0) await new Promise((done) => setTimeout(done, 20))
  }
}
