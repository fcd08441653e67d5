import { textIn } from '../../platform/journal/event.ts'
import { newReference } from '../../kernel/id.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { addDays, type PlainDate, startOfDay } from '../../kernel/time.ts'
import { enqueue } from '../../platform/jobs.ts'
import { type Author, record } from '../../platform/journal/journal.ts'
import { drawSymbol, type Platform, today, transact } from '../../platform/platform.ts'
import { type Actor, allow, reaches } from '../access/index.ts'
import { accountByAddress, endActing, limitAttempts, ownProfile, type Session, setActing } from '../identity/index.ts'
import { blindedPerson, createRecord, open, openMany, seal } from '../people/index.ts'
import { takeCode } from './codes.ts'
import { ASKED_DAYS, isGood, MANDATE_PREFIX, type MandateKind, type MandateStatus } from './mandate.ts'
import { NOTIFY, type Occasion } from './notices.ts'
import * as store from './store.ts'
import type { Mandate } from './store.ts'

/** A request to act for another, checked for its form; `email` or `code` say for whom, with neither an officer will. */
export type MandateAsk = {
  readonly kind: MandateKind
  /** The person's name as the one who asks knows it. */
  readonly name: string
  readonly email: string | null
  readonly code: string | null
  readonly services: readonly string[] | null
  readonly until: PlainDate
  readonly reason: string
}

/** A mandate with the words that are the reader's to know. */
export type ShownMandate = {
  readonly mandate: Mandate
  /** The other side's name. */
  readonly name: string
  readonly reason: string
  readonly side: 'holder' | 'person'
}

/** The account and person of somebody who comes with an account, for their own affairs; refuses everybody else. */
export function ownOf(actor: Actor): { accountId: string; personId: string } {
  if (actor.acting !== null)
    throw new Problem('representation.acting', 403, 'You act for somebody else. Stop acting for them to come to your own affairs.')
  allow(actor, 'mandates.use', { personId: actor.personId })
  if (actor.accountId === null || actor.personId === null) throw new Problem('access.sign-in-needed', 401, 'Sign in to go on.')
  return { accountId: actor.accountId, personId: actor.personId }
}

/** The refusal of a code that is not right, too old or used; the same for each. */
export function wrongCode(): Problem {
  return new Problem('representation.wrong-code', 422, 'That code is not right, or it is too old.')
}

/**
 * Asks to act for somebody. Never tells whether a person exists: a request about an address that nobody has looks the
 * same and waits in vain. Throws 422 for a wrong code or one's own address.
 */
export async function askMandate(platform: Platform, actor: Actor, ask: MandateAsk): Promise<Mandate> {
  const own = ownOf(actor)
  await limitAttempts(platform, `mandate:${own.accountId}`, { max: 20, minutes: 60 })
  const profile = await ownProfile(platform, actor)
  const known = ask.email === null ? null : await accountByAddress(platform, ask.email)
  return transact(platform, async (tx) => {
    const code = ask.code === null ? null : await takeCode(tx, 'invitation', ask.code)
    if (ask.code !== null && code === null) throw wrongCode()
    const personId = code?.person_id ?? known?.personId ?? null
    if (personId === own.personId) throw new Problem('representation.own-person', 422, 'You do not need a mandate for yourself.')
    const id = tx.newId()
    const told = { reason: ask.reason, holder_name: textIn(profile, 'full_name') }
    const holderRecord = await createRecord(tx, own.personId, 'mandate')
    await seal(tx, holderRecord, { ...told, person_name: ask.name })
    const mandate: Mandate = {
      id,
      reference: newReference(MANDATE_PREFIX, drawSymbol(tx)),
      person_id: personId,
      holder_account: own.accountId,
      holder_person: own.personId,
      kind: ask.kind,
      services: ask.services === null ? null : [...ask.services],
      ends_on: ask.until,
      status: 'asked',
      granted_how: null,
      officer: null,
      person_record: personId === null ? null : await tellPerson(tx, personId, told),
      holder_record: holderRecord,
      asked_at: tx.now(),
      decided_at: null,
      ended_at: null,
      ended_by: null,
      reminded: false,
    }
    await store.insertMandate(tx.db, mandate)
    const services = ask.services === null ? {} : { services: [...ask.services] }
    await note(tx, actor, mandate, 'asked', { kind: ask.kind, ...services, until: ask.until })
    await tell(tx, mandate, 'asked', 'person')
    return mandate
  })
}

/** Seals for the represented person who asks and why; returns the record. */
export async function tellPerson(
  tx: Platform,
  personId: string,
  told: { readonly reason: string; readonly holder_name: string },
): Promise<string> {
  const recordId = await createRecord(tx, personId, 'mandate')
  await seal(tx, recordId, told)
  return recordId
}

type Told = 'asked' | 'granted' | 'refused' | 'ended'

/** Writes down what happened to a mandate, with the represented person as its subject. */
export async function note(tx: Platform, author: Author, mandate: Mandate, what: Told, data: Record<string, unknown>): Promise<void> {
  await record(tx, author, {
    type: `representation.mandate.${what}`,
    stream: mandate.id,
    ...(mandate.person_id ? { subject: blindedPerson(tx, mandate.person_id) } : {}),
    data: { mandate: mandate.reference, ...data },
  })
}

/** Asks for a message about a mandate to one of its two sides, in the caller's transaction. */
export async function tell(tx: Platform, mandate: Mandate, occasion: Occasion, to: 'holder' | 'person'): Promise<void> {
  await enqueue(tx, NOTIFY, { mandate: mandate.id, occasion, to }, { key: `mandate:${mandate.id}:${occasion}:${to}` })
}

/** The mandates of the actor: those they hold and those for them, opened through the vault as their own. */
export async function myMandates(platform: Platform, actor: Actor): Promise<{ held: ShownMandate[]; given: ShownMandate[] }> {
  const own = ownOf(actor)
  const [held, given] = await Promise.all([
    store.mandatesOfHolder(platform.db, own.accountId),
    store.mandatesOfPerson(platform.db, own.personId),
  ])
  return { held: await show(platform, actor, held, 'holder'), given: await show(platform, actor, given, 'person') }
}

/** One mandate of the actor, held or given. Throws 404 for anybody else's. */
export async function myMandate(platform: Platform, actor: Actor, id: string): Promise<ShownMandate> {
  const { mandate, side } = await mine(platform, actor, id, false)
  const [shown] = await show(platform, actor, [mandate], side)
  if (!shown) throw notFound('mandate')
  return shown
}

async function show(platform: Platform, actor: Actor, rows: readonly Mandate[], side: ShownMandate['side']): Promise<ShownMandate[]> {
  const recordOf = (row: Mandate): string | null => (side === 'holder' ? row.holder_record : row.person_record)
  const asks = rows.flatMap((row) => {
    const record = recordOf(row)
    return record === null ? [] : [{ record, purpose: 'mandate.list', legalBasis: 'own' }]
  })
  const opened = asks.length === 0 ? new Map<string, Record<string, unknown>>() : await openMany(platform, actor, asks)
  return rows.map((mandate) => {
    const words = opened.get(recordOf(mandate) ?? '') ?? {}
    const name = textIn(words, side === 'holder' ? 'person_name' : 'holder_name')
    return { mandate, side, name, reason: textIn(words, 'reason') }
  })
}

async function mine(
  platform: Platform,
  actor: Actor,
  id: string,
  lock: boolean,
): Promise<{ mandate: Mandate; side: ShownMandate['side'] }> {
  const own = ownOf(actor)
  const mandate = await store.mandateById(platform.db, id, lock)
  if (mandate?.holder_account === own.accountId) return { mandate, side: 'holder' }
  if (mandate && mandate.person_id === own.personId) return { mandate, side: 'person' }
  throw notFound('mandate')
}

/** Whether a request still waits for an answer today. */
export function waits(platform: Platform, mandate: Mandate): boolean {
  const asked = platform.city.dayOf(mandate.asked_at)
  return mandate.status === 'asked' && mandate.ends_on >= today(platform) && addDays(asked, ASKED_DAYS) >= today(platform)
}

/** The refusal of an answer to a request that waits for none any more. */
export function notWaiting(): Problem {
  return new Problem('representation.not-waiting', 409, 'This request was answered already, or its time is over.')
}

/** The represented person grants what was asked for; they must be recognised at level substantial (a passkey or a second factor). */
export async function grantMandate(platform: Platform, session: Session, id: string): Promise<void> {
  const { actor } = session
  const first = await mine(platform, actor, id, false)
  if (first.side !== 'person') throw notFound('mandate')
  if (!reaches(actor.level, 'substantial'))
    throw new Problem('access.step-up', 403, 'Sign in in a surer way to go on.', { needs: 'substantial' })
  const profile = await ownProfile(platform, actor)
  await transact(platform, async (tx) => {
    const { mandate } = await mine(tx, actor, id, true)
    if (!waits(tx, mandate)) throw notWaiting()
    await grant(tx, actor, mandate, session.methods.includes('passkey') ? 'passkey' : 'second_factor', textIn(profile, 'full_name'))
  })
}

/** Makes a locked request a mandate, in the caller's transaction; from here on the holder is shown the person's own name. */
export async function grant(
  tx: Platform,
  actor: Actor,
  mandate: Mandate,
  how: NonNullable<Mandate['granted_how']>,
  name: string | null,
): Promise<void> {
  await store.updateMandate(tx.db, mandate.id, { status: 'granted', granted_how: how, decided_at: tx.now() })
  if (name) await seal(tx, mandate.holder_record, { person_name: name })
  await note(tx, actor, mandate, 'granted', { how })
  await tell(tx, mandate, 'granted', 'holder')
  if (how === 'letter' || how === 'counter') await tell(tx, mandate, 'granted', 'person')
}

/** The represented person refuses what was asked for. */
export async function refuseMandate(platform: Platform, actor: Actor, id: string): Promise<void> {
  await transact(platform, async (tx) => {
    const { mandate, side } = await mine(tx, actor, id, true)
    if (side !== 'person') throw notFound('mandate')
    if (!waits(tx, mandate)) throw notWaiting()
    await store.updateMandate(tx.db, id, { status: 'refused', decided_at: tx.now() })
    await note(tx, actor, mandate, 'refused', {})
    await tell(tx, mandate, 'refused', 'holder')
  })
}

/** Either side ends a mandate or takes back a request; acting that goes on by it ends at once, in every session. */
export async function endMandate(platform: Platform, actor: Actor, id: string): Promise<void> {
  await transact(platform, async (tx) => {
    const { mandate, side } = await mine(tx, actor, id, true)
    await endLocked(tx, actor, mandate, side)
  })
}

/** The same for a mandate that the caller has locked; nothing when it was over already. */
export async function endLocked(tx: Platform, author: Author, mandate: Mandate, by: NonNullable<Mandate['ended_by']>): Promise<void> {
  if (mandate.status !== 'granted' && mandate.status !== 'asked') return
  await store.updateMandate(tx.db, mandate.id, { status: 'ended', ended_at: tx.now(), ended_by: by })
  await endActing(tx, mandate.id)
  await note(tx, author, mandate, 'ended', { by })
  if (by !== 'holder') await tell(tx, mandate, 'ended', 'holder')
  if (by !== 'person' && mandate.status === 'granted') await tell(tx, mandate, 'ended', 'person')
}

/** The holder types the code of the letter that the represented person was sent, and gave them. Throws 422 for a wrong one. */
export async function grantByLetter(platform: Platform, actor: Actor, id: string, typed: string): Promise<void> {
  const own = ownOf(actor)
  await limitAttempts(platform, `mandate-code:${own.accountId}`, { max: 10, minutes: 15 })
  await transact(platform, async (tx) => {
    const { mandate, side } = await mine(tx, actor, id, true)
    if (side !== 'holder') throw notFound('mandate')
    if (!waits(tx, mandate)) throw notWaiting()
    const code = await takeCode(tx, 'letter', typed)
    // thrown inside the transaction: a code of another letter is not used up
    if (code === null || code.mandate_id !== mandate.id || code.person_id !== mandate.person_id) throw wrongCode()
    await grant(tx, actor, mandate, 'letter', null)
  })
}

/** What a session begins to act with: its new token and the name of whom it acts for. */
export type Began = { readonly token: string; readonly label: string; readonly actingId: string }

/** Lets the holder's session act for the represented person; throws 409 when the mandate is not good today. */
export async function beginMandate(platform: Platform, session: Session, token: string, id: string): Promise<Began> {
  const { actor } = session
  const { mandate, side } = await mine(platform, actor, id, false)
  if (side !== 'holder') throw notFound('mandate')
  const { person_id: personId, services } = mandate
  if (personId === null || !isGood(mandate, today(platform)))
    throw new Problem('representation.not-good', 409, 'This mandate is not good any more, or not yet.')
  const words = await open(platform, actor, {
    record: mandate.holder_record,
    fields: ['person_name'],
    purpose: 'mandate.use',
    legalBasis: 'own',
  })
  const until = startOfDay(platform.city.timeZone, addDays(mandate.ends_on, 1))
  return transact(platform, async (tx) => {
    const fresh = await setActing(tx, token, { kind: 'mandate', id: mandate.id, personId, services, until })
    const author: Author = { ...actor, channel: 'mandate' }
    await record(tx, author, {
      type: 'representation.acting.began',
      stream: mandate.id,
      subject: blindedPerson(tx, personId),
      data: { mandate: mandate.reference },
    })
    return { token: fresh, label: textIn(words, 'person_name'), actingId: mandate.id }
  })
}

/** The status of a mandate as of today: what waited or ran too long is over, before the job has come to it. */
export function statusToday(platform: Platform, mandate: Mandate): MandateStatus {
  if (mandate.status === 'granted') return isGood(mandate, today(platform)) ? 'granted' : 'ended'
  return mandate.status === 'asked' && !waits(platform, mandate) ? 'ended' : mandate.status
}
