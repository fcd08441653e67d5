import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { stdout } from 'node:process'
import { createApp } from '../app.ts'
import { allMigrations } from '../declared.ts'
import { type Config, readConfig } from '../config.ts'
import { verifyLedger } from '../modules/ledger/index.ts'
import { openDemoAccount } from '../modules/demo/index.ts'
import { anyPerson } from '../modules/people/index.ts'
import { keysFromPhrase } from '../platform/crypto.ts'
import { type OpenDb, openDb } from '../platform/db.ts'
import { type FileStore, localFiles } from '../platform/files.ts'
import { readKeys } from '../platform/keys.ts'
import { s3Files } from '../platform/s3files.ts'
import { hasCluster } from '../platform/postgres/cluster.ts'
import { stuckCount } from '../platform/journal/subscribers.ts'
import { pendingMigrations } from '../platform/migrate.ts'
import { readiness } from '../modules/operations/index.ts'
import type { Command } from './command.ts'
import { openDatabase } from './database.ts'
import { DEMO_ELSEWHERE } from './demodata.ts'

type Verdict = { ok: boolean; what: string; mend?: string }
type Say = (ok: boolean, what: string, mend?: string) => void

/** `doctor`: looks at a deployment and says what to mend; 1 when something must be. It makes no keys, and leaves nothing behind. */
export const doctor: Command = async ({ env, root }) => {
  const config = readConfig(env, root)
  const verdicts: Verdict[] = []
  const say: Say = (ok, what, mend) => void verdicts.push({ ok, what, mend })
  const https = config.publicOrigin.startsWith('https:')
  say(https || config.loopback, `people see ${config.publicOrigin}`, 'Set PUBLIC_ORIGIN to the https address that people see.')
  say(config.smtpUrl !== undefined || config.demo, 'e-mail has a server', 'Set SMTP_URL: without it nobody gets a letter.')
  lookAtProvider(config, say)
  const keys = config.keySource.kind === 'file' ? await stat(config.keyFile).catch(() => null) : undefined
  if (keys !== undefined)
    say(keys === null || (keys.mode & 0o077) === 0, 'only its owner reads the key file', `chmod 600 ${config.keyFile}`)
  const fault = keys === null ? null : await keyFault(config)
  say(fault === null, fault ?? 'the keys can be used', 'Put the right keys there: see docs/operate/keys.md.')
  await lookAtFiles(config, say)
  if (config.databaseUrl !== undefined || (await hasCluster(config.dataDir))) {
    await lookAtDatabase(config, keys !== null && fault === null, keys === null, say)
  } else {
    const mend = 'Set DATABASE_URL, or DATA_DIR to where it lies. On a new machine ./stoa start makes one.'
    say(false, `there is no database in ${config.dataDir}`, mend)
  }
  for (const verdict of verdicts)
    stdout.write(`${verdict.ok ? 'ok  ' : 'MEND'} ${verdict.what}${verdict.ok ? '' : `\n     ${verdict.mend ?? ''}`}\n`)
  return verdicts.every((verdict) => verdict.ok) ? 0 : 1
}

/** Whoever takes payments must be able to move money, once the city is not a demo. */
function lookAtProvider({ pay, demo }: Config, say: Say): void {
  if (pay === undefined) return say(true, 'no provider takes payments online')
  const sandbox = pay.provider === 'harbourbank' && !demo
  say(
    !sandbox,
    sandbox ? 'the sandbox bank takes payments: no money moves' : `${pay.provider} takes payments`,
    'Set PAY_PROVIDER to stripe or govuk_pay, or to none until then: see docs/operate/payments.md.',
  )
}

/** Puts, gets and removes a file; on the local disk in a folder of its own, so that none is left that only this user may write. */
async function lookAtFiles(config: Config, say: Say): Promise<void> {
  if (config.s3) {
    const fault = await faultOf(s3Files(config.s3))
    const where = `files can be kept in the bucket ${config.s3.bucket}`
    return say(
      fault === null,
      fault === null ? where : `${where}: ${fault}`,
      'Set FILES_URL and its key right, and let the key write there.',
    )
  }
  const files = `${config.dataDir}/files`
  if ((await stat(files).catch(() => null)) === null) return say(true, 'there is no folder of files yet; the first file makes it')
  const folder = await mkdtemp(join(files, 'doctor-')).catch(() => null)
  const fault = folder === null ? 'the folder cannot be written' : await faultOf(localFiles(folder))
  if (folder !== null) await rm(folder, { recursive: true, force: true })
  say(fault === null, fault === null ? `files can be kept in ${files}` : `files in ${files}: ${fault}`, `Let Stoa write in ${files}.`)
}

/** What goes wrong when a file is put, got and removed; null when nothing does. */
async function faultOf(store: FileStore): Promise<string | null> {
  const key = `doctor-${randomUUID()}`
  const bytes = randomBytes(64)
  try {
    await store.put(key, bytes)
    const got = await store.get(key)
    await store.remove(key)
    if (got === null || !bytes.equals(got)) return 'what was put does not come back'
    return (await store.get(key)) === null ? null : 'what was removed is still there'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function lookAtDatabase(config: Config, usable: boolean, keysMissing: boolean, say: Say): Promise<void> {
  const database = await openDatabase(config, false)
  const probe = openDb(database.url, { max: 1, onError: () => undefined })
  try {
    await lookAtServer(probe, say)
    if (await lookAtMigrations(probe, say)) {
      if (keysMissing) await lookForKeys(probe, config, say)
      await lookAtProgram(config, database.url, usable, say)
    }
  } finally {
    await probe.close()
    await database.stop()
  }
}

async function lookAtServer(probe: OpenDb, say: Say): Promise<void> {
  const version = await probe.pool.query<{ v: number; enc: string; fsync: string }>(
    "select current_setting('server_version_num')::int as v, current_setting('server_encoding') as enc, current_setting('fsync') as fsync",
  )
  const row = version.rows[0]
  say((row?.v ?? 0) >= 150_000, `PostgreSQL ${row?.v ?? 'unknown'}`, 'Use PostgreSQL 15 or newer.')
  say(row?.enc === 'UTF8', `encoding ${row?.enc ?? 'unknown'}`, 'The database must be UTF8.')
  say(row?.fsync === 'on', 'what is committed is on disk', 'Switch fsync on: without it, acknowledged work can be lost.')
}

/** Whether the program can be put together on this database: its role and tables are made by the migrations. */
async function lookAtMigrations(probe: OpenDb, say: Say): Promise<boolean> {
  const known = await probe.pool.query<{ there: boolean }>("select to_regclass('platform.migration') is not null as there")
  const pending = known.rows[0]?.there ? await pendingMigrations(probe.pool, allMigrations()) : null
  const state = pending === null ? 'none was run yet' : pending.length === 0 ? 'done' : `${pending.length} to run`
  say(pending?.length === 0, `migrations: ${state}`, 'Run ./stoa migrate.')
  return pending?.length === 0
}

/** Why the keys cannot be used; null when they can. */
async function keyFault(config: Config): Promise<string | null> {
  try {
    await readKeys(config.keySource)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : 'the keys cannot be read'
  }
}

/** A missing key file is made by the first start; with persons in the database new keys would open nothing of theirs. */
async function lookForKeys(probe: OpenDb, config: Config, say: Say): Promise<void> {
  const persons = await anyPerson(probe.db)
  say(
    !persons,
    persons
      ? `the key file ${config.keyFile} is missing, and the database has persons`
      : 'there is no key file yet; the first start makes it',
    'Put the key file back from its backup, or set STOA_KEY_FILE. Do not start Stoa without it: nothing sealed can be read with new keys.',
  )
}

async function lookAtProgram(config: Config, databaseUrl: string, hasKeys: boolean, say: Say): Promise<void> {
  // loading keys would make the file; nothing below opens or seals anything
  const app = await createApp(config, databaseUrl, hasKeys ? {} : { keys: keysFromPhrase('no key file') })
  try {
    const state = await readiness(app.platform, app.database.pool, allMigrations())
    say(
      (state.journalLag ?? 0) < 1000,
      `journal lag ${state.journalLag ?? 'unknown'}`,
      'Start ./stoa work, and look for transactions that stay open.',
    )
    // without the keys no address is found
    const email = config.demo || !hasKeys ? null : await openDemoAccount(app)
    say(email === null, email === null ? 'no account of the demo is open' : `anybody can sign in as ${email}`, DEMO_ELSEWHERE)
    const stuck = await stuckCount(app.platform)
    say(stuck === 0, `${stuck} events set aside`, 'Look at journal.stuck: a subscriber could not take them in.')
    const [wrong] = (await verifyLedger(app.platform)).filter(({ state }) => state === 'fail')
    say(!wrong, wrong ? `the books: not so that ${wrong.what} (${wrong.evidence})` : 'the books add up', wrong?.mend ?? '')
    say(
      app.catalogue.refused.length === 0,
      `${app.catalogue.offers.length} services on offer, ${app.catalogue.refused.length} faults`,
      'Run ./stoa check.',
    )
    const { lapsed } = app.catalogue
    for (const { file, message } of lapsed) say(false, `${file}: ${message}`, 'Run ./stoa check, change the file and raise its version.')
  } finally {
    await app.close()
  }
}
