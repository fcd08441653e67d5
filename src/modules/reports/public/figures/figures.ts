import { startOfDay } from '../../../../kernel/time.ts'
import { today } from '../../../../platform/platform.ts'
import type { Board } from '../../service/board.ts'
import { districtCounts } from '../density/store.ts'
import { monthsOf } from '../filter.ts'
import type { PublicStanding } from '../standing.ts'
import { fixFigures } from './store.ts'

/** Fewer confirmed fixes than this have no median. */
const ENOUGH = 5
/** The coarsest hexagons have the fewest rows to add up. */
const COARSEST = 5

/** What became of the reports of a district; `district` null: all of the city. */
export type DistrictFigures = {
  readonly district: string | null
  readonly opened: number
  readonly standing: Readonly<Record<PublicStanding, number>>
  /** Of those that were called fixed, the share that came back, 0 to 1; null when none was. */
  readonly reopenedShare: number | null
  /** Calendar days to the fix of half of the confirmed ones; null when they are too few. */
  readonly medianDays: number | null
}

const NONE: Record<PublicStanding, number> = {
  open: 0, checking: 0, confirmed: 0, silent: 0, not_ours: 0, duplicate: 0, no_action: 0, referred: 0, withdrawn: 0, elsewhere: 0,
} // prettier-ignore

/** The figures of each district in the city's order, those outside every district last if there are any. */
export async function figuresOf(board: Board, period: string | null): Promise<DistrictFigures[]> {
  const { platform } = board
  const zone = platform.city.timeZone
  const months = monthsOf(period, today(platform))
  const instants = months && { from: startOfDay(zone, months.from), to: startOfDay(zone, months.to) }
  const [counts, fixes] = [await districtCounts(platform.db, COARSEST, months), await fixFigures(platform.db, instants)]
  const ids = [...(board.places?.districts.map((each) => each.id) ?? []), ...(counts.some((row) => row.district === '') ? [''] : [])]
  return ids.map((id) => {
    const standing = { ...NONE }
    for (const row of counts) if (row.district === id) standing[row.standing] += row.count
    const fix = fixes.find((each) => each.district === id)
    const called = standing.checking + standing.confirmed + standing.silent
    const reopened = fix?.reopened ?? 0
    return {
      district: id === '' ? null : id,
      opened: Object.values(standing).reduce((sum, value) => sum + value, 0),
      standing,
      reopenedShare: called + reopened === 0 ? null : Math.min(1, reopened / Math.max(called, reopened)),
      medianDays: fix && fix.measured >= ENOUGH && fix.median !== null ? Math.max(0, Math.round(fix.median)) : null,
    }
  })
}
