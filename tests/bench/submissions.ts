import pg from 'pg'
import { bytesOf, drive, trimmed } from './client.ts'
import { costFigure, type Figure, quantile, rateFigure } from './figures.ts'
import { type Prepared, prepareJourneys } from './journeys.ts'
import { capture, runLoop } from './loop.ts'
import { type Place, type Running, startProgram } from './program.ts'

const CLIENTS = 8

/** What the measurement of submissions leaves for others: the figures and a case to look at. */
export type Submitted = { readonly figures: Figure[]; readonly followed: { readonly reference: string; readonly trackingToken: string } }

/**
 * Submissions acknowledged, measured on the sending alone, beside a bare loop that writes the very same rows into a
 * copy of the database as it was before. Both commit durably. The program answers over HTTP from a process of its own;
 * background work (sequencer, jobs) belongs to `work` and runs in neither.
 */
export async function measureSubmissions(place: Place, count: number): Promise<Submitted> {
  const before = await startProgram(place)
  const journeys = await prepareJourneys(before.port, count)
  await before.stop()
  const copy = await copyDatabase(place.databaseUrl)
  const program = await startProgram(place)
  await checkpoint(place.databaseUrl)
  let next = 0
  const begun = performance.now()
  const samples = await drive(program.port, CLIENTS, 201, () => {
    const journey = journeys[next++]
    return journey ? submission(journey) : null
  })
  const sent = trimmed(samples, begun)
  const followed = await receiptOf(program.port, journeys[0])
  await program.stop()
  const statements = await capture(
    place.databaseUrl,
    journeys.map((journey) => journey.id),
  )
  const rows = statements.reduce((sum, each) => sum + each.length, 0) / Math.max(1, statements.length)
  if (statements.length !== count) throw new Error(`${statements.length} of ${count} submissions were found in the journal`)
  process.stdout.write(`  ${count} submissions, ${rows.toFixed(1)} rows each\n`)
  await checkpoint(copy)
  const loop = await runLoop(copy, CLIENTS, statements)
  return {
    figures: [
      rateFigure('submissions acknowledged', '1/s', sent.perSecond, loop.perSecond, { must: 0.3, aim: 0.5 }),
      costFigure('submission, 8 clients, p50', 'ms', quantile(sent.latencies, 0.5), { must: 1000, aim: 100 }),
      costFigure('submission, 8 clients, p95', 'ms', quantile(sent.latencies, 0.95), { must: 1000, aim: 100 }),
    ],
    followed,
  }
}

/** Has a running program take submissions, as a load; returns how many it took. */
export async function sendSubmissions(program: Running, count: number): Promise<number> {
  const journeys = await prepareJourneys(program.port, count)
  let next = 0
  const samples = await drive(program.port, CLIENTS, 201, () => {
    const journey = journeys[next++]
    return journey ? submission(journey) : null
  })
  return samples.length
}

function submission(journey: Prepared): string {
  return bytesOf({
    method: 'POST',
    path: `/api/v1/journeys/${journey.id}/submission`,
    headers: { authorization: `Bearer ${journey.token}`, 'idempotency-key': `bench-${journey.id}` },
  })
}

/** The same key gives the same answer: the receipt of a journey that was sent. */
async function receiptOf(port: number, journey: Prepared | undefined): Promise<Submitted['followed']> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/journeys/${journey?.id}/submission`, {
    method: 'POST',
    headers: { authorization: `Bearer ${journey?.token}`, 'idempotency-key': `bench-${journey?.id}` },
  })
  return (await response.json()) as Submitted['followed']
}

/** A copy of the database as it is now, on the same server; gives its address. Nobody may be connected. */
export async function copyDatabase(url: string, name = 'stoa_loop'): Promise<string> {
  const copy = url.replace(/\/stoa(\?|$)/, `/${name}$1`)
  await onServer(url.replace(/\/stoa(\?|$)/, '/postgres$1'), `create database ${name} template stoa`)
  return copy
}

/** Lets the server write down what it holds, so that no measurement pays for the one before. */
export function checkpoint(url: string): Promise<void> {
  return onServer(url, 'checkpoint')
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
