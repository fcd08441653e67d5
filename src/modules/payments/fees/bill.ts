import { enqueue } from '../../../platform/jobs.ts'
import { textIn } from '../../../platform/journal/event.ts'
import { eventsOf } from '../../../platform/journal/journal.ts'
import { type Platform, today, transact } from '../../../platform/platform.ts'
import { systemActor } from '../../access/index.ts'
import { type Contact, type FeeFacts, feeOf } from '../../cases/index.ts'
import { createRecord, notErased, seal } from '../../people/index.ts'
import type { Bill, Words } from '../bill.ts'
import { timeAgain } from '../bills/again.ts'
import { correctBill } from '../bills/change.ts'
import { issueBill, type Payer } from '../bills/issue.ts'
import { openItem } from '../items.ts'
import { MAIL } from '../mail/mail.ts'
import * as bills from '../store.ts'
import { tellBill, type Treasury, within } from '../treasury.ts'
import * as store from './store.ts'

/** Who does what follows from fees. */
export const PROGRAM = systemActor('payments')

/** The job that tells the case of a bill how its fee stands. */
export const NEWS = 'payments:fee_news'

const PURPOSE = 'bill.issue'

/**
 * The bill for a case's fee, as the case has it now: issued once when the fee is due, corrected when it was changed, ended
 * when it is not owed any more; a bill that was paid before the application was sent becomes the case's. Null while there
 * is nothing to pay. It may be called again and again, outside of any transaction.
 */
export async function feeBill(treasury: Treasury, caseId: string): Promise<Bill | null> {
  const { house, platform } = treasury
  const facts = await feeOf(house, caseId)
  if (!facts) return null
  const known = await store.feeOfCase(platform.db, caseId)
  if (known) return bringUpToDate(treasury, caseId)
  const before = await paidBefore(treasury, facts)
  if (before) return adopt(treasury, facts, before)
  if (facts.dueOn === null || facts.amount <= 0n || facts.state === 'cancelled') return null
  return issue(treasury, facts)
}

/** The bill that paid for the journey that became this case, whatever has become of it since; null when nothing was paid before. */
async function paidBefore({ platform }: Treasury, facts: FeeFacts): Promise<Bill | null> {
  if (facts.due !== 'before_submission') return null
  const keys = (await eventsOf(platform, facts.caseId)).flatMap((event) =>
    event.type === 'cases.fee.paid' ? [textIn(event.data, 'key')] : [],
  )
  const found = await bills.billsById(platform.db, await store.billsOfJourney(platform.db, facts.journeyId))
  return found.find((bill) => keys.includes(bill.id)) ?? null
}

async function issue(treasury: Treasury, facts: FeeFacts): Promise<Bill> {
  const { definition } = await treasury.house.catalogue.version(treasury.platform, facts.serviceId, facts.version)
  const payer = await payerOfCase(treasury.platform, facts)
  try {
    return await transact(treasury.platform, async (tx) => {
      const bill = await issueBill(within(treasury, tx), PROGRAM, {
        key: `case:${facts.caseId}`,
        source: 'case',
        sourceId: facts.caseId,
        agency: facts.agency,
        service: facts.serviceId,
        revenue: facts.revenue,
        payer,
        language: facts.language,
        currency: facts.currency,
        title: facts.title,
        ...(definition.legal_basis ? { legalBasis: definition.legal_basis.law } : {}),
        ...(definition.appeal ? { appeal: definition.appeal } : {}),
        dueOn: facts.dueOn ?? today(tx),
        instalments: facts.instalments,
        lines: [{ title: facts.title, amount: facts.amount, ...(facts.law ? { law: facts.law } : {}) }],
      })
      await store.insertFee(tx.db, { case_id: facts.caseId, bill_id: bill.id, amount: facts.amount })
      return bill
    })
  } catch (error) {
    // a request and a job may have come this far with one case: one of them finds the other's bill
    const other = await bills.billBySource(treasury.platform.db, `case:${facts.caseId}`)
    if (other) return other
    throw error
  }
}

async function payerOfCase(platform: Platform, facts: FeeFacts): Promise<Payer | null> {
  if ((await notErased(platform, [facts.personId])).length === 0) return null
  const contact = await facts.contactOf(PROGRAM, PURPOSE)
  return { kind: 'person', personId: facts.personId, ...(facts.accountId ? { accountId: facts.accountId } : {}), ...named(contact) }
}

function named({ name, email }: Contact): { name: string; email?: string } {
  return { name: name ?? '', ...(email === null ? {} : { email }) }
}

async function adopt(treasury: Treasury, facts: FeeFacts, before: Bill): Promise<Bill> {
  const payer = await payerOfCase(treasury.platform, facts)
  return transact(treasury.platform, async (tx) => {
    const [bill] = await bills.lockBills(tx.db, [before.id])
    const first =
      bill?.source === 'journey' && (await store.insertFee(tx.db, { case_id: facts.caseId, bill_id: before.id, amount: facts.amount }))
    if (!bill || !first) return bill ?? before
    if (payer) {
      const same = bill.person_id === facts.personId ? bill.record_id : null
      const recordId = same ?? (await createRecord(tx, facts.personId, 'bill'))
      await seal(tx, recordId, named({ name: payer.name, email: payer.email ?? null }))
      await store.giveToCase(tx.db, bill.id, { caseId: facts.caseId, personId: facts.personId, accountId: facts.accountId, recordId })
    }
    await tellBill(tx, PROGRAM, bill, 'payments.bill.adopted', { case: facts.caseId })
    if (bill.state === 'paid') await tellPaid(tx, bill)
    // taken back or given back meanwhile: its case thinks that it is paid
    else await enqueue(tx, NEWS, { bill: bill.id }, { key: `fee-news:${bill.id}` })
    const { deferred_until, step_on } = timeAgain(within(treasury, tx), { ...bill, source: 'case' })
    if (bill.state === 'open') return bills.changeBill(tx.db, bill.id, { deferred_until, step_on })
    return (await bills.billById(tx.db, bill.id)) ?? bill
  })
}

/** The e-mail about its payment waited for the address that the case knows. */
async function tellPaid(tx: Platform, bill: Bill): Promise<void> {
  const last = (await bills.allocationsOfBill(tx.db, bill.id)).findLast((row) => row.amount > 0n)
  if (!last) return
  const payload = { bill: bill.id, what: 'paid', event: last.payment_id, payment: last.payment_id, amount: last.amount.toString() }
  await enqueue(tx, MAIL, payload, { key: `bill-mail:${bill.id}` })
}

/** Brings a bill to what its case says of the fee now: the amount, the day, or that nothing is owed any more. */
async function bringUpToDate(treasury: Treasury, caseId: string): Promise<Bill | null> {
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const fee = await store.feeOfCase(tx.db, caseId, true)
    const facts = await feeOf(inside.house, caseId)
    if (!fee || !facts) return null
    const [bill] = await bills.lockBills(tx.db, [fee.bill_id])
    if (!bill) return null
    const wanted = facts.state === 'cancelled' ? 0n : facts.amount
    const after = wanted === fee.amount ? bill : await changed(inside, bill, { caseId, from: fee.amount, to: wanted })
    const later = after.state === 'open' && facts.dueOn !== null && facts.dueOn > after.due_on
    return later && facts.dueOn !== null ? bills.changeBill(tx.db, after.id, { due_on: facts.dueOn, step_on: facts.dueOn }) : after
  })
}

async function changed(treasury: Treasury, bill: Bill, fee: { caseId: string; from: bigint; to: bigint }): Promise<Bill> {
  const tx = treasury.platform
  await store.setFeeAmount(tx.db, fee.caseId, fee.to)
  if (bill.state === 'cancelled' && fee.to === 0n) return bill
  if (bill.state === 'cancelled' || bill.state === 'written_off') {
    await openItem(tx, PROGRAM, {
      key: `fee-changed:${bill.id}:${fee.from}:${fee.to}`,
      kind: 'fee_changed',
      agency: bill.agency,
      bill: bill.id,
      amount: fee.to,
      currency: bill.currency,
      story: { from: fee.from.toString(), to: fee.to.toString() },
    })
    return bill
  }
  // what was added meanwhile, such as interest, goes with a fee that is not owed at all
  const to = fee.to === 0n ? bill.waived : bill.total + fee.to - fee.from
  const change = {
    key: `fee-changed:${bill.id}:${bill.revision}`,
    to: to < bill.waived ? bill.waived : to,
    why: fee.to === 0n ? 'not_owed' : 'correction',
    title: inEveryLanguage(treasury, fee.to === 0n ? 'payments.fees.not_owed' : 'payments.fees.corrected'),
  }
  return (await correctBill(treasury, PROGRAM, bill.id, change)).bill
}

function inEveryLanguage({ words }: Treasury, key: string): Words {
  return Object.fromEntries(words.languages.map((language) => [language, words.translator(language)(key)]))
}
