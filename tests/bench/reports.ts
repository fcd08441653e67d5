import { mkdirSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { latLngToCell } from 'h3-js'
import pg from 'pg'
import { type App, createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { importReports, rebuildDensity } from '../../src/modules/reports/index.ts'
import { addKnownClient } from '../../src/modules/reports/open311/index.ts'
import { nearby } from '../../src/modules/reports/service/index.ts'
import { bytesOf, drive, loadFor, once, type Sent, trimmed } from './client.ts'
import { costFigure, type Figure, quantile, rateFigure } from './figures.ts'
import { captureReports, runLoop } from './loop.ts'
import { weigh } from './pages.ts'
import { environmentOf, type Place, type Running, root, startBare, startProgram } from './program.ts'
import { checkpoint, copyDatabase } from './submissions.ts'

const CLIENTS = 8
const KEY = 'bench-key-of-no-city'

/** How much is measured: reports that are there, requests that are posted, rows that are imported. */
export type ReportScale = {
  readonly reports: number
  readonly posts: number
  readonly rows: number
  readonly seconds: number
  readonly rounds: number
}

/** Reports: taken in beside a bare loop of the same rows, given out beside bare node:http, searched among many, imported; and the weight of the page. */
export async function measureReports(place: Place, scale: ReportScale): Promise<Figure[]> {
  const posts = await measurePosts(place, scale.posts)
  const app = await openApp(place)
  try {
    const homes = homesOf(app)
    const figures = [...posts, ...(await measureImport(place, app, scale.rows))]
    await seedReports(place, app, scale.reports)
    const program = await startProgram(place)
    try {
      figures.push(...(await measureGiving(place, program, scale.seconds)))
      figures.push(...(await measureSearch(app, homes, program, scale)))
      figures.push(...(await measurePage(program, app)))
    } finally {
      await program.stop()
    }
    return figures
  } finally {
    await app.close()
  }
}

async function openApp(place: Place): Promise<App> {
  const config = readConfig(environmentOf(place, 0), root)
  return createApp({ ...config, logLevel: 'silent' }, place.databaseUrl)
}

type Homes = ReadonlyArray<{ readonly lat: number; readonly long: number }>

function homesOf(app: App): Homes {
  return app.board.places?.addresses ?? []
}

/** A place of the city that a number decides. */
function placeAt(homes: Homes, n: number): { lat: number; long: number } {
  const home = homes[(n * 7_919) % homes.length]
  if (!home) throw new Error('the city has no addresses')
  return { lat: home.lat, long: home.long }
}

function posting(homes: Homes, n: number): string {
  const { lat, long } = placeAt(homes, n)
  const body = new URLSearchParams({
    api_key: KEY, service_code: 'graffiti', lat: String(lat), long: String(long), description: `Paint on the wall, number ${n} of the row.`,
    'attribute[hateful]': 'no',
  }) // prettier-ignore
  return bytesOf({
    method: 'POST',
    path: '/open311/v2/requests.json',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'idempotency-key': `bench-${n}` },
    body: body.toString(),
  })
}

/** The key of the program that posts; gives where it posts to. Nobody is connected afterwards, so that the database can be copied. */
async function prepare(place: Place): Promise<Homes> {
  const app = await openApp(place)
  try {
    await addKnownClient(app.platform, KEY, 1_000_000)
    return homesOf(app)
  } finally {
    await app.close()
  }
}

async function measurePosts(place: Place, count: number): Promise<Figure[]> {
  const homes = await prepare(place)
  const copy = await copyDatabase(place.databaseUrl, 'stoa_loop_reports')
  const program = await startProgram(place)
  await checkpoint(place.databaseUrl)
  let next = 0
  const begun = performance.now()
  let samples: Array<{ at: number; took: number }>
  try {
    samples = await drive(program.port, CLIENTS, 201, () => (next < count ? posting(homes, next++) : null))
  } finally {
    await program.stop()
  }
  const sent = trimmed(samples, begun)
  const statements = await captureReports(place.databaseUrl)
  if (statements.length !== count) throw new Error(`${statements.length} of ${count} reports were found in the journal`)
  const rows = statements.reduce((sum, each) => sum + each.length, 0) / Math.max(1, count)
  process.stdout.write(`  ${count} reports, ${rows.toFixed(1)} rows each\n`)
  await checkpoint(copy)
  const loop = await runLoop(copy, CLIENTS, statements)
  return [
    rateFigure('reports acknowledged (Open311 POST)', '1/s', sent.perSecond, loop.perSecond, { must: 0.3, aim: 0.5 }),
    costFigure('report, 8 clients, p95', 'ms', quantile(sent.latencies, 0.95), { must: 1000, aim: 100 }),
  ]
}

async function measureImport(place: Place, app: App, count: number): Promise<Figure[]> {
  const folder = join(place.dataDir, 'import')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'reports.csv')
  const head = 'id,type,opened,closed,status,lat,long,address'
  const homes = homesOf(app)
  const lines = Array.from({ length: count }, (_, n) => {
    const { lat, long } = placeAt(homes, n)
    const day = String((n % 28) + 1).padStart(2, '0')
    return `B-${n},Kind ${n % 200},2024-03-${day} 10:00,${n % 20 === 0 ? '' : `2024-04-${day} 11:30`},${n % 20 === 0 ? 'Open' : 'Closed'},${lat.toFixed(6)},${long.toFixed(6)},"${n} Invented Street, Town"`
  })
  await writeFile(file, [head, ...lines].join('\n'))
  const map = `name: bench
language: en
time_zone: Europe/Lisbon
dates: [iso]
id: id
opened: opened
closed: closed
status: { column: status, words: { Open: received, Closed: closed } }
category: { column: type, group: streets }
agency: { otherwise: transport }
address: [address]
position: { lat: lat, long: long, least_digits: 1 }
`
  const begun = performance.now()
  const done = await importReports(app.board, { file, map: { path: 'bench.yaml', text: map }, rejects: join(folder, 'rejects.csv') })
  const seconds = (performance.now() - begun) / 1000
  if (done.tally.added !== count) throw new Error(`${done.tally.added} of ${count} rows were imported: ${JSON.stringify(done.tally)}`)
  await rm(folder, { recursive: true, force: true })
  process.stdout.write(`  ${Math.round(count / seconds).toLocaleString('en')} rows imported a second\n`)
  return [costFigure('CSV import, a thousand rows', 'ms', (seconds * 1_000_000) / count, { must: 1_000, aim: 400 })]
}

/** Fills the report table set-based in the shapes of a city, and counts the hexagons. */
async function seedReports(place: Place, app: App, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: place.databaseUrl })
  await client.connect()
  try {
    await client.query('create temporary table spot (n serial, lat float8, long float8, district text, address text, cell text)')
    const homes = app.board.places?.addresses ?? []
    await client.query('insert into spot (lat, long, district, address, cell) select * from unnest($1::float8[], $2::float8[], $3::text[], $4::text[], $5::text[])', [
      homes.map((each) => each.lat), homes.map((each) => each.long), homes.map((each) => each.district), homes.map((each) => each.line1),
      homes.map((each) => latLngToCell(each.lat, each.long, 10)),
    ]) // prettier-ignore
    await client.query('create temporary table kind (n serial, category text, agency text)')
    const kinds = app.board.categories.list.filter((each) => each.source === null)
    await client.query('insert into kind (category, agency) select * from unnest($1::text[], $2::text[])', [kinds.map((each) => each.id), kinds.map((each) => each.agency)]) // prettier-ignore
    // a row in twenty is open, one in fifty is being checked; its hash deals out the rest, so that the same count gives the same city
    await client.query(
      `insert into reports.report (id, reference, category, agency, district, lat, long, cell, address, text, language, state, outcome, closure, confirmed_by,
         source, source_id, opened_at, due_on, warned, overdue_noted, ended_at, checking_until, updated_at)
       select gen_random_uuid(), 'BEN-' || substr(h, 1, 4) || '-' || upper(lpad(to_hex(g), 8, '0')), category, agency, district,
         lat + (d % 97 - 48) * 0.000003, long + (d % 89 - 44) * 0.000003, cell, address, 'What was seen, in some words, as people write them: number ' || g, 'en',
         state, outcome, case outcome when 'fixed' then '{"outcome": "fixed", "evidence": {"kind": "work_order", "order": "WO-1", "on": "2024-01-01"}}'::jsonb
           when 'no_action' then '{"outcome": "no_action", "reason": "nothing_found"}'::jsonb end,
         case when state = 'closed' and outcome = 'fixed' then (array['reporter', 'followers', 'silence'])[1 + d % 3] end,
         'web', null, at, (at + interval '10 days')::date, true, true, case when outcome is not null then at + (d % 30 + 1) * interval '8 hours' end,
         case when state = 'checking' then current_date + 5 end, at + interval '1 hour'
       from (select g, h, d, s.lat, s.long, s.district, s.address, s.cell, k.category, k.agency,
           case when g % 20 = 0 then 'received' when g % 50 = 1 then 'checking' else 'closed' end as state,
           case when g % 20 = 0 then null when g % 50 = 1 then 'fixed' when d % 6 = 0 then 'no_action' else 'fixed' end as outcome,
           date_trunc('milliseconds', now() - (case when g % 20 = 0 then d % 60 else 30 + d % 1400 end) * interval '1 day' - (d % 86400) * interval '1 second') as at
         from (select g, md5(g::text) as h, ('x' || substr(md5(g::text), 1, 7))::bit(28)::int as d from generate_series(1, $1::int) g) numbered
         join spot s on s.n = 1 + (d / 11) % $2 join kind k on k.n = 1 + (d / 7) % $3) dealt`,
      [count, homes.length, kinds.length],
    )
    await rebuildDensity(app.platform)
    await client.query('vacuum analyze')
  } finally {
    await client.end()
  }
}

async function measureGiving(place: Place, program: Running, seconds: number): Promise<Figure[]> {
  const wanted: Array<{ name: string; sent: Sent }> = [
    { name: '1,000 requests as JSON', sent: { method: 'GET', path: `/open311/v2/requests.json?api_key=${KEY}` } },
    { name: '1,000 requests as XML', sent: { method: 'GET', path: `/open311/v2/requests.xml?api_key=${KEY}` } },
  ]
  const answers = []
  for (const { sent } of wanted) {
    const answer = await once(program.port, sent)
    if (answer.status !== 200) throw new Error(`${sent.path}: ${answer.status} ${answer.body.toString().slice(0, 200)}`)
    answers.push({ path: sent.path, answer })
  }
  const bare = await startBare(place.dataDir, answers)
  try {
    const figures: Figure[] = []
    for (const { name, sent } of wanted) {
      const first = await loadFor(bare.port, CLIENTS, seconds / 2, sent)
      const own = await loadFor(program.port, CLIENTS, seconds, sent)
      const second = await loadFor(bare.port, CLIENTS, seconds / 2, sent)
      figures.push(rateFigure(name, '1/s', own.perSecond, (first.perSecond + second.perSecond) / 2, { must: 0.3, aim: 0.5 }))
    }
    return figures
  } finally {
    await bare.stop()
  }
}

async function measureSearch(app: App, homes: Homes, program: Running, { reports, rounds }: ReportScale): Promise<Figure[]> {
  const size = reports.toLocaleString('en')
  const p95 = async (ask: (n: number) => Promise<void>): Promise<number> => {
    const samples: number[] = []
    for (let n = -20; n < rounds * 10; n += 1) {
      const begun = performance.now()
      await ask(n + 20)
      if (n >= 0) samples.push(performance.now() - begun)
    }
    return quantile(samples, 0.95)
  }
  const get = async (path: string): Promise<void> => {
    const answer = await once(program.port, { method: 'GET', path, headers: { 'accept-language': 'en' } })
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body.toString().slice(0, 200)}`)
  }
  const box = (n: number, half: number): string => {
    const { lat, long } = placeAt(homes, n)
    return [long - half * 1.3, lat - half, long + half * 1.3, lat + half].map((each) => each.toFixed(5)).join(',')
  }
  const kinds = app.board.categories.list.filter((each) => each.source === null).map((each) => each.id)
  const kind = (n: number): string => kinds[n % kinds.length] ?? ''
  const single = await p95((n) => get(`/reports/tiles.json?bbox=${box(n, 0.004)}&zoom=17&category=${kind(n)}&state=closed`))
  const tile = await p95((n) => get(`/reports/tiles.json?bbox=${box(n, 0.03)}&zoom=${10 + (n % 5)}`))
  const filtered = await p95((n) => get(`/reports/tiles.json?bbox=${box(n, 0.03)}&zoom=${12 + (n % 3)}&category=${kind(n)}&period=12m`))
  const list = await p95((n) => get(`/reports?category=${kind(n)}&state=open`))
  const same = await p95(async (n) => {
    const { lat, long } = placeAt(homes, n)
    await nearby(app.board, kind(n), lat, long)
  })
  return [
    costFigure(`box and filter, ${size} reports, p95`, 'ms', single, { must: 50, aim: 20 }),
    costFigure(`cluster tile, ${size} reports, p95`, 'ms', tile, { must: 30, aim: 10 }),
    costFigure(`cluster tile by kind and month, ${size} reports, p95`, 'ms', filtered, { must: 50, aim: 20 }),
    costFigure(`list by kind, ${size} reports, p95`, 'ms', list, { must: 50, aim: 20 }),
    costFigure(`duplicate search, ${size} reports, p95`, 'ms', same, { must: 10, aim: 3 }),
  ]
}

/** The first view of the page of a report, and of the list of all with its map and everything that the map loads. */
async function measurePage(program: Running, app: App): Promise<Figure[]> {
  const { rows } = await app.database.pool.query<{ reference: string }>(
    `select reference from reports.report where source = 'open311' limit 1`,
  )
  const encoded = { 'accept-encoding': 'gzip, deflate, br' }
  const path = `/reports/${rows[0]?.reference}`
  const page = await weigh(program.port, { method: 'GET', path, headers: encoded })
  const list = await weigh(program.port, { method: 'GET', path: '/reports', headers: encoded })
  const more = await mapBytes(program.port, '/reports')
  process.stdout.write(
    `  report page with its picture of the place ${(page.total / 1000).toFixed(1)} kB, list ${(list.total / 1000).toFixed(1)} kB, its map ${(more / 1000).toFixed(1)} kB\n`,
  )
  return [
    costFigure('first view of a report page, with a picture of the place', 'kB', page.total / 1000, { must: 40, aim: 25 }),
    costFigure('first view of the list with its map', 'kB', (list.total + more) / 1000, { must: 160, aim: 120 }),
  ]
}

/** What the script of a page's map loads by itself: scripts, styles and the drawing of the city. */
async function mapBytes(port: number, path: string): Promise<number> {
  const text = (await once(port, { method: 'GET', path })).body.toString()
  const seen = new Set([...text.matchAll(/<(?:link|script)\b[^>]*?\b(?:href|src)="([^"]+)"/g)].map((found) => found[1] ?? ''))
  const first = [...seen].find((each) => /\/map[^/]*\.js/.test(each))
  if (first === undefined) throw new Error(`${path} has no map`)
  const later = ['/map/base.json']
  const look = async (address: string): Promise<void> => {
    const source = (await once(port, { method: 'GET', path: address })).body.toString()
    for (const [, found = ''] of source.matchAll(/['"](\/assets\/[^'"]+\.(?:js|css))['"]/g)) {
      // the drawing of tiles comes only where an operator set some
      if (seen.has(found) || /protomaps/.test(found)) continue
      seen.add(found)
      later.push(found)
      if (found.endsWith('.js')) await look(found)
    }
  }
  await look(first)
  let total = 0
  for (const each of later) {
    const answer = await once(port, { method: 'GET', path: each, headers: { 'accept-encoding': 'gzip, deflate, br' } })
    if (answer.status !== 200) throw new Error(`${each}: ${answer.status}`)
    total += answer.body.length
  }
  return total
}
