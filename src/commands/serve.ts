import { stdout } from 'node:process'
import { createApp } from '../app.ts'
import { allMigrations } from '../declared.ts'
import { type Config, readConfig } from '../config.ts'
import { setupCode } from '../modules/identity/index.ts'
import { migrate, pendingMigrations } from '../platform/migrate.ts'
import type { Command } from './command.ts'
import { openDatabase } from './database.ts'
import { eraseAgain } from './erasures.ts'
import { untilStopped } from './stop.ts'

const say = (line: string): void => void stdout.write(`${line}\n`)

/** The settings of a city that is no demo, wherever it runs. */
function withoutDemo(config: Config): Config {
  return { ...config, demo: false, drafts: config.draftsGiven, logLevel: config.logLevelGiven ?? 'info' }
}

/** `serve`: pages and the JSON door, never a seed. With our own database it also migrates and works, being alone there. */
export const serve: Command = async ({ env, root }) => {
  const config = withoutDemo(readConfig(env, root))
  const database = await openDatabase(config, true)
  if (database.own) await migrate(database.url, allMigrations())
  const app = await createApp(config, database.url)
  const pending = await pendingMigrations(app.database.pool, allMigrations()).catch(() => ['everything'])
  if (pending.length > 0) {
    await app.close()
    await database.stop()
    throw new Error(`The database is not ready (${pending.length} migrations). Run ./stoa migrate first.`)
  }
  await eraseAgain(app, say)
  const work = database.own ? await app.work({ alone: true }) : null
  await app.server.listen({ host: config.host, port: config.port })
  say(`Stoa serves ${config.publicOrigin}`)
  const code = await setupCode(app.platform)
  if (code) say(`No accounts yet: make the first administrator at ${config.publicOrigin}/setup with this code, within a day: ${code}`)
  untilStopped(say, [() => app.server.close(), async () => work?.stop(), () => app.close(), () => database.stop()])
  return null
}

/** `work`: the journal's sequencer and subscribers, jobs and timers; as many processes as wanted. */
export const work: Command = async ({ env, root }) => {
  const config = withoutDemo(readConfig(env, root))
  if (!config.databaseUrl) throw new Error('Set DATABASE_URL: with its own database, "serve" and "start" do this work themselves.')
  const app = await createApp(config, config.databaseUrl)
  await eraseAgain(app, say)
  const working = await app.work()
  say('Stoa works.')
  untilStopped(say, [() => working.stop(), () => app.close()])
  return null
}
