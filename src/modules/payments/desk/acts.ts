import { Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { isUuid } from '../../../kernel/id.ts'
import { textOf } from '../../../platform/http/routes.ts'
import { enqueue } from '../../../platform/jobs.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import { createPerson, createRecord, notErased, seal } from '../../people/index.ts'
import { attemptsOf, hasEnded, settleAttempt } from '../attempts/index.ts'
import { type Bill, billFacts } from '../bill.ts'
import { MAIL } from '../mail/mail.ts'
import { readAmount } from '../pay/amount.ts'
import { proposeRefund, refundCauses, refundsOf, refundWays, settleRefund } from '../refunds/index.ts'
import { propose, type Wish } from '../reminders/index.ts'
import { lockBills, paymentById } from '../store.ts'
import { tellBill, type Treasury, within } from '../treasury.ts'
import { billOf } from './door.ts'
import { dayOf } from './filter.ts'
import * as store from './store.ts'

/** What an officer may do on the page of a bill; the first seven are proposals that another officer decides. */
export const billActs = ['refund', 'waive', 'write_off', 'defer', 'set_off', 'correct', 'cancel', 'code', 'ask', 'note'] as const
export type BillAct = (typeof billActs)[number]

/** The most characters of an officer's words. */
export const WORDS = 2_000

type Ask = { readonly treasury: Treasury; readonly actor: Actor; readonly bill: Bill; readonly form: unknown }

const wrong = (what: 'amount' | 'day' | 'words' | 'choice'): Problem =>
  ({
    amount: new Problem('payments.desk-amount', 422, 'Type an amount such as 12.50.'),
    day: new Problem('payments.desk-day', 422, 'Type a day that is there, as day, month and year.'),
    words: new Problem('payments.desk-words', 422, 'Say why, in a sentence or two.'),
    choice: new Problem('payments.desk-choice', 422, 'Choose one of the answers.'),
  })[what]

/**
 * Does what a form on the page of a bill asks. Throws 404 for who may not work on it, 409 when the bill has changed since
 * the page was drawn, 422 when something is missing.
 */
export async function actOnBill(treasury: Treasury, actor: Actor, reference: string, act: BillAct, form: unknown): Promise<void> {
  const { platform } = treasury
  const bill = await billOf(treasury, actor, reference, 'money.work')
  if (act === 'ask') return askProvider(treasury, bill)
  await transact(platform, async (tx) => {
    const inside = within(treasury, tx)
    const [now] = await lockBills(tx.db, [bill.id])
    if (!now || String(now.revision) !== textOf(form, 'revision'))
      throw new Problem('payments.desk-changed', 409, 'This bill has changed since the page was loaded. Look at it again first.')
    allow(actor, 'money.work', billFacts(now, treasury.rules.treasury))
    await done[act]({ treasury: inside, actor, bill: now, form })
  })
}

const done: Readonly<Record<Exclude<BillAct, 'ask'>, (ask: Ask) => Promise<void>>> = {
  async refund(ask) {
    const { treasury, actor, bill, form } = ask
    const payment = chosen(form, 'payment')
    const account = { name: line(form, 'account_name', 70), iban: line(form, 'iban', 42) }
    await proposeRefund(treasury, actor, {
      payment,
      ...(textOf(form, 'kept') === null ? { bill: bill.id } : {}),
      amount: amountIn(ask),
      cause: among(refundCauses, textOf(form, 'cause')),
      way: among(refundWays, textOf(form, 'way')),
      words: wordsIn(form),
      ...(account.name === '' && account.iban === '' ? {} : { account }),
    })
  },
  waive: (ask) => proposed(ask, 'waive', { amount: amountIn(ask) }),
  write_off: (ask) => proposed(ask, 'write_off', { amount: ask.bill.outstanding }),
  async defer(ask) {
    const until = dayOf(ask.form, 'until')
    if (until === null) throw wrong('day')
    await proposed(ask, 'defer', { until })
  },
  async set_off(ask) {
    const { treasury, bill, form } = ask
    const payment = chosen(form, 'payment')
    await proposed(ask, 'set_off', { payment, amount: await coverable(treasury.platform, payment, bill) })
  },
  correct: (ask) => proposed(ask, 'correct', { amount: amountIn(ask) }),
  cancel: (ask) => proposed(ask, 'correct', { amount: 0n }),
  async code({ treasury, actor, bill }) {
    if (bill.source === 'journey')
      throw new Problem('payments.desk-no-code', 409, 'The payer of this bill comes to it from their application.')
    const tx = treasury.platform
    const event = await tellBill(tx, actor, bill, 'payments.bill.code_sent')
    await enqueue(tx, MAIL, { bill: bill.id, what: 'code', event }, { key: `bill-mail:${event}:${bill.id}` })
  },
  async note({ treasury, actor, bill, form }) {
    const tx = treasury.platform
    if (actor.accountId === null) throw new Problem('access.sign-in-needed', 401, 'Sign in to go on.')
    const words = wordsIn(form)
    const alive = bill.person_id !== null && (await notErased(tx, [bill.person_id])).length > 0 ? bill.person_id : null
    const record = await sealNote(tx, alive ?? (await createPerson(tx)), words)
    const note = { id: tx.newId(), bill_id: bill.id, record_id: record, made_by: actor.accountId, made_at: tx.now() }
    await store.insertNote(tx.db, note)
    await tellBill(tx, actor, bill, 'payments.bill.noted', { note: note.id })
  },
}

async function sealNote(tx: Platform, personId: string, words: string): Promise<string> {
  const record = await createRecord(tx, personId, 'bill-note')
  await seal(tx, record, { words })
  return record
}

async function proposed(
  { treasury, actor, bill, form }: Ask,
  kind: 'waive' | 'write_off' | 'defer' | 'set_off' | 'correct',
  rest: Omit<Wish, 'kind' | 'words'>,
): Promise<void> {
  await propose(treasury, actor, bill.id, { kind, words: wordsIn(form), ...rest })
}

/** What of the money that is kept of a payment a bill could take now. */
export async function coverable(platform: Platform, paymentId: string, bill: Bill): Promise<bigint> {
  const kept = (await paymentById(platform.db, paymentId))?.unapplied ?? 0n
  return kept < bill.outstanding ? kept : bill.outstanding
}

/** Asks the provider about everything of a bill that is under way, and books what it says. */
async function askProvider(treasury: Treasury, bill: Bill): Promise<void> {
  for (const attempt of await attemptsOf(treasury.platform, bill.id))
    if (!hasEnded(attempt.state)) await settleAttempt(treasury, attempt.id)
  for (const refund of await refundsOf(treasury.platform, { bill: bill.id })) await settleRefund(treasury, refund.id)
}

function amountIn({ form, bill }: Ask): bigint {
  return typedAmount(form, bill.currency)
}

/** The amount of a form, in minor units of a currency; throws 422 for what is none or nothing. */
export function typedAmount(form: unknown, currency: string): bigint {
  const amount = readAmount(textOf(form, 'amount') ?? '', currency)
  if (amount === null || amount <= 0n) throw wrong('amount')
  return amount
}

/** The words of a form; throws 422 when there are none. */
export function wordsIn(form: unknown): string {
  const words = cleanText(textOf(form, 'words') ?? '')
    .trim()
    .slice(0, WORDS)
  if (words === '') throw wrong('words')
  return words
}

/** One of some answers; throws 422 for what is none of them. */
export function among<T extends string>(all: readonly T[], typed: string | null): T {
  const found = all.find((each) => each === typed)
  if (found === undefined) throw wrong('choice')
  return found
}

/** An id that was chosen; throws 422 when none was. */
export function chosen(form: unknown, name: string): string {
  const id = textOf(form, name) ?? ''
  if (!isUuid(id)) throw wrong('choice')
  return id
}

/** A line of a form, cleaned. */
export function line(form: unknown, name: string, most: number): string {
  return cleanText(textOf(form, name) ?? '')
    .replaceAll('\n', ' ')
    .trim()
    .slice(0, most)
}
