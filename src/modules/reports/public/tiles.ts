import { cellToBoundary, cellToLatLng } from 'h3-js'
import { today } from '../../../platform/platform.ts'
import { textOf } from '../../../platform/http/routes.ts'
import { plainWords, type View } from '../../../ui/index.ts'
import { type Bbox, listReports } from '../search/store.ts'
import type { Board } from '../service/board.ts'
import { cellCounts } from './density/store.ts'
import { categoriesOf, monthsOf, type PublicFilter, searchOf, standingsOf } from './filter.ts'
import { publicStanding } from './standing.ts'

/** One thing on the map (RFC 7946): a report, some reports, or a hexagon. */
export type Feature = {
  readonly type: 'Feature'
  readonly geometry:
    | { readonly type: 'Point'; readonly coordinates: readonly [number, number] }
    | { readonly type: 'Polygon'; readonly coordinates: ReadonlyArray<ReadonlyArray<readonly [number, number]>> }
  readonly properties: Readonly<Record<string, unknown>>
}
export type Features = { readonly type: 'FeatureCollection'; readonly features: readonly Feature[] }

/** From this zoom on single reports are shown. */
const SINGLE = 16
const MOST_SINGLE = 500
const MOST_CELLS = 3_000

/** What the part of a map shows that a request asks for. */
export type TileAsk = { readonly bbox: Bbox; readonly zoom: number; readonly heat: boolean }

/** Reads `bbox` (west,south,east,north; RFC 7946, 5), `zoom` and `show`; null when they are no part of a map. */
export function readTile(query: unknown): TileAsk | null {
  const bbox = readBbox(textOf(query, 'bbox'))
  const zoom = Number(textOf(query, 'zoom') ?? 'none')
  if (bbox === null || !(zoom >= 0 && zoom <= 24)) return null
  return { bbox, zoom, heat: textOf(query, 'show') === 'heat' }
}

/** A box of WGS 84 degrees from a text; null for what is none. */
export function readBbox(text: string | null): Bbox | null {
  const sides = (text ?? '').split(',').map((part) => (/^\s*-?\d{1,3}(\.\d{1,12})?\s*$/.test(part) ? Number(part) : Number.NaN))
  const [west = Number.NaN, south = Number.NaN, east = Number.NaN, north = Number.NaN] = sides
  const fits = sides.length === 4 && west <= east && south <= north && Math.abs(south) <= 90 && Math.abs(north) <= 90
  return fits && Math.abs(west) <= 360 && Math.abs(east) <= 360 ? [west, south, east, north] : null
}

/** What the part of the map shows: reports when it is near, else their number in hexagons. */
export async function tile(board: Board, view: View, filter: PublicFilter, ask: TileAsk): Promise<Features> {
  if (ask.zoom >= SINGLE && !ask.heat) {
    const reports = await listReports(board.platform.db, searchOf(board, filter, ask.bbox), { limit: MOST_SINGLE })
    if (reports.length < MOST_SINGLE)
      return collection(
        reports.map((report) => ({
          type: 'Feature',
          geometry: { type: 'Point', coordinates: [report.long, report.lat] },
          properties: {
            id: report.reference,
            label: `${plainWords(view, board.categories.byId(report.category)?.name ?? {})} · ${view.t(`reports.public.standing.${publicStanding(report)}`)}`,
            href: `/reports/${report.reference}`,
            tone: toneOf(publicStanding(report)),
          },
        })),
      )
  }
  const cells = await cellsOf(board, filter, ask)
  const most = cells.reduce((high, each) => Math.max(high, each.count), 1)
  return collection(cells.map(({ cell, count }) => (ask.heat ? hexagon(view, cell, count, most) : cluster(view, cell, count))))
}

function cellsOf(board: Board, filter: PublicFilter, { bbox, zoom }: TileAsk): Promise<Array<{ cell: string; count: number }>> {
  const { platform } = board
  const resolution = zoom < 9 ? 5 : zoom < 11 ? 6 : zoom < 13 ? 7 : zoom < 15 ? 8 : 9
  // a hexagon whose middle is just outside reaches in
  const [wide, high] = [(bbox[2] - bbox[0]) * 0.1, (bbox[3] - bbox[1]) * 0.1]
  return cellCounts(
    platform.db,
    {
      resolution,
      bbox: [bbox[0] - wide, bbox[1] - high, bbox[2] + wide, bbox[3] + high],
      categories: categoriesOf(board, filter),
      standings: standingsOf(filter),
      district: filter.district,
      months: monthsOf(filter.period, today(platform)),
    },
    MOST_CELLS,
  )
}

function collection(features: readonly Feature[]): Features {
  return { type: 'FeatureCollection', features }
}

function ringOf(cell: string): Array<readonly [number, number]> {
  const ring = cellToBoundary(cell).map(([lat, long]): readonly [number, number] => [rounded(long), rounded(lat)])
  const [first] = ring
  return first ? [...ring, first] : ring
}

function cluster(view: View, cell: string, count: number): Feature {
  const [lat, long] = cellToLatLng(cell)
  const ring = ringOf(cell)
  const longs = ring.map(([x]) => x)
  const lats = ring.map(([, y]) => y)
  const bbox = [Math.min(...longs), Math.min(...lats), Math.max(...longs), Math.max(...lats)]
  return {
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [rounded(long), rounded(lat)] },
    properties: { count, bbox, label: view.t('reports.public.count', { count }) },
  }
}

function hexagon(view: View, cell: string, count: number, most: number): Feature {
  return {
    type: 'Feature',
    geometry: { type: 'Polygon', coordinates: [ringOf(cell)] },
    properties: { count, weight: rounded(Math.sqrt(count / most)), label: view.t('reports.public.count', { count }) },
  }
}

function rounded(degrees: number): number {
  return Math.round(degrees * 1e5) / 1e5
}

function toneOf(standing: ReturnType<typeof publicStanding>): string {
  if (standing === 'open') return 'warning'
  if (standing === 'confirmed' || standing === 'silent' || standing === 'checking') return 'success'
  return 'info'
}
