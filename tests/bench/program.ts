import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Answer, once } from './client.ts'
import { freePort } from '../support/port.ts'

/** The folder of the project. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** A process of ours that answers on a port. */
export type Running = { readonly port: number; readonly readyMs: number; rssMegabytes(): number; stop(): Promise<void> }

/** Where the program under measurement keeps its things. */
export type Place = { readonly databaseUrl: string; readonly dataDir: string }

/** Starts the program as an operator would (`serve` on a named database) and waits until it says that it is ready. */
export async function startProgram(place: Place, more: { port?: number; env?: Record<string, string> } = {}): Promise<Running> {
  const port = more.port ?? (await freePort())
  const begun = performance.now()
  const child = spawn(process.execPath, ['--max-semi-space-size=4', '--max-old-space-size=512', join(root, 'src/main.ts'), 'serve'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: '/usr/bin:/bin', ...environmentOf(place, port), ...more.env },
  })
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the program ended with ${child.exitCode}`)
    const answer = await once(port, { method: 'GET', path: '/readyz' }).catch(() => null)
    if (answer?.status === 200) break
    if (performance.now() - begun > 60_000) throw new Error('the program was not ready within a minute')
    await sleep(10)
  }
  return { port, readyMs: performance.now() - begun, rssMegabytes: () => rssOf(child), stop: () => stopChild(child) }
}

/** The settings of the program under measurement. */
export function environmentOf(place: Place, port: number): Record<string, string> {
  return { DATABASE_URL: place.databaseUrl, DATA_DIR: place.dataDir, PORT: String(port), LOG_LEVEL: 'info', STOA_DRAFTS: '1' }
}

/** Starts bare node:http with answers to give. */
export async function startBare(dataDir: string, answers: ReadonlyArray<{ path: string; answer: Answer }>): Promise<Running> {
  const file = join(dataDir, 'answers.json')
  writeFileSync(
    file,
    JSON.stringify(answers.map(({ path, answer }) => ({ path, headers: headersOf(answer.head), body: answer.body.toString('base64') }))),
  )
  const port = await freePort()
  const begun = performance.now()
  const child = spawn(process.execPath, [fileURLToPath(new URL('bare.ts', import.meta.url)), file, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((done, fail) => {
    child.stdout?.once('data', done)
    child.once('exit', fail)
  })
  return { port, readyMs: performance.now() - begun, rssMegabytes: () => rssOf(child), stop: () => stopChild(child) }
}

/** The headers of an answer, without those that node:http writes itself. */
function headersOf(head: string): Record<string, string> {
  const lines = head.split('\r\n').slice(1)
  const pairs = lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const)
  return Object.fromEntries(pairs.filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name)))
}

/** Resident memory from the kernel's own book; NaN where there is none, which no must takes. */
function rssOf(child: ChildProcess): number {
  try {
    const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))
    return Number(line?.[1] ?? 'NaN') / 1024
  } catch {
    return Number.NaN
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = new Promise((done) => child.once('exit', done))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(timer)
}
