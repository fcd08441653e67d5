import type { Actor } from '../../access/index.ts'
import type { Service } from '../../servicefile/index.ts'
import type { Case } from '../case.ts'
import type { House } from '../house.ts'
import { rulesAfter, tell } from '../steps.ts'
import * as store from '../store.ts'

/**
 * Suspends what was issued in a case and allows something: permits, licences, cards, certificates. Letters that tell a
 * decision stay, and so does what was revoked. In the caller's transaction, which holds the case.
 */
export async function suspendLetters(house: House, actor: Actor, current: Case, service: Service): Promise<void> {
  const tx = house.platform
  const allowing = new Set(service.definition.documents.filter((each) => each.kind !== 'letter').map((each) => each.id))
  for (const letter of await store.lettersOf(tx.db, current.id)) {
    if (!allowing.has(letter.template) || letter.revoked_at !== null || letter.suspended_at !== null) continue
    await store.setLetterSuspended(tx.db, letter.id, tx.now())
    await tell(tx, rulesAfter(actor), current, 'cases.letter.suspended', { letter: letter.id, template: letter.template })
  }
}

/** Ends the suspension of what was issued in a case, in the caller's transaction, which holds the case. */
export async function reinstateLetters(house: House, actor: Actor, current: Case): Promise<void> {
  const tx = house.platform
  for (const letter of await store.lettersOf(tx.db, current.id)) {
    if (letter.suspended_at === null) continue
    await store.setLetterSuspended(tx.db, letter.id, null)
    if (letter.revoked_at !== null) continue
    await tell(tx, rulesAfter(actor), current, 'cases.letter.reinstated', { letter: letter.id, template: letter.template })
  }
}
