import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import pg from 'pg'
import type { App } from '../../src/app.ts'
import { addAccount, grantRole } from '../../src/modules/identity/index.ts'
import { joinCrew } from '../../src/modules/reports/index.ts'
import { transact } from '../../src/platform/platform.ts'
import { sessionFor } from '../support/world.ts'
import type { Seen } from './clients.ts'

/** What was answered to an act, as its device keeps it. */
type Receipt = { readonly id: string; readonly reference: string; readonly act: string; readonly state: string }

/** A crew member who goes from report to report until told to stop; each act is sent until it is answered. */
export type CrewDay = {
  readonly receipts: readonly Receipt[]
  stop(): Promise<void>
  /** What is lost or doubled of the acts; empty when nothing is. */
  faults(databaseUrl: string): Promise<string[]>
}

type Stop = { readonly reference: string; readonly seen: Readonly<Record<'revision' | 'state' | 'crew' | 'reopened', string | number>> }
type Run = { readonly who: string; readonly stops: readonly Stop[] }

const EMAIL = 'drill.crew@harbourview.example'
/** Those that clean the streets, by day and at weekends: one of them gets what the programs of the drill send. */
const CREWS = ['cleaning', 'cleaning_evening'] as const
const SEED = { journalName: 'system:seed', channel: 'job' } as const
const PATIENCE = 90_000
/** The city's zone: a work order is of a day there. */
const dayThere = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Lisbon' })

/** Makes a crew member with a session of their own; gives its cookie. */
export async function makeCrewMember(app: App): Promise<string> {
  await transact(app.platform, async (tx) => {
    const name = 'Drill Crew'
    const account = await addAccount(tx, { name, email: EMAIL, passwordHash: null, language: 'en', status: 'active', staffName: name })
    await grantRole(tx, SEED, account.id, { role: 'officer', agency: 'city_care' })
    for (const crew of CREWS) await joinCrew(tx, SEED, { crew, accountId: account.id, by: null })
  })
  return sessionFor(app, EMAIL, 'substantial')
}

/** Begins the day. */
export function startCrew(url: string, cookie: string, seen: Seen): CrewDay {
  const stopping = new AbortController()
  const receipts: Receipt[] = []
  const ask = { url, cookie, seen }
  const day = (async () => {
    const headers = { cookie, accept: 'application/json' }
    while (!stopping.signal.aborted) {
      const run = await insist<Run>(ask, '/officer/crew/run.json', () => ({ headers }))
      if (run === null) return
      if (run.stops.length === 0) await sleep(100)
      for (const stop of run.stops) await work(ask, run.who, stop, receipts, stopping.signal)
    }
  })()
  return {
    receipts,
    async stop() {
      stopping.abort()
      await day
    },
    faults: (databaseUrl) => faultsOf(databaseUrl, receipts),
  }
}

type Asking = { readonly url: string; readonly cookie: string; readonly seen: Seen }

/** Begins, says something, and says that it is done; what was acknowledged is now and then sent once more, as by a device that did not hear the answer. */
async function work(ask: Asking, who: string, stop: Stop, receipts: Receipt[], stopping: AbortSignal): Promise<void> {
  const [year = '', month = '', day = ''] = dayThere.format(new Date()).split('-')
  const acts: ReadonlyArray<Readonly<Record<string, string>>> = [
    { act: 'started' },
    { act: 'note', text: 'The sweeper is on its way.' },
    { act: 'done', order: 'WO-DRILL', 'on-day': day, 'on-month': month, 'on-year': year },
  ]
  for (const own of stop.seen.state === 'in_progress' ? acts.slice(1) : acts) {
    if (stopping.aborted) return
    const id = randomUUID()
    const fields = { id, report: stop.reference, who, ...seenIn(stop), ...own }
    const receipt = await sendAct(ask, fields)
    if (receipt === null) return
    receipts.push(receipt)
    const again = receipts.length % 4 === 0 ? await sendAct(ask, fields) : receipt
    if (again !== null && !isDeepStrictEqual(again, receipt))
      ask.seen.wrong.push(`act ${id}: answered ${JSON.stringify(receipt)}, then ${JSON.stringify(again)}`)
  }
}

function seenIn({ seen }: Stop): Record<string, string> {
  return Object.fromEntries(Object.entries(seen).map(([name, value]) => [`seen_${name}`, String(value)]))
}

function sendAct(ask: Asking, fields: Readonly<Record<string, string>>): Promise<Receipt | null> {
  return insist<Receipt>(ask, '/officer/crew/acts', () => {
    const body = new FormData()
    for (const [name, value] of Object.entries(fields)) body.set(name, value)
    return { method: 'POST', headers: { cookie: ask.cookie, accept: 'application/json' }, body }
  })
}

/** Asks until there is an answer that is not "try again"; null (and noted) when it is a wrong one. */
async function insist<T>({ url, seen }: Asking, path: string, init: () => RequestInit): Promise<T | null> {
  const until = performance.now() + PATIENCE
  for (let tries = 0; ; tries += 1) {
    if (tries > 0) seen.retries += 1
    const answer = await fetch(`${url}${path}`, { ...init(), signal: AbortSignal.timeout(20_000) })
      .then(async (response) => ({ status: response.status, text: await response.text() }))
      .catch(() => null) // the line was cut: nobody knows whether it was taken
    if (answer?.status === 200) return JSON.parse(answer.text) as T
    if ((answer !== null && answer.status !== 503) || performance.now() > until) {
      seen.wrong.push(`crew ${path}: ${answer === null ? 'no answer for 90 seconds' : `${answer.status} ${answer.text.slice(0, 300)}`}`)
      return null
    }
    await sleep(100)
  }
}

/** The kind of line in the journal that each act leaves, once. */
const LINES = { started: 'reports.report.started', note: 'reports.update.written', done: 'reports.report.fixed' } as const

async function faultsOf(url: string, receipts: readonly Receipt[]): Promise<string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const kept = await client.query<{ id: string; answer: Receipt }>('select id, answer from reports.act')
    const rows = new Map(kept.rows.map((row) => [row.id, row.answer]))
    const faults = receipts
      .filter(({ id, ...told }) => Object.entries(told).some(([name, value]) => rows.get(id)?.[name as keyof Receipt] !== value))
      .map((told) => `act ${told.id} was acknowledged as ${JSON.stringify(told)} and is there as ${JSON.stringify(rows.get(told.id))}`)
    if (rows.size !== receipts.length) faults.push(`${rows.size} acts are there, ${receipts.length} were acknowledged`)
    const reports = await client.query<{ reference: string; state: string; lines: Record<string, number> | null }>(
      `select r.reference, r.state, (select jsonb_object_agg(type, n) from (select e.type, count(*)::int as n from journal.event e
         where e.stream = r.id::text group by e.type) line) as lines
       from reports.report r where exists (select 1 from reports.act a where a.report_id = r.id)`,
    )
    const acts = Map.groupBy(receipts, (each) => each.reference)
    for (const { reference, state, lines } of reports.rows) {
      const done = acts.get(reference) ?? []
      if (state !== done.at(-1)?.state) faults.push(`report ${reference} is ${state}, its last act left it ${done.at(-1)?.state}`)
      for (const [act, type] of Object.entries(LINES)) {
        const count = done.filter((each) => each.act === act).length
        if ((lines?.[type] ?? 0) !== count) faults.push(`report ${reference}: ${count} acts ${act}, ${lines?.[type] ?? 0} lines ${type}`)
      }
    }
    return faults
  } finally {
    await client.end()
  }
}
