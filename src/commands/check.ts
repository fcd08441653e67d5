import { resolve } from 'node:path'
import { stdout } from 'node:process'
import { readConfig } from '../config.ts'
import { checkPolicies } from '../modules/access/index.ts'
import { readServices } from '../modules/catalogue/index.ts'
import { loadCity } from '../platform/city.ts'
import { type Command, positional } from './command.ts'

/** `check policies`: runs the worked examples of the access policies. `check`: says of every service file what is wrong, with file, line and column; 1 when one cannot be offered. */
export const checkCommand: Command = async ({ args, env, root }) => {
  if (positional(args)[0] === 'policies') return checkedPolicies()
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

function checkedPolicies(): number {
  const { policies, examples, faults } = checkPolicies()
  for (const { says, fault } of examples) stdout.write(`${fault === null ? 'ok  ' : 'FAIL'} ${says}\n`)
  for (const fault of faults) stdout.write(`error: ${fault}\n`)
  stdout.write(`${policies.length} policies, ${examples.length} examples, ${faults.length} errors.\n`)
  return faults.length > 0 ? 1 : 0
}
