import { notFound, Problem } from '../../../kernel/problem.ts'
import { record } from '../../../platform/journal/journal.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { type Actor, allow, may, reaches } from '../../access/index.ts'
import { blindedPerson, createRecord, seal } from '../../people/index.ts'
import { supervises } from './service.ts'
import * as store from './store.ts'

/** Why somebody may need a case that is not theirs. */
export const emergencyReasons = ['danger_to_life', 'court_order', 'cover_for_absent', 'safeguarding', 'other_urgent'] as const
export type EmergencyReason = (typeof emergencyReasons)[number]

/** How long a break-glass access lasts, in minutes. */
export const EMERGENCY_MINUTES = 60
/** The least and the most that is written about why, in characters. */
export const EXPLANATION = { least: 20, most: 2_000 } as const

/** A break-glass access, as it is listed. */
export type Emergency = {
  readonly id: string
  readonly accountId: string
  readonly caseId: string
  readonly agency: string
  readonly reason: EmergencyReason
  /** The record in the vault that says why. */
  readonly recordId: string
  readonly began: Date
  readonly ends: Date
  readonly reviewed: { readonly at: Date; readonly by: string; readonly outcome: 'justified' | 'follow_up' } | null
}

/** What is asked for: the case, the person whose it is, and why. */
export type EmergencyAsk = {
  readonly caseId: string
  readonly personId: string
  readonly agency: string
  readonly reason: EmergencyReason
  readonly explanation: string
}

/**
 * Opens a case to an officer for an hour, in the caller's transaction. Why is sealed with the person, who can read it; the
 * journal tells the person and the auditor that it happened. Throws 403 below the level `substantial`, 422 without an
 * explanation. Returns the id.
 */
export async function beginEmergency(tx: Platform, actor: Actor, ask: EmergencyAsk): Promise<string> {
  allow(actor, 'identity.emergency')
  if (actor.accountId === null || !reaches(actor.level, 'substantial'))
    throw new Problem('access.denied', 403, 'Sign in with a second factor first.')
  const explanation = ask.explanation.trim()
  if (explanation.length < EXPLANATION.least || explanation.length > EXPLANATION.most)
    throw new Problem('identity.explanation-needed', 422, 'Say in a sentence or two why you need this case now.')
  const now = tx.now()
  const ends = new Date(now.getTime() + EMERGENCY_MINUTES * 60_000)
  const id = tx.newId()
  const recordId = await createRecord(tx, ask.personId, 'emergency')
  await seal(tx, recordId, { explanation })
  await store.insertEmergency(tx.db, {
    id,
    account_id: actor.accountId,
    case_id: ask.caseId,
    agency: ask.agency,
    reason: ask.reason,
    record_id: recordId,
    began_at: now,
    ends_at: ends,
    reviewed_at: null,
    reviewed_by: null,
    outcome: null,
  })
  await record(tx, actor, {
    type: 'identity.emergency.began',
    stream: id,
    subject: blindedPerson(tx, ask.personId),
    data: { case: ask.caseId, reason: ask.reason, ends: ends.toISOString() },
  })
  return id
}

/** The break-glass accesses to a case, oldest first; the caller has decided that the reader may know. */
export async function emergenciesOf(platform: Platform, caseId: string): Promise<Emergency[]> {
  return (await store.emergenciesOf(platform.db, caseId)).map(toEmergency)
}

/** Whether somebody is shown break-glass accesses: an auditor, or a supervisor those of their agency. */
export function seesEmergencies(actor: Actor, agency: string): boolean {
  return may(actor, 'audit.read') || (may(actor, 'identity.review') && supervises(actor, agency))
}

/** The newest break-glass accesses that this reader is to review, those nobody has reviewed first. */
export async function listEmergencies(platform: Platform, actor: Actor): Promise<Emergency[]> {
  const rows = (await store.emergencies(platform.db, 200)).map(toEmergency)
  return rows.filter((each) => seesEmergencies(actor, each.agency))
}

/**
 * Notes what a reviewer makes of a break-glass access; once. Throws 404 for one that is not theirs to see, 409 for one's own,
 * 422 without an outcome.
 */
export async function reviewEmergency(
  platform: Platform,
  actor: Actor,
  id: string,
  outcome: 'justified' | 'follow_up' | null,
): Promise<void> {
  await transact(platform, async (tx) => {
    const row = await store.lockEmergency(tx.db, id)
    if (!row || actor.accountId === null || !seesEmergencies(actor, row.agency)) throw notFound('access')
    if (row.account_id === actor.accountId)
      throw new Problem('identity.emergency-own', 409, 'Nobody reviews their own access. Somebody else has to.')
    if (outcome === null) throw new Problem('identity.answer-needed', 422, 'Choose an answer.')
    if (row.reviewed_at !== null) return
    await store.reviewEmergency(tx.db, id, actor.accountId, tx.now(), outcome)
    await record(tx, actor, { type: 'identity.emergency.reviewed', stream: id, data: { outcome } })
  })
}

function toEmergency(row: store.EmergencyRow): Emergency {
  const { reviewed_at: at, reviewed_by: by, outcome } = row
  return {
    id: row.id,
    accountId: row.account_id,
    caseId: row.case_id,
    agency: row.agency,
    reason: emergencyReasons.find((each) => each === row.reason) ?? 'other_urgent',
    recordId: row.record_id,
    began: row.began_at,
    ends: row.ends_at,
    reviewed: at && by && outcome ? { at, by, outcome } : null,
  }
}
