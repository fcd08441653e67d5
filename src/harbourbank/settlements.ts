import { csvLines } from '../platform/csv.ts'
import { big, text, textOrNull, type Row } from './database.ts'
import type { Parts } from './parts.ts'
import { PAYOUT_FEE } from './payment.ts'

type NewLine = {
  readonly kind: 'payment' | 'refund' | 'chargeback' | 'fee'
  readonly payment?: string
  readonly refund?: string
  readonly chargeback?: string
  readonly reference?: string
  readonly currency: string
  readonly gross: bigint
  readonly fee: bigint
}

/** A line of a settlement as the API tells of it; amounts in minor units, `net` = `gross` - `fee`. */
type LineJson = Readonly<Record<'kind' | 'payment' | 'refund' | 'chargeback' | 'reference' | 'gross' | 'fee' | 'net', string | null>>

/** A settlement as the API tells of it. */
export type SettlementJson = Readonly<Record<'id' | 'day' | 'currency' | 'gross' | 'fees' | 'net' | 'payout_reference', string>> & {
  readonly lines: readonly LineJson[]
}

/** Writes a line that the next settlement of its currency takes up. */
export function addLine({ db, now }: Pick<Parts, 'db' | 'now'>, line: NewLine): void {
  db.run(
    `insert into lines (kind, payment, refund, chargeback, reference, currency, gross, fee, net, made_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    line.kind,
    line.payment ?? null,
    line.refund ?? null,
    line.chargeback ?? null,
    line.reference ?? null,
    line.currency,
    line.gross,
    line.fee,
    line.gross - line.fee,
    now().getTime(),
  )
}

/** A settlement that was just made: what is paid out, or taken when it is below zero. */
export type Payout = { readonly id: string; readonly currency: string; readonly net: bigint; readonly reference: string }

/** Settles what is open, one settlement for each currency; call it in a transaction. */
export function settle(parts: Parts, day: string): Payout[] {
  const { db } = parts
  return db.all('select distinct currency from lines where settlement is null order by currency').map((row) => {
    const currency = text(row, 'currency')
    addLine(parts, { kind: 'fee', currency, gross: 0n, fee: PAYOUT_FEE })
    const number = big(db.one('select count(*) as n from settlements where currency = ?', currency) ?? {}, 'n') + 1n
    const name = `${day.replaceAll('-', '')}-${currency}-${String(number).padStart(5, '0')}`
    const sums = db.one(
      'select sum(gross) as gross, sum(fee) as fees, sum(net) as net from lines where settlement is null and currency = ?',
      currency,
    )
    const [gross, fees, net] = [big(sums ?? {}, 'gross'), big(sums ?? {}, 'fees'), big(sums ?? {}, 'net')]
    const payout = { id: `SET-${name}`, currency, net, reference: `HBPO-${name}` }
    db.run(
      'insert into settlements values (?, ?, ?, ?, ?, ?, ?, ?)',
      payout.id,
      day,
      currency,
      gross,
      fees,
      net,
      payout.reference,
      parts.now().getTime(),
    )
    db.run('update lines set settlement = ? where settlement is null and currency = ?', payout.id, currency)
    return payout
  })
}

/** The settlements of a period, both days with it. */
export function settlementsOf({ db }: Parts, from: string, to: string): SettlementJson[] {
  return db.all('select * from settlements where day between ? and ? order by day, id', from, to).map((row) => settlementJson(db, row))
}

/** A settlement by its id, or null. */
export function findSettlement({ db }: Parts, id: string): SettlementJson | null {
  const row = db.one('select * from settlements where id = ?', id)
  return row && settlementJson(db, row)
}

function settlementJson(db: Parts['db'], row: Row): SettlementJson {
  const id = text(row, 'id')
  const lines = db.all('select * from lines where settlement = ? order by seq', id).map((line) => ({
    kind: text(line, 'kind'),
    payment: textOrNull(line, 'payment'),
    refund: textOrNull(line, 'refund'),
    chargeback: textOrNull(line, 'chargeback'),
    reference: textOrNull(line, 'reference'),
    gross: String(big(line, 'gross')),
    fee: String(big(line, 'fee')),
    net: String(big(line, 'net')),
  }))
  return {
    id,
    day: text(row, 'day'),
    currency: text(row, 'currency'),
    gross: String(big(row, 'gross')),
    fees: String(big(row, 'fees')),
    net: String(big(row, 'net')),
    payout_reference: text(row, 'payout_reference'),
    lines,
  }
}

/** A settlement as a CSV file (RFC 4180), one row for each line; amounts in minor units. */
export function settlementCsv(settlement: SettlementJson): string {
  const rows = settlement.lines.map((line) => [
    line.kind,
    line.payment,
    line.refund,
    line.chargeback,
    line.reference,
    Number(line.gross),
    Number(line.fee),
    Number(line.net),
  ])
  return csvLines([['kind', 'payment', 'refund', 'chargeback', 'reference', 'gross', 'fee', 'net'], ...rows])
}
