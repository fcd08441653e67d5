import { stdout } from 'node:process'
import { createApp } from '../app.ts'
import { allMigrations } from '../declared.ts'
import { type Config, readConfig } from '../config.ts'
import { setupCode } from '../modules/identity/index.ts'
import { migrate } from '../platform/migrate.ts'
import type { Command } from './command.ts'
import { openDatabase, refuseOldDatabase } from './database.ts'
import { refuseDemo } from './demodata.ts'
import { eraseAgain } from './erasures.ts'
import { listen } from './listen.ts'
import { type Life, untilStopped } from './stop.ts'

const say = (line: string): void => void stdout.write(`${line}\n`)

/** The settings of a city that is no demo, wherever it runs. */
function withoutDemo(config: Config): Config {
  return { ...config, demo: false, drafts: config.draftsGiven, logLevel: config.logLevelGiven ?? 'info' }
}

/** `serve`: pages and the JSON door, never a seed. With our own database it also migrates and works, being alone there. */
export const serve: Command = async ({ env, root }) => {
  const config = withoutDemo(readConfig(env, root))
  return untilStopped(say, (life) => open(config, life))
}

async function open(config: Config, { opened, stopped }: Life): Promise<void> {
  const database = await openDatabase(config, true)
  opened(() => database.stop())
  stopped.throwIfAborted()
  if (database.own) await migrate(database.url, allMigrations())
  else await refuseOldDatabase(database.url)
  const app = await createApp(config, database.url)
  opened(() => app.close())
  await refuseDemo(app)
  await eraseAgain(app, say)
  stopped.throwIfAborted()
  await listen(app)
  const work = database.own ? await app.work({ alone: true }) : null
  opened(async () => work?.stop())
  opened(() => app.server.close())
  say(`Stoa serves ${config.publicOrigin}`)
  const code = await setupCode(app.platform)
  if (code) say(`No accounts yet: make the first administrator at ${config.publicOrigin}/setup with this code, within a day: ${code}`)
}

/** `work`: the journal's sequencer and subscribers, jobs and timers; as many processes as wanted. */
export const work: Command = async ({ env, root }) => {
  const config = withoutDemo(readConfig(env, root))
  const url = config.databaseUrl
  if (!url) throw new Error('Set DATABASE_URL: with its own database, "serve" and "start" do this work themselves.')
  return untilStopped(say, async ({ opened }) => {
    await refuseOldDatabase(url)
    const app = await createApp(config, url)
    opened(() => app.close())
    await eraseAgain(app, say)
    const working = await app.work()
    opened(() => working.stop())
    say('Stoa works.')
  })
}
