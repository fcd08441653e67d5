import { csv } from '../../../platform/csv.ts'
import { plainWords, type View } from '../../../ui/index.ts'
import { type After, listReports } from '../search/store.ts'
import type { Report } from '../report.ts'
import type { Board } from '../service/board.ts'
import { type PublicFilter, queryOf, searchOf } from './filter.ts'
import { publicStanding } from './standing.ts'

/** The most reports of one feed; the next page begins after its last. */
export const MOST_IN_FEED = 1_000

/** The newest reports that a filter finds, after a place in the list. */
export function newest(board: Board, filter: PublicFilter, limit: number, after: After | null = null): Promise<Report[]> {
  return listReports(board.platform.db, searchOf(board, filter, null), { limit, after })
}

/** Where the list goes on after a report, as text for an address. */
export function afterText(report: Report): string {
  return `${report.opened_at.toISOString()}_${report.id}`
}

/** Reads it back; null for what is none. */
export function readAfter(text: string | null): After | null {
  const found = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z)_([0-9a-f-]{36})$/.exec(text ?? '')
  const openedAt = new Date(found?.[1] ?? Number.NaN)
  return found?.[2] === undefined || Number.isNaN(openedAt.getTime()) ? null : { openedAt, id: found[2] }
}

/** What everybody may know of a report, in a feed. */
function plain(board: Board, view: View, report: Report) {
  const { publicOrigin } = board.platform
  return {
    reference: report.reference,
    url: `${publicOrigin}/reports/${report.reference}`,
    category: report.category,
    category_name: nameOf(board, view, report),
    status: publicStanding(report),
    agency: report.agency,
    district: report.district,
    address: report.address,
    text: report.text,
    opened: report.opened_at.toISOString(),
    updated: report.updated_at.toISOString(),
    due: report.due_on,
    ended: report.ended_at?.toISOString() ?? null,
    reopened: report.reopened,
  }
}

function nameOf(board: Board, view: View, report: Report): string {
  return plainWords(view, board.categories.byId(report.category)?.name ?? { [view.locale]: report.category })
}

/** Reports as GeoJSON (RFC 7946). */
export function geoJson(board: Board, view: View, reports: readonly Report[]): string {
  const features = reports.map((report) => ({
    type: 'Feature',
    id: report.reference,
    geometry: { type: 'Point', coordinates: [report.long, report.lat] },
    properties: plain(board, view, report),
  }))
  return JSON.stringify({ type: 'FeatureCollection', features })
}

/** Reports as CSV (RFC 4180) with the columns of the GeoJSON feed. */
export function csvFeed(board: Board, view: View, reports: readonly Report[]): string {
  const head = [
    'reference', 'url', 'category', 'category_name', 'status', 'agency', 'district', 'address', 'text', 'opened', 'updated', 'due',
    'ended', 'reopened',
  ] as const // prettier-ignore
  const rows = reports.map((report) => {
    const all = plain(board, view, report)
    return [...head.map((name) => all[name]), report.lat, report.long]
  })
  return csv([...head, 'lat', 'long'], rows)
}

/** The newest reports as an Atom feed (RFC 4287) with GeoRSS Simple points. */
export function atom(board: Board, view: View, filter: PublicFilter, reports: readonly Report[]): string {
  const { publicOrigin, now } = board.platform
  const query = queryOf(filter)
  const updated = reports.reduce((latest, each) => (each.updated_at > latest ? each.updated_at : latest), new Date(0))
  const title = `${view.t('reports.public.title')} – ${plainWords(view, view.city.name)}`
  return `<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:georss="http://www.georss.org/georss" xml:lang="${xml(view.locale)}">
<title>${xml(title)}</title>
<id>${xml(`${publicOrigin}/reports.atom${query}`)}</id>
<link rel="self" href="${xml(`${publicOrigin}/reports.atom${query}`)}"/>
<link rel="alternate" type="text/html" href="${xml(`${publicOrigin}/reports${query}`)}"/>
<updated>${(reports.length > 0 ? updated : now()).toISOString()}</updated>
<author><name>${xml(plainWords(view, view.city.name))}</name></author>
${reports.map((report) => entry(board, view, report)).join('')}</feed>
`
}

function entry(board: Board, view: View, report: Report): string {
  const url = `${board.platform.publicOrigin}/reports/${report.reference}`
  const category = nameOf(board, view, report)
  const status = view.t(`reports.public.standing.${publicStanding(report)}`)
  return `<entry>
<title>${xml(report.address === null ? category : `${category}: ${report.address}`)}</title>
<id>${xml(url)}</id>
<link href="${xml(url)}"/>
<published>${report.opened_at.toISOString()}</published>
<updated>${report.updated_at.toISOString()}</updated>
<category term="${xml(report.category)}" label="${xml(category)}"/>
<summary>${xml(report.text === '' ? status : `${status}. ${report.text}`)}</summary>
<georss:point>${report.lat} ${report.long}</georss:point>
</entry>
`
}

/** Text as it stands in XML 1.0: what it cannot hold is left out. */
function xml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
