import type { Money } from '../../../kernel/money.ts'
import { addWorkingDays } from '../../../kernel/time.ts'
import { today, transact } from '../../../platform/platform.ts'
import type { FeeDoor, FeeStanding, JourneyFee } from '../../journeys/index.ts'
import { hasEnded, openAttemptOf, settleAttempt } from '../attempts/index.ts'
import type { Bill, Words } from '../bill.ts'
import { correctBill } from '../bills/change.ts'
import { issueBill } from '../bills/issue.ts'
import { openItem } from '../items.ts'
import * as bills from '../store.ts'
import { type Treasury, within } from '../treasury.ts'
import { PROGRAM } from './bill.ts'
import * as store from './store.ts'

/** Where whoever holds a journey comes to the bill for its fee. */
export function journeyBillPath(journeyId: string): string {
  return `/apply/${journeyId}/bill`
}

/** Paying before sending: a bill for the fee of a journey, once while it is not ended. */
export function feeDoor(treasury: Treasury): FeeDoor {
  return {
    async pay(_actor, fee): Promise<FeeStanding> {
      const path = journeyBillPath(fee.journeyId)
      const bill = await journeyBill(treasury, fee)
      if (bill === null) return { state: 'checking', path }
      if (bill.state === 'paid') return { state: 'paid', key: bill.id }
      const under = await openAttemptOf(treasury.platform, bill.id)
      if (under === null) return { state: 'unpaid', path }
      const attempt = await settleAttempt(treasury, under.id)
      if (attempt.state === 'captured') {
        const now = await bills.billById(treasury.platform.db, bill.id)
        if (now?.state === 'paid') return { state: 'paid', key: bill.id }
      }
      return { state: hasEnded(attempt.state) || attempt.state === 'open' ? 'unpaid' : 'checking', path }
    },
    async cancel(_actor, journeyId) {
      const bill = await billOfJourney(treasury, journeyId)
      return bill === null || endUnpaid(treasury, bill)
    },
  }
}

/** Ends the bill of a journey on which nothing was paid; false when something was, or nobody knows yet. */
async function endUnpaid(treasury: Treasury, bill: Bill): Promise<boolean> {
  const under = await openAttemptOf(treasury.platform, bill.id)
  const attempt = under === null ? null : await settleAttempt(treasury, under.id)
  // a page that waits at the provider may still be paid: that money is then kept for the payer
  if (attempt !== null && !hasEnded(attempt.state) && attempt.state !== 'open') return false
  return transact(treasury.platform, async (tx) => {
    const [now] = await bills.lockBills(tx.db, [bill.id])
    if (!now || now.state !== 'open' || now.paid > 0n) return now?.state === 'cancelled'
    const change = { key: `ended:${bill.id}`, to: 0n, why: 'ended', title: endedWords(treasury) }
    await correctBill(within(treasury, tx), PROGRAM, bill.id, change)
    return true
  })
}

/**
 * Ends what was asked for a journey that was erased; what was paid of it is to be given back. False when nobody knows yet
 * whether it was paid.
 */
export async function endErased(treasury: Treasury, journeyId: string): Promise<boolean> {
  const bill = await billOfJourney(treasury, journeyId)
  if (bill === null || (await endUnpaid(treasury, bill))) return true
  const now = await bills.billById(treasury.platform.db, bill.id)
  if (!now || now.paid === 0n) return false
  await noApplication(treasury, now)
  return true
}

/** Opens the work item about money that was paid for an application that does not take it. */
export async function noApplication({ platform, rules }: Treasury, bill: Bill): Promise<void> {
  const item = { key: `no-application:${bill.id}`, kind: 'no_application', agency: rules.treasury, bill: bill.id } as const
  await transact(platform, (tx) => openItem(tx, PROGRAM, { ...item, amount: bill.paid, currency: bill.currency }))
}

/** What a bill was issued for: what came to it since is left out. */
export async function askedFirst({ platform }: Treasury, bill: Bill): Promise<Money> {
  const lines = (await bills.linesOf(platform.db, bill.id)).filter((line) => line.kind === 'principal')
  return { amount: lines.reduce((sum, line) => sum + line.amount, 0n), currency: bill.currency }
}

/** The bills for a journey's fee that are not ended, the oldest first. An older one was paid when the fee was another. */
async function liveBills({ platform }: Treasury, journeyId: string): Promise<Bill[]> {
  const found = await bills.billsById(platform.db, await store.billsOfJourney(platform.db, journeyId))
  return found.filter((bill) => bill.state !== 'cancelled')
}

/** The bill for a journey's fee; null when none was asked for. */
export async function billOfJourney(treasury: Treasury, journeyId: string): Promise<Bill | null> {
  return (await liveBills(treasury, journeyId)).at(-1) ?? null
}

/**
 * The bill for a fee as it is asked for now. One for another amount, from answers that were changed since, is ended or its
 * money is given back. Null while nobody knows whether that one was paid.
 */
async function journeyBill(treasury: Treasury, fee: JourneyFee): Promise<Bill | null> {
  const known = await billOfJourney(treasury, fee.journeyId)
  if (known === null) return issueFor(treasury, fee)
  const first = await askedFirst(treasury, known)
  if (first.amount === fee.amount && first.currency === fee.currency) return known
  if (known.paid > 0n) await noApplication(treasury, known)
  else if (!(await endUnpaid(treasury, known))) return null
  return issueFor(treasury, fee)
}

async function issueFor(treasury: Treasury, fee: JourneyFee): Promise<Bill> {
  const { platform } = treasury
  const number = (await store.billsOfJourney(platform.db, fee.journeyId)).length + 1
  const key = `journey:${fee.journeyId}:${number}`
  const { definition } = fee.service
  const parts = definition.fee?.instalments
  try {
    return await transact(platform, (tx) =>
      issueBill(within(treasury, tx), PROGRAM, {
        key,
        source: 'journey',
        sourceId: fee.journeyId,
        agency: definition.agency,
        service: definition.id,
        revenue: definition.fee?.revenue ?? 'fee',
        // the answers say who it is when the application is sent
        payer: { kind: 'person', personId: fee.personId, ...(fee.accountId ? { accountId: fee.accountId } : {}), name: '' },
        language: fee.language,
        currency: fee.currency,
        title: fee.words,
        ...(definition.legal_basis ? { legalBasis: definition.legal_basis.law } : {}),
        ...(definition.appeal ? { appeal: definition.appeal } : {}),
        dueOn: addWorkingDays(today(tx), treasury.rules.pay_within, tx.city.calendar),
        instalments: parts ? { most: parts.most, fromAmount: BigInt(parts.from_amount) } : null,
        lines: [{ title: fee.words, amount: fee.amount, ...(definition.fee?.law ? { law: definition.fee.law } : {}) }],
      }),
    )
  } catch (error) {
    // sent twice at the same moment: the other's bill is the one
    const other = await bills.billBySource(platform.db, key)
    if (other) return other
    throw error
  }
}

function endedWords({ words }: Treasury): Words {
  return Object.fromEntries(words.languages.map((language) => [language, words.translator(language)('payments.fees.ended')]))
}
