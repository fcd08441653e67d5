import { type App, createApp } from '../app.ts'
import type { Config } from '../config.ts'
import { allMigrations } from '../declared.ts'
import { migrate } from '../platform/migrate.ts'
import { openDatabase } from './database.ts'
import { migrateAnew } from './demodata.ts'

/**
 * How a verb holds the program: alone on its database, with warnings only in the log unless a level was asked for, and
 * without a demo city that was begun and not finished, of which it says so.
 */
export type Held = { readonly exclusive?: boolean; readonly quiet?: boolean; readonly anew?: (line: string) => void }

/** Does a piece of work with the database at this version and the program open, and closes both however it ends. */
export async function withApp<T>(
  config: Config,
  work: (app: App) => Promise<T>,
  { exclusive = false, quiet = false, anew }: Held = {},
): Promise<T> {
  const database = await openDatabase(config, exclusive)
  try {
    if (anew) await migrateAnew(config, database, anew)
    else await migrate(database.url, allMigrations())
    const app = await createApp(quiet ? { ...config, logLevel: config.logLevelGiven ?? 'warn' } : config, database.url)
    try {
      return await work(app)
    } finally {
      await app.close()
    }
  } finally {
    await database.stop()
  }
}
