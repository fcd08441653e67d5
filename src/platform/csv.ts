/** A value of a cell. */
export type Cell = string | number | null

/**
 * A table as CSV (RFC 4180) in UTF-8 with a byte order mark, as office programs read it. A text that such a program would
 * take for a formula begins with an apostrophe.
 */
export function csv(head: readonly string[], rows: ReadonlyArray<readonly Cell[]>): string {
  return `\uFEFF${csvLines([head, ...rows])}`
}

/** Rows of such a table, for one that is sent piece by piece: the first piece begins with the mark `\uFEFF`. */
export function csvLines(rows: ReadonlyArray<readonly Cell[]>): string {
  return rows.map((cells) => `${cells.map(cellText).join(',')}\r\n`).join('')
}

function cellText(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const safe = /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
