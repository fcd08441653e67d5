import type { App } from '../app.ts'
import { type Config, ConfigError } from '../config.ts'
import { allMigrations } from '../declared.ts'
import { cityState, openDemoAccount } from '../modules/demo/index.ts'
import { openDb } from '../platform/db.ts'
import { emptyDatabase } from '../platform/empty.ts'
import { migrate } from '../platform/migrate.ts'
import type { Database } from './database.ts'

/** What to do with the demo's data when it is to be served as a city. */
export const DEMO_ELSEWHERE =
  'Begin with an empty database: set DATA_DIR to a new folder, or DATABASE_URL to an empty database. The demo stays where it is.'

/** Throws ConfigError when an account of the demo is open: everybody knows its password, so only the demo may serve it. */
export async function refuseDemo(app: App): Promise<void> {
  const email = await openDemoAccount(app)
  if (email !== null) throw new ConfigError(`This is the database of a demo: anybody can sign in as ${email}. ${DEMO_ELSEWHERE}`)
}

/**
 * Brings the database to this version. A demo city in a database of our own that was begun and never finished is thrown
 * away first, unless somebody has used it since.
 */
export async function migrateAnew(config: Config, database: Database, say: (line: string) => void): Promise<void> {
  const count = await migrate(database.url, allMigrations())
  if (count > 0) say(`Stoa: ${count} migrations run.`)
  if (!config.demo || !database.own) return
  const probe = openDb(database.url, { max: 1, onError: () => undefined })
  const state = await cityState(probe.db).finally(() => probe.close())
  if (state !== 'half') return
  say('Stoa: the demo city was begun and not finished. Making it again ...')
  await emptyDatabase(database.url)
  await migrate(database.url, allMigrations())
}
