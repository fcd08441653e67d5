import { resolve } from 'node:path'
import { stdout } from 'node:process'
import { readConfig } from '../config.ts'
import { readServices } from '../modules/catalogue/index.ts'
import { loadCity } from '../platform/city.ts'
import { type Command, positional } from './command.ts'

/** `check`: says of every service file what is wrong, with file, line and column; 1 when one cannot be offered. */
export const checkCommand: Command = async ({ args, env, root }) => {
  const config = readConfig(env, root)
  const folder = resolve(positional(args)[0] ?? config.servicesDir)
  const { loaded, findings } = await readServices(folder, await loadCity(config.cityDir))
  for (const finding of findings) {
    stdout.write(`${finding.file}:${finding.line}:${finding.column} ${finding.severity} ${finding.code}: ${finding.message}\n`)
  }
  const errors = findings.filter((finding) => finding.severity === 'error').length
  stdout.write(`${loaded.length} services can be offered, ${errors} errors, ${findings.length - errors} warnings.\n`)
  return errors > 0 ? 1 : 0
}
