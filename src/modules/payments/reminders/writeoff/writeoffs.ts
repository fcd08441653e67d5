import { invariant } from '../../../../kernel/invariant.ts'
import { notFound, Problem } from '../../../../kernel/problem.ts'
import { addYears, type PlainDate } from '../../../../kernel/time.ts'
import { enqueue, type Job } from '../../../../platform/jobs.ts'
import { record } from '../../../../platform/journal/journal.ts'
import { today, transact } from '../../../../platform/platform.ts'
import { type Actor, allow, systemActor } from '../../../access/index.ts'
import { relieveBill } from '../../bills/change.ts'
import { lockBills } from '../../store.ts'
import { type Treasury, within } from '../../treasury.ts'
import * as store from './store.ts'

/** The job that writes off what was approved. */
export const WRITE_OFF = 'payments:write_offs'

const PROGRAM = systemActor('payments')
const BATCH = 500

/** Bills to be paid before this day may be written off together, by the city's rule. */
export function oldBefore({ platform, rules }: Treasury): PlainDate {
  return addYears(today(platform), -rules.reminders.write_off_after)
}

/** What could be written off together now, for an officer of the treasury. */
export async function oldBills(treasury: Treasury, actor: Actor): Promise<store.OldBills[]> {
  const { platform, rules } = treasury
  allow(actor, 'money.work', { agency: rules.treasury, consulted: [rules.treasury] })
  return store.oldBills(platform.db, oldBefore(treasury))
}

/** Proposes to write off all old bills of an agency in a currency; another officer decides. Throws 409 when there are none or one waits. */
export async function proposeWriteOff(treasury: Treasury, actor: Actor, agency: string, currency: string): Promise<store.WriteOff> {
  return transact(treasury.platform, async (tx) => {
    allow(actor, 'money.work', { agency, consulted: [treasury.rules.treasury] })
    invariant(actor.accountId !== null, 'an officer proposes')
    const row = { id: tx.newId(), agency, currency, before: oldBefore(treasury), proposed_by: actor.accountId, proposed_at: tx.now() }
    const made = await store.insertWriteOff(tx.db, row)
    if (!made) throw new Problem('payments.nothing-old', 409, 'There are no such bills, or a proposal waits already.')
    const data = { agency, before: made.before, bills: made.bills, amount: made.amount.toString() }
    await record(tx, actor, { type: 'payments.write_off.proposed', stream: made.id, data })
    return made
  })
}

/** Approves or declines; never who proposed it. What was approved is done by a job. Throws 409 when it was decided. */
export async function decideWriteOff(treasury: Treasury, actor: Actor, id: string, approve: boolean): Promise<store.WriteOff> {
  return transact(treasury.platform, async (tx) => {
    const found = await store.writeOffById(tx.db, id, true)
    if (!found) throw notFound('proposal')
    allow(actor, 'money.approve', { agency: found.agency, consulted: [treasury.rules.treasury], proposedBy: found.proposed_by })
    if (found.state !== 'proposed') throw new Problem('payments.decided', 409, 'This was decided already.')
    const data = approve ? { bills: found.bills } : {}
    await record(tx, actor, { type: approve ? 'payments.write_off.approved' : 'payments.write_off.declined', stream: id, data })
    if (approve) await enqueue(tx, WRITE_OFF, {}, { key: WRITE_OFF })
    return store.changeWriteOff(tx.db, id, { state: approve ? 'approved' : 'declined', decided_by: actor.accountId, decided_at: tx.now() })
  })
}

/** The job: writes off what was approved, some hundreds in a transaction, each bill once; what was paid meanwhile stays. */
export function writeOffJob(treasury: Treasury): Job {
  return {
    name: WRITE_OFF,
    async run(platform) {
      for (const found of await store.approvedWriteOffs(platform.db)) await carryOut(within(treasury, platform), found)
    },
  }
}

async function carryOut(treasury: Treasury, { id }: store.WriteOff): Promise<void> {
  const { platform } = treasury
  for (let after: string | null = null; ;) {
    const rows: Array<{ bill_id: string; amount: bigint }> = await store.billsOfWriteOff(platform.db, id, after, BATCH)
    await transact(platform, (tx) => writeOffSome(within(treasury, tx), id, rows))
    after = rows.at(-1)?.bill_id ?? null
    if (rows.length < BATCH) break
  }
  await transact(platform, async (tx) => {
    const now = await store.writeOffById(tx.db, id, true)
    if (now?.state !== 'approved') return
    const { bills, amount } = await store.writtenOff(tx.db, id)
    await record(tx, PROGRAM, { type: 'payments.write_off.done', stream: id, data: { bills, amount: amount.toString() } })
    await store.changeWriteOff(tx.db, id, { state: 'done' })
  })
}

async function writeOffSome(treasury: Treasury, id: string, rows: ReadonlyArray<{ bill_id: string; amount: bigint }>): Promise<void> {
  const approved = new Map(rows.map((row) => [row.bill_id, row.amount]))
  for (const bill of await lockBills(treasury.platform.db, [...approved.keys()])) {
    // never more than was approved: what came to it since is looked at anew
    if (bill.state !== 'open' || bill.outstanding > (approved.get(bill.id) ?? 0n)) continue
    await relieveBill(treasury, PROGRAM, bill.id, {
      key: `write_off:${id}:${bill.id}`,
      kind: 'written_off',
      amount: bill.outstanding,
      writeOff: id,
    })
  }
}
