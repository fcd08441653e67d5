import { stdout } from 'node:process'
import { createApp } from '../app.ts'
import { allMigrations } from '../declared.ts'
import { type Config, ConfigError, readConfig } from '../config.ts'
import type { BankBeside } from '../harbourbank/index.ts'
import { setupCode } from '../modules/identity/index.ts'
import { DEMO_PASSWORD, demoAccounts, seedCity, seedDemo, startCatcher } from '../modules/demo/index.ts'
import { migrate } from '../platform/migrate.ts'
import type { Platform } from '../platform/platform.ts'
import { demoBank } from './bank.ts'
import type { Command } from './command.ts'
import { openDatabase } from './database.ts'
import { eraseAgain } from './erasures.ts'
import { untilStopped } from './stop.ts'

/** The city of a first start: small, so that it is there at once. */
const firstCity = { residents: 300, cases: 600, seed: 1 }

/** `start`: database, migrations, the demo city where that is meant, pages, jobs; until it is told to stop. */
export const start: Command = async (invocation) => {
  const given = readConfig(invocation.env, invocation.root)
  const say = (line: string): void => void stdout.write(`${line}\n`)
  say('Stoa: starting the database ...')
  const database = await openDatabase(given, true)
  const stop: Array<() => Promise<unknown>> = [() => database.stop()]
  try {
    const count = await migrate(database.url, allMigrations())
    if (count > 0) say(`Stoa: ${count} migrations run.`)
    const bank = await demoBank(given, invocation)
    if (bank) stop.unshift(() => bank.stop())
    const config = bank ? withBank(given, bank) : given
    let platform: Platform | null = null
    const catcher = config.demo && config.smtpUrl === undefined ? await startCatcher(() => present(platform)) : null
    stop.unshift(async () => catcher?.close())
    const app = await createApp(config, database.url, catcher ? { mailUrl: catcher.url } : {})
    platform = app.platform
    stop.unshift(() => app.close())
    if (config.demo && (await seedDemo(app, say))) await seedCity(app, firstCity, say)
    await eraseAgain(app, say)
    await app.server.listen({ host: config.host, port: config.port }).catch((error: unknown) => {
      throw portFault(error, config.port)
    })
    const work = await app.work({ alone: database.own })
    stop.unshift(
      () => app.server.close(),
      () => work.stop(),
    )
    for (const finding of app.catalogue.refused) say(`Not offered: ${finding.file}:${finding.line} ${finding.message}`)
    announce(say, config, database.where, bank?.url)
    if (!config.demo) await offerSetUp(say, app.platform, config.publicOrigin)
    untilStopped(say, stop)
    return null
  } catch (error) {
    for (const step of stop) await step().catch(() => undefined)
    throw error
  }
}

/** The settings of the demo with the sandbox bank that runs beside it. */
function withBank(config: Config, { url, key, webhookSecret }: BankBeside): Config {
  return { ...config, pay: { provider: 'harbourbank', url, key, webhookSecret } }
}

/** A port that is taken, in words that say what to do. */
function portFault(error: unknown, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'EADDRINUSE') return new ConfigError(`Port ${port} is taken by another program. Stop it, or set PORT to another one.`)
  if (code === 'EACCES') return new ConfigError(`Port ${port} may not be used by this user. Set PORT to one above 1023.`)
  return error
}

function present(platform: Platform | null): Platform {
  if (!platform) throw new Error('mail came before the program was ready')
  return platform
}

function announce(say: (line: string) => void, config: Config, where: string, bank: string | undefined): void {
  const { publicOrigin: origin, dataDir, demo } = config
  say('')
  say(`  Stoa is open at ${origin}`)
  if (demo) {
    say('')
    say(`  Demo accounts (password ${DEMO_PASSWORD}):`)
    for (const account of demoAccounts) {
      const roles = account.roles.map((binding) => (binding.agency ? `${binding.role} in ${binding.agency}` : binding.role)).join(', ')
      say(`    ${account.email.padEnd(36)} ${roles || 'resident'}`)
    }
    say(`  Codes for the second step of the staff: ${origin}/demo/authenticator`)
    say(`  E-mails of the demo: ${origin}/demo/mailbox`)
    if (bank) say(`  The sandbox bank, where no real money moves: ${bank}/office`)
  }
  say('')
  say(`  Data lies in ${dataDir}${where.startsWith(dataDir) || !where.startsWith('/') ? '' : `, its database in ${where}`}`)
  say('  Stop with Ctrl-C.')
}

async function offerSetUp(say: (line: string) => void, platform: Platform, origin: string): Promise<void> {
  const code = await setupCode(platform)
  if (code === null) return
  say('')
  say(`  There are no accounts yet. Make the first administrator at ${origin}/setup`)
  say(`  with this code, once, within a day: ${code}`)
}
