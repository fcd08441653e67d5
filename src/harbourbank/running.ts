import { spawn } from 'node:child_process'
import { mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { Bank } from './bank.ts'
import { keysIn } from './keys.ts'

const note = z.object({ url: z.url(), pid: z.number().int().min(2), instance: z.string(), webhookUrl: z.string() })
type Note = z.infer<typeof note>

const noteIn = (dir: string): string => join(dir, 'running.json')

/** Writes down which bank has a folder, so that a program that starts later finds it. */
export function noteRunning(dir: string, bank: Bank, webhookUrl: string): void {
  const mine: Note = { url: bank.url, pid: process.pid, instance: bank.instance, webhookUrl }
  const fresh = `${noteIn(dir)}.${process.pid}`
  writeFileSync(fresh, JSON.stringify(mine), { mode: 0o600 })
  renameSync(fresh, noteIn(dir))
}

/** How to have a bank beside a program. */
export type BesideOptions = {
  readonly dir: string
  readonly webhookUrl: string
  /** The program and the environment of the process that `./stoa bank` is. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A bank in a process of its own. */
export type BankBeside = {
  readonly url: string
  readonly key: string
  readonly webhookSecret: string
  readonly how: 'started' | 'adopted'
  readonly pid: number
  stop(): Promise<void>
}

const PATIENCE = 20_000

/**
 * The bank of a folder, in a process of its own: one that still runs from a program that was killed is adopted, unless it
 * sends its webhooks elsewhere; else one is started. Settles when it answers; throws what the bank said when it does not.
 */
export async function bankBeside(options: BesideOptions): Promise<BankBeside> {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 })
  const found = await findRunning(options.dir)
  if (found?.webhookUrl === options.webhookUrl) return beside(options.dir, found, 'adopted')
  if (found) await stopBank(found)
  return beside(options.dir, await launch(options), 'started')
}

function beside(dir: string, running: Note, how: BankBeside['how']): BankBeside {
  const { merchantKey, webhookSecret } = keysIn(dir)
  return { url: running.url, key: merchantKey, webhookSecret, how, pid: running.pid, stop: () => stopBank(running) }
}

/** The bank that answers as the one that is written down; null when there is none. */
async function findRunning(dir: string): Promise<Note | null> {
  const read = note.safeParse(jsonIn(noteIn(dir)))
  return read.success && (await answers(read.data)) ? read.data : null
}

function jsonIn(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null // not there, or cut off by a crash: no bank is known then
  }
}

async function answers({ url, instance }: Note): Promise<boolean> {
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000), redirect: 'error' })
    const told: unknown = await response.json()
    return typeof told === 'object' && told !== null && 'instance' in told && told.instance === instance
  } catch {
    return false
  }
}

async function launch({ dir, argv, env }: BesideOptions): Promise<Note> {
  const log = join(dir, 'bank.log')
  const out = openSync(log, 'w', 0o600)
  // a group of its own: Ctrl-C ends the program first, and the program ends the bank
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...argv], {
    cwd: '/',
    detached: true,
    env: { ...env },
    stdio: ['ignore', out, out],
  })
  child.unref()
  const ended = new Promise<null>((done) => child.once('error', () => done(null)).once('exit', () => done(null)))
  for (const until = performance.now() + PATIENCE; performance.now() < until;) {
    const running = await findRunning(dir)
    if (running && running.pid === child.pid) return running
    if ((await Promise.race([ended, wait(25)])) === null) break
  }
  child.kill('SIGKILL')
  throw new Error(`The sandbox bank did not start.\n${readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n')}`)
}

/** Ends a bank and waits until it is gone. That it is the bank and no other process was asked just before. */
async function stopBank(running: Note): Promise<void> {
  if (!(await answers(running))) return
  signal(running.pid, 'SIGTERM')
  for (const until = performance.now() + 10_000; performance.now() < until;) {
    if (!signal(running.pid, 0)) return
    await wait(25)
  }
  signal(running.pid, 'SIGKILL')
}

/** Whether the process was there to get the signal. */
function signal(pid: number, name: 'SIGTERM' | 'SIGKILL' | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
