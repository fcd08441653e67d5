import { type App, createApp } from '../app.ts'
import type { Config } from '../config.ts'
import { allMigrations } from '../declared.ts'
import { migrate } from '../platform/migrate.ts'
import { openDatabase } from './database.ts'

/** How a verb holds the program: alone on its database, and with warnings only in the log unless a level was asked for. */
export type Held = { readonly exclusive?: boolean; readonly quiet?: boolean }

/** Does a piece of work with the database at this version and the program open, and closes both however it ends. */
export async function withApp<T>(
  config: Config,
  work: (app: App) => Promise<T>,
  { exclusive = false, quiet = false }: Held = {},
): Promise<T> {
  const database = await openDatabase(config, exclusive)
  try {
    await migrate(database.url, allMigrations())
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
