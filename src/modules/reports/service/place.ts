import { latLngToCell } from 'h3-js'
import { Problem } from '../../../kernel/problem.ts'
import type { Board } from './board.ts'

/** The resolution of the H3 cells of reports: hexagons of about 15,000 square metres. */
const CELL_RESOLUTION = 10
/** Where a report is, as it is kept. */
export type Placed = {
  readonly lat: number
  readonly long: number
  readonly cell: string
  readonly district: string | null
  readonly address: string | null
}

/**
 * The place of a report: its cell, its district, and the nearest address unless one was given. Throws 422 for coordinates
 * that are none (`reports.no-place`) or outside the city (`reports.outside`).
 */
export function placeFor(board: Board, lat: number, long: number, address: string | null): Placed {
  if (!(Math.abs(lat) <= 90) || !(Math.abs(long) <= 180)) throw new Problem('reports.no-place', 422, 'Say where it is.')
  const district = board.places?.districtAt(lat, long)?.id ?? null
  if (board.places && district === null) throw new Problem('reports.outside', 422, 'This place is outside the city.')
  return { lat, long, cell: latLngToCell(lat, long, CELL_RESOLUTION), district, address: address ?? board.nearest(lat, long) }
}
