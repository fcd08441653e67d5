import { present } from '../../kernel/invariant.ts'
import type { Money } from '../../kernel/money.ts'
import { Problem } from '../../kernel/problem.ts'
import { addDays } from '../../kernel/time.ts'
import { record } from '../../platform/journal/journal.ts'
import { today, transact } from '../../platform/platform.ts'
import { type Actor, allow, systemActor } from '../access/index.ts'
import type { House } from '../cases/index.ts'
import { type FeeDoor, feeBefore, type FeeStanding, type JourneyFee, paidBefore } from './fee.ts'
import { ensureRecord, getJourney, type OpenJourney, openEnvelope, readyToSend, type Receipt, receiptOf, sendOnce } from './service.ts'
import * as store from './store.ts'
import type { Journey } from './store.ts'

/** How long a draft is kept at least once its payment has begun, in days: a payment may be settled late. */
const KEPT_DAYS = 30

/** What became of sending: the receipt, or how the fee stands that is to be paid before. */
export type Sent = { readonly receipt: Receipt } | { readonly standing: Exclude<FeeStanding, { state: 'paid' }> }

/**
 * Sends a journey, or asks for its fee first where there is a door for that; then its answers stand still, and the same
 * key sends it once it is paid. Throws as `readyToSend`.
 */
export async function sendJourney(house: House, door: FeeDoor | undefined, actor: Actor, id: string, key: string): Promise<Sent> {
  const ready = await readyToSend(house, actor, id, key)
  if ('receipt' in ready) return ready
  const { opened } = ready
  if (!door || feeBefore(opened) === null) return { receipt: await sendOnce(house, actor, opened, key, null) }
  const journey = await askFee(house, actor, opened, key)
  if (journey.state === 'submitted') return { receipt: await receiptOf(house, journey, key) }
  const standing = await door.pay(actor, feeFor(opened, journey))
  if (standing.state !== 'paid') return { standing }
  return { receipt: await sendOnce(house, actor, { ...opened, journey }, key, paidBefore(journey, standing.key)) }
}

/** Lets the answers of a journey stand still while its fee is paid. Throws 409 when an answer was changed meanwhile. */
async function askFee(house: House, actor: Actor, opened: OpenJourney, key: string): Promise<Journey> {
  return transact(house.platform, async (tx) => {
    const journey = present(await store.journeyById(tx.db, opened.journey.id, true), 'the journey')
    if (journey.state === 'submitted') return journey
    const asked = journey.fee_since !== null
    // pressed twice at once: since its answers were read, nothing but the asking itself has happened
    const before = asked && opened.journey.fee_since === null ? 1 : 0
    const same = asked && before === 0 ? true : journey.revision === opened.journey.revision + before
    if (journey.state !== 'open' || !same)
      throw new Problem('journeys.changed', 409, 'An answer was changed just now. Check your answers and send again.')
    if (asked) {
      // whoever asks with another key gets the answer to that one, as for any submission
      if (journey.submission_key === key) return journey
      await store.updateJourney(tx.db, journey.id, { submission_key: key })
      return present(await store.journeyById(tx.db, journey.id), 'the journey')
    }
    const fee = present(feeBefore(opened), 'the fee to be paid before')
    await ensureRecord(tx, journey)
    const until = addDays(today(tx), KEPT_DAYS)
    await store.updateJourney(tx.db, journey.id, {
      fee_since: tx.now(),
      fee_amount: fee.amount,
      fee_currency: fee.currency,
      submission_key: key,
      ...(journey.expires_on < until ? { expires_on: until } : {}),
    })
    const data = { amount: fee.amount.toString(), currency: fee.currency }
    await record(tx, actor, { type: 'journeys.fee.asked', stream: journey.id, data })
    return present(await store.journeyById(tx.db, journey.id), 'the journey')
  })
}

function feeFor({ service }: OpenJourney, journey: Journey): JourneyFee {
  return {
    journeyId: journey.id,
    service,
    version: journey.version,
    amount: present(journey.fee_amount, 'the fee that was asked for'),
    currency: present(journey.fee_currency, 'the currency of the fee'),
    language: journey.language,
    personId: present(journey.person_id, 'the person of a saved journey'),
    accountId: journey.account_id,
    actingId: journey.acting_id,
    words: service.definition.fee?.title ?? service.definition.title,
    returnPath: `/apply/${journey.id}/paid`,
  }
}

/**
 * Ends an unpaid payment, so that answers can be changed again; false when it is paid or nobody knows yet. Throws 404 for a
 * journey that is not the actor's.
 */
export async function endFee(house: House, actor: Actor, door: FeeDoor, id: string): Promise<boolean> {
  const journey = await getJourney(house.platform, actor, id)
  if (journey.state !== 'open' || journey.fee_since === null) return true
  if (!(await door.cancel(actor, id))) return false
  return transact(house.platform, async (tx) => {
    const current = await store.journeyById(tx.db, id, true)
    if (!current || current.state !== 'open' || current.fee_since === null) return current?.state === 'open'
    await store.updateJourney(tx.db, id, { fee_since: null, fee_amount: null, fee_currency: null })
    await record(tx, actor, { type: 'journeys.fee.ended', stream: id })
    return true
  })
}

/**
 * Sends a journey whose fee is paid while nobody is there to send it: the person asked for that when they went to pay.
 * Once; the same answer again. Null when nothing waits to be sent (it was erased, or its payment was ended): the money
 * is to be given back. So it is when `paid`, what the payment was for, is another amount than the journey's fee is now.
 * `key` is the payment's name for the case's fee. Outside of any transaction.
 */
export async function submitPaid(house: House, journeyId: string, key: string, paid?: Money): Promise<Receipt | null> {
  const actor = systemActor('payments')
  allow(actor, 'money.system', { id: journeyId })
  const journey = await store.journeyById(house.platform.db, journeyId)
  if (!journey || journey.state === 'erased') return null
  if (journey.state === 'submitted') return paidOf(house, journey)
  if (journey.fee_since === null) return null
  if (paid && (paid.amount !== journey.fee_amount || paid.currency !== journey.fee_currency)) return null
  const opened = await openEnvelope(house, actor, journey)
  return sendOnce(house, actor, opened, journey.submission_key, paidBefore(journey, key))
}

/** The receipt of a journey that was sent with its fee paid; null when it was sent without. */
async function paidOf(house: House, journey: Journey): Promise<Receipt | null> {
  return journey.fee_since === null ? null : receiptOf(house, journey, journey.submission_key)
}
