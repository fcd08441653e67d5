import { dayIn, type PlainDate } from '../kernel/time.ts'
import { writeCamt053, type Detail, type Entry } from '../modules/iso20022/index.ts'
import { big, instant, text, textOrNull, type Row } from './database.ts'
import type { Parts } from './parts.ts'
import { TRANSFER_FEE } from './payment.ts'
import { chargeBack, left } from './payments.ts'
import { toChargeBack } from './paymentstore.ts'
import { settle } from './settlements.ts'

type EntryKind = 'payout' | 'transfer' | 'order' | 'fee'

/** Money in or out of the merchant's account; below zero: out. */
export type NewEntry = {
  readonly kind: EntryKind
  readonly currency: string
  readonly amount: bigint
  readonly endToEnd?: string
  /** A structured creditor reference (ISO 11649). */
  readonly reference?: string
  /** The payer's own words. */
  readonly text?: string
  readonly name?: string
  readonly iban?: string
}

/** What a close of day wrote. */
export type Closed = { readonly day: string; readonly settlements: readonly string[]; readonly statements: readonly string[] }

const BANK_NAME = 'Harbour Bank'

/** Puts money into or takes it out of the account; the next close of day books it. Gives its number. */
export function addEntry({ db, now }: Pick<Parts, 'db' | 'now'>, entry: NewEntry): bigint {
  const number = big(db.one('select coalesce(max(seq), 0) + 1 as n from entries') ?? {}, 'n')
  db.run(
    `insert into entries (seq, kind, currency, amount, bank_reference, end_to_end, reference, text, name, iban, made_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    number,
    entry.kind,
    entry.currency,
    entry.amount,
    `HB${String(number).padStart(12, '0')}`,
    entry.endToEnd ?? null,
    entry.reference ?? null,
    entry.text ?? null,
    entry.name ?? null,
    entry.iban ?? null,
    now().getTime(),
  )
  return number
}

/** The business day that is open; with none noted, the calendar day. */
export function openDay(parts: Parts): PlainDate {
  const row = parts.db.one("select value from facts where name = 'open_day'")
  return row ? (text(row, 'value') as PlainDate) : dayIn(parts.merchant.zone, parts.now())
}

/** Notes which business day is open. */
export function noteDay({ db }: Parts, day: PlainDate): void {
  db.run("insert into facts values ('open_day', ?) on conflict (name) do update set value = excluded.value", day)
}

/**
 * Closes the business day as one act: charges back what is to be, settles the payments, pays out, books what waits and
 * writes the statements. A day may be closed several times; each close writes what came since the one before.
 */
export function closeDay(parts: Parts): Closed {
  return parts.db.transact(() => {
    const day = openDay(parts)
    // what was given back to the payer already leaves nothing to take back
    for (const payment of toChargeBack(parts.db)) if (left(parts, payment) > 0n) chargeBack(parts, payment.id, null)
    const payouts = settle(parts, day)
    for (const { currency, net, reference } of payouts)
      if (net !== 0n)
        addEntry(parts, { kind: 'payout', currency, amount: net, endToEnd: reference, text: `Payout ${reference}`, name: BANK_NAME })
    chargeForOrders(parts)
    const statements = writeStatements(parts, day)
    noteDay(parts, dayIn(parts.merchant.zone, parts.now()))
    return { day, settlements: payouts.map(({ id }) => id), statements }
  })
}

function chargeForOrders(parts: Parts): void {
  const rows = parts.db.all(
    "select currency, count(*) as n from entries where statement is null and kind = 'order' group by currency order by currency",
  )
  for (const row of rows)
    addEntry(parts, {
      kind: 'fee',
      currency: text(row, 'currency'),
      amount: -TRANSFER_FEE * big(row, 'n'),
      text: `Fee for ${big(row, 'n')} transfers`,
      name: BANK_NAME,
    })
}

/** One statement for each currency that moved, and one for the account's own currency in any case. */
function writeStatements(parts: Parts, day: PlainDate): string[] {
  const moved = parts.db.all('select distinct currency from entries where statement is null').map((row) => text(row, 'currency'))
  return [...new Set([parts.merchant.currency, ...moved])].toSorted().map((currency) => writeStatement(parts, day, currency))
}

function writeStatement(parts: Parts, day: PlainDate, currency: string): string {
  const { db, merchant } = parts
  const last = db.one('select number, closing, day from statements where currency = ? order by number desc limit 1', currency)
  const number = last ? big(last, 'number') + 1n : 1n
  const id = `ST-${day.replaceAll('-', '')}-${currency}-${String(number).padStart(5, '0')}`
  const rows = db.all('select * from entries where statement is null and currency = ? order by seq', currency)
  const opening = last ? big(last, 'closing') : 0n
  const closing = rows.reduce((sum, row) => sum + big(row, 'amount'), opening)
  const at = parts.now()
  const xml = writeCamt053({
    messageId: id,
    id,
    createdAt: at.toISOString(),
    sequence: number,
    from: `${last ? text(last, 'day') : day}T00:00:00Z`,
    to: at.toISOString(),
    account: { iban: merchant.iban, owner: merchant.name['en'] ?? '', bic: merchant.bic },
    currency,
    opening: { amount: opening, currency, day: last ? (text(last, 'day') as PlainDate) : day },
    closing: { amount: closing, currency, day },
    entries: rows.map((row) => entryOf(row, day, merchant.zone)),
  })
  db.run('insert into statements values (?, ?, ?, ?, ?, ?, ?, ?)', id, day, currency, number, opening, closing, xml, at.getTime())
  db.run('update entries set statement = ? where statement is null and currency = ?', id, currency)
  return id
}

/** ISO 20022's external bank transaction codes: domain, family, sub-family. */
const codes: Readonly<Record<EntryKind, readonly [string, string, string]>> = {
  payout: ['PMNT', 'MCRD', 'POSP'],
  transfer: ['PMNT', 'RCDT', 'ESCT'],
  order: ['PMNT', 'ICDT', 'ESCT'],
  fee: ['ACMT', 'MDOP', 'CHRG'],
}

function entryOf(row: Row, day: PlainDate, zone: string): Entry {
  const kind = text(row, 'kind') as EntryKind
  const amount = big(row, 'amount')
  const [domain, family, subFamily] = codes[kind]
  const direction = amount > 0n ? 'credit' : 'debit'
  const whole = { amount: amount > 0n ? amount : -amount, currency: text(row, 'currency') }
  const code = { domain, family, subFamily }
  const bankReference = text(row, 'bank_reference')
  const other = { name: textOrNull(row, 'name') ?? undefined, iban: textOrNull(row, 'iban') ?? undefined }
  const reference = textOrNull(row, 'reference')
  const words = textOrNull(row, 'text')
  const detail: Detail = {
    bankReference,
    endToEndId: textOrNull(row, 'end_to_end') ?? undefined,
    amount: whole,
    direction,
    charges: [],
    ...(direction === 'credit' ? { debtor: other } : { creditor: other }),
    references: reference === null ? [] : [reference],
    lines: words === null ? [] : [words],
  }
  return {
    reference: String(big(row, 'seq')),
    ...whole,
    direction,
    reversal: false,
    status: 'BOOK',
    bookingDay: day,
    valueDay: dayIn(zone, instant(row, 'made_at')),
    bankReference,
    code,
    charges: [],
    details: [detail],
  }
}

/** The statements of a period, both days with it. */
export function statementsOf({ db }: Parts, from: string, to: string): Array<{ id: string; day: string; currency: string }> {
  return db
    .all('select id, day, currency from statements where day between ? and ? order by day, id', from, to)
    .map((row) => ({ id: text(row, 'id'), day: text(row, 'day'), currency: text(row, 'currency') }))
}

/** A statement as camt.053.001.08, or null. */
export function statementXml({ db }: Parts, id: string): string | null {
  const row = db.one('select xml from statements where id = ?', id)
  return row && text(row, 'xml')
}
