import { stat } from 'node:fs/promises'
import { stdout } from 'node:process'
import pg from 'pg'
import { allMigrations, createApp } from '../app.ts'
import { readConfig } from '../config.ts'
import { stuckCount } from '../platform/journal/subscribers.ts'
import { readiness } from '../modules/operations/index.ts'
import type { Command } from './command.ts'
import { openDatabase } from './database.ts'

type Verdict = { ok: boolean; what: string; mend?: string }

/** `doctor`: looks at a deployment and says what to mend; 1 when something must be. */
export const doctor: Command = async ({ env, root }) => {
  const config = readConfig(env, root)
  const verdicts: Verdict[] = []
  const say = (ok: boolean, what: string, mend?: string): void => void verdicts.push({ ok, what, mend })
  const https = config.publicOrigin.startsWith('https:')
  say(https || config.loopback, `people see ${config.publicOrigin}`, 'Set PUBLIC_ORIGIN to the https address that people see.')
  say(config.smtpUrl !== undefined || config.demo, 'e-mail has a server', 'Set SMTP_URL: without it nobody gets a letter.')
  const keys = await stat(config.keyFile).catch(() => null)
  say(keys === null || (keys.mode & 0o077) === 0, 'only its owner reads the key file', `chmod 600 ${config.keyFile}`)
  const database = await openDatabase(config, false)
  try {
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    const version = await client.query<{ v: number; enc: string; fsync: string }>(
      "select current_setting('server_version_num')::int as v, current_setting('server_encoding') as enc, current_setting('fsync') as fsync",
    )
    await client.end()
    const row = version.rows[0]
    say((row?.v ?? 0) >= 150_000, `PostgreSQL ${row?.v ?? 'unknown'}`, 'Use PostgreSQL 15 or newer.')
    say(row?.enc === 'UTF8', `encoding ${row?.enc ?? 'unknown'}`, 'The database must be UTF8.')
    say(row?.fsync === 'on', 'what is committed is on disk', 'Switch fsync on: without it, acknowledged work can be lost.')
    const app = await createApp(config, database.url)
    const state = await readiness(app.platform, app.database.pool, allMigrations())
    say(state.migrations === 'done', `migrations: ${state.migrations}`, 'Run ./stoa migrate.')
    say(
      (state.journalLag ?? 0) < 1000,
      `journal lag ${state.journalLag ?? 'unknown'}`,
      'Start ./stoa work, and look for transactions that stay open.',
    )
    const stuck = await stuckCount(app.platform)
    say(stuck === 0, `${stuck} events set aside`, 'Look at journal.stuck: a subscriber could not take them in.')
    say(
      app.catalogue.refused.length === 0,
      `${app.catalogue.offers.length} services on offer, ${app.catalogue.refused.length} faults`,
      'Run ./stoa check.',
    )
    await app.close()
  } finally {
    await database.stop()
  }
  for (const verdict of verdicts)
    stdout.write(`${verdict.ok ? 'ok  ' : 'MEND'} ${verdict.what}${verdict.ok ? '' : `\n     ${verdict.mend ?? ''}`}\n`)
  return verdicts.every((verdict) => verdict.ok) ? 0 : 1
}
