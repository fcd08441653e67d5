import { isUuid, parseReference } from '../../kernel/id.ts'
import { addWorkingDays, type PlainDate, parsePlainDate, workingDaysBetween } from '../../kernel/time.ts'
import { Problem } from '../../kernel/problem.ts'
import { type Platform, today } from '../../platform/platform.ts'
import { type Actor, agenciesWith, may, visible } from '../access/index.ts'
import { staffNames, staffOfAgencies, staffOfAgency } from '../identity/index.ts'
import { withWords } from '../people/index.ts'
import type { Service } from '../servicefile/index.ts'
import { type Case, SOON_DAYS } from './case.ts'
import { getCase, type House, serviceOf } from './house.ts'
import * as queues from './queues/store.ts'
import * as store from './store.ts'
import { assign, resourceOf } from './work.ts'

/** How many cases a page of a queue has. */
const PAGE = 50
/** Counts stop here and are shown as "1,000+". */
export const COUNT_LIMIT = 1_000
/** The most cases that are given to an officer at once. */
const BULK_LIMIT = 100

/** What an officer asks a queue for. */
export type QueueRequest = {
  readonly queue: queues.Queue
  readonly order: queues.QueueOrder
  readonly service: string | null
  readonly search: string
  readonly after: string | null
}

/** One line of a queue; no answers, nothing from the vault. */
export type QueueLine = {
  readonly current: Case
  readonly service: Service
  readonly officerName: string | null
  /** Working days until the deadline, negative when it has passed; null without one. */
  readonly daysLeft: number | null
}

/** A page of a queue, or the one case whose reference was typed. */
export type QueuePage =
  | { readonly kind: 'case'; readonly id: string }
  | {
      readonly kind: 'list'
      readonly request: QueueRequest
      readonly lines: readonly QueueLine[]
      readonly counts: ReadonlyMap<queues.Queue, number>
      readonly next: string | null
      /** Whether a search found more than are shown. */
      readonly more: boolean
      /** A reference that leads to no case of theirs: they may ask for it as an emergency. */
      readonly emergency: string | null
      /** The officers that cases may be given to. */
      readonly staff: ReadonlyArray<{ id: string; name: string }>
    }

/** A page of an officer's queue. A search looks in every case they may see, whatever the queue. */
export async function queue(house: House, actor: Actor, request: QueueRequest): Promise<QueuePage> {
  const { platform } = house
  const reference = parseReference(request.search)
  if (reference !== null) {
    const found = await store.caseByReference(platform.db, reference)
    if (found && may(actor, 'cases.read', await resourceOf(platform, found))) return { kind: 'case', id: found.id }
  }
  const askOf = asksOf(house, actor)
  const [{ cases, next, more }, counts, staff] = await Promise.all([
    request.search === '' ? pageOf(house, askOf, request) : searched(house, actor, askOf, request, reference !== null),
    countsOf(house, askOf),
    staffFor(house, actor),
  ])
  const emergency = cases.length === 0 && may(actor, 'identity.emergency') ? reference : null
  return { kind: 'list', request, lines: await linesOf(house, cases), counts, next, more, staff, emergency }
}

/** A case as it stood when somebody chose it. */
export type ChosenCase = { readonly id: string; readonly revision: number }

/**
 * Gives several cases to one officer, or back to the queue (`null`); tells how many were given and how many could not be:
 * those that are closed or changed since they were chosen, and those of an agency that the officer does not work for. What
 * the officer has already counts as given, so that sending the same form twice tells the same.
 */
export async function assignAll(
  house: House,
  actor: Actor,
  chosen: readonly ChosenCase[],
  officer: string | null,
): Promise<{ done: number; failed: number }> {
  let done = 0
  const wanted = [...new Map(chosen.map((each) => [each.id, each])).values()].slice(0, BULK_LIMIT)
  for (const { id, revision } of wanted) {
    try {
      await assignChecked(house, actor, id, officer, revision)
      done += 1
    } catch (error) {
      // one case that moved on does not keep the others from being given
      if (!(error instanceof Problem)) throw error
      if (error.code === 'cases.changed' && (await isGiven(house, actor, id, officer))) done += 1
    }
  }
  return { done, failed: wanted.length - done }
}

/** Whether an open case that the actor may give is this officer's already (or nobody's, for null). */
async function isGiven(house: House, actor: Actor, id: string, officer: string | null): Promise<boolean> {
  const current = await getCase(house.platform, id)
  if (current.closed_at !== null || current.officer !== officer) return false
  return may(actor, 'cases.assign', await resourceOf(house.platform, current))
}

/** Gives a case to somebody who works in its agency. Throws 422 for anybody else, 409 when the case has changed. */
export async function assignChecked(
  house: House,
  actor: Actor,
  id: string,
  officer: string | null,
  revision: number,
  key?: string | null,
): Promise<Case> {
  if (officer !== null) {
    const current = await getCase(house.platform, id)
    const staff = await staffOfAgency(house.platform, current.agency)
    if (!staff.some((each) => each.id === officer))
      throw new Problem('cases.not-staff', 422, 'This person does not work for the agency of the case.')
  }
  return assign(house, actor, id, officer, revision, key)
}

/** Working days until an open case's deadline, negative when it has passed; null without one, or while the clock stands still. */
export function daysLeft(platform: Platform, current: Case): number | null {
  if (current.deadline === null || current.closed_at !== null || current.paused_since !== null) return null
  return workingDaysBetween(today(platform), current.deadline, platform.city.calendar)
}

/** Makes what the store is asked for; the policies are asked once for all queues. */
function asksOf(house: House, actor: Actor): (over: Partial<queues.QueueAsk> & { queue: queues.QueueAsk['queue'] }) => queues.QueueAsk {
  const work = visible(actor, 'cases.work')
  const opine = visible(actor, 'cases.opine')
  const day = today(house.platform)
  return (over) => ({
    order: 'deadline',
    visible: over.queue === 'opinions' ? opine : work,
    accountId: actor.accountId ?? '00000000-0000-0000-0000-000000000000',
    today: day,
    soon: addWorkingDays(day, SOON_DAYS, house.platform.city.calendar),
    service: null,
    after: null,
    words: null,
    limit: PAGE + 1,
    ...over,
  })
}

type AskOf = ReturnType<typeof asksOf>

type Found = { readonly cases: Case[]; readonly next: string | null; readonly more: boolean }

async function pageOf(house: House, askOf: AskOf, request: QueueRequest): Promise<Found> {
  const { order, service } = request
  const after = cursorOf(order, request.after)
  const rows = await queues.queuePage(house.platform.db, askOf({ queue: request.queue, order, service, after }))
  const cases = rows.slice(0, PAGE)
  const last = cases.at(-1)
  return { cases, next: rows.length > PAGE && last ? `${keyOf(order, last)}~${last.id}` : null, more: false }
}

/** The newest cases found by words, of all that the reader may see. */
async function searched(house: House, actor: Actor, askOf: AskOf, request: QueueRequest, isReference: boolean): Promise<Found> {
  if (isReference) return { cases: [], next: null, more: false }
  const words = withWords(
    house.platform,
    'case.name',
    request.search.split(/\s+/).filter((word) => word !== ''),
  )
  const ask = askOf({ queue: 'every', order: 'newest', visible: visible(actor, 'cases.read'), service: request.service, words })
  const rows = await queues.queuePage(house.platform.db, ask)
  return { cases: rows.slice(0, PAGE), next: null, more: rows.length > PAGE }
}

async function countsOf(house: House, askOf: AskOf): Promise<Map<queues.Queue, number>> {
  const counted = queues.queues.filter((name) => name !== 'closed')
  const asks = counted.map((name) => askOf({ queue: name }))
  const counts = await queues.queueCounts(house.platform.db, asks, COUNT_LIMIT)
  return new Map(counted.map((name, i) => [name, counts[i] ?? 0]))
}

async function linesOf(house: House, cases: readonly Case[]): Promise<QueueLine[]> {
  const officers = [...new Set(cases.flatMap((each) => (each.officer ? [each.officer] : [])))]
  const names = officers.length === 0 ? new Map<string, string>() : await staffNames(house.platform, officers)
  return Promise.all(
    cases.map(async (current) => ({
      current,
      service: await serviceOf(house, current),
      officerName: current.officer ? (names.get(current.officer) ?? null) : null,
      daysLeft: daysLeft(house.platform, current),
    })),
  )
}

async function staffFor(house: House, actor: Actor): Promise<Array<{ id: string; name: string }>> {
  const mine = agenciesWith(actor, ['officer', 'supervisor'])
  const agencies = mine === 'all' ? house.platform.city.agencies.map((each) => each.id) : mine
  return staffOfAgencies(house.platform, agencies)
}

function keyOf(order: queues.QueueOrder, last: Case): string {
  return order === 'deadline' ? (last.deadline ?? '') : last.submitted_at.toISOString()
}

/** Where a page begins; a cursor that was tampered with begins at the front. */
function cursorOf(order: queues.QueueOrder, text: string | null): queues.QueueAsk['after'] {
  const [key = '', id = ''] = (text ?? '').split('~')
  if (!isUuid(id)) return null
  if (order !== 'deadline')
    return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(key) && !Number.isNaN(Date.parse(key)) ? { key, id } : null
  const day: PlainDate | null = parsePlainDate(key)
  return key === '' || day !== null ? { key, id } : null
}
