import { notFound } from '../../../kernel/problem.ts'
import { type Actor, allow, may, type Resource } from '../../access/index.ts'
import { staffNames } from '../../identity/index.ts'
import { type Bill, billFacts } from '../bill.ts'
import {
  decideRefund,
  openRefund,
  type Refund,
  refundById,
  refundsProposed,
  refundsToPayOut,
  refundsToTransfer,
  withdrawRefund,
} from '../refunds/index.ts'
import { decide, getProposal, type Proposal, proposalWords, waitingProposals } from '../reminders/index.ts'
import { billById, billsById } from '../store.ts'
import type { Treasury } from '../treasury.ts'
import { agenciesSeen, agencyFacts } from './door.ts'

/** What kinds of things wait for a second officer. */
export const approvalKinds = ['refund', 'proposal'] as const
export type ApprovalKind = (typeof approvalKinds)[number]

/** Something that an officer or a payer proposes and (another) officer decides. */
export type Approval = ({ readonly kind: 'refund'; readonly it: Refund } | { readonly kind: 'proposal'; readonly it: Proposal }) & {
  /** The bill that it is about; null for money that is kept for a payer. */
  readonly bill: Bill | null
  /** Who proposed it, when they are staff. */
  readonly by: string | null
  /** Whether the reader may decide it; who proposed it may not. */
  readonly mine: boolean
}

/** How many of each kind are looked at, the oldest first. */
const LIMIT = 500

function factsOf(treasury: Treasury, bill: Bill | null): Resource {
  const own = treasury.rules.treasury
  return bill === null ? agencyFacts(treasury, own) : billFacts(bill, own)
}

/** What waits for a decision and is for the reader's agencies to decide, oldest first; throws 403 for who decides nothing. */
export async function waitingApprovals(treasury: Treasury, actor: Actor): Promise<Approval[]> {
  const { platform } = treasury
  agenciesSeen(treasury, actor, 'money.approve')
  const [refunds, proposals] = await Promise.all([refundsProposed(platform, LIMIT), waitingProposals(platform, LIMIT)])
  const ids = [...new Set([...refunds, ...proposals].flatMap(({ bill_id }) => bill_id ?? []))]
  const bills = new Map((await billsById(platform.db, ids)).map((bill) => [bill.id, bill]))
  const all = [
    ...refunds.map((it) => ({ kind: 'refund' as const, it, bill: bills.get(it.bill_id ?? '') ?? null })),
    ...proposals.map((it) => ({ kind: 'proposal' as const, it, bill: bills.get(it.bill_id) ?? null })),
  ].filter(({ bill }) => may(actor, 'money.approve', factsOf(treasury, bill)))
  const accounts = [...new Set(all.flatMap(({ it }) => it.proposed_by ?? []))]
  const names = accounts.length === 0 ? new Map<string, string>() : await staffNames(platform, accounts)
  return all
    .map((each) => ({ ...each, by: names.get(each.it.proposed_by ?? '') ?? null, mine: !decides(treasury, actor, each) }))
    .toSorted((a, b) => a.it.proposed_at.getTime() - b.it.proposed_at.getTime())
}

/** A refund that was approved and has not gone out, with its bill. */
export type Promised = { readonly it: Refund; readonly bill: Bill | null }

/** Approved refunds by transfer and in cash that have not gone out, of the reader's agencies, oldest first. */
export async function promisedRefunds(treasury: Treasury, actor: Actor): Promise<Promised[]> {
  const { platform } = treasury
  const refunds = [...(await refundsToTransfer(platform)), ...(await refundsToPayOut(platform))]
  const bills = new Map(
    (
      await billsById(
        platform.db,
        refunds.flatMap(({ bill_id }) => bill_id ?? []),
      )
    ).map((bill) => [bill.id, bill]),
  )
  return refunds
    .map((it) => ({ it, bill: bills.get(it.bill_id ?? '') ?? null }))
    .filter(({ bill }) => may(actor, 'money.approve', factsOf(treasury, bill)))
    .toSorted((a, b) => (a.it.decided_at?.getTime() ?? 0) - (b.it.decided_at?.getTime() ?? 0))
}

/** Who may withdraw a refund: the reader, or somebody else because the reader approved it; null when it cannot be withdrawn. */
function withdraws(treasury: Treasury, actor: Actor, { it, bill }: Promised): 'you' | 'other' | null {
  if (it.state !== 'approved' || it.way === 'provider') return null
  return may(actor, 'money.approve', { ...factsOf(treasury, bill), proposedBy: it.decided_by }) ? 'you' : 'other'
}

function decides(treasury: Treasury, actor: Actor, { it, bill }: Pick<Approval, 'it' | 'bill'>): boolean {
  return may(actor, 'money.approve', { ...factsOf(treasury, bill), proposedBy: it.proposed_by })
}

/** One of them with its words, whose opening is noted in the journal; throws 404 for who may not read it. */
export async function readApproval(
  treasury: Treasury,
  actor: Actor,
  kind: ApprovalKind,
  id: string,
): Promise<
  Approval & {
    readonly words: string
    readonly answer: string
    readonly account: { readonly name: string; readonly iban: string } | null
    readonly withdraws: 'you' | 'other' | null
  }
> {
  const { platform } = treasury
  const found = kind === 'refund' ? { kind, it: await refundById(platform, id) } : { kind, it: await getProposal(platform, id) }
  const bill = found.it.bill_id === null ? null : await billById(platform.db, found.it.bill_id)
  const facts = factsOf(treasury, bill)
  if (!may(actor, 'money.approve', facts)) allow(actor, 'money.read', { ...facts, id })
  const by = found.it.proposed_by
  const names = by === null ? new Map<string, string>() : await staffNames(platform, [by])
  const opened =
    found.kind === 'refund'
      ? { ...(await openRefund(treasury, actor, found.it)), answer: '' }
      : { ...(await proposalWords(treasury, actor, found.it)), account: null }
  const open = found.kind === 'refund' ? withdraws(treasury, actor, { it: found.it, bill }) : null
  const who = { by: names.get(by ?? '') ?? null, mine: !decides(treasury, actor, { it: found.it, bill }), withdraws: open }
  return { ...found, ...opened, bill, ...who }
}

/** How an officer decides: a refund that was approved and has not gone out can be withdrawn. */
export const decisions = ['approve', 'decline', 'withdraw'] as const

/**
 * Approves or declines one of them, with an answer to a payer who asked. Returns how it stands then: `backed` when it waits
 * for another officer. Throws 403 for who proposed it, 409 when it was decided already.
 */
export async function decideApproval(
  treasury: Treasury,
  actor: Actor,
  what: { readonly kind: ApprovalKind; readonly id: string; readonly decision: (typeof decisions)[number]; readonly answer: string },
): Promise<'approved' | 'declined' | 'backed' | 'withdrawn'> {
  const approve = what.decision === 'approve'
  const said = approve ? 'approved' : 'declined'
  if (what.kind === 'proposal') {
    if (what.decision === 'withdraw') throw notFound('proposal')
    const { state } = await decide(treasury, actor, what.id, approve, what.answer)
    return state === 'proposed' ? 'backed' : said
  }
  if (what.decision === 'withdraw') {
    await withdrawRefund(treasury, actor, what.id)
    return 'withdrawn'
  }
  await decideRefund(treasury, actor, what.id, approve)
  return said
}
