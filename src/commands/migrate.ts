import { stdout } from 'node:process'
import { allMigrations } from '../declared.ts'
import { readConfig } from '../config.ts'
import { migrate } from '../platform/migrate.ts'
import type { Command } from './command.ts'
import { openDatabase } from './database.ts'

/** `migrate`: brings the database to this version. */
export const migrateCommand: Command = async ({ env, root }) => {
  const database = await openDatabase(readConfig(env, root), false)
  try {
    const count = await migrate(database.url, allMigrations())
    stdout.write(count === 0 ? 'The database is up to date.\n' : `${count} migrations run.\n`)
    return 0
  } finally {
    await database.stop()
  }
}
