import { makeCategories, readReportsFile } from './categories/categories.ts'
import { type Board, makeBoard, refreshCategories } from './service/index.ts'

export { joinCrew } from './crews/members.ts'
export type { Board } from './service/index.ts'
export { type Imported, importReports } from './intake/import.ts'
export { layPast, type PastAct, type PastFollower, type PastReport } from './intake/past.ts'
export { addKnownClient, DEMO_KEY, open311Api } from './open311/index.ts'
export { type MirrorOrder, pullFile, type Pulled, pullRequests, runHandovers, serverAddress } from './peers/index.ts'
export { type AlertHolding, alertHoldings, rebuildDensity } from './public/index.ts'
export { reportsPanel } from './page/mine.ts'
export { trackReport } from './page/track.ts'
export { eraseReportsOf, type ReportHolding, reportHoldings } from './retention.ts'

/** Puts the board together: the city's `reports.yaml`, if it has one, and the categories that were added since. Throws an error that names the faults of the file. */
export async function openBoard(parts: Omit<Board, 'categories' | 'cityTime' | 'nearest'>): Promise<Board> {
  const categories = makeCategories(await readReportsFile(parts.platform.city.folder), parts.platform.city.currency)
  const board = makeBoard({ ...parts, categories })
  await refreshCategories(board)
  return board
}
