import { record } from '../../platform/journal/journal.ts'
import type { PlainDate } from '../../kernel/time.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import { type Actor, allow } from '../access/index.ts'
import { eraseMessagesAbout } from '../messages/index.ts'
import { destroyPerson, hasContent, removeFiles } from '../people/index.ts'
import type { Case } from './case.ts'
import { eraseCases, keptUntil } from './holdings.ts'
import { getCase, type House, serviceOf } from './house.ts'
import * as store from './store.ts'

const BATCH = 500

/** A case whose time is over. */
export type PastCase = { readonly id: string; readonly service: string }

/**
 * Closed cases that were kept up to a day before this one and of which no letter is in force any more, oldest end first;
 * at most `limit`.
 */
export async function casesPastTheirTime(house: House, day: PlainDate, limit: number): Promise<PastCase[]> {
  return store.pastCases(house.platform.db, day, limit)
}

/** Writes down the end of closed cases that have none yet, by their service's rule; those of a service without one stay so. */
export async function noteEnds(house: House): Promise<void> {
  const { db } = house.platform
  for (let cases = await store.casesWithoutEnd(db, null, BATCH); cases.length > 0;) {
    for (const current of cases) {
      const until = keptUntil(house, current, await serviceOf(house, current))
      if (until !== null) await store.setKeptUntil(db, current.id, until)
    }
    cases = await store.casesWithoutEnd(db, cases.at(-1)?.id ?? null, BATCH)
  }
}

/**
 * Erases what was said in a case: answers, documents, words, letters, messages. The case itself, its outcome and its
 * journal stay, and belong to nobody any more; somebody without an account and without anything else is erased with it.
 * `also` erases in the same transaction what modules above keep of it. Returns false when it was erased before.
 */
export async function eraseCaseData(
  house: House,
  actor: Actor,
  caseId: string,
  also: (tx: Platform, current: Case) => Promise<void>,
): Promise<boolean> {
  const files = await transact(house.platform, async (tx) => {
    const current = await getCase(tx, caseId, true)
    allow(actor, 'cases.expire', { id: caseId })
    if (current.erased_at !== null) return null
    const files = await eraseCases(tx, [current])
    await eraseMessagesAbout(tx, caseId)
    await eraseMessagesAbout(tx, current.journey_id)
    await record(tx, actor, { type: 'cases.case.erased', stream: caseId, data: { service: current.service_id } })
    await also(tx, current)
    await store.disown(tx.db, caseId, tx.now())
    if (!(await hasContent(tx, current.person_id))) files.push(...(await destroyPerson(tx, actor, current.person_id, 'kept-long-enough')))
    return files
  })
  if (files) await removeFiles(house.platform, files)
  return files !== null
}
