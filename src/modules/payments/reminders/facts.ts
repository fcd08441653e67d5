import type { Platform } from '../../../platform/platform.ts'
import type { Bill } from '../bill.ts'
import type { Treasury } from '../treasury.ts'
import type { Known, Means } from './act.ts'
import * as store from './store.ts'

/** By what a city decides about bills that are not paid. */
export function meansOf({ platform, rules }: Treasury): Means {
  return { rules, calendar: platform.city.calendar, currency: platform.city.currency }
}

/** What has to be known of some bills to say what comes next, in a fixed number of statements. */
export async function knownOf({ db, city }: Platform, bills: readonly Bill[]): Promise<Known[]> {
  const ids = bills.map((bill) => bill.id)
  // one after another: they run on the one connection of a transaction
  const parts = grouped(await store.instalmentsOfBills(db, ids))
  const planned = await store.plannedBills(db, ids)
  const asked = await store.askedBills(db, ids)
  const paying = await store.payingBills(db, ids)
  const principal = grouped(await store.principalOf(db, ids))
  const paid = grouped(await store.paidOf(db, ids))
  const counted = new Map((await store.countedOf(db, ids)).map((row) => [row.bill_id, row]))
  return bills.map((bill) => {
    const last = counted.get(bill.id)
    return {
      bill,
      parts: parts.get(bill.id) ?? [],
      planned: planned.has(bill.id),
      asked: asked.has(bill.id),
      paying: paying.has(bill.id),
      movements: {
        principal: (principal.get(bill.id) ?? []).map(({ on, amount, kind }) => ({ on, amount, corrects: kind === 'correction' })),
        // what was taken back had been paid until then: no interest on those days
        paid: (paid.get(bill.id) ?? []).map(({ kind, amount, received_on, made_at }) => ({
          amount,
          on: amount < 0n || kind === 'chargeback' ? city.dayOf(made_at) : received_on,
        })),
        waived: bill.waived,
      },
      counted: last ? { until: last.until_on, rest: last.rest } : null,
    }
  })
}

function grouped<Row extends { bill_id: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(row.bill_id)
    if (group) group.push(row)
    else groups.set(row.bill_id, [row])
  }
  return groups
}
