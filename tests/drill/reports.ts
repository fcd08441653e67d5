import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { addKnownClient } from '../../src/modules/reports/index.ts'
import { root } from '../support/app.ts'
import type { Seen } from './clients.ts'
import { makeCrewMember, startCrew } from './crew.ts'

/** A report that was acknowledged with 201, by the key it was sent with. */
export type Told = { readonly key: string; readonly reference: string }

/** Reports on a bad day: programs that send them, a crew member who works on them, and an import beside. */
export type Reporting = {
  readonly told: readonly Told[]
  /** How many acts of the crew member were acknowledged. */
  acts(): number
  /** Kills the import where it stands; it begins again by itself. */
  strike(): void
  /** Ends the senders and the crew member when each has its answer, and waits until the import is done. */
  stop(): Promise<void>
  /** What is lost or doubled; empty when nothing is. */
  faults(databaseUrl: string): Promise<string[]>
}

const KEY = 'drill-key-of-no-city'
const ROWS = 12_000
const SENDERS = 3
const places = [
  [38.99404, -30.51199],
  [38.9945, -30.5125],
] as const

const map = `name: drill
language: en
time_zone: Europe/Lisbon
dates: [iso]
id: id
opened: opened
closed: opened
status: { column: status, words: { Closed: closed } }
category: { column: type, group: streets }
agency: { otherwise: transport }
position: { lat: lat, long: long }
`

/** Starts senders, a crew member and an import on a program that is open; the import is a process of its own, as an operator runs it. */
export async function startReporting(url: string, dataDir: string, databaseUrl: string, seen: Seen): Promise<Reporting> {
  const env = { PATH: process.env['PATH'] ?? '', DATA_DIR: dataDir, DATABASE_URL: databaseUrl, LOG_LEVEL: 'silent' }
  const app = await createApp(readConfig(env, root), databaseUrl)
  await addKnownClient(app.platform, KEY, 1_000_000)
  const cookie = await makeCrewMember(app)
  await app.close()
  const told: Told[] = []
  const stopping = new AbortController()
  const senders = Array.from({ length: SENDERS }, async (_, sender) => {
    for (let turn = 0; !stopping.signal.aborted; turn += 1) await sendOne(url, `drill-${sender}-${turn}`, turn % 4 === 0, told, seen)
  })
  const crew = startCrew(url, cookie, seen)
  const work = await importing(dataDir, env)
  return {
    told,
    acts: () => crew.receipts.length,
    strike: () => work.kill(),
    async stop() {
      stopping.abort()
      await Promise.all([...senders, crew.stop()])
      await work.done
    },
    faults: async (database) => [...(await faultsOf(database, told)), ...(await crew.faults(database))],
  }
}

async function sendOne(url: string, key: string, twice: boolean, told: Told[], seen: Seen): Promise<void> {
  const reference = await insist(url, key, seen)
  if (reference === null) return
  told.push({ key, reference })
  const again = twice ? await insist(url, key, seen) : reference
  if (again !== null && again !== reference) seen.wrong.push(`${key}: acknowledged as ${reference}, answered again as ${again}`)
}

async function insist(url: string, key: string, seen: Seen): Promise<string | null> {
  const [lat, long] = places[key.length % places.length] ?? places[0]
  const body = new URLSearchParams({
    api_key: KEY,
    service_code: 'litter',
    lat: String(lat),
    long: String(long),
    description: `Seen: ${key}`,
  })
  const until = performance.now() + 90_000
  for (let tries = 0; ; tries += 1) {
    if (tries > 0) seen.retries += 1
    const headers = { 'idempotency-key': key }
    const answer = await fetch(`${url}/open311/v2/requests.json`, { method: 'POST', headers, body, signal: AbortSignal.timeout(20_000) })
      .then(async (response) => ({ status: response.status, body: (await response.json()) as Array<{ service_request_id?: string }> }))
      .catch(() => null)
    const reference = answer?.body[0]?.service_request_id
    if ((answer?.status === 200 || answer?.status === 201) && reference !== undefined) return reference
    if ((answer !== null && answer.status !== 503) || performance.now() > until) {
      seen.wrong.push(`report ${key}: ${answer === null ? 'no answer for 90 seconds' : `${answer.status} ${JSON.stringify(answer.body)}`}`)
      return null
    }
    await sleep(100)
  }
}

/** Runs the import until it ends well, however often it is killed or finds no database. */
async function importing(dataDir: string, env: Record<string, string>): Promise<{ kill(): void; done: Promise<void> }> {
  const [file, mapFile] = [join(dataDir, 'drill.csv'), join(dataDir, 'drill.yaml')]
  const rows = Array.from(
    { length: ROWS },
    (_, n) => `D-${n},Kind ${n % 20},2024-05-01 10:00,Closed,${38.99 + n / 1e7 + 0.00001},-30.51${n % 90}1`,
  )
  await writeFile(file, ['id,type,opened,status,lat,long', ...rows].join('\n'))
  await writeFile(mapFile, map)
  let child: ChildProcess | null = null
  const run = async (): Promise<void> => {
    for (let tries = 0; tries < 200; tries += 1) {
      const own = spawn(process.execPath, [join(root, 'src/main.ts'), 'import', 'reports', file, '--map', mapFile], {
        env,
        stdio: 'ignore',
      })
      child = own
      const code = await new Promise<number | null>((ended) => own.once('close', (status) => ended(status)))
      if (code === 0) return
      await sleep(300)
    }
    throw new Error('the import did not come to an end')
  }
  return { kill: () => void child?.kill('SIGKILL'), done: run() }
}

async function faultsOf(url: string, told: readonly Told[]): Promise<string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ reference: string; lines: number; first: number }>(
      `select reference, (select count(*)::int from journal.event e where e.stream = r.id::text and e.type = 'reports.report.opened') as lines,
         (select count(*)::int from reports.update u where u.report_id = r.id)
           - (select count(*)::int from reports.act a where a.report_id = r.id) as first
       from reports.report r where source = 'open311'`,
    )
    const there = new Map(rows.map((row) => [row.reference, row]))
    const faults = told
      .filter(({ reference }) => !there.has(reference))
      .map(({ reference }) => `report ${reference} was acknowledged and is not there`)
    for (const row of rows)
      if (row.lines !== 1 || row.first !== 1)
        faults.push(`report ${row.reference} has ${row.lines} openings in the journal and ${row.first} lines besides those of its acts`)
    if (rows.length !== new Set(told.map((each) => each.reference)).size)
      faults.push(`${rows.length} reports are there, ${told.length} were acknowledged`)
    const imported = await client.query<{ count: number; ids: number; lines: number; rows: number; finished: boolean }>(
      `select count(*)::int as count, count(distinct source_id)::int as ids,
         (select count(*)::int from journal.event e join reports.report d on d.id::text = e.stream and d.source = 'import:drill' where e.type = 'reports.report.opened') as lines,
         (select rows from reports.intake where source = 'import:drill') as rows,
         (select finished_at is not null from reports.intake where source = 'import:drill') as finished
       from reports.report where source = 'import:drill'`,
    )
    const [sum] = imported.rows
    if (sum?.count !== ROWS || sum.ids !== ROWS || sum.lines !== ROWS || sum.rows !== ROWS || !sum.finished)
      faults.push(`of ${ROWS} imported rows: ${JSON.stringify(sum)}`)
    return faults
  } finally {
    await client.end()
  }
}
