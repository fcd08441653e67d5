import { notFound, Problem } from '../../../kernel/problem.ts'
import { textIn } from '../../../platform/journal/event.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { type Actor, allow, systemActor } from '../../access/index.ts'
import { accountOfPerson } from '../../identity/index.ts'
import { adoptMessagesAbout } from '../../messages/index.ts'
import { adoptRecord, eraseRecord, notErased, open, ownerOf, removeFiles } from '../../people/index.ts'
import { recordShared } from '../assessments/index.ts'
import { type Bill, billFacts } from '../bill.ts'
import { sealBillPayer } from '../bills/issue.ts'
import { changeBill, lockBills, recordsAbout } from '../store.ts'
import { tellBill, type Treasury } from '../treasury.ts'

const PROGRAM = systemActor('payments')

/** How a bill stands to whoever looks at it: they may keep it with their account, they have it, somebody else has it, or it is of an application. */
export type Claim = 'free' | 'own' | 'kept' | 'none'

/**
 * How a bill stands to an actor. Free is one that belongs to no account and does not come from an application; nobody
 * keeps a bill while acting for another. `free` is also said to who is not signed in yet.
 */
export async function claimOf(platform: Platform, actor: Actor, bill: Bill): Promise<Claim> {
  if (bill.source === 'case' || bill.source === 'journey' || actor.acting !== null) return 'none'
  if (actor.accountId !== null && actor.personId === null) return 'none'
  if (bill.person_id !== null && bill.person_id === actor.personId) return 'own'
  const taken = bill.account_id !== null || (bill.person_id !== null && (await accountOfPerson(platform, bill.person_id)) !== null)
  return taken ? 'kept' : 'free'
}

/**
 * Keeps a bill with the account of whoever holds its code: the payer's data and everything written about the bill is theirs
 * from then on. Again by the same account it changes nothing. Throws 404 for who may not see it or a bill of an
 * application, 409 when another account has it.
 */
export async function claimBill(treasury: Treasury, actor: Actor, bill: Bill): Promise<void> {
  const { platform, rules } = treasury
  allow(actor, 'money.pay', billFacts(bill, rules.treasury))
  if (!(await mayClaim(platform, actor, bill))) return
  const sealed = bill.record_id
  const known = sealed === null ? null : await open(platform, PROGRAM, { record: sealed, purpose: 'bill.claim', legalBasis: 'gdpr.6.1.e' })
  const files = await transact(platform, async (tx) => {
    const [now] = await lockBills(tx.db, [bill.id])
    if (!now) throw notFound('bill')
    allow(actor, 'money.pay', billFacts(now, rules.treasury))
    const { accountId, personId } = actor
    if (!(await mayClaim(tx, actor, now)) || accountId === null || personId === null) return []
    if (now.record_id !== sealed) throw new Problem('payments.desk-changed', 409, 'This bill has changed meanwhile. Look at it again.')
    const gone = await moveWords(tx, now, personId)
    const record = known && now.payer !== 'reference' ? await sealBillPayer(tx, personId, { kind: now.payer, ...payerIn(known) }) : null
    // the owner of a parcel stays sealed for its next bills
    if (sealed !== null && !(await recordShared(tx.db, sealed, now.id))) gone.push(...(await eraseRecord(tx, sealed)))
    const after = await changeBill(tx.db, now.id, { person_id: personId, account_id: accountId, record_id: record })
    await tellBill(tx, actor, after, 'payments.bill.claimed')
    // whoever was sealed for this bill alone stays, without content: an erasure would be done again in a restored copy,
    // in which the bill may be theirs still
    return gone
  })
  await removeFiles(platform, files)
}

/** False when it is the actor's already. */
async function mayClaim(platform: Platform, actor: Actor, bill: Bill): Promise<boolean> {
  const claim = await claimOf(platform, actor, bill)
  if (claim === 'none') throw notFound('page')
  if (claim === 'kept') throw new Problem('payments.bill-kept', 409, 'This bill is kept with another account.')
  return claim === 'free'
}

function payerIn(known: Readonly<Record<string, unknown>>): { name: string; email?: string; address?: string[] } {
  const [email, address] = [textIn(known, 'email'), textIn(known, 'address')]
  return { name: textIn(known, 'name'), ...(email === '' ? {} : { email }), ...(address === '' ? {} : { address: address.split('\n') }) }
}

/** Gives what was written about a bill and to its payer to another person; returns the files to remove after the commit. */
async function moveWords(tx: Platform, bill: Bill, personId: string): Promise<string[]> {
  const files = await adoptMessagesAbout(tx, bill.id, personId)
  for (const record of await recordsAbout(tx.db, bill.id)) {
    const owner = await ownerOf(tx, record)
    // words about several bills may be those of somebody who has an account already
    if (owner === null || (await notErased(tx, [owner])).length === 0 || (await accountOfPerson(tx, owner)) !== null) continue
    files.push(...(await adoptRecord(tx, record, personId)))
  }
  return files
}
