import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import pg from 'pg'
import { installedPostgres, readableCopy, ROOT_HOME } from './binaries.ts'

/** A running PostgreSQL cluster of our own. */
export type Cluster = {
  /** The connection URL of the superuser `stoa` and database `stoa`. */
  readonly url: string
  /** Where the cluster lies. */
  readonly directory: string
  /** `started`: by this call. `adopted`: it was still running. */
  readonly how: 'started' | 'adopted'
  /** Stops it (fast: open transactions are rolled back, everything committed is on disk). */
  stop(): Promise<void>
}

type Runner = { uid?: number; gid?: number }
type Home = { bin: string; directory: string; runner: Runner; password: string; socket: string | null }

/** A start that trying again will not mend. */
class StartError extends Error {}

/** Starts, or adopts, the cluster that belongs to a data folder. `settings` are for tests, such as `fsync=off`. */
export async function startCluster(dataDir: string, settings: readonly string[] = []): Promise<Cluster> {
  const home = await prepare(dataDir)
  const { port, how } = await bringUp(home, settings)
  return { url: connectionUrl(home, port, 'stoa'), directory: home.directory, how, stop: () => stopCluster(home) }
}

/**
 * Adopts the server that runs, or starts one, and waits until it answers: one that recovers from a crash says
 * "starting up" for a while, and one that was seen running may have been about to end.
 */
async function bringUp(home: Home, settings: readonly string[]): Promise<{ port: number; how: Cluster['how'] }> {
  const until = performance.now() + 60_000
  for (let how: Cluster['how'] = 'adopted'; ;) {
    try {
      if (!(await isRunning(home))) {
        await launch(home, settings)
        how = 'started'
      }
      const port = await currentPort(home)
      await ensureDatabase(connectionUrl(home, port, 'postgres'))
      return { port, how }
    } catch (error) {
      if (error instanceof StartError || performance.now() > until) throw error
      await new Promise((done) => setTimeout(done, 50))
    }
  }
}

async function prepare(dataDir: string): Promise<Home> {
  await mkdir(dataDir, { recursive: true, mode: 0o711 })
  const installed = await installedPostgres()
  const asRoot = process.getuid?.() === 0
  const bin = join(asRoot ? await readableCopy(installed) : installed, 'bin')
  const runner = asRoot ? await databaseUser() : {}
  const directory = await clusterDirectory(dataDir, asRoot)
  const password = await passwordOf(dataDir)
  const run = join(directory, 'run')
  const socket = process.platform !== 'win32' && holdsSocket(run) ? run : null
  const home = { bin, directory, runner, password, socket }
  if (!(await isMade(directory))) await initialise(home)
  return home
}

/** Whether a data folder has a cluster, running or not. Makes nothing. */
export async function hasCluster(dataDir: string): Promise<boolean> {
  const away = await readFile(join(dataDir, 'postgres.location'), 'utf8').catch(() => null)
  return isMade(away?.trim() ?? join(dataDir, 'postgres'))
}

async function isMade(directory: string): Promise<boolean> {
  return (await stat(join(directory, 'cluster', 'PG_VERSION')).catch(() => null)) !== null
}

/** Whether a socket can lie there: its address is short, and PostgreSQL's setting is a list that a shell hands on. */
function holdsSocket(folder: string): boolean {
  return Buffer.byteLength(join(folder, '.s.PGSQL.5432')) <= 107 && !/['",\\\s]/.test(folder)
}

/** PostgreSQL refuses to run as root: it runs as `postgres` where there is one, else as `nobody`. */
async function databaseUser(): Promise<Runner> {
  const passwd = await readFile('/etc/passwd', 'utf8')
  for (const name of ['postgres', 'nobody']) {
    const line = passwd.split('\n').find((entry) => entry.startsWith(`${name}:`))
    const [, , uid, gid] = line?.split(':') ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  return { uid: 65534, gid: 65534 }
}

/** The cluster lies in the data folder, or, where the database user cannot reach that, beside the binaries. */
async function clusterDirectory(dataDir: string, asRoot: boolean): Promise<string> {
  const own = join(dataDir, 'postgres')
  const pointer = join(dataDir, 'postgres.location')
  const known = await readFile(pointer, 'utf8').catch(() => null)
  if (known) return known.trim()
  if (!asRoot || (await reachable(dataDir))) return own
  const name = createHash('sha256')
    .update(`${resolve(dataDir)}:${(await stat(dataDir)).ino}`)
    .digest('hex')
    .slice(0, 16)
  const away = join(ROOT_HOME, 'clusters', name)
  await mkdir(dirname(away), { recursive: true, mode: 0o755 })
  await writeFile(pointer, `${away}\n`)
  return away
}

async function reachable(folder: string): Promise<boolean> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false
    if (at === dirname(at)) return true
  }
}

async function passwordOf(dataDir: string): Promise<string> {
  const file = join(dataDir, 'postgres.password')
  const known = await readFile(file, 'utf8').catch(() => null)
  if (known) return known.trim()
  const password = randomBytes(24).toString('base64url')
  await writeFile(file, `${password}\n`, { mode: 0o600, flag: 'wx' })
  return password
}

async function initialise(home: Home): Promise<void> {
  const { directory, runner, bin, password } = home
  const [part, made] = [join(directory, 'cluster.part'), join(directory, 'cluster')]
  for (const left of [part, made]) await rm(left, { recursive: true, force: true }) // what an interrupted first start left
  await mkdir(join(directory, 'run'), { recursive: true })
  const pwfile = join(directory, 'pwfile')
  await writeFile(pwfile, password, { mode: 0o600 })
  await chmod(directory, 0o700)
  for (const at of [directory, join(directory, 'run'), pwfile]) {
    if (runner.uid !== undefined && runner.gid !== undefined) await chown(at, runner.uid, runner.gid)
  }
  await execute(join(bin, 'initdb'), [
    '-D', part, '-U', 'stoa', '--encoding=UTF8', '--locale=C', '--auth-local=trust', '--auth-host=scram-sha-256',
    `--pwfile=${pwfile}`, '--data-checksums',
  ], runner) // prettier-ignore
  await rm(pwfile)
  // whole under its name or not there: initdb has put its own files on disk
  await rename(part, made)
  if (process.platform !== 'win32') await syncFolder(directory)
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

async function isRunning(home: Home): Promise<boolean> {
  const status = await execute(join(home.bin, 'pg_ctl'), ['status', '-D', join(home.directory, 'cluster')], home.runner).then(
    () => true,
    () => false,
  )
  return status
}

async function launch(home: Home, extra: readonly string[]): Promise<void> {
  const port = home.socket ? 5432 : await freePort()
  const where = home.socket
    ? ['-c', `listen_addresses=`, '-c', `unix_socket_directories='${home.socket}'`]
    : ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=']
  const set = ['idle_in_transaction_session_timeout=15s', 'max_connections=60', ...extra].flatMap((each) => ['-c', each])
  const options = [...where, '-p', String(port), ...set]
  const cluster = join(home.directory, 'cluster')
  const log = join(home.directory, 'postgres.log')
  // names from where it stands: pg_ctl hands them to a shell, which would read more into the folder's own name
  const args = ['start', '-w', '-t', '60', '-s', '-D', 'cluster', '-l', 'postgres.log', '-o', options.join(' ')]
  await execute(join(home.bin, 'pg_ctl'), args, home.runner, home.directory).catch(async (error: Error) => {
    if (await isRunning(home)) return // two starts at once: the other one was quicker
    const tail = (await readFile(log, 'utf8').catch(() => '')).split('\n').slice(-8).join('\n')
    // processes of a server that was killed may live a moment longer and hold its memory
    const passing = /pre-existing shared memory block|lock file "postmaster.pid" already exists/.test(tail)
    throw new (passing ? Error : StartError)(`PostgreSQL did not start in ${cluster}.\n${tail}\n${error.message}`)
  })
}

async function currentPort(home: Home): Promise<number> {
  const lines = (await readFile(join(home.directory, 'cluster', 'postmaster.pid'), 'utf8')).split('\n')
  return Number(lines[3])
}

function connectionUrl(home: Home, port: number, database: string): string {
  if (home.socket) return `postgres://stoa@/${database}?host=${encodeURIComponent(home.socket)}&port=${port}`
  return `postgres://stoa:${home.password}@127.0.0.1:${port}/${database}`
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
    const found = await client.query('select 1 from pg_database where datname = $1', ['stoa'])
    if (found.rowCount === 0) await client.query('create database stoa')
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function stopCluster(home: Home): Promise<void> {
  if (!(await isRunning(home))) return
  await execute(join(home.bin, 'pg_ctl'), ['stop', '-m', 'fast', '-w', '-s', '-D', join(home.directory, 'cluster')], home.runner)
}

async function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      server.close(() => done(port))
    })
  })
}

function execute(command: string, args: string[], runner: Runner, cwd = '/'): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      ...runner,
      cwd,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
    })
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4000)))
    child.once('error', fail)
    child.once('exit', (code) => (code === 0 ? done() : fail(new Error(`${command} ended with ${code}. ${errors}`))))
  })
}
