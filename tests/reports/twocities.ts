import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accountActor, anonymous } from '../../src/modules/access/index.ts'
import { runHandovers } from '../../src/modules/reports/index.ts'
import { handoverOf } from '../../src/modules/reports/peers/store.ts'
import type { Report } from '../../src/modules/reports/report.ts'
import { getReport, sendReport } from '../../src/modules/reports/service/index.ts'
import { root, startApp, type TestApp } from '../support/app.ts'
import { freePort } from '../support/port.ts'

/** An officer of the whole city. */
export const team = accountActor({ accountId: '00000000-0000-7000-8000-00000000000a', personId: null, roles: [{ role: 'officer', agency: null }], channel: 'web', level: 'substantial' }) // prettier-ignore

/** Two cities, and a port where a third body may listen: `startTwoCities` opens them. */
export type TwoCities = Awaited<ReturnType<typeof startTwoCities>>

/** A copy of the demo city whose regional roads are the other city, and whose port authority is at a port of this machine. */
async function cityThatKnows(folder: string, roads: string, port: number): Promise<void> {
  await cp(join(root, 'city'), folder, { recursive: true })
  const file = join(folder, 'reports.yaml')
  const text = await readFile(file, 'utf8')
  const endpoint = (url: string, more: string): string => `    open311: { url: '${url}', services: { ${more} } }\n`
  await writeFile(
    file,
    text
      .replace(/(- id: regional_roads\n)/, `$1${endpoint(`${roads}/open311/v2`, 'bench: bench, litter: no_such_service')}`)
      .replace(/(- id: port_authority\n)/, `$1${endpoint(`http://localhost:${port}/v2`, 'bench: BENCH')}`),
  )
}

/** Starts two cities, of which ours hands over to theirs; both have one clock, which is the machine's and `pass` puts forward. */
export async function startTwoCities() {
  let shift = 0
  const now = (): Date => new Date(Date.now() + shift)
  const folder = await mkdtemp(join(tmpdir(), 'stoa-city-'))
  const port = await freePort()
  const started: TestApp[] = []
  const close = async (): Promise<void> => {
    for (const each of started.toReversed()) await each.close()
    await rm(folder, { recursive: true, force: true })
  }
  const start = async (own: Parameters<typeof startApp>[0]): Promise<TestApp> => {
    const app = await startApp({ accounts: true, overrides: { now }, ...own })
    started.push(app)
    return app
  }
  try {
    const theirs = await start({ listen: true })
    await cityThatKnows(folder, theirs.url, port)
    const ours = await start({ env: { CITY_DIR: folder, OPEN311_KEYS: 'regional_roads=harbourview-demo-key' } })
    return { ours, theirs, port, now, close, pass: (milliseconds: number): void => void (shift += milliseconds), ...meansOf(ours, theirs) }
  } catch (error) {
    await close()
    throw error
  }
}

/** What the tests do with two cities. */
function meansOf(ours: TestApp, theirs: TestApp) {
  const keys = new Map([['regional_roads', 'harbourview-demo-key']])
  let count = 0
  return {
    /** Does what is due of handing over. */
    run: () => runHandovers(ours.app.board, keys),
    /** A new report of ours, with a name and an address that are nobody else's to know. */
    async make(category = 'bench'): Promise<Report> {
      count += 1
      const address = ours.app.board.places?.addresses[count * 41]
      assert.ok(address)
      const { report } = await sendReport(ours.app.board, anonymous('web'), {
        source: 'web', sourceId: `hand-${count}`, category, lat: address.lat, long: address.long, text: `Broken ${count}`, answers: {}, language: 'es', photos: [],
        contact: { name: 'Ana Fictional', email: 'ana@resident.example' },
      }) // prettier-ignore
      return report
    },
    /** What became of a report of ours in their city. */
    async there(report: Report): Promise<Report> {
      const remote = (await handoverOf(ours.app.platform.db, report.id))?.remote_id
      assert.ok(remote, 'it is there')
      return getReport(theirs.app.board, remote)
    },
    /** How far handing over a report of ours is: the state, the fault and how often it was tried. */
    async state(report: Report) {
      const row = await handoverOf(ours.app.platform.db, report.id)
      return [row?.state, row?.fault, row?.tries]
    },
  }
}
