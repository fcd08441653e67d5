import { big, instant, text, textOrNull, type Database, type Row } from './database.ts'
import type { Chargeback, Course, Payment, Reason, Refund, State } from './payment.ts'

/** What may change about a payment. */
export type Change = Partial<
  Pick<Payment, 'state' | 'reason' | 'method' | 'step' | 'course' | 'captured' | 'refunded' | 'chargedBack' | 'code' | 'tries'>
> & { readonly dueAt?: Date | null }

const columns = {
  state: 'state',
  reason: 'reason',
  method: 'method',
  step: 'step',
  course: 'course',
  captured: 'captured',
  refunded: 'refunded',
  chargedBack: 'charged_back',
  code: 'code',
  tries: 'tries',
  dueAt: 'due_at',
} as const

/** Writes a new payment. */
export function addPayment(db: Database, payment: Payment): void {
  db.run(
    `insert into payments (id, reference, description, language, return_url, amount, currency, capture, state, token, created_at, expires_at, due_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    payment.id,
    payment.reference,
    payment.description,
    payment.language,
    payment.returnUrl,
    payment.amount,
    payment.currency,
    payment.capture,
    payment.state,
    payment.token,
    payment.createdAt.getTime(),
    payment.expiresAt.getTime(),
    payment.expiresAt.getTime(),
  )
}

/** Changes a payment. */
export function changePayment(db: Database, id: string, change: Change): void {
  for (const [name, column] of Object.entries(columns)) {
    const value = change[name as keyof typeof columns]
    if (value !== undefined) db.run(`update payments set ${column} = ? where id = ?`, value instanceof Date ? value.getTime() : value, id)
  }
}

/** A payment by its id, or null. */
export function findPayment(db: Database, id: string): Payment | null {
  const row = db.one('select * from payments where id = ?', id)
  return row && paymentOf(db, row)
}

/** The payments with a reference of the merchant, oldest first. */
export function paymentsOf(db: Database, reference: string): Payment[] {
  return db.all('select * from payments where reference = ? order by created_at, id limit 100', reference).map((row) => paymentOf(db, row))
}

/** The payments of late, newest first. */
export function latestPayments(db: Database, limit: number): Payment[] {
  return db.all('select * from payments order by created_at desc, id desc limit ?', limit).map((row) => paymentOf(db, row))
}

/** The payments whose time has come. */
export function duePayments(db: Database, now: Date): Payment[] {
  return db.all('select * from payments where due_at <= ? order by due_at, id limit 500', now.getTime()).map((row) => paymentOf(db, row))
}

/** The paid payments whose payers will have their money back at the close of day. */
export function toChargeBack(db: Database): Payment[] {
  return db
    .all(
      `select * from payments p where course = 'charged_back' and state = 'captured'
         and not exists (select 1 from chargebacks where payment = p.id) order by created_at, id`,
    )
    .map((row) => paymentOf(db, row))
}

function paymentOf(db: Database, row: Row): Payment {
  const id = text(row, 'id')
  return {
    id,
    reference: text(row, 'reference'),
    description: text(row, 'description'),
    language: text(row, 'language'),
    returnUrl: text(row, 'return_url'),
    amount: big(row, 'amount'),
    currency: text(row, 'currency'),
    capture: text(row, 'capture') as Payment['capture'],
    state: text(row, 'state') as State,
    reason: textOrNull(row, 'reason') as Reason | null,
    method: textOrNull(row, 'method') as Payment['method'],
    step: text(row, 'step') as Payment['step'],
    course: textOrNull(row, 'course') as Course | null,
    captured: big(row, 'captured'),
    refunded: big(row, 'refunded'),
    chargedBack: big(row, 'charged_back'),
    token: text(row, 'token'),
    code: textOrNull(row, 'code'),
    tries: Number(big(row, 'tries')),
    createdAt: instant(row, 'created_at'),
    expiresAt: instant(row, 'expires_at'),
    chargebacks: big(row, 'captured') === 0n ? [] : chargebacksOf(db, id),
  }
}

function chargebacksOf(db: Database, payment: string): Chargeback[] {
  return db.all('select * from chargebacks where payment = ? order by opened_at, id', payment).map(chargebackOf)
}

function chargebackOf(row: Row): Chargeback {
  return {
    id: text(row, 'id'),
    payment: text(row, 'payment'),
    amount: big(row, 'amount'),
    fee: big(row, 'fee'),
    openedAt: instant(row, 'opened_at'),
    wonAt: row['won_at'] === null ? null : instant(row, 'won_at'),
  }
}

/** A chargeback by its id, or null. */
export function findChargeback(db: Database, id: string): Chargeback | null {
  const row = db.one('select * from chargebacks where id = ?', id)
  return row && chargebackOf(row)
}

/** The payer's bank gave the money of a chargeback to the merchant again. */
export function noteWon(db: Database, id: string, at: Date): void {
  db.run('update chargebacks set won_at = ? where id = ?', at.getTime(), id)
}

/** Writes a chargeback. */
export function addChargeback(db: Database, one: Chargeback): void {
  const { id, payment, amount, fee, openedAt } = one
  db.run(
    'insert into chargebacks (id, payment, amount, fee, opened_at) values (?, ?, ?, ?, ?)',
    id,
    payment,
    amount,
    fee,
    openedAt.getTime(),
  )
}

/** Writes a refund that is to be sent at `dueAt`. */
export function addRefund(db: Database, refund: Refund, now: Date, dueAt: Date): void {
  db.run(
    'insert into refunds values (?, ?, ?, ?, ?, ?, ?)',
    refund.id,
    refund.payment,
    refund.amount,
    refund.reference,
    refund.state,
    now.getTime(),
    dueAt.getTime(),
  )
}

/** A refund has ended. */
export function endRefund(db: Database, id: string, state: Refund['state']): void {
  db.run('update refunds set state = ?, due_at = null where id = ?', state, id)
}

/** A refund by its id, or null. */
export function findRefund(db: Database, id: string): Refund | null {
  const row = db.one('select * from refunds where id = ?', id)
  return row && refundOf(row)
}

/** The refunds with a reference of the merchant, oldest first. */
export function refundsOf(db: Database, reference: string): Refund[] {
  return db.all('select * from refunds where reference = ? order by created_at, id limit 100', reference).map(refundOf)
}

/** The refunds whose time has come. */
export function dueRefunds(db: Database, now: Date): Refund[] {
  return db.all('select * from refunds where due_at <= ? order by due_at, id limit 500', now.getTime()).map(refundOf)
}

/** How much of a payment is on its way back. */
export function refundsUnderWay(db: Database, payment: string): bigint {
  const row = db.one("select coalesce(sum(amount), 0) as amount from refunds where payment = ? and state = 'pending'", payment)
  return big(row ?? {}, 'amount')
}

function refundOf(row: Row): Refund {
  return {
    id: text(row, 'id'),
    payment: text(row, 'payment'),
    amount: big(row, 'amount'),
    reference: text(row, 'reference'),
    state: text(row, 'state') as Refund['state'],
  }
}
