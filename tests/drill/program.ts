import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../support/app.ts'
import { freePort } from '../support/port.ts'

/** The program as an operator runs it: `start` in a process of its own, on a data folder of its own. */
export type Program = {
  readonly dataDir: string
  readonly url: string
  /** Starts a process without waiting for it. */
  launch(): Running
  /** Removes the data folder, and the cluster where that lies elsewhere. Everything is stopped by then. */
  remove(): Promise<void>
}

/** One process of the program. */
export type Running = {
  readonly pid: number
  /** Everything it said so far. */
  said(): string
  /** Settles when the pages are open; throws when the process ends before. */
  ready(): Promise<void>
  /** Settles with the exit code, null after a signal. */
  ended(): Promise<number | null>
  signal(name: NodeJS.Signals): void
}

/**
 * Makes a program on a fresh data folder. It is not the demo (its address is loopback, but not the usual one), so that
 * nothing is seeded and e-mail goes to `smtpUrl`. `open: false` keeps the folder closed to other users, as mkdtemp makes it.
 */
export async function makeProgram(options: { smtpUrl?: string; open?: boolean } = {}): Promise<Program> {
  const dataDir = await mkdtemp(join(tmpdir(), 'stoa-drill-'))
  if (options.open !== false) await chmod(dataDir, 0o711)
  const port = await freePort()
  const host = process.platform === 'linux' ? '127.0.0.2' : '0.0.0.0'
  const env = {
    PATH: process.env['PATH'] ?? '',
    DATA_DIR: dataDir,
    HOST: host,
    PORT: String(port),
    SMTP_URL: options.smtpUrl ?? 'smtp://127.0.0.1:9',
    LOG_LEVEL: 'error',
  }
  return {
    dataDir,
    url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`,
    launch: () => launch([join(root, 'src/main.ts'), 'start'], env, 'Stoa is open at'),
    async remove() {
      const away = (await readFile(join(dataDir, 'postgres.location'), 'utf8').catch(() => '')).trim()
      if (away !== '') await rm(away, { recursive: true, force: true })
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Starts a process of ours that says `opened` when it is ready. */
export function launch(args: readonly string[], env: Readonly<Record<string, string>>, opened: string): Running {
  return running(
    spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] }),
    opened,
  )
}

function running(child: ChildProcess, words: string): Running {
  const { pid } = child
  if (pid === undefined) throw new Error('the program could not be started')
  let text = ''
  const watchers = new Set<() => void>()
  const heard = (part: string): void => {
    text += part
    for (const look of watchers) look()
  }
  child.stdout?.setEncoding('utf8').on('data', heard)
  child.stderr?.setEncoding('utf8').on('data', heard)
  const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)))
  const opened = new Promise<void>((done) => {
    watchers.add(() => {
      if (text.includes(words)) done()
    })
  })
  return {
    pid,
    said: () => text,
    async ready() {
      const early = await Promise.race([opened.then(() => null), ended.then((code) => ({ code }))])
      if (early) throw new Error(`the program ended with ${early.code} before it was open:\n${text}`)
    },
    ended: () => ended,
    signal: (name) => void child.kill(name),
  }
}

/** The cluster's own folder: in the data folder, or where its pointer says. */
async function clusterFolder(dataDir: string): Promise<string> {
  const away = (await readFile(join(dataDir, 'postgres.location'), 'utf8').catch(() => '')).trim()
  return join(away === '' ? join(dataDir, 'postgres') : away, 'cluster')
}

/** The processes of a data folder's PostgreSQL, the first of them first; empty when it does not run. */
export async function databaseProcesses(dataDir: string): Promise<number[]> {
  const folder = await clusterFolder(dataDir)
  const [first, where] = (await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const postmaster = Number(first)
  if (!Number.isInteger(postmaster) || postmaster <= 1 || where !== folder || !isAlive(postmaster)) return []
  return [postmaster, ...(await childrenOf(postmaster))]
}

/** Ends a data folder's PostgreSQL as a power cut would: without a word. */
export async function killDatabase(dataDir: string, everyChild: boolean): Promise<void> {
  const [postmaster, ...children] = await databaseProcesses(dataDir)
  if (postmaster === undefined) return
  for (const pid of [postmaster, ...(everyChild ? children : [])]) killNow(pid)
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it ended by itself in between
  }
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => [])
  const found: number[] = []
  for (const entry of entries.filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '')
    const ppid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    if (ppid === parent) found.push(Number(entry))
  }
  return found
}
