import { html, type Content, type Html } from '../html.ts'
import { element } from './element.ts'

/** A table's parts; `numeric` holds the columns (from 0) that are figures. */
export type TableOptions = {
  caption: Content
  captionHidden?: boolean
  head: readonly Content[]
  rows: ReadonlyArray<readonly Content[]>
  numeric?: readonly number[]
  /** Makes the region's id; give it when a page holds two tables. */
  id?: string
  /** Marks the table as the officer's queue for the keyboard (j, k, Enter). */
  queue?: boolean
}

/** A table that scrolls by itself on wide content and becomes a list of cards on small screens; the first cell names the row. */
export function dataTable(o: TableOptions): Html {
  const captionId = `${o.id ?? 'table'}-caption`
  const numeric = new Set(o.numeric ?? [])
  const head = o.head.map((cell, i) => element('th', { scope: 'col', role: 'columnheader', 'data-numeric': numeric.has(i) }, cell))
  const rows = o.rows.map((row) => {
    const cells = row.map((cell, i) => {
      const body = html`<span class="st-cell-label" aria-hidden="true">${o.head[i]}</span><span>${cell}</span>`
      const name = i === 0 ? 'th' : 'td'
      const role = i === 0 ? 'rowheader' : 'cell'
      return element(name, { role, scope: i === 0 ? 'row' : null, 'data-numeric': numeric.has(i) }, body)
    })
    return html`<tr role="row">
      ${cells}
    </tr>`
  })
  // a group and no region: a page has many tables, and its landmarks are the sections around them;
  // the roles stay when small screens draw the rows as blocks, which otherwise ends the table for screen readers
  return html`<div class="st-table" role="group" tabindex="0" aria-labelledby="${captionId}">
    <table role="table" ?data-queue="${o.queue === true}">
      <caption id="${captionId}" class="${o.captionHidden ? 'ds-sr-only' : ''}">
        ${o.caption}
      </caption>
      <thead role="rowgroup">
        <tr role="row">
          ${head}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows}
      </tbody>
    </table>
  </div>`
}
