import { newCode, normaliseCode } from '../../kernel/id.ts'
import { invariant, present } from '../../kernel/invariant.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { addDays } from '../../kernel/time.ts'
import { isUniqueViolation } from '../../platform/db.ts'
import { sameBytes } from '../../platform/crypto.ts'
import { record } from '../../platform/journal/journal.ts'
import { type Platform, today, transact } from '../../platform/platform.ts'
import { type Actor, allow } from '../access/index.ts'
import { inForce } from '../catalogue/index.ts'
import { type Case, factsFor, getCase, type House, openCase, type PaidBefore, trackingCode, within } from '../cases/index.ts'
import { accountOfPerson, ownProfile, refuseClosed } from '../identity/index.ts'
import { adoptRecord, createPerson, createRecord, open, removeFiles, seal } from '../people/index.ts'
import { type Evaluation, evaluate, type Question, type Service, type ServiceDefinition } from '../servicefile/index.ts'
import { dayOf, isPaying, refusePaying } from './fee.ts'
import { takeIn } from './intake.ts'
import { prefill, stillPrefilled } from './prefill.ts'
import * as store from './store.ts'
import type { Journey } from './store.ts'
import { journeyToken } from './tokens.ts'

/** A journey with its service, its answers as given, and what follows from them today. */
export type OpenJourney = {
  readonly journey: Journey
  readonly service: Service
  readonly answers: Readonly<Record<string, unknown>>
  readonly evaluation: Evaluation
}

/** How long a draft is kept when its service does not say, in days. */
export const DRAFT_DAYS = 30

/** The code that is e-mailed for coming back: 12 symbols. */
export function resumeCode(platform: Platform, id: string): string {
  const bytes = platform.keys.token(`resume:${id}`)
  let at = 0
  return newCode(12, () => bytes[at++] ?? 0)
}

/** Whether a typed code is the journey's. */
export function fitsResumeCode(platform: Platform, id: string, typed: string): boolean {
  return sameBytes(platform.keys.token(normaliseCode(typed)), platform.keys.token(normaliseCode(resumeCode(platform, id))))
}

/** How long a draft that was begun and not touched is gone on with by whoever begins the same again. */
const SAME_START_MS = 60_000

/**
 * Begins a journey; a signed-in person's attributes are filled in from their own record. With `goOn`, an account that has
 * just begun the same and done nothing in it goes on with that: a button that was pressed twice.
 */
export async function startJourney(
  house: House,
  actor: Actor,
  serviceId: string,
  language: string,
  goOn = false,
): Promise<{ id: string; token: string }> {
  if (actor.acting !== null && actor.acting.services?.includes(serviceId) === false)
    throw new Problem('journeys.not-covered', 403, 'You act for another person, and not for this service.')
  allow(actor, 'journeys.start', { service: serviceId })
  const { platform } = house
  const offer = house.catalogue.offer(serviceId)
  refuseClosed(platform, offer.definition.agency)
  if (!inForce(offer.definition, today(platform))) {
    throw new Problem('journeys.not-in-force', 409, 'You cannot apply for this today. The page of the service says when.')
  }
  const limited = actor.personId !== null && (await house.wishes?.limitsSensitive(platform, actor.personId)) === true
  const profile = actor.accountId ? await ownProfile(platform, actor) : {}
  const known = actor.personId ? await prefill(platform, offer.definition, actor.personId, profile, limited) : null
  const id = await transact(platform, async (tx) => {
    const now = tx.now()
    const journey = {
      id: tx.newId(),
      service_id: serviceId,
      version: offer.version,
      person_id: actor.personId,
      record_id: null,
      account_id: await keeperOf(platform, actor),
      acting_id: actor.acting?.id ?? null,
      channel: actor.channel,
      language,
      state: 'open' as const,
      submission_key: tx.newId(),
      seen: [],
      case_id: null,
      revision: 0,
      created_at: now,
      saved_at: now,
      expires_on: addDays(today(tx), offer.definition.retention?.draft_days ?? DRAFT_DAYS),
      prefilled: known?.since ?? {},
    }
    if (goOn && journey.account_id !== null) {
      await store.lockStarts(tx.db, journey.account_id)
      const begun = await store.untouchedDraft(tx.db, journey, new Date(now.getTime() - SAME_START_MS))
      if (begun !== null) return begun
    }
    await store.insertJourney(tx.db, journey)
    const data = { service: serviceId, version: offer.version }
    await record(tx, actor, { type: 'journeys.journey.started', stream: journey.id, data })
    if (known && Object.keys(known.answers).length > 0)
      await sealAnswers(tx, present(await store.journeyById(tx.db, journey.id, true), 'the new journey'), known.answers)
    return journey.id
  })
  return { id, token: journeyToken(platform, id) }
}

/** The account that keeps a journey: that of the person it is for; of whoever acts for them when they have none. */
async function keeperOf(platform: Platform, actor: Actor): Promise<string | null> {
  if (actor.acting === null || actor.personId === null) return actor.accountId
  return (await accountOfPerson(platform, actor.personId))?.id ?? actor.accountId
}

/** Every question of a service, in order; the questions of rows are not among them. */
export function questionsOf(definition: ServiceDefinition): Question[] {
  return definition.form.pages.flatMap((page) => page.questions)
}

/** The envelope of a journey that the actor may fill in; throws 404. One that was submitted is found too. */
export async function getJourney(platform: Platform, actor: Actor, id: string): Promise<Journey> {
  const journey = await store.journeyById(platform.db, id)
  if (!journey || journey.state === 'erased') throw notFound('application')
  // what another, or the person, began is not for whoever acts now
  if (actor.acting !== null && journey.acting_id !== actor.acting.id) throw notFound('application')
  allow(actor, 'journeys.fill', { id, personId: journey.account_id ? journey.person_id : null, service: journey.service_id })
  return journey
}

/** Opens a journey's answers through the vault and evaluates them for today. */
export async function openJourney(house: House, actor: Actor, id: string): Promise<OpenJourney> {
  return openEnvelope(house, actor, await getJourney(house.platform, actor, id))
}

/** Opens the answers of a journey whose reader was looked at already, and evaluates them. */
export async function openEnvelope(house: House, actor: Actor, journey: Journey): Promise<OpenJourney> {
  const service = await house.catalogue.version(house.platform, journey.service_id, journey.version)
  const answers = journey.record_id
    ? await open(house.platform, actor, { record: journey.record_id, purpose: 'journey.fill', legalBasis: 'own' })
    : {}
  const facts = await factsFor(house.platform, service, answers, null)
  return { journey, service, answers, evaluation: evaluate(service, answers, facts, dayOf(house.platform, journey)) }
}

/**
 * Merges answers into a journey (`null` removes) and returns it as it is then. A bad value is an issue, and kept unless
 * it is beyond all measure. Throws 422 for a name that is no question of the service, 409 when the journey was already
 * submitted.
 */
export async function saveAnswers(
  house: House,
  actor: Actor,
  id: string,
  patch: Readonly<Record<string, unknown>>,
  seenPage?: string,
): Promise<OpenJourney> {
  return saveOpened(house, actor, await openJourney(house, actor, id), patch, seenPage)
}

/** The same for a journey that the caller has opened already. */
export async function saveOpened(
  house: House,
  actor: Actor,
  before: OpenJourney,
  sent: Readonly<Record<string, unknown>>,
  seenPage?: string,
): Promise<OpenJourney> {
  refuseSubmitted(before.journey)
  const patch = await takeIn(house.platform, before.journey, questionsOf(before.service.definition), before.answers, sent)
  return present(await saveTaken(house, actor, before, patch, { seenPage }), 'a journey saved at whatever revision')
}

/**
 * Changes one answer, looked at already, from what it is when it is kept: `change` is asked again when another save came
 * between. An empty list removes the answer; what `change` throws is thrown, and nothing is changed.
 */
export async function saveMerged(
  house: House,
  actor: Actor,
  before: OpenJourney,
  question: string,
  change: (value: unknown) => readonly string[] | Promise<readonly string[]>,
): Promise<OpenJourney> {
  let now = before
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const value = await change(now.answers[question])
    const saved = await saveTaken(house, actor, now, { [question]: value.length > 0 ? value : null }, { revision: now.journey.revision })
    if (saved !== null) return saved
    now = await openJourney(house, actor, before.journey.id)
  }
  throw changedMeanwhile()
}

/** How often a change is tried against others that come at once; each time one of them gets through. */
const MOST_TRIES = 20

/** Keeps answers that were looked at; null, with nothing kept, for a journey that is at another revision by now. */
async function saveTaken(
  house: House,
  actor: Actor,
  before: OpenJourney,
  patch: Readonly<Record<string, unknown>>,
  { seenPage, revision }: { seenPage?: string | undefined; revision?: number },
): Promise<OpenJourney | null> {
  const { id } = before.journey
  const isKept = await transact(house.platform, async (tx) => {
    const journey = present(await store.journeyById(tx.db, id, true), 'the journey')
    refuseSubmitted(journey)
    if (revision !== undefined && journey.revision !== revision) return false
    await sealAnswers(tx, journey, patch)
    const seen = seenPage && !journey.seen.includes(seenPage) ? [...journey.seen, seenPage] : journey.seen
    const prefilled = stillPrefilled(journey, before.answers, patch)
    await store.updateJourney(tx.db, id, { saved_at: tx.now(), seen, prefilled })
    await record(tx, actor, { type: 'journeys.journey.saved', stream: id, data: { questions: Object.keys(patch) } })
    return true
  })
  return isKept ? openAfter(house, before, patch) : null
}

function changedMeanwhile(): Problem {
  return new Problem('journeys.changed', 409, 'An answer was changed just now. Check your answers and send again.')
}

async function openAfter(house: House, before: OpenJourney, patch: Readonly<Record<string, unknown>>): Promise<OpenJourney> {
  const journey = present(await store.journeyById(house.platform.db, before.journey.id), 'the journey')
  return { ...(await tryAnswers(house, before, patch)), journey }
}

/** What a journey would be with these answers, without keeping them. */
export async function tryAnswers(house: House, before: OpenJourney, patch: Readonly<Record<string, unknown>>): Promise<OpenJourney> {
  const merged = { ...before.answers, ...patch }
  const answers = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null && value !== undefined))
  const facts = await factsFor(house.platform, before.service, answers, null)
  const evaluation = evaluate(before.service, answers, facts, dayOf(house.platform, before.journey), before.evaluation)
  const journey = { ...before.journey, prefilled: stillPrefilled(before.journey, before.answers, patch) }
  return { journey, service: before.service, answers, evaluation }
}

/** Seals answers of a locked journey; its person and record are made at the first save. Returns the person's id. */
async function sealAnswers(tx: Platform, journey: Journey, patch: Readonly<Record<string, unknown>>): Promise<string> {
  const { personId, recordId } = await ensureRecord(tx, journey)
  await seal(tx, recordId, patch)
  return personId
}

/** The journey's person and record; made when it has none. The row is locked by the caller. */
export async function ensureRecord(tx: Platform, journey: Journey): Promise<{ personId: string; recordId: string }> {
  if (journey.person_id && journey.record_id) return { personId: journey.person_id, recordId: journey.record_id }
  const personId = journey.person_id ?? (await createPerson(tx))
  const recordId = await createRecord(tx, personId, 'journey')
  await store.updateJourney(tx.db, journey.id, { person_id: personId, record_id: recordId })
  return { personId, recordId }
}

/** A journey's person and record, made at need; for uploads, which may be the first thing that is saved. */
export async function ownerOf(platform: Platform, actor: Actor, id: string): Promise<{ personId: string; recordId: string }> {
  await getJourney(platform, actor, id)
  return transact(platform, async (tx) => {
    const journey = present(await store.journeyById(tx.db, id, true), 'the journey')
    refuseSubmitted(journey)
    return ensureRecord(tx, journey)
  })
}

/** Gives an anonymous journey to the account that has just signed in, when it holds the journey's token. */
export async function adoptJourney(platform: Platform, actor: Actor, id: string): Promise<void> {
  const { accountId, personId } = actor
  if (!accountId || !personId || !actor.holds.has(id)) return
  const left = await transact(platform, async (tx) => {
    const journey = await store.journeyById(tx.db, id, true)
    // what is being paid for stays as it is until it is sent
    if (!journey || journey.state !== 'open' || journey.account_id || isPaying(journey)) return []
    const files = journey.record_id ? await adoptRecord(tx, journey.record_id, personId) : []
    await store.updateJourney(tx.db, id, { account_id: accountId, person_id: personId })
    await record(tx, actor, { type: 'journeys.journey.adopted', stream: id })
    return files
  })
  await removeFiles(platform, left)
}

/** What a submission answers; the same each time it is sent. */
export type Receipt = { readonly caseId: string; readonly reference: string; readonly trackingToken: string }

/**
 * A journey that may be sent now, or the receipt of one that was. The same key gives the same answer; another key for a
 * journey that was submitted is refused with 409, an incomplete one with 422 and every issue.
 */
export async function readyToSend(
  house: House,
  actor: Actor,
  id: string,
  key: string,
): Promise<{ receipt: Receipt } | { opened: OpenJourney }> {
  if (!/^[\x21-\x7E]{1,200}$/.test(key))
    throw new Problem('journeys.key-needed', 400, 'Send an Idempotency-Key of 1 to 200 visible characters.')
  const journey = await getJourney(house.platform, actor, id)
  if (journey.state === 'submitted') return { receipt: await receiptOf(house, journey, key) }
  const opened = await openEnvelope(house, actor, journey)
  if (!opened.evaluation.complete) {
    throw new Problem('journeys.incomplete', 422, 'Some answers are missing or not right.', { issues: opened.evaluation.issues })
  }
  const personId = journey.account_id ? journey.person_id : null
  allow(actor, 'cases.submit', { id, personId, service: journey.service_id, needs: opened.service.definition.assurance })
  return { opened }
}

/** Opens the case of a complete journey, once, with the fee that was paid for it before. */
export async function sendOnce(house: House, actor: Actor, opened: OpenJourney, key: string, paid: PaidBefore | null): Promise<Receipt> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await submitOnce(house, actor, opened, key, paid)
    } catch (error) {
      if (tries < 3 && isUniqueViolation(error, 'case_reference_key')) continue
      throw error
    }
  }
}

async function submitOnce(house: House, actor: Actor, opened: OpenJourney, key: string, paid: PaidBefore | null): Promise<Receipt> {
  return transact(house.platform, async (tx) => {
    const journey = present(await store.journeyById(tx.db, opened.journey.id, true), 'the journey')
    if (journey.state === 'submitted') return receiptOf(within(house, tx), journey, key)
    if (journey.revision !== opened.journey.revision) throw changedMeanwhile()
    const { personId, recordId } = await ensureRecord(tx, journey)
    const { evaluation, answers } = opened
    const dropped = Object.keys(answers).filter((question) => !Object.hasOwn(evaluation.answers, question))
    if (dropped.length > 0) await seal(tx, recordId, Object.fromEntries(dropped.map((question) => [question, null])))
    const changed = Object.entries(evaluation.answers).filter(
      ([question, value]) => JSON.stringify(value) !== JSON.stringify(answers[question]),
    )
    if (changed.length > 0) await seal(tx, recordId, Object.fromEntries(changed))
    const caseId = tx.newId()
    const current = await openCase(within(house, tx), actor, {
      caseId,
      journeyId: journey.id,
      service: opened.service,
      version: journey.version,
      evaluation,
      personId,
      accountId: journey.account_id,
      recordId,
      language: journey.language,
      channel: journey.channel,
      paid,
      // nobody is there when the program sends what was paid for
      actingId: actor.kind === 'system' ? journey.acting_id : null,
    })
    await store.updateJourney(tx.db, journey.id, { state: 'submitted', case_id: caseId, submission_key: key })
    await record(tx, actor, { type: 'journeys.journey.submitted', stream: journey.id, data: { case: caseId } })
    return receipt(tx, current)
  })
}

/** The receipt of a submitted journey; throws 409 for another key than it was sent with. */
export async function receiptOf(house: House, journey: Journey, key: string): Promise<Receipt> {
  invariant(journey.case_id, 'a submitted journey has its case')
  const current = await getCase(house.platform, journey.case_id)
  if (journey.submission_key !== key) {
    throw new Problem('journeys.submitted', 409, 'This was already submitted.', { reference: current.reference })
  }
  return receipt(house.platform, current)
}

function receipt(platform: Platform, current: Case): Receipt {
  return { caseId: current.id, reference: current.reference, trackingToken: trackingCode(platform, current.id) }
}

function refuseSubmitted(journey: Journey): void {
  if (journey.state !== 'open') throw new Problem('journeys.submitted', 409, 'This was already submitted and cannot be changed here.')
  refusePaying(journey)
}

/** Changes the language of a journey; its letters and messages follow it. */
export async function setLanguage(platform: Platform, actor: Actor, id: string, language: string): Promise<void> {
  const journey = await getJourney(platform, actor, id)
  if (journey.language !== language && journey.state === 'open') await store.updateJourney(platform.db, id, { language })
}

/** The drafts of the actor's person, newest first; while acting for another, only those begun in doing so. */
export async function draftsOf(platform: Platform, actor: Actor): Promise<Journey[]> {
  if (actor.accountId === null || actor.personId === null) return []
  return store.draftsOf(platform.db, actor.personId, actor.acting?.id ?? null)
}
