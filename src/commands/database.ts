import pg from 'pg'
import type { Config } from '../config.ts'
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
  const guard = new pg.Client({ connectionString: cluster.url, application_name: 'stoa guard', keepAlive: true })
  await guard.connect()
  guard.on('error', () => undefined)
  const lock = await guard.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [LOCK])
  if (!lock.rows[0]?.held) {
    await guard.end()
    throw new Error(`Another Stoa is already running on ${config.dataDir}. Stop it first, or set DATA_DIR and PORT to start a second one.`)
  }
  return {
    url: cluster.url,
    own: true,
    where: cluster.directory,
    async stop() {
      await guard.end().catch(() => undefined)
      await cluster.stop()
    },
  }
}
