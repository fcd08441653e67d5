import { stdout } from 'node:process'
import { readConfig } from '../config.ts'
import { seedCity } from '../modules/demo/index.ts'
import { type Command, option } from './command.ts'
import { withApp } from './withapp.ts'

/** `seed`: fills the demo city through the same rules as everybody else: the same numbers give the same city. */
export const seedCommand: Command = async ({ args, env, root }) => {
  const config = readConfig(env, root)
  const number = (name: string, otherwise: number): number => {
    const value = Number(option(args, name) ?? otherwise)
    if (!Number.isSafeInteger(value) || value < 0 || value > 1_000_000) throw new Error(`--${name} must be a whole number up to 1,000,000.`)
    return value
  }
  const size = { residents: number('residents', 2_000), cases: number('cases', 5_000), seed: number('seed', 1) }
  const say = (line: string): void => void stdout.write(`${line}\n`)
  return withApp(
    config,
    async (app) => {
      await seedCity(app, size, say)
      return 0
    },
    { exclusive: true, anew: say },
  )
}
