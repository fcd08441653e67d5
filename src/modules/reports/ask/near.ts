import { firstPhotos } from '../page/read.ts'
import { type Board, nearby } from '../service/index.ts'
import type { Draft } from './draft.ts'
import { categoryOf } from './steps.ts'
import type { Neighbour } from './views/similar.ts'

/** How many reports close by are shown at most: more would not be looked through. */
const MOST = 5

/** Open reports of the kind close by; none for a place that is known by words only. */
export async function neighbours(board: Board, draft: Draft): Promise<Neighbour[]> {
  const category = categoryOf(board.categories, draft)
  if (!category || draft.lat === null || draft.long === null || draft.approximate) return []
  const near = (await nearby(board, category.id, draft.lat, draft.long)).slice(0, MOST)
  const photos = await firstPhotos(
    board,
    near.map((each) => each.id),
  )
  return near.map((report) => ({ report, metres: report.metres, photo: photos.get(report.id) ?? null }))
}
