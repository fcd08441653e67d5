import { isUuid } from '../../../kernel/id.ts'
import { enqueue, type Job } from '../../../platform/jobs.ts'
import { textIn } from '../../../platform/journal/event.ts'
import type { Subscriber } from '../../../platform/journal/subscribers.ts'
import { SEED_CHANNEL } from '../../access/index.ts'
import { feeHappened, type FeeNews } from '../../cases/index.ts'
import { submitPaid } from '../../journeys/index.ts'
import type { Bill } from '../bill.ts'
import { refundById, refundsOf } from '../refunds/index.ts'
import * as bills from '../store.ts'
import type { Treasury } from '../treasury.ts'
import { feeBill, NEWS, PROGRAM } from './bill.ts'
import { askedFirst, endErased, noApplication } from './journey.ts'
import * as store from './store.ts'

const FEE = 'payments:fee'
const ENDED = 'payments:fee_ended'
/** When it is looked again whether a payment went through whose application was erased, in milliseconds. */
const LOOK_AGAIN_MS = 3_600_000

/** What cases tell of fees is brought to bills; a job does it, because it opens the vault. */
export const feeSubscriber: Subscriber = {
  name: 'payments.fees',
  types: ['cases.fee.due', 'cases.fee.changed', 'cases.fee.cancelled', 'cases.fee.paid', 'journeys.journey.erased'],
  async handle(tx, events) {
    for (const event of events) {
      // nobody is asked to pay for the demo city's invented past
      if (event.channel === SEED_CHANNEL) continue
      if (event.type === 'journeys.journey.erased') {
        await enqueue(tx, ENDED, { journey: event.stream }, { key: `fee-ended:${event.stream}` })
        continue
      }
      // of payments only one that was made before sending is news to us: its key is the bill
      if (event.type === 'cases.fee.paid' && !isUuid(textIn(event.data, 'key'))) continue
      await enqueue(tx, FEE, { case: event.stream }, { key: `fee:${event.stream}` })
    }
  },
}

/** What happens to bills is told to their cases. */
export const newsSubscriber: Subscriber = {
  name: 'payments.fee_news',
  types: [
    'payments.bill.paid',
    'payments.bill.reopened',
    'payments.bill.relieved',
    'payments.bill.cancelled',
    'payments.bill.overdue',
    'payments.refund.moved',
  ],
  async handle(tx, events) {
    for (const event of events) {
      const id = event.type === 'payments.refund.moved' ? await refundedBill(tx, event.stream, textIn(event.data, 'to')) : event.stream
      const bill = id === null ? null : await bills.billById(tx.db, id)
      if (!bill || !['case', 'journey'].includes(bill.source) || event.channel === SEED_CHANNEL) continue
      const overdue = event.type === 'payments.bill.overdue'
      await enqueue(
        tx,
        NEWS,
        { bill: bill.id, ...(overdue ? { overdue } : {}) },
        { key: `fee-news:${overdue ? 'overdue:' : ''}${bill.id}` },
      )
    }
  },
}

async function refundedBill(tx: Treasury['platform'], refundId: string, to: string): Promise<string | null> {
  return to === 'succeeded' ? ((await refundById(tx, refundId))?.bill_id ?? null) : null
}

/** The jobs behind them. */
export function feeJobs(treasury: Treasury): Job[] {
  const on = (platform: Treasury['platform']): Treasury => ({ ...treasury, platform, house: { ...treasury.house, platform } })
  return [
    {
      name: FEE,
      async run(platform, payload) {
        if (typeof payload['case'] === 'string') await feeBill(on(platform), payload['case'])
      },
    },
    {
      name: NEWS,
      async run(platform, payload) {
        if (typeof payload['bill'] === 'string') await tellCase(on(platform), payload['bill'], payload['overdue'] === true)
      },
    },
    {
      name: ENDED,
      async run(platform, { journey }) {
        if (typeof journey !== 'string' || (await endErased(on(platform), journey))) return
        const at = new Date(platform.now().getTime() + LOOK_AGAIN_MS)
        await enqueue(platform, ENDED, { journey }, { key: `fee-ended:${journey}`, at })
      },
    },
  ]
}

/** How often it is looked again whether a bill has moved while its case was told. */
const TURNS = 4

/**
 * Tells the case of a bill how its fee stands. Jobs may overtake one another, so each tells what is true now, and looks
 * again: the case takes in only what changes something.
 */
async function tellCase(treasury: Treasury, billId: string, overdue: boolean): Promise<void> {
  const { platform } = treasury
  let told: number | null = null
  for (let turn = 0; turn < TURNS; turn += 1) {
    const bill = await bills.billById(platform.db, billId)
    if (!bill || bill.revision === told) return
    told = bill.revision
    if (bill.source === 'journey') {
      await sendPaid(treasury, bill)
      continue
    }
    const fee = await store.feeOfBill(platform.db, bill.id)
    const caseId = fee?.case_id ?? bill.source_id
    for (const what of await newsOf(treasury, bill, overdue)) {
      const key = `${what}:${bill.id}:${bill.revision}${turn === 0 ? '' : `:${turn}`}`
      await feeHappened(treasury.house, PROGRAM, caseId, what, { key, amount: bill.total, currency: bill.currency, dueOn: bill.due_on })
    }
  }
}

async function newsOf({ platform }: Treasury, bill: Bill, overdue: boolean): Promise<FeeNews[]> {
  if (bill.state === 'paid') return ['paid']
  if (bill.state === 'cancelled') {
    const refunds = await refundsOf(platform, { bill: bill.id })
    return [...(refunds.some((refund) => refund.state === 'succeeded') ? (['refunded'] as const) : []), 'cancelled']
  }
  if (bill.state !== 'open') return []
  const taken = isTakenBack(await bills.allocationsOfBill(platform.db, bill.id))
  // of a case that thinks its fee is paid: more is owed of it since
  return [taken ? 'reversed' : 'due', ...(overdue ? (['overdue'] as const) : [])]
}

/** Whether a bank took money back that has not been paid again since. */
function isTakenBack(rows: readonly bills.Allocation[]): boolean {
  let taken = 0n
  for (const { kind, amount } of rows) {
    if (kind === 'chargeback' && amount < 0n) taken -= amount
    else if (amount > 0n) taken = amount < taken ? taken - amount : 0n
  }
  return taken > 0n
}

/** Sends the application that waited for this bill, if nobody has; when none takes its money, that is to be given back. */
async function sendPaid(treasury: Treasury, bill: Bill): Promise<void> {
  if (bill.state !== 'paid') return
  const receipt = await submitPaid(treasury.house, bill.source_id, bill.id, await askedFirst(treasury, bill))
  const own = receipt && (await feeBill(treasury, receipt.caseId))
  if (own?.id !== bill.id) await noApplication(treasury, bill)
}
