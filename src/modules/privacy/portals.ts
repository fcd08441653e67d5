import { isUuid } from '../../kernel/id.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { cleanText } from '../../kernel/text.ts'
import { record } from '../../platform/journal/journal.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import { type Actor, allow } from '../access/index.ts'
import * as store from './store.ts'

/** A portal of the country that may ask who used a person's data, on behalf of that person. */
export type Portal = { readonly id: string; readonly name: string; readonly createdAt: Date; readonly endedAt: Date | null }

/** What the keys of portals begin with, so that one that leaks is found. */
const PREFIX = 'stoa_portal_'

/** Registers a portal and returns its key, which is shown once and kept only as a keyed hash. Throws 422 without a name. */
export async function registerPortal(platform: Platform, actor: Actor, typed: string): Promise<string> {
  allow(actor, 'privacy.portals')
  const name = cleanText(typed).slice(0, 120)
  if (name === '') throw new Problem('privacy.portal-name-needed', 422, 'Enter the name of the portal.')
  const key = `${PREFIX}${Buffer.from(platform.random(32)).toString('base64url')}`
  await transact(platform, async (tx) => {
    const id = tx.newId()
    await store.insertPortal(tx.db, { id, name, token: tx.keys.token(key), created_at: tx.now(), ended_at: null })
    await record(tx, actor, { type: 'privacy.portal.registered', stream: id })
  })
  return key
}

/** Ends a portal's registration: its key opens nothing from then on. Throws 404. */
export async function endPortal(platform: Platform, actor: Actor, id: string): Promise<void> {
  allow(actor, 'privacy.portals')
  await transact(platform, async (tx) => {
    if (!isUuid(id) || !(await store.endPortal(tx.db, id, tx.now()))) throw notFound('portal')
    await record(tx, actor, { type: 'privacy.portal.ended', stream: id })
  })
}

/** Every portal, the newest first. */
export async function portals(platform: Platform, actor: Actor): Promise<Portal[]> {
  allow(actor, 'privacy.portals')
  return (await store.portals(platform.db)).map(toPortal)
}

/** The portal of an `Authorization` header; null when it is none, or has ended. */
export async function portalOf(platform: Platform, header: string): Promise<Portal | null> {
  const key = /^Bearer (stoa_portal_[\w-]{43})$/i.exec(header)?.[1]
  const row = key === undefined ? null : await store.portalByToken(platform.db, platform.keys.token(key))
  return row ? toPortal(row) : null
}

function toPortal(row: store.PortalRow): Portal {
  return { id: row.id, name: row.name, createdAt: row.created_at, endedAt: row.ended_at }
}
