import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type App, createApp } from '../../../src/app.ts'
import { readConfig } from '../../../src/config.ts'
import { allMigrations } from '../../../src/declared.ts'
import { keysIn } from '../../../src/harbourbank/keys.ts'
import { migrate } from '../../../src/platform/migrate.ts'
import { startCluster } from '../../../src/platform/postgres/cluster.ts'
import { root } from '../../support/app.ts'
import { freePort } from '../../support/port.ts'
import { killDatabase, launch, type Running } from '../program.ts'

/** The processes of a city that takes money. */
export const roles = ['server', 'worker', 'bank', 'desk'] as const
export type Role = (typeof roles)[number]

/** A city that takes money, each part a process of its own, as an operator runs them. */
export type Stage = {
  readonly url: string
  readonly bankUrl: string
  readonly bankKey: string
  readonly databaseUrl: string
  /** Starts what does not run, the database first; settles when all of it is ready. `seed` is the desk's. */
  raise(which: readonly Role[], seed: number): Promise<void>
  /** Ends a process, or the database, as a power cut would. */
  kill(which: Role | 'database' | 'postmaster'): Promise<void>
  /** Ends a process in order. */
  end(which: Role): Promise<void>
  /** Complete lines that desks said, in all rounds. */
  deskLines(): string[]
  /** The ends of processes that nobody killed, with what they said. */
  readonly fallen: string[]
  /** The program in this process, on the same folder; `ahead` moves its clock. */
  open(ahead?: number): Promise<App>
  remove(): Promise<void>
}

const main = join(root, 'src/main.ts')
const how: Readonly<Record<Role, { readonly args: readonly string[]; readonly ready: string }>> = {
  server: { args: [main, 'serve'], ready: 'Stoa serves' },
  worker: { args: [main, 'work'], ready: 'Stoa works.' },
  bank: { args: [main, 'bank'], ready: 'Harbour Bank is open' },
  desk: { args: [join(root, 'tests/drill/money/desk.ts')], ready: '{"did":"open"}' },
}

/** Prepares a stage on a fresh folder: the database runs and is migrated, nothing else does. */
export async function makeStage(smtpUrl: string): Promise<Stage> {
  const dataDir = await mkdtemp(join(tmpdir(), 'stoa-money-'))
  await chmod(dataDir, 0o711)
  const [port, bankPort] = [await freePort(), await freePort()]
  const { merchantKey, webhookSecret } = keysIn(join(dataDir, 'bank'))
  const bankUrl = `http://127.0.0.1:${bankPort}`
  const databaseUrl = (await startCluster(dataDir)).url
  await migrate(databaseUrl, allMigrations())
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    DATA_DIR: dataDir,
    DATABASE_URL: databaseUrl,
    HOST: '127.0.0.1',
    PORT: String(port),
    PUBLIC_ORIGIN: `http://127.0.0.1:${port}`,
    TRUST_PROXY: '127.0.0.1',
    SMTP_URL: smtpUrl,
    LOG_LEVEL: 'error',
    PAY_PROVIDER: 'harbourbank',
    PAY_URL: bankUrl,
    PAY_KEY: merchantKey,
    PAY_WEBHOOK_SECRET: webhookSecret,
    BANK_PORT: String(bankPort),
    BANK_DIR: join(dataDir, 'bank'),
  }
  const running = new Map<Role, Running>()
  const desks: Running[] = []
  const fallen: string[] = []
  const start = async (role: Role, seed: number): Promise<void> => {
    const before = running.get(role)
    if (before) {
      const ended = await Promise.race([before.ended().then(() => true), sleep(0, false)])
      if (!ended) return
      fallen.push(`${role} ended by itself: ${before.said().slice(-600)}`)
    }
    const own = launch(role === 'desk' ? [...how.desk.args, String(seed)] : how[role].args, env, how[role].ready)
    running.set(role, own)
    if (role === 'desk') desks.push(own)
    await own.ready()
  }
  const stop = async (role: Role, signal: NodeJS.Signals): Promise<void> => {
    const own = running.get(role)
    if (!own) return
    own.signal(signal)
    await own.ended()
    running.delete(role)
  }
  return {
    url: `http://127.0.0.1:${port}`,
    bankUrl,
    bankKey: merchantKey,
    databaseUrl,
    fallen,
    async raise(which, seed) {
      await startCluster(dataDir)
      const begun = await Promise.allSettled(which.map((role) => start(role, seed)))
      for (const each of begun) if (each.status === 'rejected') throw each.reason
    },
    kill: (which) =>
      which === 'database' || which === 'postmaster' ? killDatabase(dataDir, which === 'database') : stop(which, 'SIGKILL'),
    end: (which) => stop(which, 'SIGTERM'),
    deskLines: () => desks.flatMap((desk) => desk.said().split('\n').slice(0, -1)),
    open: (ahead = 0) =>
      createApp(readConfig({ ...env, LOG_LEVEL: 'silent' }, root), databaseUrl, { now: () => new Date(Date.now() + ahead) }),
    async remove() {
      for (const role of running.keys()) await stop(role, 'SIGKILL')
      await killDatabase(dataDir, true)
      const away = (await readFile(join(dataDir, 'postgres.location'), 'utf8').catch(() => '')).trim()
      if (away !== '') await rm(away, { recursive: true, force: true })
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
