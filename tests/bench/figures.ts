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
  /** Null for a figure that is only told. */
  readonly must: number | null
  readonly aim: number | null
  readonly ok: boolean
}

/** What has to be reached and what should be. */
export type Marks = { readonly must: number | null; readonly aim: number | null }

/** A rate beside the rate of bare means: more is better, judged as their ratio. */
export function rateFigure(name: string, unit: string, value: number, limit: number, marks: Marks): Figure {
  const ratio = limit > 0 ? value / limit : 0
  return { name, value: rounded(value), unit, limit: rounded(limit), ratio: rounded(ratio), ...marks, ok: ratio >= (marks.must ?? 0) }
}

/** A cost (time, memory, bytes): less is better, judged by itself. */
export function costFigure(name: string, unit: string, value: number, marks: Marks): Figure {
  return {
    name,
    value: rounded(value),
    unit,
    limit: null,
    ratio: null,
    ...marks,
    ok: Number.isFinite(value) && value <= (marks.must ?? Infinity),
  }
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
  return figure.ratio === null ? figure.value <= (figure.aim ?? Infinity) : figure.ratio >= (figure.aim ?? 0)
}

/** A part that came to no figure: it counts as missed. */
export function brokenFigure(name: string): Figure {
  return { name: `${name}: not measured`, value: 0, unit: '', limit: null, ratio: null, must: null, aim: null, ok: false }
}

/** Prints the figures as a table and, given a folder, writes `bench-results.json` there; returns whether no must was missed. */
export function report(figures: readonly Figure[], folder: string | null): boolean {
  const head = ['figure', 'value', 'unit', 'limit', 'ratio', 'must', 'aim', '']
  const rows = figures.map((each) => [
    each.name,
    String(each.value),
    each.unit,
    each.limit === null ? '' : String(each.limit),
    each.ratio === null ? '' : String(each.ratio),
    String(each.must ?? ''),
    String(each.aim ?? ''),
    each.ok ? (reachesAim(each) ? 'aim' : 'must') : 'MISSED',
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)))
  for (const row of [head, ...rows]) {
    const cells = row.map((cell, column) =>
      column === 0 || column === 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    )
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`)
  }
  if (folder !== null) writeFileSync(join(folder, 'bench-results.json'), `${JSON.stringify(figures, null, 2)}\n`)
  return figures.every((figure) => figure.ok)
}
