import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { type Config, ConfigError } from '../config.ts'
import { allMigrations } from '../declared.ts'
import { isDatabaseAway, openDb } from '../platform/db.ts'
import { pendingMigrations } from '../platform/migrate.ts'
import { startCluster } from '../platform/postgres/cluster.ts'

/** The database of a deployment: the one that was named, or our own cluster in the data folder. */
export type Database = { readonly url: string; readonly own: boolean; readonly where: string; stop(): Promise<void> }

const LOCK = 7_480_000

/**
 * Finds or starts the database. Our own cluster is for one program at a time: with `exclusive`, a second one on the
 * same data folder is refused with a message that says so.
 */
export async function openDatabase(config: Config, exclusive: boolean): Promise<Database> {
  if (config.databaseUrl) return { url: config.databaseUrl, own: false, where: 'DATABASE_URL', stop: async () => undefined }
  const cluster = await startCluster(config.dataDir)
  if (!exclusive) {
    return {
      url: cluster.url,
      own: true,
      where: cluster.directory,
      stop: async () => (cluster.how === 'started' ? cluster.stop() : undefined),
    }
  }
  const guard = await guardCluster(config.dataDir, cluster.url)
  return {
    url: cluster.url,
    own: true,
    where: cluster.directory,
    async stop() {
      await guard.release()
      await cluster.stop()
    },
  }
}

/** Throws ConfigError when the database is not at this version; the database's own error when it is away. */
export async function refuseOldDatabase(url: string): Promise<void> {
  const probe = openDb(url, { max: 1, onError: () => undefined })
  try {
    const pending = await pendingMigrations(probe.pool, allMigrations()).catch((error: unknown) => {
      if (isDatabaseAway(error)) throw error
      return ['everything']
    })
    if (pending.length > 0) throw new ConfigError('The database is not ready. Run ./stoa migrate first.')
  } finally {
    await probe.close()
  }
}

/** Takes the cluster for this program alone; throws when another one has it. */
async function takeLock(dataDir: string, url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'stoa guard', keepAlive: true })
  client.on('error', () => undefined)
  await client.connect()
  const lock = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [LOCK])
  if (lock.rows[0]?.held) return client
  await client.end()
  throw new Error(`Another Stoa is already running on ${dataDir}. Stop it first, or set DATA_DIR and PORT to start a second one.`)
}

/** Holds the cluster's lock, and starts the cluster again whenever it has died under the program. */
async function guardCluster(dataDir: string, url: string): Promise<{ release(): Promise<void> }> {
  const released = new AbortController()
  let client = await takeLock(dataDir, url)
  const watch = (): void => {
    client.once('end', () => void revive())
  }
  const revive = async (): Promise<void> => {
    while (!released.signal.aborted) {
      try {
        await startCluster(dataDir)
        client = await takeLock(dataDir, url)
        watch()
        return
      } catch {
        await sleep(1_000)
      }
    }
  }
  watch()
  return {
    async release() {
      released.abort()
      await client.end().catch(() => undefined)
    },
  }
}
