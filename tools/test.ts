// Runs the tests: a PostgreSQL of their own (or the server of DATABASE_URL), one migrated template, node:test on the .ts files.
import { spawn } from 'node:child_process'
import { chmodSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { allMigrations } from '../src/declared.ts'
import { migrate } from '../src/platform/migrate.ts'
import { startCluster } from '../src/platform/postgres/cluster.ts'

const args = process.argv.slice(2)
const e2e = args.includes('--e2e')
const given = args.filter((arg) => !arg.startsWith('--'))
const files =
  given.length > 0 ? given : e2e ? globSync('tests/e2e/*.full.ts') : [...globSync('src/**/*.test.ts'), ...globSync('tests/**/*.test.ts')]

const folder = mkdtempSync(join(tmpdir(), 'stoa-tests-'))
chmodSync(folder, 0o711) // as root the database runs as another user, who must come through
const cluster = process.env['DATABASE_URL']
  ? null
  : await startCluster(folder, ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=200'])
const server = cluster?.url ?? process.env['DATABASE_URL'] ?? ''
let code = 1
try {
  await makeTemplate(server)
  code = await run(process.execPath, [
    '--test', '--test-concurrency=2', '--test-timeout=300000', ...files.toSorted(),
  ], { ...process.env, STOA_TEST_SERVER: server }) // prettier-ignore
} finally {
  await cluster?.stop()
  rmSync(folder, { recursive: true, force: true })
}
process.exit(code)

async function makeTemplate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('drop database if exists stoa_template with (force)')
    await client.query('create database stoa_template')
  } finally {
    await client.end()
  }
  await migrate(url.replace(/\/[^/?]*(\?|$)/, '/stoa_template$1'), allMigrations())
}

function run(command: string, parameters: string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((done) => {
    const child = spawn(command, parameters, { stdio: 'inherit', env: { ...env } })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
    child.once('exit', (exit) => done(exit ?? 1))
  })
}
