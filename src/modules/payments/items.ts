import { addDays, type PlainDate, startOfDay } from '../../kernel/time.ts'
import { record } from '../../platform/journal/journal.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Actor } from '../access/index.ts'
import { insertItems } from './bulk/store.ts'
import * as store from './store.ts'

/** Something that somebody has to look at. `key` names it once, for ever; `story` holds codes, ids, amounts and days only. */
export type NewItem = {
  readonly key: string
  readonly kind: string
  readonly agency: string
  readonly bill?: string
  readonly payment?: string
  readonly attempt?: string
  readonly refund?: string
  readonly amount?: bigint
  readonly currency?: string
  readonly story?: Readonly<Record<string, string | number>>
}

/** Kinds of work items that say that the books may be wrong, beside all of the reconciliation; the others are about payers. */
const ABOUT_BOOKS = ['till_difference', 'statement_gap', 'provider_mismatch', 'refund_late']

/** How many open work items of days up to this one say that the books may be wrong; a month is closed when there are none. */
export function openAboutBooks({ db, city }: Platform, until: PlainDate): Promise<number> {
  return store.countOpenItems(db, ABOUT_BOOKS, startOfDay(city.timeZone, addDays(until, 1)))
}

/** Opens a work item in the caller's transaction; false when there was one with this key already. */
export async function openItem(tx: Platform, actor: Actor, item: NewItem): Promise<boolean> {
  const row = rowOf(tx, item)
  const added = await store.insertItem(tx.db, row)
  if (added) await tellOpened(tx, actor, row)
  return added
}

/** Opens many work items at once, in the caller's transaction; those whose key is there already are left out. */
export async function openItems(tx: Platform, actor: Actor, items: readonly NewItem[]): Promise<void> {
  const rows = items.map((item) => rowOf(tx, item))
  const added = await insertItems(tx.db, rows)
  for (const row of rows) if (added.has(row.id)) await tellOpened(tx, actor, row)
}

function rowOf(tx: Platform, item: NewItem): store.WorkItem {
  return {
    id: tx.newId(),
    key: item.key,
    kind: item.kind,
    agency: item.agency,
    bill_id: item.bill ?? null,
    payment_id: item.payment ?? null,
    attempt_id: item.attempt ?? null,
    refund_id: item.refund ?? null,
    amount: item.amount ?? null,
    currency: item.currency ?? null,
    story: item.story ?? {},
    opened_at: tx.now(),
    closed_at: null,
    closed_by: null,
    outcome: null,
    taken_by: null,
    taken_at: null,
  }
}

async function tellOpened(tx: Platform, actor: Actor, { id, kind, agency }: store.WorkItem): Promise<void> {
  await record(tx, actor, { type: 'payments.item.opened', stream: id, data: { kind, agency } })
}

/** Closes the open item with this key, in the caller's transaction; nothing when there is none. */
export async function closeItem(tx: Platform, actor: Actor, key: string, outcome: string): Promise<void> {
  const item = await store.itemByKey(tx.db, key)
  if (!item || item.closed_at !== null) return
  await store.closeItem(tx.db, item.id, { at: tx.now(), by: actor.accountId, outcome })
  await record(tx, actor, { type: 'payments.item.closed', stream: item.id, data: { kind: item.kind, outcome } })
}
