import { inLanguage } from '../../../kernel/text.ts'
import { formatDay } from '../../../kernel/time.ts'
import { Problem } from '../../../kernel/problem.ts'
import { enqueue, type Job } from '../../../platform/jobs.ts'
import { type JournalEvent, textIn } from '../../../platform/journal/event.ts'
import type { Subscriber } from '../../../platform/journal/subscribers.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { SEED_CHANNEL, systemActor } from '../../access/index.ts'
import { queueMessage } from '../../messages/index.ts'
import { open, profileOf } from '../../people/index.ts'
import { billsOfAttempt, GIVEN_UP } from '../attempts/index.ts'
import { type Bill, payableUntil } from '../bill.ts'
import { amountIn } from '../documents/invoice.ts'
import { GIVEN_BACK, overpaidKey } from '../receive.ts'
import { refundById } from '../refunds/index.ts'
import { proposalById } from '../reminders/store.ts'
import * as bills from '../store.ts'
import { billCode, type Treasury } from '../treasury.ts'

/** The job that writes one e-mail about a bill. */
export const MAIL = 'payments:mail'

const PROGRAM = systemActor('mail')
const PURPOSE = 'message.compose'

/** What an e-mail about a bill tells. */
type Occasion = {
  readonly bill: string
  readonly what: What
  /** The event it tells of, or the payment: one e-mail for each. */
  readonly event: string
  readonly amount?: string
  /** The payment it tells of, when something of it may be kept for the payer. */
  readonly payment?: string
}

type What =
  | 'issued'
  | 'code'
  | 'paid'
  | 'part'
  | 'kept'
  | 'failed'
  | 'expired'
  | 'refunded'
  | 'reopened'
  | 'corrected'
  | 'cancelled'
  | 'relieved'

/**
 * Tells payers what happened to their bills: issued, changed, paid, given back, taken back, and payments that failed after
 * they had left. One e-mail for one act: what follows from a change, such as that nothing is owed any more, is told with it.
 */
export const mailSubscriber: Subscriber = {
  name: 'payments.mail',
  types: [
    'payments.bill.issued',
    'payments.bill.paid',
    'payments.bill.paid_part',
    'payments.bill.reopened',
    'payments.bill.corrected',
    'payments.bill.cancelled',
    'payments.bill.relieved',
    'payments.payment.received',
    'payments.refund.moved',
    'payments.attempt.moved',
  ],
  async handle(tx, events) {
    for (const event of events) {
      if (event.channel === SEED_CHANNEL) continue
      for (const occasion of await occasionsOf(tx, event))
        await enqueue(tx, MAIL, { ...occasion }, { key: `bill-mail:${event.id}:${occasion.bill}` })
    }
  },
}

async function occasionsOf(tx: Platform, line: JournalEvent): Promise<Occasion[]> {
  const { data, id, stream } = line
  const payment = textIn(data, 'payment')
  const about = (what: Occasion['what'], bill = stream, event = id): Occasion[] => [{ bill, what, event, amount: textIn(data, 'amount') }]
  switch (line.type) {
    case 'payments.bill.issued':
      // who pays before sending is on the page of the bill; a yearly run tells its payers by post
      return ['journey', 'assessment'].includes(textIn(data, 'source')) ? [] : about('issued')
    case 'payments.bill.paid':
      // by the payment: a bill that becomes its case's at this moment is told of from there too
      if (payment === '') return []
      return about('paid', stream, data['source'] === GIVEN_BACK ? id : payment).map((each) => ({ ...each, payment }))
    case 'payments.bill.paid_part':
      return about('part').map((each) => ({ ...each, payment }))
    case 'payments.bill.reopened':
      return data['why'] === 'chargeback' ? about('reopened') : []
    case 'payments.bill.corrected':
      return data['why'] === 'refund' || data['to'] === '0' ? [] : about('corrected')
    case 'payments.bill.cancelled':
      // who gets everything back is told when it is on its way
      return data['why'] === 'refund' ? [] : about('cancelled')
    case 'payments.bill.relieved':
      return (await isToldRelief(tx, data)) ? about('relieved') : []
    case 'payments.payment.received':
      return keptWithoutBill(tx, line)
    case 'payments.refund.moved': {
      const refund = data['to'] === 'succeeded' ? await refundById(tx, stream) : null
      const bill = refund && (refund.bill_id ?? (await billOfPayment(tx, refund.payment_id)))
      return refund && bill ? [{ bill, what: 'refunded', event: id, amount: refund.amount.toString() }] : []
    }
    default:
      return endedLate(data)
        ? (await billsOfAttempt(tx, stream)).flatMap((share) => about(data['to'] === 'expired' ? 'expired' : 'failed', share.bill_id))
        : []
  }
}

/** Whether officers decided to ask for less; a payer who asked for it gets the answer, and nobody is told of some cents. */
async function isToldRelief(tx: Platform, data: JournalEvent['data']): Promise<boolean> {
  if (textIn(data, 'write_off') !== '') return true
  const proposal = textIn(data, 'proposal')
  return proposal !== '' && (await proposalById(tx.db, proposal))?.asked_by !== 'payer'
}

/** Money that came too late for its bill; of a bill that took a part of it, the e-mail about that part tells. */
async function keptWithoutBill(tx: Platform, { stream, id, data }: JournalEvent): Promise<Occasion[]> {
  const amount = textIn(data, 'unapplied')
  const bill = amount === '0' ? null : await billOfPayment(tx, stream)
  if (bill === null) return []
  const rows = await bills.allocationsOfPayment(tx.db, stream)
  return rows.some((row) => row.bill_id === bill) ? [] : [{ bill, what: 'kept', event: id, amount }]
}

/** The bill that a payment was meant for, else the one that took the last part of it; null when nobody knows. */
async function billOfPayment(tx: Platform, paymentId: string): Promise<string | null> {
  const meant = (await bills.itemByKey(tx.db, overpaidKey({ id: paymentId })))?.bill_id
  return meant ?? (await bills.allocationsOfPayment(tx.db, paymentId)).at(-1)?.bill_id ?? null
}

/** Whether a payment ended without money after its payer had left it as under way. */
function endedLate(data: JournalEvent['data']): boolean {
  if (data['reason'] === GIVEN_UP) return false
  return ['pending', 'authorised'].includes(textIn(data, 'from')) && ['failed', 'cancelled', 'expired'].includes(textIn(data, 'to'))
}

/** The job: writes the e-mail in the payer's language and queues it; nothing when there is no address. */
export function mailJob(treasury: Treasury): Job {
  return {
    name: MAIL,
    async run(platform, payload) {
      const { bill: id, what, event, amount, payment } = payload
      if (typeof id !== 'string' || typeof event !== 'string' || typeof what !== 'string') return
      const bill = await bills.billById(platform.db, id)
      // that of a journey is told when it has become the case's, which knows the address
      if (!bill || bill.source === 'journey') return
      // nobody is asked to pay what has been paid, waived or taken back meanwhile
      if (['issued', 'reopened'].includes(what) && bill.state !== 'open') return
      // it was cancelled since, which has an e-mail of its own
      if (what === 'corrected' && bill.state === 'cancelled') return
      try {
        await write({ ...treasury, platform }, bill, {
          what,
          event,
          amount: BigInt(typeof amount === 'string' && amount !== '' ? amount : '0'),
          payment: typeof payment === 'string' ? payment : null,
        })
      } catch (error) {
        // the payer was erased in the meantime: there is nobody to write to
        if (!(error instanceof Problem) || error.status !== 404) throw error
      }
    },
  }
}

async function write(
  treasury: Treasury,
  bill: Bill,
  { what, event, amount, payment }: { what: string; event: string; amount: bigint; payment: string | null },
): Promise<void> {
  const { platform, words } = treasury
  const personId = bill.person_id
  const payer = personId === null ? null : await contactOf(platform, bill, personId)
  if (personId === null || payer === null) return
  const { language } = bill
  const t = words.translator(language)
  const agency = platform.city.agencies.find((each) => each.id === bill.agency)
  const values = {
    name: payer.name === '' ? t('payments.mail.name') : payer.name,
    title: inLanguage(bill.title, language).text,
    reference: bill.reference,
    code: billCode(platform, bill.id),
    amount: amountIn(bill, amount, language),
    total: amountIn(bill, bill.total, language),
    left: amountIn(bill, bill.outstanding, language),
    until: formatDay(payableUntil(bill), language),
    agency: inLanguage(agency?.name ?? platform.city.name, language).text,
    link: `${platform.publicOrigin}/pay`,
    page: `${platform.publicOrigin}/pay/bills/${bill.reference}`,
  }
  const kept = payment === null ? 0n : await keptOf(platform, bill, payment)
  const ended = (what === 'corrected' || what === 'relieved') && bill.state !== 'open'
  const text = [
    t(`payments.mail.${what}.${ended ? 'ended' : 'text'}`, values),
    ...(kept > 0n ? [t('payments.mail.kept.more', { kept: amountIn(bill, kept, language) })] : []),
    t('payments.mail.foot', values),
  ].join('\n\n')
  await transact(platform, (tx) =>
    queueMessage(tx, {
      id: `bill-${what}:${event}:${bill.id}`,
      personId,
      to: payer.email,
      language,
      template: `bill-${what}`,
      about: bill.id,
      subject: t(`payments.mail.${what}.subject`, values),
      text,
    }),
  )
}

/** What is kept of a payment that was meant for a bill, in minor units. */
async function keptOf({ db }: Platform, bill: Bill, paymentId: string): Promise<bigint> {
  const item = await bills.itemByKey(db, overpaidKey({ id: paymentId }))
  return item?.bill_id === bill.id ? ((await bills.paymentById(db, paymentId))?.unapplied ?? 0n) : 0n
}

/** The payer's address: as they gave it for this bill, else that of their account; null when there is none. */
export async function contactOf(platform: Platform, bill: Bill, personId: string): Promise<{ name: string; email: string } | null> {
  const reason = { purpose: PURPOSE, legalBasis: 'gdpr.6.1.e' }
  const known =
    bill.record_id === null ? {} : await open(platform, PROGRAM, { record: bill.record_id, fields: ['name', 'email'], ...reason })
  const name = textIn(known, 'name')
  if (textIn(known, 'email') !== '') return { name, email: textIn(known, 'email') }
  if (bill.account_id === null) return null
  const record = await transact(platform, (tx) => profileOf(tx, personId))
  const profile = await open(platform, PROGRAM, { record, fields: ['email'], ...reason })
  return textIn(profile, 'email') === '' ? null : { name, email: textIn(profile, 'email') }
}
