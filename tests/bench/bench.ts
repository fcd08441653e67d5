// npm run bench: measures the program beside bare means in the same run. See docs/figures.md for what each figure says.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allMigrations } from '../../src/declared.ts'
import { migrate } from '../../src/platform/migrate.ts'
import { startCluster } from '../../src/platform/postgres/cluster.ts'
import { measureAccess } from './access.ts'
import { measureAssessments } from './assessments.ts'
import { measureBills } from './bills.ts'
import { costFigure, type Figure, quantile, report } from './figures.ts'
import { services } from './journeys.ts'
import { measureOpenings, seedOpenings } from './openings.ts'
import { measurePages, measureQueue, measureWeight } from './pages.ts'
import { measurePayments } from './payments.ts'
import { measurePostings } from './postings.ts'
import { type Place, root, startProgram } from './program.ts'
import { measureReports } from './reports.ts'
import { measureRules } from './rules.ts'
import { seedCases } from './seed.ts'
import { measureSignIns } from './signins.ts'
import { measureStatement } from './statement.ts'
import { measureSubmissions } from './submissions.ts'
import { measureTokens } from './tokens.ts'
import { measureVault } from './vault.ts'

const full = process.env['BENCH_SCALE'] === 'full'
const only = process.argv[2] ?? ''
const scale = full
  ? {
      cases: 1_000_000,
      submissions: 4_000,
      tokens: 1_000,
      seconds: 10,
      rounds: 40,
      reports: 1_000_000,
      posts: 6_000,
      rows: 50_000,
      postings: 1_000_000,
      parcels: 1_000_000,
      entries: 100_000,
      payments: 1_000,
      bills: 1_000_000,
    }
  : {
      cases: 100_000,
      submissions: 1_200,
      tokens: 400,
      seconds: 5,
      rounds: 20,
      reports: 100_000,
      posts: 2_000,
      rows: 10_000,
      postings: 100_000,
      parcels: 100_000,
      entries: 10_000,
      payments: 200,
      bills: 100_000,
    }

const folder = mkdtempSync(join(tmpdir(), 'stoa-bench-'))
chmodSync(folder, 0o711) // as root the database runs as another user, who must come through
const cluster = await startCluster(folder) // as durable as a deployment: fsync and synchronous_commit stay on
let reached = false
try {
  await migrate(cluster.url, allMigrations())
  reached = report(await measure({ databaseUrl: cluster.url, dataDir: folder }), root)
} finally {
  await cluster.stop()
  rmSync(folder, { recursive: true, force: true })
}
process.exit(reached ? 0 : 1)

async function measure(place: Place): Promise<Figure[]> {
  const figures: Figure[] = []
  const step = async (name: string, work: () => Promise<Figure[]> | Figure[]): Promise<void> => {
    const begun = performance.now()
    figures.push(...(await work()))
    process.stdout.write(`${name}: ${((performance.now() - begun) / 1000).toFixed(0)} s\n`)
  }
  if (only === 'rules') return measureRules()
  if (only === 'access') return measureAccess()
  if (only === 'openings') return openingsAlone(place)
  if (only === 'sign-ins') return measureSignIns(place, scale.seconds)
  if (only === 'reports') return measureReports(place, scale)
  if (only === 'postings') return measurePostings(place, scale)
  if (only === 'assessments') return measureAssessments(place, scale)
  if (only === 'payments') return measurePayments(place, scale.payments)
  if (only === 'statement') return measureStatement(place, scale)
  if (only === 'bills') return measureBills(place, scale)
  if (only === 'tokens') return measureTokens(place, scale.tokens)
  await step('access', measureAccess)
  await step('rules', measureRules)
  await step('vault', () => measureVault(place, scale.seconds))
  if (only === 'vault') return figures
  await step('sign-ins', () => measureSignIns(place, scale.seconds))
  await step('tokens', () => measureTokens(place, scale.tokens))
  await step('reports', () => measureReports(place, scale))
  await step('postings', () => measurePostings(place, scale))
  await step('assessments', () => measureAssessments(place, scale))
  await step('bills', () => measureBills(place, scale))
  await step('payments', () => measurePayments(place, scale.payments))
  await step('statement', () => measureStatement(place, scale))
  let followed = { reference: '', trackingToken: '' }
  await step('submissions', async () => {
    const submitted = await measureSubmissions(place, only === 'pages' ? 40 : scale.submissions)
    followed = submitted.followed
    return submitted.figures
  })
  if (only === 'submissions') return figures
  const seeded = await seedCases(place, scale.cases)
  const lookedAt = await seedOpenings(place)
  const starts: number[] = []
  for (let n = 0; n < 3; n += 1) {
    const started = await startProgram(place)
    starts.push(started.readyMs / 1000)
    await started.stop()
  }
  figures.push(costFigure('ready on an existing database, p50 of 3', 's', quantile(starts, 0.5), { must: 2, aim: 1 }))
  const program = await startProgram(place)
  try {
    await step('first views', () => measureWeight(program, [...services, 'resident_parking_permit'], followed))
    await step('queue', () => measureQueue(program, seeded, scale.cases, scale.rounds))
    await step('openings', () => measureOpenings(program, lookedAt, scale.rounds))
    await step('pages', () => measurePages(program, folder, seeded, scale.seconds))
    figures.push(costFigure('memory (RSS) after the load', 'MB', program.rssMegabytes(), { must: 350, aim: 250 }))
  } finally {
    await program.stop()
  }
  return figures
}

/** The openings by themselves, in a small city. */
async function openingsAlone(place: Place): Promise<Figure[]> {
  await seedCases(place, 5_000)
  const lookedAt = await seedOpenings(place)
  const program = await startProgram(place)
  try {
    return await measureOpenings(program, lookedAt, scale.rounds)
  } finally {
    await program.stop()
  }
}
