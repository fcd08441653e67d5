import { textIn } from '../../../platform/journal/event.ts'
import { enqueue, type Job } from '../../../platform/jobs.ts'
import type { Subscriber } from '../../../platform/journal/subscribers.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { notFound } from '../../../kernel/problem.ts'
import { type Actor, systemActor } from '../../access/index.ts'
import { type Case, getCase, type House } from '../../cases/index.ts'
import { saveAnswers, startJourney } from '../../journeys/index.ts'
import { open, updateProfile } from '../../people/index.ts'
import { DATA_REQUEST, ownPerson } from '../access.ts'
import * as store from './store.ts'

/** What a request is about: a case, or a field of the profile; and how its person would call it. */
export type About = { readonly name: string; readonly caseId?: string; readonly field?: string }

/** Whether this city takes requests about data online. */
export function takesRequests(house: House): boolean {
  return house.catalogue.offers.some((offer) => offer.definition.id === DATA_REQUEST)
}

/** Begins a request with what is known already filled in; returns the journey. Throws 404 when the city does not take them. */
export async function askFor(house: House, actor: Actor, kind: store.RequestKind, about: About, language: string): Promise<string> {
  const personId = ownPerson(actor)
  if (!takesRequests(house)) throw notFound('service')
  const { id } = await startJourney(house, actor, DATA_REQUEST, language)
  await saveAnswers(house, actor, id, { request_kind: kind, what: about.name.slice(0, 500) })
  await store.insertRequest(house.platform.db, {
    journey_id: id,
    person_id: personId,
    kind,
    target_case: about.caseId ?? null,
    target_field: about.field ?? null,
    case_id: null,
    outcome: null,
    created_at: house.platform.now(),
  })
  return id
}

/** What is asked not to be used while the city looks at the request (GDPR, Art. 18(1)(a) and (d)). */
const HOLDS_BACK = new Set<store.RequestKind>(['restrict', 'object', 'correct'])
/** What a grant does by itself. */
const DONE_BY_GRANT = new Set<store.RequestKind>(['correct', 'erase'])

/** Follows requests about data: what is restricted from when to when, and what is to be done after a decision. */
export const requestFollower: Subscriber = {
  name: 'privacy.requests',
  types: ['journeys.journey.submitted', 'cases.case.decided'],
  async handle(tx, events) {
    for (const event of events) {
      if (event.type === 'journeys.journey.submitted') await noteSent(tx, event.stream, textIn(event.data, 'case'), event.occurredAt)
      else if (event.data['service'] === DATA_REQUEST) await noteDecided(tx, event.stream, textIn(event.data, 'outcome'), event.occurredAt)
    }
  },
}

async function noteSent(tx: Platform, journeyId: string, caseId: string, at: Date): Promise<void> {
  const request = await store.sendRequest(tx.db, journeyId, caseId)
  if (!request || request.target_case === null || !HOLDS_BACK.has(request.kind)) return
  await store.insertRestriction(tx.db, {
    request_case: caseId,
    person_id: request.person_id,
    case_id: request.target_case,
    since: at,
    granted_at: null,
    ended_at: null,
  })
}

async function noteDecided(tx: Platform, caseId: string, outcome: string, at: Date): Promise<void> {
  const request = await store.decideRequest(tx.db, caseId, outcome)
  if (!request) return
  const lasting = outcome === 'granted' && request.kind !== 'correct'
  await store.updateRestriction(tx.db, caseId, lasting ? { granted_at: at } : { ended_at: at })
  if (outcome === 'granted' && DONE_BY_GRANT.has(request.kind))
    await enqueue(tx, APPLY, { case: caseId }, { key: `privacy-apply:${caseId}` })
}

const APPLY = 'privacy:apply'
/** The fields of a profile whose value is one line of text that the request can give. */
const TEXT_FIELDS = new Set(['full_name', 'phone'])

/** The job that does what a grant says: erases the case that was named, or writes the right value into the profile. */
export function applyJob(erase: (tx: Platform, actor: Actor, current: Case) => Promise<void>): Job {
  const actor = systemActor('requests')
  return {
    name: APPLY,
    async run(platform, payload) {
      const caseId = String(payload['case'])
      const request = await store.requestOfCase(platform.db, caseId)
      if (request?.outcome !== 'granted') return
      if (request.kind === 'erase' && request.target_case !== null) {
        const target = await getCase(platform, request.target_case)
        await transact(platform, (tx) => erase(tx, actor, target))
      }
      const field = request.target_field
      if (request.kind !== 'correct' || field === null || !TEXT_FIELDS.has(field)) return
      const asked = await getCase(platform, caseId)
      const reason = { purpose: 'privacy.correct', legalBasis: 'gdpr.16' }
      const answers = await open(platform, actor, { record: asked.record_id, fields: ['right_value'], ...reason })
      const value = textIn(answers, 'right_value').trim()
      if (value !== '') await updateProfile(platform, actor, request.person_id, { [field]: value }, caseId)
    },
  }
}
