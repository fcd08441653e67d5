import { stdout } from 'node:process'
import { createApp } from '../app.ts'
import { type Config, readConfig } from '../config.ts'
import type { BankBeside } from '../harbourbank/index.ts'
import { setupCode } from '../modules/identity/index.ts'
import { DEMO_PASSWORD, demoAccounts, seedCity, startCatcher } from '../modules/demo/index.ts'
import type { Platform } from '../platform/platform.ts'
import { demoBank } from './bank.ts'
import type { Command, Invocation } from './command.ts'
import { openDatabase } from './database.ts'
import { migrateAnew, refuseDemo } from './demodata.ts'
import { eraseAgain } from './erasures.ts'
import { listen } from './listen.ts'
import { type Life, untilStopped } from './stop.ts'

/** The city of a first start: small, so that it is there at once. */
const firstCity = { residents: 300, cases: 600, seed: 1 }

const say = (line: string): void => void stdout.write(`${line}\n`)

/** `start`: database, migrations, the demo city where that is meant, pages, jobs; until it is told to stop. */
export const start: Command = async (invocation) => {
  const given = readConfig(invocation.env, invocation.root)
  return untilStopped(say, (life) => open(given, invocation, life))
}

async function open(given: Config, invocation: Invocation, { opened, stopped }: Life): Promise<void> {
  say('Stoa: starting the database ...')
  const database = await openDatabase(given, true)
  opened(() => database.stop())
  stopped.throwIfAborted()
  await migrateAnew(given, database, say)
  stopped.throwIfAborted()
  const bank = await demoBank(given, invocation)
  if (bank) opened(() => bank.stop())
  const config = bank ? withBank(given, bank) : given
  let platform: Platform | null = null
  const catcher = config.demo && config.smtpUrl === undefined ? await startCatcher(() => present(platform)) : null
  opened(async () => catcher?.close())
  const app = await createApp(config, database.url, catcher ? { mailUrl: catcher.url } : {})
  platform = app.platform
  opened(() => app.close())
  stopped.throwIfAborted()
  if (config.demo) await seedCity(app, firstCity, say, { empty: true, stopped })
  else await refuseDemo(app)
  await eraseAgain(app, say)
  stopped.throwIfAborted()
  await listen(app)
  const work = await app.work({ alone: database.own })
  opened(() => work.stop())
  opened(() => app.server.close())
  for (const finding of app.catalogue.refused) say(`Not offered: ${finding.file}:${finding.line} ${finding.message}`)
  for (const { file, message } of app.catalogue.lapsed) say(`${file}: ${message}`)
  announce(config, database.where, bank?.url)
  if (!config.demo) await offerSetUp(app.platform, config.publicOrigin)
}

/** The settings of the demo with the sandbox bank that runs beside it. */
function withBank(config: Config, { url, key, webhookSecret }: BankBeside): Config {
  return { ...config, pay: { provider: 'harbourbank', url, key, webhookSecret } }
}

function present(platform: Platform | null): Platform {
  if (!platform) throw new Error('mail came before the program was ready')
  return platform
}

function announce(config: Config, where: string, bank: string | undefined): void {
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

async function offerSetUp(platform: Platform, origin: string): Promise<void> {
  const code = await setupCode(platform)
  if (code === null) return
  say('')
  say(`  There are no accounts yet. Make the first administrator at ${origin}/setup`)
  say(`  with this code, once, within a day: ${code}`)
}
