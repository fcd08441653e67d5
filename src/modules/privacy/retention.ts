import { enqueue, type Job } from '../../platform/jobs.ts'
import { record } from '../../platform/journal/journal.ts'
import { type Platform, today, transact } from '../../platform/platform.ts'
import { systemActor } from '../access/index.ts'
import { casesPastTheirTime, eraseCaseData, type House, noteEnds, type PastCase } from '../cases/index.ts'
import { eraseUnproven } from '../identity/index.ts'
import { forgetSubmitted } from '../journeys/index.ts'
import { eraseSpentMessages } from '../messages/index.ts'
import * as store from './store.ts'

/** The job that erases what has been kept long enough. */
export const RETENTION = 'privacy:retention'

/** How long an account is kept whose address nobody has proven, and a message that is about no case, in days. */
export const keptDays = { unproven_account: 30, message: 90 } as const

const BATCH = 200
/** The most of a kind in one run; what is left is done by the next, which follows at once. */
const MOST = 2_000
const DAY = 86_400_000
const actor = systemActor('retention')

/** What a run erased, and whether there is more. */
export type Erased = {
  /** Cases by service. */
  readonly cases: ReadonlyMap<string, number>
  readonly accounts: number
  readonly messages: number
  readonly left: boolean
}

/** Every night; what it erased is in the report and in the journal. */
export function retentionJob(house: House): Job {
  return {
    name: RETENTION,
    cron: '23 2 * * *',
    async run(platform) {
      const erased = await eraseWhatIsOver({ ...house, platform })
      if (erased.left) await enqueue(platform, RETENTION, {}, { key: RETENTION })
    },
  }
}

/** Erases what has been kept long enough, in batches, and reports it. Doing it again erases nothing twice. */
export async function eraseWhatIsOver(house: House, most = MOST): Promise<Erased> {
  const { platform } = house
  await noteEnds(house)
  const cases = await eraseCases(house, most)
  const accounts = await inBatches(most, (limit) => eraseAccounts(platform, limit))
  const messages = await inBatches(most, (limit) => eraseSpentMessages(platform, daysAgo(platform, keptDays.message), limit))
  const erased = {
    cases: cases.done,
    accounts: accounts.count,
    messages: messages.count,
    left: cases.left || accounts.left || messages.left,
  }
  await report(platform, erased)
  return erased
}

async function eraseCases(house: House, most: number): Promise<{ done: Map<string, number>; left: boolean }> {
  const done = new Map<string, number>()
  const tried = new Set<string>()
  while (tried.size < most) {
    // what failed or is held stays first in the order: the batch has to reach past it
    const due = await casesPastTheirTime(house, today(house.platform), BATCH + tried.size)
    const fresh = due.filter((each) => !tried.has(each.id)).slice(0, most - tried.size)
    if (fresh.length === 0) return { done, left: false }
    const held = new Set(await store.heldCases(house.platform.db, fresh.map((each) => each.id))) // prettier-ignore
    for (const past of fresh) {
      tried.add(past.id)
      if (!held.has(past.id) && (await eraseCase(house, past))) done.set(past.service, (done.get(past.service) ?? 0) + 1)
    }
  }
  const due = await casesPastTheirTime(house, today(house.platform), tried.size + 1)
  return { done, left: due.some((each) => !tried.has(each.id)) }
}

async function eraseCase(house: House, past: PastCase): Promise<boolean> {
  try {
    return await eraseCaseData(house, actor, past.id, (tx, current) => forgetSubmitted(tx, current.journey_id))
  } catch (error) {
    // one case must not keep the others; it is tried again in the next run
    house.platform.log.error({ err: error, case: past.id }, 'a case whose time is over could not be erased')
    return false
  }
}

async function eraseAccounts(platform: Platform, limit: number): Promise<number> {
  const { erased } = await eraseUnproven(platform, actor, daysAgo(platform, keptDays.unproven_account), limit)
  return erased
}

async function inBatches(most: number, erase: (limit: number) => Promise<number>): Promise<{ count: number; left: boolean }> {
  let count = 0
  while (count < most) {
    const limit = Math.min(BATCH, most - count)
    const erased = await erase(limit)
    count += erased
    if (erased < limit) return { count, left: false }
  }
  return { count, left: true }
}

function daysAgo(platform: Platform, days: number): Date {
  return new Date(platform.now().getTime() - days * DAY)
}

/** A row for each kind and service, and one line of the journal; a run that found nothing says so too. */
async function report(platform: Platform, erased: Erased): Promise<void> {
  const counts: Array<Pick<store.RunRow, 'kind' | 'service' | 'count'>> = [
    ...[...erased.cases].map(([service, count]) => ({ kind: 'case' as const, service, count })),
    { kind: 'account', service: null, count: erased.accounts },
    { kind: 'message', service: null, count: erased.messages },
  ]
  const found = counts.filter((each) => each.count > 0)
  const rows = found.length > 0 ? found : [{ kind: 'none' as const, service: null, count: 0 }]
  await transact(platform, async (tx) => {
    const at = tx.now()
    const id = tx.newId()
    await store.insertRuns(tx.db, rows.map((row) => ({ id: tx.newId(), at, ...row }))) // prettier-ignore
    await record(tx, actor, {
      type: 'privacy.retention.ran',
      stream: id,
      data: { erased: found.reduce((sum, each) => sum + each.count, 0), more: erased.left },
    })
  })
}
