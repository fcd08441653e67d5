import { isUuid } from '../../../kernel/id.ts'
import { parsePlainDate, type PlainDate } from '../../../kernel/time.ts'
import { textOf } from '../../../platform/http/routes.ts'

/** The lists of bills. `part`: paid in part; `overdue` is part of `open`. */
export const billStates = ['open', 'overdue', 'part', 'paid', 'cancelled', 'written_off', 'all'] as const
export type BillState = (typeof billStates)[number]

/** What an officer asks the list of bills for. */
export type Asked = {
  readonly state: BillState
  readonly agency: string | null
  readonly from: PlainDate | null
  readonly to: PlainDate | null
  /** What was searched for; part of an address only when it is a reference. */
  readonly search: string
  /** Where the page begins, as the page before said. */
  readonly after: string | null
}

/** What a query or form asks for; what cannot be read asks for nothing. A day comes as a whole (`from`) or in three fields (`from-day` ...). */
export function readAsked(source: unknown, search = ''): Asked {
  return {
    state: billStates.find((each) => each === textOf(source, 'state')) ?? 'open',
    agency: /^[a-z][a-z0-9_]{0,63}$/.exec(textOf(source, 'agency') ?? '')?.[0] ?? null,
    from: dayOf(source, 'from'),
    to: dayOf(source, 'to'),
    search,
    after: textOf(source, 'after'),
  }
}

/** A day of a form: `name` as a whole, or the three fields of `dateField`; null when there is none. */
export function dayOf(source: unknown, name: string): PlainDate | null {
  const whole = parsePlainDate(textOf(source, name) ?? '')
  if (whole !== null) return whole
  const part = (which: string, width: number): string =>
    (textOf(source, `${name}-${which}`) ?? '').normalize('NFKC').trim().padStart(width, '0')
  return parsePlainDate(`${part('year', 4)}-${part('month', 2)}-${part('day', 2)}`)
}

/** The values of a question that stand in an address, without the page and what was searched for. */
export function fieldsOf({ state, agency, from, to }: Asked): Record<string, string> {
  const given = { state, agency, from, to }
  return Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}

/** The address of the list for a question. */
export function billsHref(asked: Asked, more: Readonly<Record<string, string | null>> = {}): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...fieldsOf(asked), ...more })) if (value !== null) query.set(name, value)
  return `/officer/money/bills?${query.toString()}`
}

/** Whether the list goes by the day to pay by, the nearest first; else by when bills were issued, the newest first. */
export function goesByDue({ state, from, to }: Asked): boolean {
  return state === 'open' || state === 'overdue' || state === 'part' || from !== null || to !== null
}

/** Where a page begins: a key and an id; null for the first page, or for what was tampered with. */
export function cursorOf(after: string | null, kind: 'day' | 'instant'): { readonly key: string; readonly id: string } | null {
  const [key = '', id = ''] = (after ?? '').split('~')
  const shape = kind === 'day' ? /^\d{4}-\d{2}-\d{2}$/ : /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
  return isUuid(id) && shape.test(key) && !Number.isNaN(Date.parse(key)) ? { key, id } : null
}
