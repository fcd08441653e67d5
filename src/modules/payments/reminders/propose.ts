import { invariant } from '../../../kernel/invariant.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { addYears, type PlainDate } from '../../../kernel/time.ts'
import { enqueue } from '../../../platform/jobs.ts'
import { type Platform, today, transact } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import { createPerson, createRecord, notErased, open, seal } from '../../people/index.ts'
import { type Bill, billFacts } from '../bill.ts'
import { lockBills, paymentById } from '../store.ts'
import { getBill, tellBill, type Treasury, within } from '../treasury.ts'
import { heldForPayer } from './arrange.ts'
import { NOTICES } from './notices.ts'
import type { Proposal, ProposalKind } from './proposal.ts'
import * as store from './store.ts'

/** The most that words of a request or an answer may be. */
export const WORDS_MOST = 2_000
/** In how many parts a payer may ask to pay. */
export const PARTS_MOST = 36

/** What somebody proposes about a bill. Amounts in minor units of the bill's currency. */
export type Wish = {
  readonly kind: ProposalKind
  /** How much is waived, written off or set off; what a bill is to come to when it is corrected. */
  readonly amount?: bigint
  readonly until?: PlainDate
  readonly parts?: number
  /** The payment whose kept money pays the bill. */
  readonly payment?: string
  /** Why; sealed. */
  readonly words: string
}

const refuse = (code: string, detail: string, status = 422): Problem => new Problem(`payments.${code}`, status, detail)

/**
 * Proposes something about a bill as an officer; another decides. Throws 422 when it does not fit the bill, 409 when one of
 * its kind waits already.
 */
export async function propose(treasury: Treasury, actor: Actor, billId: string, wish: Wish): Promise<Proposal> {
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const known = await getBill(tx, billId)
    allow(actor, 'money.work', billFacts(known, treasury.rules.treasury))
    const [bill] = await lockBills(tx.db, [known.id])
    invariant(bill !== undefined, 'a bill that was read is there')
    await check(inside, bill, wish)
    return insert(inside, actor, bill, wish, 'officer')
  })
}

/**
 * Asks, as whoever may pay a bill, for what the rule does not give at once: more time, more parts, a waiver; or objects to
 * it. An officer answers; until then nobody is reminded. Throws 409 when the bill is not open or one of its kind waits.
 */
export async function askFor(
  treasury: Treasury,
  actor: Actor,
  billId: string,
  wish: Wish & { readonly kind: 'waive' | 'defer' | 'plan' | 'objection' },
): Promise<Proposal> {
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const bill = await heldForPayer(inside, actor, billId)
    const whole = wish.kind === 'waive' ? { ...wish, amount: bill.outstanding } : wish
    await check(inside, bill, whole)
    return insert(inside, actor, bill, whole, 'payer')
  })
}

async function insert(treasury: Treasury, actor: Actor, bill: Bill, wish: Wish, by: Proposal['asked_by']): Promise<Proposal> {
  const tx = treasury.platform
  const proposal: Proposal = {
    id: tx.newId(),
    bill_id: bill.id,
    kind: wish.kind,
    amount: wish.amount ?? null,
    until: wish.until ?? null,
    parts: wish.parts ?? null,
    payment_id: wish.payment ?? null,
    record_id: await sealWords(tx, bill, 'proposal', wish.words),
    answer_id: null,
    corrects: wish.kind === 'correct' ? bill.total : null,
    asked_by: by,
    state: 'proposed',
    proposed_by: actor.accountId,
    proposed_at: tx.now(),
    decided_by: null,
    decided_at: null,
  }
  if (!(await store.insertProposal(tx.db, proposal)))
    throw refuse('proposed-already', 'This was asked for already, and waits for an answer.', 409)
  const event = await tellBill(tx, actor, bill, 'payments.proposal.made', {
    proposal: proposal.id,
    kind: proposal.kind,
    ...(proposal.amount === null ? {} : { amount: proposal.amount.toString() }),
    ...(proposal.until === null ? {} : { until: proposal.until }),
  })
  if (by === 'payer')
    await enqueue(tx, NOTICES, { bill: bill.id, what: 'received', key: event, proposal: proposal.id }, { key: `notice:${event}` })
  return proposal
}

/** Seals words with the data of whoever the bill is for; of nobody known, in a vault of its own. Null without words. */
export async function sealWords(tx: Platform, bill: Bill, kind: string, words: string): Promise<string | null> {
  const text = cleanText(words).slice(0, WORDS_MOST)
  if (text === '') return null
  const alive = bill.person_id !== null && (await notErased(tx, [bill.person_id])).length > 0 ? bill.person_id : null
  const id = await createRecord(tx, alive ?? (await createPerson(tx)), kind)
  await seal(tx, id, { words: text })
  return id
}

async function check(treasury: Treasury, bill: Bill, wish: Wish): Promise<void> {
  const tx = treasury.platform
  const { amount = 0n } = wish
  if (wish.kind === 'correct') {
    if (bill.state === 'cancelled' || bill.state === 'written_off')
      throw refuse('bill-ended', 'This bill has ended, and nothing more can be changed on it.', 409)
    if (wish.amount === undefined || amount < 0n || amount === bill.total) throw refuse('amount-wrong', 'Say what the bill is to come to.')
    if (amount < bill.waived) throw refuse('too-much', 'More than this was waived already.')
    return
  }
  if (bill.state !== 'open') throw refuse('not-open', 'This bill is not open any more.', 409)
  switch (wish.kind) {
    case 'waive':
    case 'write_off':
    case 'set_off':
      if (amount <= 0n || amount > bill.outstanding) throw refuse('too-much', 'This is more than is still owed on the bill.')
      if (wish.kind === 'set_off') await checkKept(treasury, bill, wish.payment ?? '', amount)
      break
    case 'defer':
      if (wish.until === undefined || wish.until <= today(tx) || wish.until > addYears(today(tx), 2))
        throw refuse('until-wrong', 'Give a day after today, within two years.')
      break
    case 'plan':
      if (wish.parts === undefined || !Number.isInteger(wish.parts) || wish.parts < 2 || wish.parts > PARTS_MOST)
        throw refuse('parts-wrong', 'Give from 2 to 36 parts.')
      if (bill.outstanding < BigInt(wish.parts)) throw refuse('parts-wrong', 'There are too many parts for this amount.')
      break
    default:
  }
}

/** Kept money pays bills of the same person only. Throws 422 when it is another's, or less is kept. */
export async function checkKept({ platform }: Treasury, bill: Bill, paymentId: string, amount: bigint): Promise<void> {
  const payment = await paymentById(platform.db, paymentId)
  if (!payment || payment.currency !== bill.currency || payment.unapplied < amount)
    throw refuse('not-kept', 'There is no such payment, or less than this is kept of it.')
  const payers = await store.payersOf(platform.db, payment.id)
  if (bill.person_id === null || payers.length !== 1 || payers[0] !== bill.person_id)
    throw refuse('other-payer', 'This money was paid by somebody else, or nobody knows by whom.')
}

/** What was proposed about a bill, the oldest first. The caller has asked whether the reader may. */
export function proposalsOf(platform: Platform, billId: string): Promise<Proposal[]> {
  return store.proposalsOf(platform.db, billId)
}

/** What waits for a decision, the oldest first. The caller shows each reader what they may see. */
export function waitingProposals(platform: Platform, limit = 500): Promise<Proposal[]> {
  return store.waitingProposals(platform.db, limit)
}

/** A proposal by its id; throws 404. */
export async function getProposal(platform: Platform, id: string): Promise<Proposal> {
  const found = await store.proposalById(platform.db, id)
  if (!found) throw notFound('proposal')
  return found
}

/** Opens the words of a proposal, and of its answer, for an officer who works on the bill; the reading is recorded. */
export async function proposalWords(treasury: Treasury, actor: Actor, proposal: Proposal): Promise<{ words: string; answer: string }> {
  const { platform, rules } = treasury
  allow(actor, 'money.work', billFacts(await getBill(platform, proposal.bill_id), rules.treasury))
  const read = async (record: string | null): Promise<string> => {
    if (record === null) return ''
    try {
      const { words } = await open(platform, actor, { record, fields: ['words'], purpose: 'bill.decide', legalBasis: 'gdpr.6.1.e' })
      return typeof words === 'string' ? words : ''
    } catch (error) {
      // the payer was erased, and their words with them
      if (error instanceof Problem && error.status === 404) return ''
      throw error
    }
  }
  return { words: await read(proposal.record_id), answer: await read(proposal.answer_id) }
}
