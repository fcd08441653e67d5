import type { PlainDate } from '../../../kernel/time.ts'
import { today } from '../../../platform/platform.ts'
import type { Bill, Instalment } from '../bill.ts'
import { instalmentsOf } from '../store.ts'
import type { Treasury } from '../treasury.ts'
import { type Offer, offerFor } from './arrange.ts'
import type { Proposal } from './proposal.ts'
import * as store from './store.ts'

/** How a bill stands with help. */
export type Help = {
  readonly bill: Bill
  readonly today: PlainDate
  readonly offer: Offer
  /** What its payer asked for and nobody has answered. */
  readonly waiting: readonly Proposal[]
  readonly planned: boolean
  readonly instalments: readonly Instalment[]
  readonly deferred: PlainDate | null
}

/** Reads how a bill stands with help. The caller has asked whether the reader may. */
export async function readHelp(treasury: Treasury, bill: Bill): Promise<Help> {
  const { platform } = treasury
  const day = today(platform)
  const [offer, proposals, planned, instalments] = [
    await offerFor(treasury, bill),
    await store.proposalsOf(platform.db, bill.id),
    (await store.plannedBills(platform.db, [bill.id])).has(bill.id),
    await instalmentsOf(platform.db, bill.id),
  ]
  return {
    bill,
    today: day,
    offer,
    waiting: proposals.filter((each) => each.state === 'proposed' && each.asked_by === 'payer'),
    planned,
    instalments,
    deferred: bill.deferred_until !== null && bill.deferred_until >= day ? bill.deferred_until : null,
  }
}
