import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stdout } from 'node:process'
import { parse } from 'yaml'
import { z } from 'zod'
import { type BankConfig, type Config, ConfigError, readConfig } from '../config.ts'
import { type Bank, type BankBeside, bankBeside, type BankOptions, noteRunning, startBank } from '../harbourbank/index.ts'
import { loadCity } from '../platform/city.ts'
import { systemClock } from '../platform/platform.ts'
import type { Command, Invocation } from './command.ts'
import { untilStopped } from './stop.ts'

const account = z.object({ creditor: z.object({ iban: z.string(), bic: z.string().optional() }) })

/** `bank`: the sandbox bank in a process of its own, until it is told to stop. */
export const bankCommand: Command = async ({ env, root }) => {
  const config = readConfig(env, root)
  const say = (line: string): void => void stdout.write(`${line}\n`)
  const city = await loadCity(config.cityDir)
  const { creditor } = account.parse(parse(await readFile(join(config.cityDir, 'money.yaml'), 'utf8'), { maxAliasCount: 10 }))
  const open = (): Promise<Bank> =>
    openBank(config.bank, {
      port: config.bank.port,
      dir: config.bank.dir,
      webhookUrl: config.bank.webhookUrl,
      merchant: { name: city.name, iban: creditor.iban, bic: creditor.bic, currency: city.currency, zone: city.timeZone },
      now: systemClock,
      log: (what, facts) => say(JSON.stringify({ at: systemClock().toISOString(), what, ...facts })),
    })
  return untilStopped(
    (line) => say(line.replace('Stoa', 'Harbour Bank')),
    async (life) => {
      const bank = await open()
      life.opened(() => bank.close())
      noteRunning(config.bank.dir, bank, config.bank.webhookUrl)
      say(`Harbour Bank is open at ${bank.url}, its back office at ${bank.url}/office. Its keys lie in ${config.bank.dir}.`)
    },
  )
}

/** Opens the bank on its port; when nobody asked for that port and it is taken, on any that is free. */
async function openBank(config: BankConfig, options: BankOptions): Promise<Bank> {
  try {
    return await startBank(options)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    if (config.portGiven)
      throw new ConfigError(`Port ${config.port} is taken by another program. Stop it, or set BANK_PORT to another one.`, { cause: error })
    return startBank({ ...options, port: 0 })
  }
}

/** The sandbox bank beside the demo, in its own process; null where payments go elsewhere or nowhere. */
export async function demoBank(config: Config, { env, root }: Invocation): Promise<BankBeside | null> {
  if (!config.demo || config.payGiven || !existsSync(join(config.cityDir, 'money.yaml'))) return null
  return bankBeside({
    dir: config.bank.dir,
    webhookUrl: config.bank.webhookUrl,
    argv: [join(root, 'src/main.ts'), 'bank'],
    // absolute: the process stands in another folder
    env: { ...env, DATA_DIR: config.dataDir, BANK_DIR: config.bank.dir, CITY_DIR: config.cityDir },
  })
}
