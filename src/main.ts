import { enableCompileCache } from 'node:module'
import { argv, env, exit, stderr } from 'node:process'
import { fileURLToPath } from 'node:url'
import { readOptions } from './commands/command.ts'

// beside the code itself: who may write there may change the code anyway
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/stoa', import.meta.url)))

/** The verbs of the program, each in a file of its own that is loaded only when it is asked for. */
const verbs = {
  start: async () => (await import('./commands/start.ts')).start,
  serve: async () => (await import('./commands/serve.ts')).serve,
  work: async () => (await import('./commands/serve.ts')).work,
  bank: async () => (await import('./commands/bank.ts')).bankCommand,
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand,
  seed: async () => (await import('./commands/seed.ts')).seedCommand,
  import: async () => (await import('./commands/import.ts')).importCommand,
  check: async () => (await import('./commands/check.ts')).checkCommand,
  conform: async () => (await import('./commands/conform.ts')).conformCommand,
  pull: async () => (await import('./commands/pull.ts')).pullCommand,
  keys: async () => (await import('./commands/keys.ts')).keysCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  audit: async () => (await import('./commands/audit.ts')).auditCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
} as const

const usage = `Usage: ./stoa <verb>

  start                    everything in one process; on a fresh machine the demo city
  serve                    pages and the JSON door
  work                     journal, jobs and timers
  bank                     the sandbox bank alone: payments to try out, no real money
  migrate                  bring the database to this version
  seed                     fill the demo city: --residents 2000 --cases 5000 --seed 1
  import form FILE         --from defra|gc-forms --out services/
  import reports FILE      --map MAP.yaml [--rejects FILE]: another system's CSV of reports
  import bills FILE        --map MAP.yaml --client NAME [--rejects FILE]: an agency's CSV of bills
  import parcels FILE      --map MAP.yaml [--rejects FILE]: the register that property tax is assessed on
  import statement FILE    a bank statement (camt.053), resumed where it stopped
  check [FOLDER]           check service files (default services/)
  check policies           check the access policies and run their examples
  conform open311 URL      check any Open311 server rule by rule: --key K, --write, --format xml|json|both, --json
  pull open311 URL         mirror another Open311 server's requests: --name NAME, --since DAY
  doctor                   check a deployment and say what to mend
  audit                    look for what is unsafe on a live deployment, as a report to file: --json, --origin URL
  keys show|add|rotate|prune   the versions of the deployment's wrapping key
  verify receipt FILE      check a receipt offline: --keys FILE with the city's public keys
`

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const verb = argv[2] ?? ''
const load = Object.entries(verbs).find(([name]) => name === verb)?.[1]
if (!load) {
  stderr.write(usage)
  exit(verb === '' || verb === 'help' || verb === '--help' ? 0 : 2)
}
const read = readOptions(verb, argv.slice(3))
if ('fault' in read) {
  stderr.write(`${read.fault}\n`)
  exit(2)
}
const command = await load()
try {
  const code = await command({ args: read.args, env, root })
  if (code !== null) exit(code)
} catch (error) {
  stderr.write(
    `${error instanceof Error && error.name !== 'Error' && error.name !== 'ConfigError' ? (error.stack ?? error.message) : error instanceof Error ? error.message : 'It failed.'}\n`,
  )
  exit(1)
}
