import { notFound, Problem } from '../../../kernel/problem.ts'
import { transact } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import type { Case } from '../case.ts'
import { getCase, type House, within } from '../house.ts'
import { tell } from '../steps.ts'
import * as store from '../store.ts'
import { addEntry } from '../entries.ts'
import { boundedText, resourceOf } from '../work.ts'

/**
 * Takes an issued letter back: from now on it is not valid, and its resident is told why. Nothing when that was done
 * before. Throws 404 when the case is not the actor's to work on, 422 when the reason is missing or too long.
 */
export async function revokeLetter(house: House, actor: Actor, letterId: string, reason: string): Promise<Case> {
  const issued = await store.letterById(house.platform.db, letterId)
  if (!issued) throw notFound('letter')
  return transact(house.platform, async (tx) => {
    const current = await getCase(tx, issued.case_id, true)
    allow(actor, 'cases.work', await resourceOf(tx, current))
    const letter = await store.letterById(tx.db, letterId, true)
    if (!letter || letter.revoked_at !== null) return current
    const text = boundedText(reason)
    if (text === '') throw new Problem('cases.revoke-reason-needed', 422, 'Give the reason why the letter is revoked.')
    const entry = await addEntry(within(house, tx), current, 'reason', actor.accountId, text)
    await store.setLetterRevoked(tx.db, letterId, tx.now())
    await tell(tx, actor, current, 'cases.letter.revoked', { letter: letterId, template: letter.template, reason: entry })
    return store.updateCase(tx.db, current.id, {})
  })
}
