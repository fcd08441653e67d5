import { createHash } from 'node:crypto'
import { foldText } from '../../../kernel/text.ts'
import type { NoActionReason } from '../report.ts'
import { dateReader } from './dates.ts'
import type { IntakeMap } from './map.ts'
import { type NoPlace, type Position, positionOf } from './position.ts'

/** Why a row is not taken in. */
export type Reject =
  | NoPlace
  | 'columns'
  | 'id_missing'
  | 'category_missing'
  | 'opened_unreadable'
  | 'opened_in_future'
  | 'due_unreadable'
  | 'closed_unreadable'
  | 'closed_missing'
  | 'closed_before_opened'
  | 'status_unknown'

/** How a row says that it ended. `elsewhere` keeps the word: it says nothing that could be checked. */
export type RowEnd =
  | { readonly outcome: 'elsewhere'; readonly status: string }
  | { readonly outcome: 'withdrawn' }
  | { readonly outcome: 'not_ours'; readonly authority: string }
  | { readonly outcome: 'no_action'; readonly reason: NoActionReason }

/** A row as the city reads it. */
export type Row = {
  readonly sourceId: string
  readonly category: {
    readonly id: string
    /** The word of a category that the city's file does not have. */ readonly added: string | null
  }
  readonly agency: string
  readonly position: Position
  readonly address: string | null
  readonly text: string
  readonly openedAt: Date
  readonly dueAt: Date | null
  readonly state: 'received' | 'in_progress' | 'closed'
  readonly end: RowEnd | null
  readonly endedAt: Date | null
  readonly updatedAt: Date
  /** The id, in its own system, of the report that it repeats; empty when the row only says that there is one. */
  readonly duplicateOf: string | null
}

/** What a reader of rows needs beside the map: what day it is, and addresses of the city's register. */
export type RowMeans = { readonly now: Date; readonly findAddress: (text: string) => Position | null }

/** Reads rows by a map. Throws when the file lacks a column of the map; a row that says too little is a reason. */
export function rowReader(map: IntakeMap, head: readonly string[], means: RowMeans): (cells: readonly string[]) => Row | Reject {
  const at = new Map(head.map((name, index) => [name.trim(), index]))
  const read = dateReader(map.dates, map.time_zone)
  return (cells) => {
    if (cells.length !== head.length) return 'columns'
    const cell = (column: string): string => (cells[at.get(column) ?? -1] ?? '').trim()
    const sourceId = cell(map.id)
    if (sourceId === '' || sourceId.length > 200) return 'id_missing'
    const times = timesOf(map, cell, read, means.now)
    if (typeof times === 'string') return times
    const type = cell(map.category.column)
    if (type === '') return 'category_missing'
    const address = map.address.map(cell).filter((part) => part !== '').join(', ') // prettier-ignore
    const found = positionOf(map.position, cell)
    const position = typeof found === 'string' && map.position.register ? (means.findAddress(address) ?? found) : found
    if (typeof position === 'string') return position
    const known = map.category.words[type]
    return {
      sourceId,
      category: known === undefined ? { id: categoryId(map.name, type), added: type } : { id: known, added: null },
      agency: (map.agency.column && map.agency.words[cell(map.agency.column)]) || map.agency.otherwise,
      position,
      address: address === '' ? null : address.slice(0, 300),
      text: map.text.map(cell).filter((part) => part !== '').join('\n').slice(0, 4_000), // prettier-ignore
      ...times,
    }
  }
}

type Times = Pick<Row, 'openedAt' | 'dueAt' | 'state' | 'end' | 'endedAt' | 'updatedAt' | 'duplicateOf'>
type Cell = (column: string) => string

function timesOf(map: IntakeMap, cell: Cell, read: (text: string) => Date | null, now: Date): Times | Reject {
  const openedAt = read(cell(map.opened))
  if (openedAt === null) return 'opened_unreadable'
  if (openedAt > now) return 'opened_in_future'
  const dueText = map.due === undefined ? '' : cell(map.due)
  const dueAt = read(dueText)
  if (dueText !== '' && dueAt === null) return 'due_unreadable'
  const word = cell(map.status.column)
  const meaning = map.status.words[word]
  if (meaning === undefined) return 'status_unknown'
  const changed = map.updated === undefined ? null : read(cell(map.updated))
  if (meaning === 'received' || meaning === 'in_progress')
    return {
      openedAt,
      dueAt,
      state: meaning,
      end: null,
      endedAt: null,
      updatedAt: latest(openedAt, changed, now),
      duplicateOf: null,
    }
  const closedText = map.closed === undefined ? '' : cell(map.closed)
  const closedAt = closedText === '' ? changed : read(closedText)
  if (closedText !== '' && closedAt === null) return 'closed_unreadable'
  if (closedAt === null || closedAt > now) return 'closed_missing'
  if (closedAt < openedAt) return 'closed_before_opened'
  const duplicateOf = meaning === 'duplicate' ? (map.duplicate_of === undefined ? '' : cell(map.duplicate_of)) : null
  return { openedAt, dueAt, state: 'closed', end: endOf(meaning, word), endedAt: closedAt, updatedAt: closedAt, duplicateOf }
}

function endOf(meaning: IntakeMap['status']['words'][string], word: string): RowEnd {
  if (meaning === 'withdrawn') return { outcome: 'withdrawn' }
  if (typeof meaning !== 'string')
    return 'not_ours' in meaning
      ? { outcome: 'not_ours', authority: meaning.not_ours }
      : { outcome: 'no_action', reason: meaning.no_action }
  return { outcome: 'elsewhere', status: word.slice(0, 200) || meaning }
}

function latest(opened: Date, changed: Date | null, now: Date): Date {
  return changed !== null && changed > opened && changed <= now ? changed : opened
}

/** A stable id for another system's type, which no category of the city's file and no other type has. */
export function categoryId(name: string, type: string): string {
  const mark = createHash('sha256').update(type).digest('hex').slice(0, 6)
  const plain = foldText(type).replaceAll(/[^a-z0-9]+/g, '_').replaceAll(/^_|_$/g, '') // prettier-ignore
  return `${name}_${plain.slice(0, 32).replace(/_$/, '')}_${mark}`.replaceAll('__', '_')
}
