import { notFound, Problem } from '../../kernel/problem.ts'
import { enqueue } from '../../platform/jobs.ts'
import { type JournalEvent, textIn } from '../../platform/journal/event.ts'
import { type Author, record } from '../../platform/journal/journal.ts'
import { type ActsAsk, actsFor } from '../../platform/journal/acts.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import { type Actor, agenciesWith, allow } from '../access/index.ts'
import { endActing, limitAttempts, type Session, setActing, staffNames } from '../identity/index.ts'
import { blindedPerson, open, profileOf } from '../people/index.ts'
import { makeCode, shownCode, type ShownCode, takeCode } from './codes.ts'
import type { Purpose } from './mandate.ts'
import { NOTIFY } from './notices.ts'
import { type Began, ownOf, wrongCode } from './service.ts'
import * as store from './store.ts'
import type { Assistance } from './store.ts'

/** Makes a code that shows a helper: this person is here with me and wants help. The one before is worth nothing then. */
export async function makePresence(platform: Platform, actor: Actor): Promise<void> {
  const { personId } = ownOf(actor)
  await transact(platform, (tx) => makeCode(tx, actor, { purpose: 'presence', person: personId, mandate: null, officer: null }))
}

/** The actor's own presence code that can still be used; null without one. */
export function myPresence(platform: Platform, actor: Actor): Promise<ShownCode | null> {
  return shownCode(platform, 'presence', ownOf(actor).personId)
}

/** Makes a code by which somebody can ask to act for the actor without knowing an address. */
export async function makeInvitation(platform: Platform, actor: Actor): Promise<void> {
  const { personId } = ownOf(actor)
  await transact(platform, (tx) => makeCode(tx, actor, { purpose: 'invitation', person: personId, mandate: null, officer: null }))
}

/** The actor's own invitation that can still be used; null without one. */
export function myInvitation(platform: Platform, actor: Actor): Promise<ShownCode | null> {
  return shownCode(platform, 'invitation', ownOf(actor).personId)
}

/** What a helper asks for: the resident's code, what it is for, and how long. */
export type HelpAsk = { readonly code: string; readonly purpose: Purpose; readonly minutes: number }

/**
 * Begins a helped session with the code of somebody who is there: the helper's session acts for them until the time is
 * over. Throws 422 for a wrong code, 409 while another helped session goes on.
 */
export async function beginHelp(platform: Platform, session: Session, token: string, ask: HelpAsk): Promise<Began> {
  const { actor } = session
  if (actor.acting !== null) throw new Problem('representation.still-acting', 409, 'Finish helping the last person first.')
  allow(actor, 'assist.begin')
  const helper = actor.accountId
  if (helper === null) throw new Problem('access.sign-in-needed', 401, 'Sign in to go on.')
  await limitAttempts(platform, `assist:${helper}`, { max: 20, minutes: 15 })
  const helping: Actor = { ...actor, channel: 'assistance' }
  const agencies = agenciesWith(actor, ['helper', 'officer', 'supervisor'])
  const began = await transact(platform, async (tx) => {
    const code = await takeCode(tx, 'presence', ask.code)
    if (code === null) throw wrongCode()
    if (code.person_id === session.ownPersonId)
      throw new Problem('representation.own-person', 422, 'This is your own code. You cannot help yourself here.')
    const now = tx.now()
    const row: Assistance = {
      id: tx.newId(),
      helper_account: helper,
      organisation: agencies === 'all' ? null : (agencies[0] ?? null),
      person_id: code.person_id,
      purpose: ask.purpose,
      began_at: now,
      ends_at: new Date(now.getTime() + ask.minutes * 60_000),
      ended_at: null,
      ended_by: null,
    }
    await store.insertAssistance(tx.db, row)
    const fresh = await setActing(tx, token, {
      kind: 'assistance',
      id: row.id,
      personId: row.person_id,
      services: null,
      until: row.ends_at,
    })
    await record(tx, helping, {
      type: 'representation.assistance.began',
      stream: row.id,
      subject: blindedPerson(tx, row.person_id),
      data: { purpose: ask.purpose, minutes: ask.minutes, ...(row.organisation ? { organisation: row.organisation } : {}) },
    })
    await enqueue(tx, NOTIFY, { assistance: row.id, occasion: 'helped', to: 'person' }, { key: `assistance:${row.id}` })
    return { token: fresh, row }
  })
  return { token: began.token, actingId: began.row.id, label: await nameFor(platform, helping, began.row.person_id) }
}

/** The name of who is helped, opened through the vault as the helper. */
async function nameFor(platform: Platform, actor: Actor, personId: string): Promise<string> {
  const recordId = await transact(platform, (tx) => profileOf(tx, personId))
  const ask = { record: recordId, fields: ['full_name'], purpose: 'assistance.begin', legalBasis: 'gdpr.6.1.a' }
  const profile = await open(platform, actor, ask)
  return textIn(profile, 'full_name')
}

/** Lets a session act for nobody but its owner again, under a new token; a helped session is over with it. */
export async function stopActing(platform: Platform, session: Session, token: string): Promise<string> {
  const { actor } = session
  const { acting } = actor
  return transact(platform, async (tx) => {
    if (acting?.kind === 'assistance') await endHelp(tx, actor, acting.id, 'helper')
    if (acting?.kind === 'mandate') {
      const mandate = await store.mandateById(tx.db, acting.id)
      const subject = actor.personId === null ? {} : { subject: blindedPerson(tx, actor.personId) }
      await record(tx, actor, {
        type: 'representation.acting.ended',
        stream: acting.id,
        ...subject,
        data: { mandate: mandate?.reference ?? acting.id },
      })
    }
    return setActing(tx, token, null)
  })
}

/** Ends a helped session in the caller's transaction, in every session of the helper; nothing when it was over already. */
export async function endHelp(tx: Platform, author: Author, id: string, by: NonNullable<Assistance['ended_by']>): Promise<void> {
  const row = await store.assistanceById(tx.db, id)
  if (!row || !(await store.closeAssistance(tx.db, id, tx.now(), by))) return
  await endActing(tx, id)
  await record(tx, author, {
    type: 'representation.assistance.ended',
    stream: id,
    subject: blindedPerson(tx, row.person_id),
    data: { by },
  })
}

/** The resident ends a helped session of theirs. Throws 404 for anybody else's. */
export async function endMyHelp(platform: Platform, actor: Actor, id: string): Promise<void> {
  const { personId } = ownOf(actor)
  await transact(platform, async (tx) => {
    const row = await store.assistanceById(tx.db, id)
    if (!row || row.person_id !== personId) throw notFound('helped session')
    await endHelp(tx, actor, id, 'person')
  })
}

/** A helped session as the resident sees it: who, for what, and every act, oldest first. */
export type ShownHelp = {
  readonly help: Assistance
  readonly helperName: string
  readonly goesOn: boolean
  readonly acts: readonly JournalEvent[]
}

/** Every helped session of the actor, with what was done in it. */
export async function myHelp(platform: Platform, actor: Actor): Promise<ShownHelp[]> {
  const { personId } = ownOf(actor)
  const rows = await store.assistancesOf(platform.db, personId)
  const names = await staffNames(
    platform,
    rows.map((row) => row.helper_account),
  )
  return Promise.all(
    rows.map(async (help) => ({
      help,
      helperName: names.get(help.helper_account) ?? '',
      goesOn: help.ended_at === null && help.ends_at > platform.now(),
      acts: await actsBy(platform, personId, {
        account: help.helper_account,
        channel: 'assistance',
        from: help.began_at,
        to: help.ended_at ?? help.ends_at,
      }),
    })),
  )
}

/** What an account did for a person in a time, acting for them so; oldest first, at most 200 lines. */
export function actsBy(platform: Platform, personId: string, ask: Omit<ActsAsk, 'limit'>): Promise<JournalEvent[]> {
  // the end itself belongs to it
  return actsFor(platform, blindedPerson(platform, personId), { ...ask, to: new Date(ask.to.getTime() + 1_000), limit: 200 })
}
