import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** One measured figure. With a `limit` the judgement is on `ratio` (value / limit), else on the value itself. */
export type Figure = {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What bare means reach for the same work in the same run; null where the figure stands by itself. */
  readonly limit: number | null
  readonly ratio: number | null
  readonly must: number
  readonly aim: number
  readonly ok: boolean
}

/** What has to be reached and what should be. */
export type Marks = { readonly must: number; readonly aim: number }

/** A rate beside the rate of bare means: more is better, judged as their ratio. */
export function rateFigure(name: string, unit: string, value: number, limit: number, marks: Marks): Figure {
  const ratio = limit > 0 ? value / limit : 0
  return { name, value: rounded(value), unit, limit: rounded(limit), ratio: rounded(ratio), ...marks, ok: ratio >= marks.must }
}

/** A cost (time, memory, bytes): less is better, judged by itself. */
export function costFigure(name: string, unit: string, value: number, marks: Marks): Figure {
  return { name, value: rounded(value), unit, limit: null, ratio: null, ...marks, ok: value <= marks.must }
}

function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

/** The value at a share (0.5, 0.95) of a list of samples; 0 of an empty list. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

/** Whether a figure reaches its aim too. */
function reachesAim(figure: Figure): boolean {
  return figure.ratio === null ? figure.value <= figure.aim : figure.ratio >= figure.aim
}

/** A mark; nothing for a figure that is only reported. */
const markText = (mark: number): string => (mark === Number.MAX_SAFE_INTEGER ? '' : String(mark))

/** Prints the figures as a table and writes `bench-results.json` into a folder; returns whether no must was missed. */
export function report(figures: readonly Figure[], folder: string): boolean {
  const head = ['figure', 'value', 'unit', 'limit', 'ratio', 'must', 'aim', '']
  const rows = figures.map((each) => [
    each.name,
    String(each.value),
    each.unit,
    each.limit === null ? '' : String(each.limit),
    each.ratio === null ? '' : String(each.ratio),
    markText(each.must),
    markText(each.aim),
    each.ok ? (reachesAim(each) ? 'aim' : 'must') : 'MISSED',
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)))
  for (const row of [head, ...rows]) {
    const cells = row.map((cell, column) =>
      column === 0 || column === 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    )
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`)
  }
  writeFileSync(join(folder, 'bench-results.json'), `${JSON.stringify(figures, null, 2)}\n`)
  return figures.every((figure) => figure.ok)
}
