// Runs the tests: a PostgreSQL of their own (or the server of DATABASE_URL), one migrated template, node:test on the .ts files.
import { spawn } from 'node:child_process'
import { chmodSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import pg from 'pg'
import { createApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { allMigrations } from '../src/declared.ts'
import { keysFromPhrase } from '../src/platform/crypto.ts'
import { migrate } from '../src/platform/migrate.ts'
import { startCluster } from '../src/platform/postgres/cluster.ts'

/** How many files run in one process. */
const PER_PROCESS = 10
const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
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
    '--test', '--test-concurrency=2', '--test-timeout=300000', ...(given.length > 0 ? files : together(files.toSorted())),
  ], { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/stoa'), ...process.env, STOA_TEST_SERVER: server }) // prettier-ignore
} finally {
  await cluster?.stop()
  rmSync(folder, { recursive: true, force: true })
}
process.exit(code)

/**
 * Files of a folder run in one process, some at a time: loading the program takes longer than most of them do. Those that kill, measure or look at
 * everything have a process of their own.
 */
function together(all: readonly string[]): string[] {
  const folderOf = (file: string): string =>
    file
      .split(sep)
      .slice(0, file.startsWith('src') ? 1 : 2)
      .join('-')
  const shared = new Set([
    'src',
    ...['conformance', 'harbourbank', 'identity', 'journeys', 'payments', 'privacy', 'reports', 'representation'].map(
      (name) => `tests-${name}`,
    ),
  ])
  const groups = Map.groupBy(all, folderOf)
  return [...groups].flatMap(([name, own]) => {
    if (!shared.has(name)) return own
    return Array.from({ length: Math.ceil(own.length / PER_PROCESS) }, (_, part) => {
      const bundle = join(folder, `${name}-${part + 1}.test.mjs`)
      const lines = own
        .slice(part * PER_PROCESS, (part + 1) * PER_PROCESS)
        .map((file) => `import ${JSON.stringify(pathToFileURL(join(root, file)).href)}\n`)
      writeFileSync(bundle, lines.join(''))
      return bundle
    })
  })
}

async function makeTemplate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('drop database if exists stoa_template with (force)')
    await client.query('create database stoa_template')
  } finally {
    await client.end()
  }
  const template = url.replace(/\/[^/?]*(\?|$)/, '/stoa_template$1')
  await migrate(template, allMigrations())
  // the services that ship are proven once, as in a deployment that starts again
  const app = await createApp(readConfig({ DATA_DIR: folder, LOG_LEVEL: 'silent' }, root), template, { keys: keysFromPhrase('test') })
  await app.close()
}

function run(command: string, parameters: string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((done) => {
    const child = spawn(command, parameters, { stdio: 'inherit', env: { ...env } })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
    child.once('exit', (exit) => done(exit ?? 1))
  })
}
