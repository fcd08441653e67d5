import { today } from '../../../platform/platform.ts'
import type { PlainDate } from '../../../kernel/time.ts'
import { type Attempt, openAttemptOf } from '../attempts/index.ts'
import { type Bill, type BillLine, type Instalment, instalmentsLeft } from '../bill.ts'
import * as bills from '../store.ts'
import type { Treasury } from '../treasury.ts'

/** What a payment put to a bill; `back` of it was taken or given back since. */
export type PaidPart = {
  readonly payment: string
  readonly on: PlainDate
  readonly source: string
  readonly amount: bigint
  readonly back: bigint
}

/** Everything that the page of a bill shows. */
export type ShownBill = {
  readonly bill: Bill
  readonly lines: readonly BillLine[]
  readonly instalments: ReadonlyArray<Instalment & { readonly left: bigint }>
  readonly paid: readonly PaidPart[]
  /** The attempt whose outcome is waited for. */
  readonly under: Attempt | null
  readonly today: PlainDate
}

/** Reads what the page of a bill shows. */
export async function showBill({ platform }: Treasury, bill: Bill): Promise<ShownBill> {
  const { db } = platform
  const [lines, instalments, rows, under] = await Promise.all([
    bills.linesOf(db, bill.id),
    bills.instalmentsOf(db, bill.id),
    bills.allocationsOfBill(db, bill.id),
    openAttemptOf(platform, bill.id),
  ])
  const payments = await bills.paymentsById(db, [...new Set(rows.map((row) => row.payment_id))])
  const paid = payments
    .map((payment) => {
      return {
        payment: payment.id,
        on: payment.received_on,
        source: payment.source,
        ...bills.paidAndBack(rows.filter((row) => row.payment_id === payment.id)),
      }
    })
    .toSorted((a, b) => (a.on < b.on ? -1 : 1))
  return { bill, lines, instalments: instalmentsLeft(instalments, bill.paid), paid, under, today: today(platform) }
}

/** What is due of a plan until a day: the parts whose day has come or is next. Null without a plan, or when that is all. */
export function dueOfPlan({ bill, instalments, today }: ShownBill): bigint | null {
  const open = instalments.filter((part) => part.left > 0n)
  const next = open.find((part) => part.due_on >= today)
  const due = open.filter((part) => part.due_on < today || part === next).reduce((sum, part) => sum + part.left, 0n)
  return due > 0n && due < bill.outstanding ? due : null
}
