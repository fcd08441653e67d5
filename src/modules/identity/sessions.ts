import { notFound } from '../../kernel/problem.ts'
import { record } from '../../platform/journal/journal.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import { accountActor, type Acting, type Actor, allow, type Level, levels } from '../access/index.ts'
import { blindedPerson } from '../people/index.ts'
import type { Method } from './sessions/method.ts'
import * as store from './sessions/store.ts'

export type { Method } from './sessions/method.ts'

/** How long a session lasts without activity, and at most. At a counter device it is a few minutes. */
export const sessionLimits = { idleMs: 60 * 60_000, absoluteMs: 12 * 3_600_000, kioskIdleMs: 3 * 60_000 } as const

/** How somebody signed in, and at what. */
export type SignIn = {
  readonly level: Level
  readonly methods: readonly Method[]
  /** The name of browser and system, such as `Firefox on Android`; nothing finer. */
  readonly device: string
  readonly kiosk?: boolean
}

/** A session that is still good. */
export type Session = {
  readonly id: string
  readonly actor: Actor
  readonly staffName: string | null
  readonly language: string
  readonly secondsLeft: number
  readonly level: Level
  readonly methods: readonly Method[]
  readonly kiosk: boolean
  /** The account's own person, also while it acts for another. */
  readonly ownPersonId: string
}

/** A session in the list of its owner. */
export type ListedSession = {
  readonly id: string
  readonly device: string
  readonly level: Level
  readonly methods: readonly Method[]
  readonly began: Date
  readonly seen: Date
  readonly current: boolean
}

/** For whom a session goes on to act, until when. */
export type ActingFor = Acting & { readonly personId: string; readonly until: Date }

/** Starts a session of an account; returns its token, which is stored only as a keyed hash. */
export async function startSession(platform: Platform, accountId: string, how: SignIn): Promise<string> {
  const token = newToken(platform)
  await transact(platform, async (tx) => {
    const now = tx.now()
    await store.insertSession(tx.db, {
      token: tx.keys.token(token),
      id: tx.newId(),
      account_id: accountId,
      created_at: now,
      seen_at: now,
      ends_at: new Date(now.getTime() + sessionLimits.absoluteMs),
      level: how.level,
      methods: [...how.methods],
      device: how.device.slice(0, 80),
      kiosk: how.kiosk ?? false,
    })
    const author = { journalName: `account:${accountId}`, channel: 'web' }
    await record(tx, author, {
      type: 'identity.account.signed_in',
      stream: accountId,
      data: { level: how.level, methods: [...how.methods] },
    })
  })
  return token
}

/** The session of a token, or null. Activity is noted at most once a minute. */
export async function sessionOf(platform: Platform, token: string): Promise<Session | null> {
  const hashed = platform.keys.token(token)
  const now = platform.now()
  const row = await store.sessionByToken(platform.db, hashed, now)
  if (!row) return null
  const idleMs = row.kiosk ? sessionLimits.kioskIdleMs : sessionLimits.idleMs
  const ends = Math.min(row.seen_at.getTime() + idleMs, row.ends_at.getTime())
  if (ends <= now.getTime()) return null
  if (now.getTime() - row.seen_at.getTime() > (row.kiosk ? 10_000 : 60_000)) await store.touchSession(platform.db, hashed, now)
  const acting = actingOf(row)
  return {
    id: row.id,
    actor: accountActor({
      accountId: row.account_id,
      // whose time is over acts for nobody: not for the other person, and not for themselves without knowing
      personId: row.acting_person ?? row.person_id,
      roles: row.acting_kind === null ? row.roles : [],
      channel: row.acting_kind ?? 'web',
      level: row.level,
      acting,
      subject: row.acting_person === null ? null : blindedPerson(platform, row.acting_person),
      emergency: row.acting_kind === null ? row.emergency : [],
    }),
    staffName: row.staff_name,
    language: row.language,
    secondsLeft: Math.floor(Math.min(idleMs, row.ends_at.getTime() - now.getTime()) / 1000),
    level: row.level,
    methods: row.methods,
    kiosk: row.kiosk,
    ownPersonId: row.person_id,
  }
}

/** Those of these sessions that are still good; asking does not make them last longer. */
export async function goodSessions(platform: Platform, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const now = platform.now().getTime()
  const rows = await store.sessionsById(platform.db, ids)
  const good = rows.filter((row) => {
    const idleMs = row.kiosk ? sessionLimits.kioskIdleMs : sessionLimits.idleMs
    return row.seen_at.getTime() + idleMs > now && row.ends_at.getTime() > now
  })
  return new Set(good.map((row) => row.id))
}

function actingOf(row: store.SessionRow): Acting | null {
  if (row.acting_kind === null || row.acting_id === null) return null
  // an acting that is over reaches no service: every act is refused until it is ended
  return { kind: row.acting_kind, id: row.acting_id, services: row.acting_over ? [] : row.acting_services }
}

/** Gives a session a further method (with `also` others that were shown with it) and its new level, under a new token: what was known before a change of level is worth nothing after it. */
export async function raiseSession(
  platform: Platform,
  token: string,
  to: { level: Level; method: Method; also?: readonly Method[] },
): Promise<string> {
  return rotate(platform, token, async (tx, row) => {
    const level = levels[Math.max(levels.indexOf(to.level), levels.indexOf(row.level))] ?? row.level
    const used = [...new Set<Method>([...row.methods, ...(to.also ?? []), to.method])]
    const author = { journalName: `account:${row.account_id}`, channel: 'web' }
    await record(tx, author, { type: 'identity.session.raised', stream: row.account_id, data: { level, methods: used } })
    return { level, methods: used }
  })
}

/** Lets a session act for another person, or with null for its owner again; under a new token. The caller has decided that it may. */
export async function setActing(platform: Platform, token: string, acting: ActingFor | null): Promise<string> {
  return rotate(platform, token, async () => ({
    acting_kind: acting?.kind ?? null,
    acting_id: acting?.id ?? null,
    acting_person: acting?.personId ?? null,
    acting_services: acting?.services ? [...acting.services] : null,
    acting_until: acting?.until ?? null,
  }))
}

async function rotate(
  platform: Platform,
  token: string,
  change: (tx: Platform, row: store.SessionRow) => Promise<store.SessionChange>,
): Promise<string> {
  const fresh = newToken(platform)
  return transact(platform, async (tx) => {
    const old = tx.keys.token(token)
    const row = await store.sessionByToken(tx.db, old, tx.now())
    if (!row) throw notFound('session')
    await store.changeSession(tx.db, old, { ...(await change(tx, row)), token: tx.keys.token(fresh) })
    return fresh
  })
}

/** Ends every acting by this mandate or assistance, wherever it goes on; those sessions go on for their owner. In the caller's transaction. */
export async function endActing(tx: Platform, actingId: string): Promise<void> {
  await store.deleteActing(tx.db, actingId)
}

/** The sessions of the actor's account, the newest first. */
export async function sessionsOf(platform: Platform, actor: Actor, currentId: string | null): Promise<ListedSession[]> {
  allow(actor, 'account.secure', { accountId: actor.accountId })
  const rows = await store.sessionsOfAccount(platform.db, actor.accountId ?? '', new Date(platform.now().getTime() - sessionLimits.idleMs))
  return rows.map((row) => ({
    id: row.id,
    device: row.device,
    level: row.level,
    methods: row.methods,
    began: row.created_at,
    seen: row.seen_at,
    current: row.id === currentId,
  }))
}

/** Ends one session of the actor's account. Throws 404 for anybody else's. */
export async function endSession(platform: Platform, actor: Actor, id: string): Promise<void> {
  allow(actor, 'account.secure', { accountId: actor.accountId })
  await transact(platform, async (tx) => {
    if (!(await store.deleteSessionById(tx.db, actor.accountId ?? '', id))) throw notFound('session')
    await record(tx, actor, { type: 'identity.session.ended', stream: actor.accountId ?? '', data: { count: 1 } })
  })
}

/** Ends all sessions of the actor's account but the one named; returns how many. */
export async function endOtherSessions(platform: Platform, actor: Actor, keep: string | null): Promise<number> {
  allow(actor, 'account.secure', { accountId: actor.accountId })
  return transact(platform, async (tx) => {
    const count = await store.deleteOtherSessions(tx.db, actor.accountId ?? '', keep)
    if (count > 0) await record(tx, actor, { type: 'identity.session.ended', stream: actor.accountId ?? '', data: { count } })
    return count
  })
}

/** Ends a session by its token. */
export async function signOut(platform: Platform, token: string, actor: Actor): Promise<void> {
  await transact(platform, async (tx) => {
    await store.deleteSession(tx.db, tx.keys.token(token))
    if (actor.accountId) await record(tx, actor, { type: 'identity.account.signed_out', stream: actor.accountId })
  })
}

function newToken(platform: Platform): string {
  return Buffer.from(platform.random(32)).toString('base64url')
}

/** What a browser calls itself, coarsely: `Firefox on Android`; so much and no more is kept, for the list of sessions. */
export function deviceName(userAgent: string | undefined): string {
  const text = userAgent ?? ''
  const first = (table: ReadonlyArray<readonly [RegExp, string]>): string => table.find(([pattern]) => pattern.test(text))?.[1] ?? ''
  const browser = first([
    [/Edg(A|iOS)?\//, 'Edge'],
    [/OPR\//, 'Opera'],
    [/SamsungBrowser\//, 'Samsung Internet'],
    [/Firefox\/|FxiOS\//, 'Firefox'],
    [/Chrome\/|CriOS\//, 'Chrome'],
    [/Safari\//, 'Safari'],
  ])
  const system = first([
    [/Android/, 'Android'],
    [/iPhone/, 'iPhone'],
    [/iPad/, 'iPad'],
    [/Windows/, 'Windows'],
    [/CrOS/, 'ChromeOS'],
    [/Mac OS X|Macintosh/, 'Mac'],
    [/Linux/, 'Linux'],
  ])
  return [browser, system].filter((part) => part !== '').join(' · ')
}
