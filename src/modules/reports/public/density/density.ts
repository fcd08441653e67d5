import { cellToLatLng, cellToParent } from 'h3-js'
import type { Job } from '../../../../platform/jobs.ts'
import type { Subscriber } from '../../../../platform/journal/subscribers.ts'
import { type Platform, transact } from '../../../../platform/platform.ts'
import {
  type CellCount,
  type Counted,
  countedOf,
  addCounts,
  keepCounted,
  lockCounting,
  type Parent,
  recountAll,
  reportCells,
} from './store.ts'

/** The resolutions of H3 that are counted: hexagons of 250 square kilometres down to those of a tenth of one. */
export const countedResolutions = [5, 6, 7, 8, 9] as const

const NO_MONTH = '0001-01-01'

/** Counts what happened to reports. What it adds is worked out from the reports themselves, so that reading a line twice adds nothing. */
export const densitySubscriber: Subscriber = {
  name: 'reports.density',
  types: [
    'reports.report.opened', 'reports.report.fixed', 'reports.report.confirmed', 'reports.report.broken', 'reports.report.ended',
    'reports.report.merged', 'reports.report.unmerged', 'reports.report.reopened', 'reports.report.recategorised', 'reports.report.moved', 'reports.report.hidden',
    'reports.report.shown',
  ], // prettier-ignore
  handle: (tx, events) => recount(tx, [...new Set(events.map((event) => event.stream))]),
}

/** The job that counts everything anew, such as after a restore. */
export const rebuildJob: Job = { name: 'reports:density', run: (platform) => rebuildDensity(platform) }

/** Counts these reports as they are now. */
export async function recount(platform: Platform, ids: readonly string[]): Promise<void> {
  await transact(platform, async (tx) => {
    await lockCounting(tx.db)
    const { before, after } = await countedOf(tx.db, ids, tx.city.timeZone)
    const changes = new Map<string, CellCount>()
    for (const each of before) put(changes, each, -1)
    for (const each of after) put(changes, each, 1)
    const there = new Set(after.map((each) => each.report_id))
    const gone = before.filter((each) => !there.has(each.report_id)).map((each) => each.report_id)
    await addCounts(tx.db, [...changes.values()].filter((each) => each.count !== 0)) // prettier-ignore
    await keepCounted(tx.db, gone, after)
  })
}

/** Counts everything anew, in one transaction: readers see the old counts until the new ones are there. */
export async function rebuildDensity(platform: Platform): Promise<void> {
  await transact(platform, async (tx) => {
    await lockCounting(tx.db)
    const cells = await reportCells(tx.db)
    await recountAll(tx.db, cells.flatMap(parentsOf), tx.city.timeZone)
  })
}

function parentsOf(cell: string): Parent[] {
  return countedResolutions.map((resolution) => {
    const parent = cellToParent(cell, resolution)
    const [lat, long] = cellToLatLng(parent)
    return { cell, resolution, parent, lat, long }
  })
}

function put(changes: Map<string, CellCount>, { cell, category, standing, district, month }: Counted, by: 1 | -1): void {
  const kinds = [
    { grain: 'total', category: '', standing: '', district: '', month: NO_MONTH },
    { grain: 'kind', category, standing, district, month: NO_MONTH },
    { grain: 'month', category, standing, district, month },
  ] as const
  for (const { resolution, parent, lat, long } of parentsOf(cell)) {
    for (const kind of kinds) {
      const key = [resolution, parent, ...Object.values(kind)].join('\n')
      const count = (changes.get(key)?.count ?? 0) + by
      changes.set(key, { resolution, cell: parent, lat, long, ...kind, count })
    }
  }
}
