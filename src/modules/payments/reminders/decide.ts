import { invariant } from '../../../kernel/invariant.ts'
import { Problem } from '../../../kernel/problem.ts'
import { enqueue } from '../../../platform/jobs.ts'
import { today, transact } from '../../../platform/platform.ts'
import { type Actor, allow, systemActor } from '../../access/index.ts'
import { type Bill, billFacts, shortened } from '../bill.ts'
import { correctBill, relieveBill } from '../bills/change.ts'
import { applyKept } from '../receive.ts'
import { billById, changeBill, lockBills } from '../store.ts'
import { getBill, tellBill, type Treasury, within } from '../treasury.ts'
import { titleOf } from './apply.ts'
import { makeDeferral, makePlan, quietUntil } from './arrange.ts'
import { NOTICES } from './notices.ts'
import type { Proposal } from './proposal.ts'
import { checkKept, getProposal, sealWords } from './propose.ts'
import * as store from './store.ts'

const PROGRAM = systemActor('payments')

/**
 * Approves or declines a proposal; never who made it. What is approved is done at once. A payer is told the outcome with
 * the officer's `answer`, which is sealed. What is asked for with a bill's code alone may be an officer's own wish: the first
 * who approves it takes it up as their proposal, which then waits for another. Throws 409 when it was decided already or
 * does not fit the bill any more.
 */
export async function decide(treasury: Treasury, actor: Actor, proposalId: string, approve: boolean, answer = ''): Promise<Proposal> {
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const { bill_id } = await getProposal(tx, proposalId)
    // the bill first, as everybody does who changes one
    const [bill] = await lockBills(tx.db, [bill_id])
    const proposal = await store.proposalById(tx.db, proposalId, true)
    invariant(bill !== undefined && proposal !== null, 'a proposal is about a bill')
    allow(actor, 'money.approve', { ...billFacts(bill, treasury.rules.treasury), proposedBy: proposal.proposed_by })
    if (proposal.state !== 'proposed') throw new Problem('payments.decided', 409, 'This was decided already.')
    if (proposal.kind === 'objection' && answer.trim() === '')
      throw new Problem('payments.answer-missing', 422, 'Whoever objects is owed an answer: write it.')
    if (approve) checkStill(inside, bill, proposal)
    const answerId = (await sealWords(tx, bill, 'answer', answer)) ?? proposal.answer_id
    if (approve && proposal.proposed_by === null && proposal.kind !== 'objection') return takeUp(inside, actor, bill, proposal, answerId)
    const decided = await store.changeProposal(tx.db, proposal.id, {
      state: approve ? 'approved' : 'declined',
      decided_by: actor.accountId,
      decided_at: tx.now(),
      answer_id: answerId,
    })
    const type = approve ? 'payments.proposal.approved' : 'payments.proposal.declined'
    const cause = await tellBill(tx, actor, bill, type, { proposal: proposal.id, kind: proposal.kind })
    if (approve) await carryOut(inside, actor, bill, proposal)
    if (proposal.asked_by === 'payer') await answered(inside, bill.id, decided, cause)
    return decided
  })
}

async function takeUp(
  { platform: tx }: Treasury,
  actor: Actor,
  bill: Bill,
  { id, kind }: Proposal,
  answerId: string | null,
): Promise<Proposal> {
  await tellBill(tx, actor, bill, 'payments.proposal.backed', { proposal: id, kind })
  return store.changeProposal(tx.db, id, { proposed_by: actor.accountId, answer_id: answerId })
}

/** Tells the payer, and leaves them some days before anything else happens. */
async function answered(treasury: Treasury, billId: string, proposal: Proposal, event: string): Promise<void> {
  const tx = treasury.platform
  const bill = await billById(tx.db, billId)
  const quiet = quietUntil(treasury)
  if (bill?.state === 'open' && bill.step_on !== null && bill.step_on < quiet) await changeBill(tx.db, billId, { step_on: quiet })
  const what = proposal.state === 'approved' ? 'approved' : 'declined'
  // what was agreed has an e-mail of its own: another only when there are words to bring
  if (what === 'approved' && proposal.answer_id === null && (proposal.kind === 'plan' || proposal.kind === 'defer')) return
  await enqueue(tx, NOTICES, { bill: billId, what, key: event, proposal: proposal.id }, { key: `notice:${event}` })
}

/** Throws 409 when what was proposed does not fit the bill any more. */
function checkStill({ platform }: Treasury, bill: Bill, { kind, until, corrects }: Proposal): void {
  if (kind !== 'correct' && kind !== 'objection' && bill.state !== 'open')
    throw new Problem('payments.not-open', 409, 'This bill is not open any more.')
  // another correction, a fee or interest came between: what was proposed is no longer right
  if (kind === 'correct' && bill.total !== corrects)
    throw new Problem('payments.bill-changed', 409, 'The bill has changed since this was proposed. Decline it, and propose anew.')
  if (kind === 'defer' && until !== null && until <= today(platform))
    throw new Problem('payments.until-wrong', 409, 'This day has passed. Decline it, and propose another.')
}

async function carryOut(treasury: Treasury, actor: Actor, bill: Bill, proposal: Proposal): Promise<void> {
  const { amount, until, parts, payment_id: payment } = proposal
  const key = `proposal:${proposal.id}`
  switch (proposal.kind) {
    case 'waive':
    case 'write_off': {
      invariant(amount !== null, 'it is said how much')
      const kind = proposal.kind === 'waive' ? 'waived' : 'written_off'
      // what was paid meanwhile is not asked for anyway
      const less = amount < bill.outstanding ? amount : bill.outstanding
      await relieveBill(treasury, PROGRAM, bill.id, { key, kind, amount: less, proposal: proposal.id })
      return shorten(treasury, bill, less)
    }
    case 'set_off':
      invariant(amount !== null && payment !== null, 'it is said how much and of which payment')
      await checkKept(treasury, bill, payment, amount)
      await applyKept(treasury, PROGRAM, payment, bill.id, amount)
      return
    case 'correct':
      invariant(amount !== null, 'it is said what the bill comes to')
      await correctBill(treasury, PROGRAM, bill.id, {
        key,
        to: amount,
        why: 'proposal',
        title: titleOf(treasury, 'payments.remind.correction_line'),
      })
      return
    case 'defer':
      invariant(until !== null, 'it is said until when')
      await makeDeferral(treasury, actor, bill, until, proposal.id)
      return
    case 'plan':
      invariant(parts !== null, 'it is said in how many parts')
      await makePlan(treasury, actor, bill, parts, proposal.id)
      return
    default:
  }
}

/** A plan asks for no more than is owed: its last parts go first. */
async function shorten(treasury: Treasury, bill: Bill, less: bigint): Promise<void> {
  const tx = treasury.platform
  const parts = await store.instalmentsOfBills(tx.db, [bill.id])
  if (parts.length === 0 || less <= 0n) return
  await store.deleteInstalments(tx.db, bill.id)
  const left = shortened(parts, less)
  const now = await getBill(tx, bill.id)
  if (now.state === 'open') await store.insertInstalments(tx.db, left)
}
