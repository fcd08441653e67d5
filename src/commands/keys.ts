import { stdout } from 'node:process'
import pg from 'pg'
import { type App, createApp } from '../app.ts'
import { type Config, readConfig } from '../config.ts'
import { systemActor } from '../modules/access/index.ts'
import { record } from '../platform/journal/journal.ts'
import {
  currentVersion, KeyFault, type KeyFile, readKeys, withCurrent, withNewVersion, withoutVersions,
} from '../platform/keys.ts' // prettier-ignore
import { replaceKeyFile } from '../platform/keysfile.ts'
import { keyUses, rewrapAll, unknownWrapped, type Use, type Wrapped } from '../platform/keysrotate.ts'
import { transact } from '../platform/platform.ts'
import type { Command } from './command.ts'
import { openDatabase, refuseOldDatabase } from './database.ts'

const LOCK = 7_480_010
/** What was wrapped before a version was replaced and lies in no table is over after this long: transactions, cookies, jobs with all their attempts. */
const SETTLED_MS = 3 * 86_400_000
const STREAM = 'deployment-keys'

const usage = `Usage: ./stoa keys <what>

  show     versions of the wrapping key and how many rows each wraps; never the keys
  add      add a version to the key file that wraps nothing yet, for copying the file to other machines first
  rotate   let the newest version wrap, and wrap everything anew with it; while Stoa runs, and again after a stop
  prune    take versions that wrap nothing any more out of the key file, for good
`

const say = (line: string): void => void stdout.write(`${line}\n`)

/** What a part of the command works with. */
type Work = { readonly config: Config; readonly app: App; readonly tables: readonly Wrapped[] }

/** `keys`: shows, rotates and prunes the versions of the deployment's wrapping key. */
export const keysCommand: Command = async ({ args, env, root }) => {
  const parts: Readonly<Record<string, (work: Work) => Promise<number>>> = { show, add, rotate, prune }
  const part = Object.entries(parts).find(([name]) => name === args[0])?.[1]
  if (!part) {
    say(usage)
    return 2
  }
  const config = readConfig(env, root)
  await readKeys(config.keySource) // a file that is not there is not made here
  const database = await openDatabase(config, false)
  const stop: Array<() => Promise<unknown>> = [() => database.stop()]
  try {
    await refuseOldDatabase(database.url)
    const app = await createApp({ ...config, tls: undefined }, database.url)
    stop.unshift(() => app.close())
    const lock = await takeLock(database.url)
    stop.unshift(() => lock.end())
    return await part({ config, app, tables: app.modules.flatMap((module) => module.wrapped ?? []) })
  } finally {
    for (const step of stop) await step()
  }
}

async function show({ config, app, tables }: Work): Promise<number> {
  const keys = await readKeys(config.keySource)
  const uses = await keyUses(app.platform.db, tables)
  say(`The keys come from ${where(config)}.`)
  for (const { version, since } of keys.wrapping) {
    const state = version === currentVersion(keys) ? 'wraps' : version > currentVersion(keys) ? 'waits' : 'reads only'
    const rows = uses.filter((use) => use.version === version)
    say(`  version ${version}  ${state.padEnd(10)}  ${rowsText(rows)}${since === undefined ? '' : `  since ${since.slice(0, 10)}`}`)
    for (const use of rows) say(`    ${use.table}: ${use.rows}`)
  }
  const lost = uses.filter((use) => !keys.wrapping.some((each) => each.version === use.version))
  for (const use of lost) say(`  version ${use.version}  MISSING     ${use.rows} rows of ${use.table} cannot be opened without it`)
  return lost.length === 0 ? 0 : 1
}

async function add({ config }: Work): Promise<number> {
  const file = fileOf(config)
  const keys = withNewVersion(await readKeys(config.keySource))
  await replaceKeyFile(file, keys)
  say(
    `Version ${newest(keys)} is in ${file}. It wraps nothing yet. Copy the file to every machine of the deployment, then run ./stoa keys rotate.`,
  )
  return 0
}

/** Finishes what was begun; else begins anew: the newest version wraps from now on, a fresh one when there is none in waiting. */
async function rotate({ config, app, tables }: Work): Promise<number> {
  const { platform } = app
  const keys = await readKeys(config.keySource)
  const old = (uses: readonly Use[]): Use[] => uses.filter((use) => use.version !== platform.keys.current)
  const waits = config.keySource.kind === 'file' && newest(keys) > currentVersion(keys)
  const begun = old(await keyUses(platform.db, tables)).length > 0 && !waits
  if (begun) say(`Going on with version ${platform.keys.current}.`)
  else if (config.keySource.kind === 'file') {
    const next = waits ? keys : withNewVersion(keys)
    await replaceKeyFile(config.keySource.file, withCurrent(next, newest(next), platform.now()))
    say(`Version ${platform.keys.current} wraps from now on.`)
  } else {
    say(`Everything is wrapped by version ${currentVersion(keys)}, and the keys come from ${where(config)}.`)
    say('Add a higher version there first, restart every process with it, then run this again. See docs/operate/keys.md.')
    return 1
  }
  const rows = await rewrapAll(platform, tables, { onBatch: (table, total) => say(`  ${table}: ${total} rows so far`) })
  const version = platform.keys.current
  await transact(platform, (tx) =>
    record(tx, systemActor('operator', 'command'), { type: 'operations.keys.rotated', stream: STREAM, data: { version, rows } }),
  )
  const left = old(await keyUses(platform.db, tables))
  say(`${rows} rows were wrapped anew by version ${version}.`)
  for (const use of left) say(`  ${use.rows} rows of ${use.table} are still wrapped by version ${use.version}. Run this again.`)
  const free = platform.keys.versions.filter((each) => each < version && !left.some((use) => use.version === each))
  if (free.length > 0)
    say(`Not used any more: version ${free.join(', ')}. ./stoa keys prune takes them out; backups from before need them.`)
  return left.length === 0 ? 0 : 1
}

async function prune({ config, app, tables }: Work): Promise<number> {
  const { platform } = app
  const file = fileOf(config)
  const unknown = await unknownWrapped(platform.db, tables)
  if (unknown.length > 0) throw new KeyFault(`Nobody knows which versions these need: ${unknown.join(', ')}. Nothing was taken out.`)
  const keys = await readKeys(config.keySource)
  const current = currentVersion(keys)
  const since = keys.wrapping.find((each) => each.version === current)?.since
  const uses = await keyUses(platform.db, tables)
  const old = keys.wrapping.filter((each) => each.version < current)
  const free = old.filter((each) => !uses.some((use) => use.version === each.version)).map((each) => each.version)
  for (const use of uses.filter((each) => each.version !== current))
    say(`Version ${use.version} still wraps ${use.rows} rows of ${use.table}.`)
  if (free.length === 0) {
    say('There is nothing to take out.')
    return old.length === 0 ? 0 : 1
  }
  if (since === undefined || platform.now().getTime() - Date.parse(since) < SETTLED_MS) {
    say(
      `Version ${current} wraps for less than three days: what waits in cookies and jobs may still need an older one. Run this again later.`,
    )
    return 1
  }
  await replaceKeyFile(file, withoutVersions(keys, free))
  await transact(platform, (tx) =>
    record(tx, systemActor('operator', 'command'), {
      type: 'operations.keys.pruned',
      stream: STREAM,
      data: { versions: free.map(String) },
    }),
  )
  say(`Taken out of ${file}: version ${free.join(', ')}. Backups of the database from before the rotation need the key file from then.`)
  return 0
}

function newest(keys: KeyFile): number {
  return Math.max(...keys.wrapping.map((each) => each.version))
}

function fileOf(config: Config): string {
  if (config.keySource.kind === 'file') return config.keySource.file
  throw new KeyFault(`The keys come from ${where(config)}, which Stoa cannot write. Change the versions there.`)
}

function where(config: Config): string {
  const { keySource } = config
  return keySource.kind === 'file' ? keySource.file : keySource.kind === 'command' ? 'the command of STOA_KEY_COMMAND' : 'STOA_KEYS'
}

function rowsText(uses: readonly Use[]): string {
  const rows = uses.reduce((sum, use) => sum + use.rows, 0)
  return `${rows} ${rows === 1 ? 'row' : 'rows'}`.padEnd(12)
}

/** One at a time on a database; throws when another one is at it. */
async function takeLock(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'stoa keys' })
  client.on('error', () => undefined)
  await client.connect()
  const lock = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [LOCK])
  if (lock.rows[0]?.held) return client
  await client.end()
  throw new KeyFault('Another ./stoa keys is at work on this database. Wait until it has ended.')
}
