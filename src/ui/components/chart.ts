import { html, type Content, type Html } from '../html.ts'
import { element } from './element.ts'

/** A part of each bar: its word in the legend and its look (1 to 6, also told apart by pattern). */
export type ChartPart = { readonly label: Content; readonly look: 1 | 2 | 3 | 4 | 5 | 6 }
/** A bar: its name and its values, one for each part. */
export type ChartBar = {
  readonly label: Content
  readonly values: readonly number[]
  /** What stands at its end. */ readonly total: Content
}

/**
 * Stacked bars drawn by the server, all to one scale; a picture only, for those who see it. The same figures stand in a
 * table beside it, which is what everybody can read: `tableId` is the id of its caption.
 */
export function barChart(o: { readonly parts: readonly ChartPart[]; readonly bars: readonly ChartBar[]; readonly tableId: string }): Html {
  const sums = o.bars.map((bar) => bar.values.reduce((sum, value) => sum + value, 0))
  const most = Math.max(1, ...sums)
  return html`<figure class="st-chart" aria-hidden="true" data-table="${o.tableId}">
    <ul class="st-chart-legend">
      ${o.parts.map((part) => html`<li><svg class="st-chart-key" viewBox="0 0 10 10"><rect width="10" height="10" class="st-look-${part.look}" /></svg>${part.label}</li>`)}
    </ul>
    <ul class="st-chart-bars">
      ${o.bars.map(
        (bar) =>
          html`<li>
            <span class="st-chart-name">${bar.label}</span>
            <svg class="st-chart-bar" viewBox="0 0 1000 10" preserveAspectRatio="none">${rects(o.parts, bar.values, most)}</svg>
            <span class="st-chart-total">${bar.total}</span>
          </li>`,
      )}
    </ul>
  </figure>`
}

function rects(parts: readonly ChartPart[], values: readonly number[], most: number): Html[] {
  let x = 0
  return values.map((value, at) => {
    const width = (Math.max(0, value) / most) * 1000
    const rect = element('rect', { x: x.toFixed(1), y: 0, width: width.toFixed(1), height: 10, class: `st-look-${parts[at]?.look ?? 1}` })
    x += width
    return rect
  })
}
