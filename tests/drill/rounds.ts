import { setTimeout as sleep } from 'node:timers/promises'
import { startCluster } from '../../src/platform/postgres/cluster.ts'
import { type Seen, sendAgain, startClients } from './clients.ts'
import { openMailbox } from './mailbox.ts'
import { databaseProcesses, killDatabase, makeProgram, type Program, type Running } from './program.ts'
import { startReporting } from './reports.ts'
import { seeded } from './seeded.ts'
import { faultsOf, waitForCalm } from './verify.ts'

/** What a drill found; `faults` is empty when nothing was lost or doubled. */
export type DrillResult = {
  readonly faults: string[]
  readonly acknowledged: number
  readonly reports: number
  readonly acts: number
  readonly retries: number
  readonly seconds: number
}

/** Services without file questions, so that a client needs nothing but the examples. */
const services = ['library_card', 'visitor_tax_return']
const blows = ['program', 'database', 'both', 'postmaster', 'while starting'] as const

/**
 * Kills the program, its database, or both, at moments that the seed decides, while clients submit, programs send reports, a crew member works on them and an import runs; starts it again
 * each time on the same folder; then counts what is there against what was acknowledged.
 */
export async function drill(options: {
  rounds: number
  seed: number
  clients?: number
  say: (line: string) => void
}): Promise<DrillResult> {
  const { say } = options
  const begun = performance.now()
  const random = seeded(options.seed)
  const mailbox = await openMailbox()
  const program = await makeProgram({ smtpUrl: mailbox.url })
  const seen: Seen = { acknowledged: [], wrong: [], retries: 0 }
  const logged: string[] = []
  let running = program.launch()
  try {
    await running.ready()
    const reporting = await startReporting(program.url, program.dataDir, (await startCluster(program.dataDir)).url, seen)
    const clients = startClients(program.url, services, options.clients ?? 4, seen)
    for (let round = 1; round <= options.rounds; round += 1) {
      const blow = blows[(round - 1) % blows.length] ?? 'program'
      await sleep(500 + random() * 2500)
      const before = running
      if (round % 2 === 1) reporting.strike()
      running = await strike(program, running, blow, random)
      logged.push(...errorsIn(before))
      say(`round ${round}: killed ${blow}; ${seen.acknowledged.length} acknowledged, ${seen.retries} retries, ${since(begun)} s`)
    }
    await sleep(500)
    await clients.stop()
    await reporting.stop()
    for (const known of seen.acknowledged) await sendAgain(program.url, known, seen)
    const { url } = await startCluster(program.dataDir)
    const left = await waitForCalm(url, 60)
    const faults = [...seen.wrong, ...left, ...(await faultsOf(url, seen.acknowledged, mailbox.ids)), ...(await reporting.faults(url))]
    if (seen.acknowledged.length === 0) faults.push('no submission came through at all')
    if (reporting.told.length === 0) faults.push('no report came through at all')
    if (reporting.acts() === 0) faults.push('no act of a crew came through at all')
    faults.push(...(await stopInOrder(program, running)))
    if (seen.wrong.length > 0) faults.push(...[...logged, ...errorsIn(running)].filter((line) => line.includes(`"msg":"internal"`)))
    return {
      faults,
      acknowledged: seen.acknowledged.length,
      reports: reporting.told.length,
      acts: reporting.acts(),
      retries: seen.retries,
      seconds: since(begun),
    }
  } finally {
    running.signal('SIGKILL')
    await killDatabase(program.dataDir, true)
    await mailbox.close()
    await program.remove()
  }
}

type Blow = (typeof blows)[number]

async function strike(program: Program, running: Running, blow: Blow, random: () => number): Promise<Running> {
  if (blow === 'database' || blow === 'both') await killDatabase(program.dataDir, true)
  if (blow === 'postmaster') await killDatabase(program.dataDir, false)
  if (blow === 'database' || blow === 'postmaster') await sleep(random() * 1000) // clients are told to wait
  running.signal('SIGKILL')
  await running.ended()
  let next = program.launch()
  if (blow === 'while starting') {
    await sleep(random() * 2500)
    next.signal('SIGKILL')
    await next.ended()
    next = program.launch()
  }
  await next.ready()
  return next
}

async function stopInOrder(program: Program, running: Running): Promise<string[]> {
  const pids = await databaseProcesses(program.dataDir)
  running.signal('SIGINT')
  const code = await running.ended()
  const faults = code === 0 ? [] : [`Ctrl-C ended with ${code}: ${running.said().slice(-500)}`]
  if (pids.length === 0) faults.push('the database was not running before the end')
  if ((await databaseProcesses(program.dataDir)).length > 0) faults.push('PostgreSQL runs on after Ctrl-C')
  return faults
}

/** The errors that a process logged, so that an incident number in an answer can be looked up. */
function errorsIn(running: Running): string[] {
  return running
    .said()
    .split('\n')
    .filter((line) => line.includes('"incident"'))
}

function since(begun: number): number {
  return Math.round((performance.now() - begun) / 100) / 10
}
