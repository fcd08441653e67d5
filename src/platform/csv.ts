/** A value of a cell. */
export type Cell = string | number | null

/**
 * A table as CSV (RFC 4180) in UTF-8 with a byte order mark, as office programs read it. A text that such a program would
 * take for a formula begins with an apostrophe.
 */
export function csv(head: readonly string[], rows: ReadonlyArray<readonly Cell[]>): string {
  const line = (cells: readonly Cell[]): string => `${cells.map(cellText).join(',')}\r\n`
  return `\uFEFF${line(head)}${rows.map(line).join('')}`
}

function cellText(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const safe = /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
