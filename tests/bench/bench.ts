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
import { brokenFigure, costFigure, type Figure, quantile, report } from './figures.ts'
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
import { measureSubmissions, sendSubmissions, type Submitted } from './submissions.ts'
import { measureTokens } from './tokens.ts'
import { measureVault } from './vault.ts'

const full = process.env['BENCH_SCALE'] === 'full'
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

/** Parts that can be measured alone, by the name that is given as an argument. */
const alone: Readonly<Record<string, (place: Place) => Promise<Figure[]> | Figure[]>> = {
  rules: measureRules,
  access: measureAccess,
  openings: openingsAlone,
  vault: (place) => measureVault(place, scale.seconds),
  'sign-ins': (place) => measureSignIns(place, scale.seconds),
  tokens: (place) => measureTokens(place, scale.tokens),
  reports: (place) => measureReports(place, scale),
  postings: (place) => measurePostings(place, scale),
  assessments: (place) => measureAssessments(place, scale),
  payments: (place) => measurePayments(place, scale.payments),
  statement: (place) => measureStatement(place, scale),
  bills: (place) => measureBills(place, scale),
  submissions: async (place) => (await measureSubmissions(place, scale.submissions)).figures,
  pages: async (place) => measureServing(place, await measureSubmissions(place, 40)),
}

const part = process.argv[2]
if (part !== undefined && !Object.hasOwn(alone, part)) {
  process.stderr.write(`There is no part ${part}. Parts: ${Object.keys(alone).join(', ')}\n`)
  process.exit(2)
}
const folder = mkdtempSync(join(tmpdir(), 'stoa-bench-'))
chmodSync(folder, 0o711) // as root the database runs as another user, who must come through
const cluster = await startCluster(folder) // as durable as a deployment: fsync and synchronous_commit stay on
const figures: Figure[] = []
let reached = false
try {
  await migrate(cluster.url, allMigrations())
  await measure({ databaseUrl: cluster.url, dataDir: folder })
} finally {
  reached = report(figures, part === undefined ? root : null)
  await cluster.stop()
  rmSync(folder, { recursive: true, force: true })
}
process.exit(reached ? 0 : 1)

/** Measures everything, or the one part; a part that fails is told as missed, and the others are measured all the same. */
async function measure(place: Place): Promise<void> {
  const step = async (name: string, work: () => Promise<Figure[]> | Figure[]): Promise<void> => {
    const begun = performance.now()
    try {
      figures.push(...(await work()))
    } catch (error) {
      figures.push(brokenFigure(name))
      process.stderr.write(`${name}: ${error instanceof Error ? error.stack : String(error)}\n`)
    }
    process.stdout.write(`${name}: ${((performance.now() - begun) / 1000).toFixed(0)} s\n`)
  }
  const own = part === undefined ? undefined : alone[part]
  if (part !== undefined && own) return step(part, () => own(place))
  for (const name of [
    'access',
    'rules',
    'vault',
    'sign-ins',
    'tokens',
    'reports',
    'postings',
    'assessments',
    'bills',
    'payments',
    'statement',
  ])
    await step(name, () => alone[name]?.(place) ?? [])
  await step('submissions and pages', async () => {
    const submitted = await measureSubmissions(place, scale.submissions)
    return [...submitted.figures, ...(await measureServing(place, submitted))]
  })
}

/** What a running program answers: first views, queues, pages, and its memory after all of that and more submissions. */
async function measureServing(place: Place, { followed }: Submitted): Promise<Figure[]> {
  const seeded = await seedCases(place, scale.cases)
  const lookedAt = await seedOpenings(place)
  const starts: number[] = []
  for (let n = 0; n < 3; n += 1) {
    const started = await startProgram(place)
    starts.push(started.readyMs / 1000)
    await started.stop()
  }
  const program = await startProgram(place)
  try {
    const sent = await sendSubmissions(program, 400)
    process.stdout.write(`  ${sent} submissions before the pages\n`)
    return [
      costFigure('ready on an existing database, p50 of 3', 's', quantile(starts, 0.5), { must: 2, aim: 1 }),
      ...(await measureWeight(program, seeded, [...services, 'resident_parking_permit'], followed)),
      ...(await measureQueue(program, seeded, scale.cases, scale.rounds)),
      ...(await measureOpenings(program, lookedAt, scale.rounds)),
      ...(await measurePages(program, folder, seeded, scale.seconds)),
      costFigure('memory (RSS) after the load', 'MB', program.rssMegabytes(), { must: 350, aim: 250 }),
    ]
  } finally {
    await program.stop()
  }
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
