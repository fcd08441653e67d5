import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stdout } from 'node:process'
import { type App, createApp } from '../app.ts'
import { allMigrations } from '../declared.ts'
import { type Config, readConfig } from '../config.ts'
import { demoAccounts } from '../modules/demo/index.ts'
import { accountByAddress, sessionCookie, standingFindings } from '../modules/identity/index.ts'
import { verifyLedger } from '../modules/ledger/index.ts'
import { continuityFindings } from '../modules/people/index.ts'
import { databaseFindings } from '../platform/audit/database.ts'
import { type Finding, findingsOf, reportText, summaryOf } from '../platform/audit/finding.ts'
import { journalFindings } from '../platform/audit/journal.ts'
import { keyFindings } from '../platform/audit/keys.ts'
import { markReviewed, policyFindings } from '../platform/audit/policies.ts'
import { webFindings } from '../platform/audit/web.ts'
import { type OpenDb, openDb } from '../platform/db.ts'
import { readKeys } from '../platform/keys.ts'
import { keyUses, unknownWrapped } from '../platform/keysrotate.ts'
import { pendingMigrations } from '../platform/migrate.ts'
import { systemClock } from '../platform/platform.ts'
import { type Command, option } from './command.ts'
import { openDatabase } from './database.ts'

const say = (text: string): void => void stdout.write(text)

/**
 * `audit`: looks for what is unsafe on a live deployment and prints a report to file; 1 when something failed. It changes
 * nothing. With `--reviewed-policies WHO` it writes down instead that the policies were reviewed.
 */
export const auditCommand: Command = async ({ args, env, root }) => {
  const policies = join(root, 'policies')
  if (args.includes('--reviewed-policies')) return review(policies, option(args, 'reviewed-policies'))
  const config = readConfig(env, root)
  const origin = new URL(option(args, 'origin') ?? config.publicOrigin).origin
  const date = systemClock()
  const database = await openDatabase(config, false)
  const owner = openDb(database.url, { max: 1, onError: () => undefined })
  try {
    const findings = [
      ...(await webFindings(origin, date)),
      ...settingFindings(config),
      ...(await policyFindings(policies)),
      ...(await insideFindings(config, database.url, owner, date)),
    ]
    const head = { date, version: await versionOf(root), origin, database: await describe(owner) }
    say(
      args.includes('--json')
        ? `${JSON.stringify({ ...head, summary: summaryOf(findings), findings }, null, 2)}\n`
        : reportText(head, findings),
    )
    return summaryOf(findings).fail > 0 ? 1 : 0
  } finally {
    await owner.close()
    await database.stop()
  }
}

async function review(folder: string, by: string | null): Promise<number> {
  if (by === null || by.startsWith('--') || by.trim() === '') {
    say('Say who reviewed them: ./stoa audit --reviewed-policies "name or office".\n')
    return 2
  }
  await markReviewed(folder, by, systemClock())
  say(`Written down in ${join(folder, 'REVIEWED')}. Keep it with the deployment's configuration.\n`)
  return 0
}

/** What the settings say by themselves. */
export function settingFindings(config: Config): Finding[] {
  const found = findingsOf('Settings')
  const https = config.publicOrigin.startsWith('https:')
  found.must(
    config.originGiven || config.tls !== undefined,
    'the public origin is set',
    config.publicOrigin,
    'Set PUBLIC_ORIGIN to the address that people see.',
  )
  found.must(
    https || config.loopback,
    'people come over https',
    config.publicOrigin,
    'Set PUBLIC_ORIGIN to an https address, with a proxy or TLS_CERT.',
  )
  const name = sessionCookie(config)
  found.must(
    name.startsWith('__Host-') || !https,
    'the session cookie is bound to this host',
    name,
    'Set PUBLIC_ORIGIN to an https address.',
  )
  found.should(
    config.loopback || config.tls !== undefined,
    'nobody speaks to Stoa past the proxy',
    `listens on ${config.host}${config.tls ? ' with TLS' : ''}`,
    'Set HOST to 127.0.0.1, or see that only the proxy reaches this address.',
  )
  found.must(
    !config.trustProxy.some((part) => /^(0\.0\.0\.0|::)(\/0)?$|\/0$/.test(part)),
    'not everybody is believed to be a proxy',
    config.trustProxy.join(', ') || 'no proxy is believed',
    'Set TRUST_PROXY to the addresses of your proxies.',
  )
  found.should(config.logLevel !== 'debug', 'the log is no debugging log', config.logLevel, 'Set LOG_LEVEL to info.')
  found.should(!config.draftsGiven, 'draft services are closed', config.draftsGiven ? 'STOA_DRAFTS=1' : 'closed', 'Unset STOA_DRAFTS.')
  found.must(
    config.pay?.provider !== 'harbourbank' || config.demo,
    'payments move money',
    config.pay === undefined ? 'no provider takes payments online' : config.pay.provider,
    'harbourbank is a sandbox. Set PAY_PROVIDER to stripe, govuk_pay or none.',
  )
  const files = config.s3 ? (config.s3.endpoint ?? 'https') : 'on the local disk'
  found.should(
    !files.startsWith('http:'),
    'the way to the files is private',
    files,
    'Use an https endpoint in FILES_URL; files are encrypted, what its access key signs is not.',
  )
  const database = wayOf(config.databaseUrl, (url) =>
    ['require', 'verify-ca', 'verify-full'].includes(url.searchParams.get('sslmode') ?? ''),
  )
  found.should(
    database.safe,
    'the way to the database is private',
    database.told,
    'Add sslmode=verify-full to DATABASE_URL, and sslrootcert=FILE for an authority of your own.',
  )
  const mail = wayOf(config.smtpUrl, (url) => url.protocol === 'smtps:' || url.searchParams.get('requireTLS') === 'true')
  found.should(mail.safe, 'the way to the mail server is private', mail.told, 'Use smtps:// in SMTP_URL, or add ?requireTLS=true.')
  return [...found.list]
}

/** Whether a connection stays on this machine or is always encrypted; what is told of it holds no name and no password. */
function wayOf(address: string | undefined, encrypted: (url: URL) => boolean): { safe: boolean; told: string } {
  if (address === undefined) return { safe: true, told: 'stays on this machine' }
  const url = URL.parse(address)
  if (url === null) return { safe: false, told: 'the address cannot be read' }
  const stays = /^(|localhost|127\.0\.0\.1|\[::1\]|%2f.*)$/i.test(url.hostname) // the last is a socket
  const safe = stays || encrypted(url)
  return { safe, told: stays ? 'stays on this machine' : `${url.protocol}//${url.host}, ${safe ? 'always' : 'not always'} encrypted` }
}

/** What can only be seen from inside: the database, the keys, the journal, staff, and who was looked at. `owner` may read everything. */
export async function insideFindings(config: Config, url: string, owner: OpenDb, date: Date): Promise<Finding[]> {
  const found = findingsOf('Database')
  const pending = await pendingMigrations(owner.pool, allMigrations()).catch(() => null)
  found.must(
    pending?.length === 0,
    'all migrations are run',
    pending === null ? 'none was run' : `${pending.length} to run`,
    'Run ./stoa migrate.',
  )
  const findings = [...found.list, ...(await databaseFindings(owner.pool))]
  const keys = await readKeys(config.keySource).catch((error: unknown) => (error instanceof Error ? error.message : 'unreadable'))
  if (typeof keys === 'string') {
    const area = findingsOf('Keys')
    area.fail('the keys can be used', keys, 'See docs/operate/keys.md.')
    findings.push(...area.list)
  }
  if (pending?.length !== 0 || typeof keys === 'string') return findings
  const app = await createApp({ ...config, demo: false, tls: undefined, logLevel: 'silent' }, url)
  try {
    const tables = app.modules.flatMap((module) => module.wrapped ?? [])
    const unknown = await unknownWrapped(app.platform.db, tables)
    findings.push(
      ...(await keyFindings(config.keySource, keys, await keyUses(app.platform.db, tables), unknown, date)),
      ...(await journalFindings(app.platform)),
      ...(await continuityFindings(app.platform)),
      ...(await verifyLedger(app.platform)),
      ...(await demoFindings(app)),
      ...(await standingFindings(app.platform)),
    )
  } finally {
    await app.close()
  }
  return findings
}

async function demoFindings(app: App): Promise<Finding[]> {
  const found = findingsOf('Staff')
  const there: string[] = []
  for (const { email } of demoAccounts) if (await accountByAddress(app.platform, email)) there.push(email)
  found.must(
    there.length === 0,
    'no account of the demo is there',
    there.join(', ') || 'none',
    'Everybody knows their password. Begin with an empty database.',
  )
  return [...found.list]
}

async function versionOf(root: string): Promise<string> {
  const { version }: { version: string } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  return version
}

async function describe(owner: OpenDb): Promise<string> {
  const { rows } = await owner.pool.query<{ version: string; id: string }>(
    "select current_setting('server_version') as version, system_identifier::text as id from pg_control_system()",
  )
  return `PostgreSQL ${rows[0]?.version ?? 'unknown'}, cluster ${rows[0]?.id ?? 'unknown'}`
}
