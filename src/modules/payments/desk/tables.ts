import { type Cell, csv, csvLines } from '../../../platform/csv.ts'
import type { Actor } from '../../access/index.ts'
import { decimalText } from '../../ledger/index.ts'
import type { Bill } from '../bill.ts'
import type { Treasury } from '../treasury.ts'
import { everyBill } from './bills.ts'
import type { Asked } from './filter.ts'
import type { Dashboard } from './figures/figures.ts'

/** So many bills are read at once for a file that is sent piece by piece. */
const CHUNK = 1_000

const HEAD = ['reference', 'creditor_reference', 'agency', 'service', 'revenue', 'source', 'currency', 'total', 'waived', 'paid', 'outstanding', 'state', 'issued_on', 'due_on', 'deferred_until'] // prettier-ignore

function cells(bill: Bill): Cell[] {
  const amount = (value: bigint): string => decimalText(value, bill.currency)
  const { reference, creditor_reference, agency, service, revenue, source, currency, state, issued_on, due_on, deferred_until } = bill
  const amounts = [amount(bill.total), amount(bill.waived), amount(bill.paid), amount(bill.outstanding)]
  return [reference, creditor_reference, agency, service, revenue, source, currency, ...amounts, state, issued_on, due_on, deferred_until]
}

/** The bills that a list shows, all of its pages, as CSV: amounts, days and references, and nobody's name. */
export async function* billsTable(treasury: Treasury, actor: Actor, asked: Asked): AsyncGenerator<string> {
  yield `\uFEFF${csvLines([HEAD])}`
  for await (const bills of everyBill(treasury, actor, asked, CHUNK)) yield csvLines(bills.map(cells))
}

/** The figures of the dashboard, as CSV. */
export function figuresTable({ rows }: Dashboard): string {
  const head = ['month', 'agency', 'revenue', 'currency', 'bills', 'open_bills', 'due', 'paid', 'open', 'overdue']
  return csv(
    head,
    rows.map((row) => {
      const amount = (value: bigint): string => (value < 0n ? '-' : '') + decimalText(value, row.currency)
      const counts = [Number(row.bills), Number(row.open)]
      const amounts = [amount(row.due), amount(row.paid), amount(row.due - row.paid), amount(row.overdue)]
      return [row.month.slice(0, 7), row.agency, row.revenue, row.currency, ...counts, ...amounts]
    }),
  )
}
