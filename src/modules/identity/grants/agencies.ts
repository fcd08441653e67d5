import { z } from 'zod'
import { Problem } from '../../../kernel/problem.ts'
import type { Agency } from '../../../platform/city.ts'
import { record } from '../../../platform/journal/journal.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import * as store from './store.ts'

/** The agencies of the city's file, and where the list that everybody sees is put. */
export type Directory = { readonly base: readonly Agency[]; readonly put: (agencies: readonly Agency[]) => void }

/** After so long a process looks again at what others changed. */
const FRESH_MS = 30_000

const line = z.string().max(300)
const words = z.record(z.string(), z.string().max(2_000))
const agencyData = z.object({ name: words, about: words, email: line, phone: line, address: words, hours: words }).partial()

/** What administrators write about an agency, by field; of words only the languages that they filled in. */
export type AgencyText = Required<z.infer<typeof agencyData>>

/** The agencies of the file with what administrators changed, then those that they added. */
export function mergeAgencies(base: readonly Agency[], rows: readonly store.AgencyRow[]): Agency[] {
  const changed = new Map(rows.map((row) => [row.id, row]))
  const known = base.map((agency) => merged(agency, changed.get(agency.id)))
  const ids = new Set(base.map((agency) => agency.id))
  const none = { name: {}, about: {}, email: '', phone: '', address: {}, hours: {} }
  return [...known, ...rows.filter((row) => !ids.has(row.id)).map((row) => merged({ id: row.id, ...none }, row))]
}

function merged(agency: Agency, row: store.AgencyRow | undefined): Agency {
  if (!row) return agency
  const parsed = agencyData.safeParse(row.data)
  return { ...agency, ...(parsed.success ? parsed.data : {}), ...(row.closed_at ? { closed: true } : {}) }
}

/** Lets this process see the agencies as they are now. */
export async function refreshAgencies(platform: Platform, directory: Directory): Promise<void> {
  directory.put(mergeAgencies(directory.base, await store.agencyRows(platform.db)))
}

/** Looks every 30 seconds at what other processes changed, until told to stop. */
export function keepAgenciesFresh(platform: Platform, directory: Directory): { stop(): void } {
  const timer = setInterval(() => {
    refreshAgencies(platform, directory).catch(() => platform.log.warn({ part: 'agencies' }, 'the agencies could not be read again'))
  }, FRESH_MS)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

/** Keeps what was written about an agency, or adds one. Throws 409 when a new one takes the id of another. */
export async function saveAgency(
  platform: Platform,
  directory: Directory,
  actor: Actor,
  id: string,
  text: AgencyText,
  added: boolean,
): Promise<void> {
  allow(actor, 'identity.administer')
  const before = platform.city.agencies.find((each) => each.id === id)
  if (added && before) throw new Problem('identity.agency-taken', 409, 'There is an agency with this id already.')
  const fields = Object.entries(text).flatMap(([field, value]) => {
    const old: unknown = before ? Object.entries(before).find(([name]) => name === field)?.[1] : undefined
    return JSON.stringify(old) === JSON.stringify(value) ? [] : [field]
  })
  if (!added && fields.length === 0) return
  await put(platform, directory, actor, id, { change: added ? 'added' : 'edited', fields }, (row) => ({ ...row, data: text }))
}

/** Closes an agency, which then takes no new applications, or opens it again. */
export async function closeAgency(platform: Platform, directory: Directory, actor: Actor, id: string, closed: boolean): Promise<void> {
  allow(actor, 'identity.administer')
  const before = platform.city.agencies.find((each) => each.id === id)
  if ((before?.closed ?? false) === closed) return
  const told = { change: closed ? 'closed' : 'opened', fields: [] }
  await put(platform, directory, actor, id, told, (row, now) => ({ ...row, closed_at: closed ? now : null }))
}

async function put(
  platform: Platform,
  directory: Directory,
  actor: Actor,
  id: string,
  told: { change: string; fields: readonly string[] },
  change: (row: store.AgencyRow, now: Date) => store.AgencyRow,
): Promise<void> {
  await transact(platform, async (tx) => {
    await store.lockAgency(tx.db, id)
    const now = tx.now()
    const known = (await store.agencyRows(tx.db)).find((row) => row.id === id)
    const row = { ...(known ?? { id, data: {}, closed_at: null }), changed_at: now, changed_by: actor.accountId }
    await store.putAgency(tx.db, change(row, now))
    await record(tx, actor, { type: 'identity.agency.changed', stream: `agency:${id}`, data: told })
  })
  await refreshAgencies(platform, directory)
}

/** Throws 409 for a new application at an agency that takes none any more. */
export function refuseClosed(platform: Platform, agency: string): void {
  if (platform.city.agencies.find((each) => each.id === agency)?.closed)
    throw new Problem('identity.agency-closed', 409, 'This agency takes no new applications.')
}
