import { notFound, Problem } from '../../../kernel/problem.ts'
import { type Author, record } from '../../../platform/journal/journal.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { type Actor, agenciesWith, allow, may, systemActor } from '../../access/index.ts'
import { ANSWER_DAYS, daysAfter, endsSoon, type Grant, isDue, REVIEW_DAYS, SOON_DAYS } from './grant.ts'
import * as store from './store.ts'

/** How many grants a page or a run of the job takes at once. */
const BATCH = 200
/** For how long the last administrator's role is kept going, in days. */
const KEPT_DAYS = 30

/** Why a grant ended: somebody took it away, a review said so, nobody answered one, or its time was over. */
export type EndReason = 'person' | 'review' | 'no_review' | 'time'

/** A grant in the queue of reviews. */
export type LookedAt = {
  readonly grant: Grant
  /** Whether somebody must say if it is still needed; else it only ends soon. */
  readonly due: boolean
  readonly endsSoon: boolean
  /** Whether this reader may answer: never for their own. */
  readonly mayAnswer: boolean
}

/** Whether somebody may say that a grant is still needed: an administrator, or the supervisor of an agency for its officers; nobody for their own. */
export function mayReview(actor: Actor, grant: Pick<Grant, 'accountId' | 'role' | 'agency'>): boolean {
  if (!may(actor, 'identity.review') || grant.accountId === actor.accountId) return false
  if (may(actor, 'identity.administer')) return true
  return grant.role === 'officer' && grant.agency !== null && supervises(actor, grant.agency)
}

/** Whether somebody is supervisor in an agency. */
export function supervises(actor: Actor, agency: string): boolean {
  const agencies = agenciesWith(actor, ['supervisor'])
  return agencies === 'all' || agencies.includes(agency)
}

/** The grants that somebody has to look at: reviews that are due, and for administrators what ends soon; their own are shown and not theirs to answer. */
export async function grantsToReview(platform: Platform, actor: Actor): Promise<LookedAt[]> {
  allow(actor, 'identity.review')
  const now = platform.now()
  const administers = may(actor, 'identity.administer')
  const grants = await store.grantsToLookAt(platform.db, now, daysAfter(now, SOON_DAYS), BATCH)
  return grants
    .filter((grant) => administers || mayReview(actor, grant))
    .map((grant) => {
      const due = isDue(grant, now)
      return { grant, due, endsSoon: endsSoon(grant, now), mayAnswer: due && mayReview(actor, grant) }
    })
    .filter((each) => each.due || administers)
}

/** Every grant of staff as it stands, for auditors and administrators; at most 2,000. */
export async function listGrants(platform: Platform, actor: Actor): Promise<Grant[]> {
  if (!may(actor, 'audit.read')) allow(actor, 'identity.administer')
  return store.allGrants(platform.db, 2_000)
}

/** Answers of a review, by grant. */
export type Answers = ReadonlyMap<string, 'keep' | 'end'>

/** Takes the answers of a review; each is journaled. Those that are gone or not this reader's to answer are left. Tells how many were kept and ended. */
export async function reviewGrants(platform: Platform, actor: Actor, answers: Answers): Promise<{ kept: number; ended: number }> {
  allow(actor, 'identity.review')
  const done = { kept: 0, ended: 0 }
  for (const [id, answer] of [...answers].slice(0, BATCH)) {
    await transact(platform, async (tx) => {
      const grant = await store.lockGrant(tx.db, id)
      if (!grant || !mayReview(actor, grant)) return
      if (answer === 'end') {
        await takeAway(tx, actor, grant, 'review')
        done.ended += 1
        return
      }
      const now = tx.now()
      await store.changeGrant(tx.db, id, {
        reviewed_at: now,
        reviewed_by: actor.accountId,
        review_due_at: daysAfter(now, REVIEW_DAYS),
      })
      await record(tx, actor, { type: 'identity.role.reviewed', stream: grant.accountId, data: named(grant) })
      done.kept += 1
    })
  }
  return done
}

/** Lets a grant last for so many days from now; whoever renews it says that it is needed. Throws 409 for one's own, 404 when it is gone. */
export async function renewGrant(platform: Platform, actor: Actor, accountId: string, id: string, days: number): Promise<void> {
  allow(actor, 'identity.administer')
  refuseOwn(actor, accountId)
  await transact(platform, async (tx) => {
    const grant = await ofAccount(tx, accountId, id)
    const now = tx.now()
    const ends = daysAfter(now, days)
    await store.changeGrant(tx.db, id, {
      ends_at: ends,
      reviewed_at: now,
      reviewed_by: actor.accountId,
      review_due_at: daysAfter(now, REVIEW_DAYS),
    })
    await record(tx, actor, {
      type: 'identity.role.renewed',
      stream: grant.accountId,
      data: { ...named(grant), ends: ends.toISOString(), by: 'person' },
    })
  })
}

/** Takes a role away. Throws 404 when it is gone, 409 when no administrator would be left. */
export async function endGrant(platform: Platform, actor: Actor, accountId: string, id: string): Promise<void> {
  allow(actor, 'identity.administer')
  await transact(platform, async (tx) => takeAway(tx, actor, await ofAccount(tx, accountId, id), 'person'))
}

/** Throws 409 for what nobody does to their own account. */
export function refuseOwn(actor: Actor, accountId: string): void {
  if (actor.accountId === accountId)
    throw new Problem('identity.not-your-own', 409, 'Nobody gives, renews or reviews roles of their own. Ask another administrator.')
}

/** Throws 409 when nobody could give roles any more without this account. */
export async function refuseLast(tx: Platform, accountId: string): Promise<void> {
  const now = tx.now()
  const left = (await store.lockAdministering(tx.db)).filter(
    (grant) => grant.accountId !== accountId && (grant.endsAt === null || grant.endsAt > now),
  )
  if (left.length === 0) throw new Problem('identity.last-administrator', 409, 'This is the last administrator. Add another one first.')
}

async function ofAccount(tx: Platform, accountId: string, id: string): Promise<Grant> {
  const grant = await store.lockGrant(tx.db, id)
  if (!grant || grant.accountId !== accountId) throw notFound('role')
  return grant
}

async function takeAway(tx: Platform, author: Author, grant: Grant, by: EndReason): Promise<void> {
  if (grant.role === 'administrator' && by !== 'time' && by !== 'no_review') await refuseLast(tx, grant.accountId)
  await store.deleteGrant(tx.db, grant.id)
  await record(tx, author, { type: 'identity.role.ended', stream: grant.accountId, data: { ...named(grant), by } })
}

function named(grant: Grant): { role: string; agency?: string } {
  return { role: grant.role, ...(grant.agency ? { agency: grant.agency } : {}) }
}

const clock = systemActor('grants')

/**
 * Takes away the roles whose time is over and those that nobody answered for. A city is never left without anybody who
 * can give roles: the role of the last administrator goes on for a month at a time, and the journal says so.
 */
export async function endGrants(platform: Platform): Promise<number> {
  let ended = 0
  for (let batch = BATCH; batch === BATCH; ended += batch) {
    batch = await transact(platform, async (tx) => {
      await keepLastAdministrator(tx)
      const now = tx.now()
      const over = await store.lockOver(tx.db, now, daysAfter(now, -ANSWER_DAYS), BATCH)
      for (const grant of over) await takeAway(tx, clock, grant, grant.endsAt !== null && grant.endsAt <= now ? 'time' : 'no_review')
      return over.length
    })
  }
  return ended
}

async function keepLastAdministrator(tx: Platform): Promise<void> {
  const now = tx.now()
  const soon = daysAfter(now, 1)
  const held = await store.lockAdministering(tx.db)
  const lasts = (grant: Grant): boolean =>
    (grant.endsAt === null || grant.endsAt > soon) && (grant.reviewDueAt === null || daysAfter(grant.reviewDueAt, ANSWER_DAYS) > soon)
  if (held.length === 0 || held.some(lasts)) return
  const [longest] = held.toSorted((a, b) => (b.endsAt?.getTime() ?? 0) - (a.endsAt?.getTime() ?? 0))
  if (!longest) return
  const ends = new Date(Math.max(longest.endsAt?.getTime() ?? 0, daysAfter(now, KEPT_DAYS).getTime()))
  await store.changeGrant(tx.db, longest.id, { ends_at: ends, review_due_at: now })
  await record(tx, clock, {
    type: 'identity.role.renewed',
    stream: longest.accountId,
    data: { ...named(longest), ends: ends.toISOString(), by: 'last_administrator' },
  })
}
