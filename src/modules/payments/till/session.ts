import { notFound, Problem } from '../../../kernel/problem.ts'
import { record } from '../../../platform/journal/journal.ts'
import { today, transact } from '../../../platform/platform.ts'
import { type Actor, allow, may } from '../../access/index.ts'
import { balanceOf, post } from '../../ledger/index.ts'
import { tillAccount, tillDifference } from '../books.ts'
import { openItem } from '../items.ts'
import type { Till } from '../rules/moneyin.ts'
import { type Treasury, within } from '../treasury.ts'
import type { Count } from './count.ts'
import * as store from './store.ts'

/** Why a supervisor takes a till over. */
export const takeOverReasons = ['shift_end', 'ill', 'emergency'] as const
export type TakeOverReason = (typeof takeOverReasons)[number]

/** The tills at which somebody may work. */
export function tillsFor({ rules }: Treasury, actor: Actor): Till[] {
  return rules.tills.filter((till) => may(actor, 'money.till', { agency: till.agency }))
}

/** A till as its agency names it; throws 404 for one that is not there. */
export function tillOf({ rules }: Treasury, id: string): Till {
  const till = rules.tills.find((each) => each.id === id)
  if (!till) throw notFound('till')
  return till
}

/** What the books say is in a till, in minor units. */
export function inTill(
  { platform }: Treasury,
  { agency, till, currency }: Pick<store.Session, 'agency' | 'till' | 'currency'>,
): Promise<bigint> {
  return balanceOf(platform, tillAccount(agency, till, currency))
}

/**
 * Opens a till with what is counted in it; what that is more or less than the books say is booked and noted. Throws 409 when somebody has the
 * till, or the officer has another one.
 */
export async function openTill(treasury: Treasury, actor: Actor, id: string, count: Count): Promise<store.Session> {
  const till = tillOf(treasury, id)
  allow(actor, 'money.till', { agency: till.agency })
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const place = { agency: till.agency, till: till.id, currency: tx.city.currency }
    const fresh: store.Session = {
      id: tx.newId(),
      ...place,
      officer_id: actor.accountId ?? '',
      state: 'open',
      opened_at: tx.now(),
      opening: count.sum,
      opening_difference: 0n,
      closing: null,
      closing_difference: null,
      opening_pieces: count.pieces,
      closing_pieces: null,
      closed_at: null,
      closed_by: null,
    }
    if (!(await store.insertSession(tx.db, fresh)))
      throw new Problem('payments.till-open', 409, 'This till is open already, or you have another one open.')
    // read only now: whoever had the till before has closed it, and nothing more is booked in it by them
    const difference = count.sum - (await inTill(inside, place))
    const session = { ...fresh, opening_difference: difference }
    await store.changeSession(tx.db, session.id, { opening_difference: difference })
    const data = { till: till.id, agency: till.agency, counted: count.sum.toString(), difference: difference.toString() }
    const cause = await record(tx, actor, { type: 'payments.till.opened', stream: session.id, data })
    await bookDifference(inside, actor, session, difference, 'open', cause)
    return session
  })
}

/** Closes a till with what is counted in it; what that is more or less than the books say is booked, noted and a work item. */
export async function closeTill(treasury: Treasury, actor: Actor, id: string, count: Count): Promise<store.Session> {
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const session = await held(inside, actor, id)
    const difference = count.sum - (await inTill(inside, session))
    const change = {
      state: 'closed',
      closing: count.sum,
      closing_difference: difference,
      closing_pieces: count.pieces,
      closed_at: tx.now(),
      closed_by: actor.accountId,
    } as const
    await store.changeSession(tx.db, id, change)
    const data = { counted: count.sum.toString(), difference: difference.toString() }
    const cause = await record(tx, actor, { type: 'payments.till.closed', stream: id, data })
    await bookDifference(inside, actor, session, difference, 'close', cause)
    return { ...session, ...change }
  })
}

async function bookDifference(
  treasury: Treasury,
  actor: Actor,
  { id, agency, till, currency }: store.Session,
  difference: bigint,
  when: 'open' | 'close',
  cause: string,
): Promise<void> {
  if (difference === 0n) return
  const tx = treasury.platform
  const lines = tillDifference(agency, till, currency, difference)
  await post(tx, { kind: 'till_difference', key: `till:${id}:${when}`, cause, day: today(tx), lines })
  const story = { session: id, till, when }
  await openItem(tx, actor, { key: `till:${id}:${when}`, kind: 'till_difference', agency, amount: difference, currency, story })
}

/** Lets a supervisor go on with a till that an officer left open. Throws 409 when it is closed, or they have another one. */
export async function takeOver(treasury: Treasury, actor: Actor, id: string, reason: TakeOverReason): Promise<void> {
  await transact(treasury.platform, async (tx) => {
    const session = await store.sessionById(tx.db, id, true)
    if (!session) throw notFound('till')
    allow(actor, 'money.till', { agency: session.agency })
    if (!may(actor, 'money.close', { agency: session.agency }))
      throw new Problem('payments.till-supervisor', 403, 'Only a supervisor of its agency may take a till over.')
    if (
      session.state !== 'open' ||
      session.officer_id === actor.accountId ||
      (await store.openSessionOf(tx.db, actor.accountId ?? '')) !== null
    )
      throw new Problem('payments.till-open', 409, 'This till is open already, or you have another one open.')
    const act = tx.newId()
    await store.insertAct(tx.db, {
      ...noAct,
      id: act,
      session_id: id,
      key: tx.newId(),
      kind: 'taken_over',
      amount: 0n,
      reason,
      made_by: actor.accountId ?? '',
      made_at: tx.now(),
    })
    await store.changeSession(tx.db, id, { officer_id: actor.accountId ?? '' })
    await record(tx, actor, { type: 'payments.till.taken_over', stream: id, data: { act, why: reason } })
  })
}

/** An act of which nothing is said yet. */
export const noAct = { given: null, bill_id: null, payment_id: null, refund_id: null, slip: null, deposit: null, reason: null } as const

/** The open session of whoever asks, held until the transaction ends. Throws 404, 403 for another's, 409 when it is closed. */
export async function held({ platform }: Treasury, actor: Actor, id: string): Promise<store.Session> {
  const session = await store.sessionById(platform.db, id, true)
  if (!session) throw notFound('till')
  allow(actor, 'money.till', { agency: session.agency })
  if (session.officer_id !== actor.accountId) throw new Problem('payments.till-not-yours', 403, 'Another officer has this till open.')
  if (session.state !== 'open') throw new Problem('payments.till-closed', 409, 'This till is closed.')
  return session
}

/** A session with what happened in it and what is in the till by the books. */
export type TillStory = {
  readonly session: store.Session
  readonly acts: readonly store.TillAct[]
  readonly balance: bigint
  readonly mine: boolean
  readonly mayTakeOver: boolean
}

/** A session for whoever works at the counters of its agency; throws 404. */
export async function tillStory(treasury: Treasury, actor: Actor, id: string): Promise<TillStory> {
  const session = await store.sessionById(treasury.platform.db, id)
  if (!session) throw notFound('till')
  allow(actor, 'money.till', { agency: session.agency })
  const mine = session.state === 'open' && session.officer_id === actor.accountId
  return {
    session,
    acts: await store.actsOf(treasury.platform.db, id),
    balance: await inTill(treasury, session),
    mine,
    mayTakeOver: session.state === 'open' && !mine && may(actor, 'money.close', { agency: session.agency }),
  }
}

/** The tills of whoever asks, who has which open, and the last that were closed. */
export async function tillDesk(
  treasury: Treasury,
  actor: Actor,
): Promise<{ tills: Till[]; open: store.Session[]; closed: store.Session[]; own: store.Session | null }> {
  const tills = tillsFor(treasury, actor)
  if (tills.length === 0) allow(actor, 'money.till', { agency: treasury.rules.treasury })
  const ids = tills.map((till) => till.id)
  const { db } = treasury.platform
  const [open, closed] = await Promise.all([store.openSessions(db, ids), store.closedSessions(db, ids, 20)])
  return { tills, open, closed, own: open.find((session) => session.officer_id === actor.accountId) ?? null }
}
