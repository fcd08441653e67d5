import { parseReference } from '../../../kernel/id.ts'
import { Problem } from '../../../kernel/problem.ts'
import { enqueue } from '../../../platform/jobs.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { type Actor, allow, may, type Resource } from '../../access/index.ts'
import { beginEmergency, emergenciesOf, type Emergency, emergencyReasons, limitAttempts, staffNames } from '../../identity/index.ts'
import { openMany } from '../../people/index.ts'
import type { Case } from '../case.ts'
import type { House } from '../house.ts'
import * as store from '../store.ts'
import { resourceOf } from '../work.ts'

/** The job that tells the resident; its template is `emergency`. */
const NOTIFY = 'cases:notify'

/** What an officer asks for, as it was typed. */
export type TypedEmergency = { readonly reference: string; readonly reason: string; readonly explanation: string }

/** A break-glass access as the resident sees it. */
export type ToldEmergency = { readonly emergency: Emergency; readonly name: string | null; readonly explanation: string }

/** Why an officer opens a case: for their work, or by a break-glass access that is their only way to it. */
export function readingPurpose(actor: Actor, current: Pick<Case, 'id'>, resource: Resource): 'case.read' | 'case.emergency' {
  const byEmergency = actor.emergency.has(current.id) && !may({ ...actor, emergency: new Set() }, 'cases.read', resource)
  return byEmergency ? 'case.emergency' : 'case.read'
}

/**
 * Opens somebody else's case to an officer for an hour, and tells the resident at once; gives the case's id. A case that is
 * theirs to read anyway is only found. Throws 422 when a part is missing or there is no such case, 403 without the role.
 */
export async function breakGlass(house: House, actor: Actor, typed: TypedEmergency): Promise<string> {
  const { platform } = house
  allow(actor, 'identity.emergency')
  const reason = emergencyReasons.find((each) => each === typed.reason)
  if (!reason) throw new Problem('cases.emergency-reason', 422, 'Choose a reason.')
  await limitAttempts(platform, `emergency:${actor.accountId}`, { max: 10, minutes: 60 })
  const reference = parseReference(typed.reference)
  const found = reference === null ? null : await store.caseByReference(platform.db, reference)
  if (!found) throw new Problem('cases.emergency-reference', 422, 'There is no case with this reference.')
  if (may(actor, 'cases.read', await resourceOf(platform, found))) return found.id
  await transact(platform, async (tx) => {
    const event = await beginEmergency(tx, actor, {
      caseId: found.id,
      personId: found.person_id,
      agency: found.agency,
      reason,
      explanation: typed.explanation,
    })
    await enqueue(tx, NOTIFY, { case: found.id, event, template: 'emergency' }, { key: `notify:${event}` })
  })
  return found.id
}

/** The break-glass accesses to a case with why they were needed, opened for its resident. */
export async function toldEmergencies(platform: Platform, actor: Actor, caseId: string): Promise<ToldEmergency[]> {
  const all = await emergenciesOf(platform, caseId)
  if (all.length === 0) return []
  const names = platform.city.showStaffNames
    ? await staffNames(platform, [...new Set(all.map((each) => each.accountId))])
    : new Map<string, string>()
  const opened = await openMany(
    platform,
    actor,
    all.map((each) => ({ record: each.recordId, purpose: 'case.follow', legalBasis: 'own' })),
  )
  return all.map((emergency) => {
    const explanation = opened.get(emergency.recordId)?.['explanation']
    return { emergency, name: names.get(emergency.accountId) ?? null, explanation: typeof explanation === 'string' ? explanation : '' }
  })
}
