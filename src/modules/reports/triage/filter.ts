import { isUuid } from '../../../kernel/id.ts'
import { textOf } from '../../../platform/http/routes.ts'
import type { Categories } from '../categories/categories.ts'
import { type ReportState, reportStates } from '../report.ts'

/** The queues of the triage desk. `escalated` is a supervisor's: what went overdue and is still open. */
export const queues = ['unassigned', 'mine', 'due_soon', 'overdue', 'escalated', 'checking', 'reopened', 'held', 'open', 'closed'] as const
export type Queue = (typeof queues)[number]

/** How a list is sorted: the nearest due day first, or by the day on which they came. */
export const orders = ['due', 'newest', 'oldest'] as const
export type Order = (typeof orders)[number]

/** How many days back a filter may look. */
export const periods = ['1', '7', '30', '90', '365'] as const

/** The kinds of source; imports and mirrors have a name of their own behind theirs. */
export const sources = ['web', 'open311', 'crew', 'officer', 'import', 'pull'] as const

/** What an officer asks the desk for. */
export type Asked = {
  readonly queue: Queue
  readonly order: Order
  readonly group: string | null
  readonly category: string | null
  readonly district: string | null
  readonly state: ReportState | null
  readonly crew: string | null
  readonly period: (typeof periods)[number] | null
  readonly source: (typeof sources)[number] | null
  readonly view: 'list' | 'map'
  /** Words that were searched for; never part of an address. */
  readonly search: string
  /** Where the page begins, as the page before said. */
  readonly after: string | null
}

const word = (text: string | null): string | null => (text !== null && /^[a-z0-9][\w.:-]{0,79}$/i.test(text) ? text : null)

function among<T extends string>(all: readonly T[], text: string | null): T | null {
  return all.find((each) => each === text) ?? null
}

/** What a query or form asks the desk for; what cannot be read asks for nothing. */
export function readAsked(source: unknown, search = ''): Asked {
  const queue = among(queues, textOf(source, 'queue')) ?? 'unassigned'
  return {
    queue,
    order: among(orders, textOf(source, 'sort')) ?? (queue === 'closed' ? 'newest' : 'due'),
    group: word(textOf(source, 'group')),
    category: word(textOf(source, 'category')),
    district: word(textOf(source, 'district')),
    state: among(reportStates, textOf(source, 'state')),
    crew: word(textOf(source, 'crew')),
    period: among(periods, textOf(source, 'period')),
    source: among(sources, textOf(source, 'source')),
    view: textOf(source, 'view') === 'map' ? 'map' : 'list',
    search,
    after: textOf(source, 'after'),
  }
}

/** The values of a question that stand in an address, without the page and without what was searched for. */
export function fieldsOf(asked: Asked): Record<string, string> {
  const { queue, order, view } = asked
  const { group, category, district, state, crew, period, source } = asked
  const given = { queue, group, category, district, state, crew, period, source }
  const usual = order === (queue === 'closed' ? 'newest' : 'due')
  const all = { ...given, sort: usual ? null : order, view: view === 'map' ? view : null }
  return Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}

/** The desk's address for a question. */
export function deskHref(asked: Asked, more: Readonly<Record<string, string | null>> = {}): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...fieldsOf(asked), ...more })) if (value !== null) query.set(name, value)
  return `/officer/reports?${query.toString()}`
}

/** Whether anything beyond the queue is asked for. */
export function narrows(asked: Asked): boolean {
  return [asked.group, asked.category, asked.district, asked.state, asked.crew, asked.period, asked.source].some((each) => each !== null)
}

/** The categories that a question is about; null for all. */
export function categoriesOf(categories: Categories, { group, category }: Pick<Asked, 'group' | 'category'>): readonly string[] | null {
  if (category !== null) return [category]
  return group === null ? null : categories.list.filter((each) => each.group === group).map((each) => each.id)
}

/** Where a page begins: the value that it is sorted by, and the id; null for the first page, or for what was tampered with. */
export function cursorOf({ order, after }: Pick<Asked, 'order' | 'after'>): { readonly key: string; readonly id: string } | null {
  const [key = '', id = ''] = (after ?? '').split('~')
  if (!isUuid(id)) return null
  const day = /^\d{4}-\d{2}-\d{2}$/
  const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
  const fits = order === 'due' ? key === '' || day.test(key) : instant.test(key)
  return fits && (key === '' || !Number.isNaN(Date.parse(key))) ? { key, id } : null
}
