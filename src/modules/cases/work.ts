import { Problem } from '../../kernel/problem.ts'
import { cleanText } from '../../kernel/text.ts'
import { sha256 } from '../../platform/crypto.ts'
import { type Platform, today, transact } from '../../platform/platform.ts'
import { type Actor, allow, may, type Resource } from '../access/index.ts'
import { evaluateGuard, type Transition } from '../servicefile/index.ts'
import { type Case, refuseStale, setClock, stateOf, transitionFor } from './case.ts'
import { addEntry } from './entries.ts'
import { feeAtDecision } from './fee.ts'
import { keptUntil } from './holdings.ts'
import { cleanFiles, type RawFile, removeUnused } from './sentfiles.ts'
import { followed, getCase, type House, type OpenedCase, openCaseAnswers, within, serviceOf } from './house.ts'
import { isDone, noteDone, type Sent, sentWith } from './once.ts'
import { caseContext, immediateStep, rulesAfter, take, tell } from './steps.ts'
import * as store from './store.ts'

/** The most that an officer or resident writes at once, in characters. */
export const TEXT_LIMIT = 5_000

/** The facts of a case that policies look at. */
export async function resourceOf(platform: Platform, current: Case): Promise<Resource> {
  const asked = await store.consultationsOf(platform.db, current.id)
  return { ...followed(current), agency: current.agency, consulted: asked.map((each) => each.agency), proposedBy: current.proposed_by }
}

/** What an act was sent with: the revision that its page showed, and the page itself; null where it does not matter. */
type Asked = { readonly revision: number | null; readonly sent: Sent | null }

const UNASKED: Asked = { revision: null, sent: null }

/**
 * Runs work on a case whose row is locked and that has not changed since its page was drawn. What the same page sent
 * before is not done again: the case is given as it is.
 */
async function onCase(
  house: House,
  actor: Actor,
  id: string,
  { revision, sent }: Asked,
  work: (inside: House, current: Case) => Promise<Case>,
): Promise<Case> {
  return transact(house.platform, async (tx) => {
    const current = await getCase(tx, id, true)
    if (!(await noteDone(tx, actor, id, sent))) return current
    if (revision !== null) refuseStale(current, revision)
    return work(within(house, tx), current)
  })
}

/** Gives a case to an officer of its agency, or back to the queue (`null`). */
export async function assign(
  house: House,
  actor: Actor,
  id: string,
  officer: string | null,
  revision: number | null,
  key?: string | null,
): Promise<Case> {
  const sent = sentWith(key, 'assign', officer ?? '', String(revision))
  return onCase(house, actor, id, { revision, sent }, async (inside, current) => {
    allow(actor, 'cases.assign', await resourceOf(inside.platform, current))
    if (current.closed_at !== null) throw new Problem('cases.closed', 409, 'The case is closed.')
    if (current.officer === officer) return current
    const after = await store.updateCase(inside.platform.db, id, { officer })
    await tell(inside.platform, actor, current, 'cases.case.assigned', officer ? { officer } : {})
    return after
  })
}

/** A step that an officer asks for; `key` is drawn with the page, so that sending it twice takes the step once. */
export type StepAsk = {
  readonly transition: string
  readonly reason: string
  readonly revision: number
  readonly key?: string | null
}

const sentStep = (ask: StepAsk): Sent | null => sentWith(ask.key, 'step', ask.transition, ask.reason, String(ask.revision))

/**
 * Takes a step of the workflow as an officer. Where the step asks for four eyes it is proposed first, and taken when
 * another officer confirms it. Throws 409 when the case changed or moved on, 422 when a reason is missing or the
 * guard does not hold.
 */
export async function step(house: House, actor: Actor, id: string, ask: StepAsk): Promise<Case> {
  const before = await getCase(house.platform, id)
  // nobody's answers are opened for a step that is refused anyway
  allow(actor, 'cases.work', await resourceOf(house.platform, before))
  if (await isDone(house.platform, actor, id, sentStep(ask))) return before
  refuseStale(before, ask.revision)
  boundedText(ask.reason)
  return stepOpened(house, actor, await openCaseAnswers(house, actor, before, 'case.decide'), ask)
}

/** The same for a case whose answers the caller has opened; it may run in the caller's transaction. */
export async function stepOpened(house: House, actor: Actor, opened: OpenedCase, ask: StepAsk): Promise<Case> {
  const { id } = opened.current
  allow(actor, 'cases.work', await resourceOf(house.platform, opened.current))
  return onCase(house, actor, id, { revision: ask.revision, sent: sentStep(ask) }, async (inside, current) => {
    const transition = officerTransition(actor, opened.service.workflow, current, ask.transition)
    const context = await caseContext(inside, current)
    if (evaluateGuard(opened.service, transition.id, opened.evaluation, context) !== true) {
      throw new Problem('cases.guard', 422, 'The rules of this service do not allow this step yet.')
    }
    if (transition.outcome === 'granted' && context.open_consultations > 0) {
      throw new Problem('cases.opinion-open', 422, 'Another agency was asked for its opinion and has not answered yet.')
    }
    if (current.proposed_transition !== null)
      throw new Problem('cases.proposal-waits', 409, 'A decision is proposed. Confirm or decline it first.')
    const text = boundedText(ask.reason)
    if (transition.reason === 'required' && text === '') throw new Problem('cases.reason-needed', 422, 'Give the reason for this decision.')
    const reason = text === '' ? null : await addEntry(inside, current, 'reason', actor.accountId, text)
    if (!transition.four_eyes) return take(inside, actor, { ...opened, current }, transition, reason)
    await store.updateCase(inside.platform.db, id, {
      proposed_transition: transition.id,
      proposed_by: actor.accountId,
      proposed_reason: reason,
    })
    await tell(inside.platform, actor, current, 'cases.case.proposed', { transition: transition.id, ...(reason ? { reason } : {}) })
    return getCase(inside.platform, id)
  })
}

function officerTransition(actor: Actor, workflow: Parameters<typeof transitionFor>[0], current: Case, id: string): Transition {
  const supervises = may(actor, 'cases.supervise', { agency: current.agency })
  try {
    return transitionFor(workflow, current, id, 'officer')
  } catch (error) {
    if (!supervises) throw error
    return transitionFor(workflow, current, id, 'supervisor')
  }
}

/** Confirms or declines a proposed decision; the one who proposed it cannot confirm it. */
export async function answerProposal(
  house: House,
  actor: Actor,
  id: string,
  confirm: boolean,
  revision: number,
  key?: string | null,
): Promise<Case> {
  const before = await getCase(house.platform, id)
  allow(actor, 'cases.work', await resourceOf(house.platform, before))
  const sent = sentWith(key, 'proposal', String(confirm), String(revision))
  if (await isDone(house.platform, actor, id, sent)) return before
  refuseStale(before, revision)
  return answerOpened(house, actor, await openCaseAnswers(house, actor, before, 'case.confirm'), confirm, revision, sent)
}

/** The same for a case whose answers the caller has opened; it may run in the caller's transaction. */
export async function answerOpened(
  house: House,
  actor: Actor,
  opened: OpenedCase,
  confirm: boolean,
  revision: number,
  sent: Sent | null = null,
): Promise<Case> {
  const { id } = opened.current
  allow(actor, 'cases.work', await resourceOf(house.platform, opened.current))
  return onCase(house, actor, id, { revision, sent }, async (inside, current) => {
    if (current.proposed_transition === null) throw new Problem('cases.no-proposal', 409, 'There is no proposed decision any more.')
    if (!confirm) {
      await store.updateCase(inside.platform.db, id, { proposed_transition: null, proposed_by: null, proposed_reason: null })
      await tell(inside.platform, actor, current, 'cases.case.proposal_declined', { transition: current.proposed_transition })
      return getCase(inside.platform, id)
    }
    allow(actor, 'cases.approve', await resourceOf(inside.platform, current))
    const transition = opened.service.workflow.transitions.find((each) => each.id === current.proposed_transition)
    if (!transition || !transition.from.includes(current.state))
      throw new Problem('cases.transition-not-allowed', 409, 'The case has moved on.')
    return take(inside, actor, { ...opened, current }, transition, current.proposed_reason)
  })
}

/** Asks the resident for something; the legal clock stands still until they answer. */
export async function requestInformation(
  house: House,
  actor: Actor,
  id: string,
  text: string,
  revision: number,
  key?: string | null,
): Promise<Case> {
  const sent = sentWith(key, 'request', text, String(revision))
  return onCase(house, actor, id, { revision, sent }, async (inside, current) => {
    allow(actor, 'cases.work', await resourceOf(inside.platform, current))
    refuseClosed(current)
    const entry = await addEntry(inside, current, 'request', actor.accountId, needed(text))
    const day = today(inside.platform)
    await store.updateCase(inside.platform.db, id, {
      waiting_for: 'resident',
      information_since: current.information_since ?? day,
      ...setClock(current, true, day, inside.platform.city.calendar),
    })
    await tell(inside.platform, actor, current, 'cases.information.requested', { entry })
    return getCase(inside.platform, id)
  })
}

/**
 * The resident's answer to a request, in words, files or both; the clock runs again, its deadline moved by the working days
 * it stood still. Throws 422 when there is neither, and for files that cannot be taken.
 */
export async function giveInformation(
  house: House,
  actor: Actor,
  id: string,
  text: string,
  came: { readonly key?: string | null; readonly files?: readonly RawFile[] } = {},
): Promise<Case> {
  const raw = came.files ?? []
  const before = await getCase(house.platform, id)
  allow(actor, 'cases.follow', followed(before))
  const sent = sentWith(came.key, 'information', text, ...raw.map((file) => sha256(file.bytes)))
  // reading pictures is costly: it is done for what is asked, once
  if (await isDone(house.platform, actor, id, sent)) return before
  refuseUnasked(before)
  const words = raw.length > 0 ? boundedText(text) : needed(text)
  const files = await cleanFiles(raw)
  const put: string[] = []
  const given = onCase(house, actor, id, { revision: null, sent }, async (inside, current) => {
    allow(actor, 'cases.follow', followed(current))
    refuseUnasked(current)
    const entry = await addEntry(inside, current, 'answer', null, words, { files, put })
    const state = stateOf((await serviceOf(inside, current)).workflow, current.state)
    await store.updateCase(inside.platform.db, id, {
      waiting_for: state.with,
      information_since: null,
      ...setClock(current, state.clock === 'paused', today(inside.platform), inside.platform.city.calendar),
    })
    await tell(inside.platform, actor, current, 'cases.information.given', { entry })
    return getCase(inside.platform, id)
  })
  return given.catch(async (error: unknown) => {
    await removeUnused(house.platform, put).catch((fault: unknown) =>
      house.platform.log.warn({ err: fault }, 'files stay that nothing names'),
    )
    throw error
  })
}

/** A message between officer and resident, or a note that only staff see. */
export async function write(
  house: House,
  actor: Actor,
  id: string,
  kind: 'note' | 'to_resident' | 'from_resident',
  text: string,
  key?: string | null,
): Promise<void> {
  await onCase(house, actor, id, { revision: null, sent: sentWith(key, kind, text) }, async (inside, current) => {
    if (kind === 'from_resident') allow(actor, 'cases.follow', followed(current))
    else allow(actor, 'cases.work', await resourceOf(inside.platform, current))
    const entry = await addEntry(inside, current, kind, kind === 'from_resident' ? null : actor.accountId, needed(text))
    if (kind === 'note') await tell(inside.platform, actor, current, 'cases.note.added', { entry })
    else await tell(inside.platform, actor, current, 'cases.message.written', { entry, to: kind === 'to_resident' ? 'resident' : 'agency' })
    return current
  })
}

/** The resident takes the application back. */
export async function withdraw(house: House, actor: Actor, id: string): Promise<void> {
  await onCase(house, actor, id, UNASKED, async (inside, current) => {
    allow(actor, 'cases.follow', followed(current))
    if (current.outcome === 'withdrawn') return current
    refuseClosed(current)
    const tx = inside.platform
    const service = await serviceOf(inside, current)
    const closed = { closed_at: tx.now() }
    const fee = feeAtDecision(service, current, 'withdrawn', today(tx), tx.city.calendar)
    const after = await store.updateCase(tx.db, id, {
      outcome: 'withdrawn',
      ...closed,
      ...fee?.columns,
      kept_until: keptUntil(inside, closed, service),
      waiting_for: 'nobody',
      information_since: null,
      timer_on: null,
      proposed_transition: null,
    })
    await tell(inside.platform, actor, current, 'cases.case.decided', {
      service: current.service_id,
      outcome: 'withdrawn',
      transition: 'withdraw',
      days: 0,
    })
    if (fee) await tell(tx, rulesAfter(actor), current, fee.line.type, fee.line.data)
    return after
  })
}

/** What another agency says to a case. */
export type Opinion = NonNullable<store.ConsultationRow['opinion']>

/** An opinion as an agency gives it. */
export type OpinionAsk = { readonly agency: string; readonly opinion: Opinion; readonly text: string; readonly key?: string | null }

const sentOpinion = ({ key, agency, opinion, text }: OpinionAsk): Sent | null => sentWith(key, 'opinion', agency, opinion, text)

/** Another agency's opinion. Throws 422 when its words are too long. */
export async function opine(house: House, actor: Actor, id: string, ask: OpinionAsk): Promise<void> {
  const before = await getCase(house.platform, id)
  allow(actor, 'cases.opine', { ...(await resourceOf(house.platform, before)), consulted: [ask.agency] })
  if (await isDone(house.platform, actor, id, sentOpinion(ask))) return
  boundedText(ask.text)
  await opineOpened(house, actor, await openCaseAnswers(house, actor, before, 'case.opine'), ask)
}

/** The same for a case whose answers the caller has opened; it may run in the caller's transaction. */
export async function opineOpened(house: House, actor: Actor, opened: OpenedCase, ask: OpinionAsk): Promise<void> {
  const { id } = opened.current
  const { agency, opinion, text } = ask
  allow(actor, 'cases.opine', { ...(await resourceOf(house.platform, opened.current)), consulted: [agency] })
  await onCase(house, actor, id, { revision: null, sent: sentOpinion(ask) }, async (inside, current) => {
    const asked = (await store.consultationsOf(inside.platform.db, id)).find((each) => each.agency === agency && each.answered_at === null)
    if (!asked || current.closed_at !== null) throw new Problem('cases.nothing-asked', 409, 'No opinion is asked of this agency any more.')
    const entry = await addEntry(inside, current, 'opinion', actor.accountId, boundedText(text))
    await store.answerConsultation(inside.platform.db, asked.id, opinion, entry, inside.platform.now())
    await tell(inside.platform, actor, current, 'cases.consultation.answered', { agency, opinion })
    const after = await store.updateCase(inside.platform.db, id, {})
    await continueByRule(inside, rulesAfter(actor), { ...opened, current: after })
    return getCase(inside.platform, id)
  })
}

async function continueByRule(house: House, rules: Actor, opened: OpenedCase): Promise<void> {
  const next = await immediateStep(house, opened)
  if (next) await take(house, rules, opened, next, null)
}

function needed(text: string): string {
  const clean = boundedText(text)
  if (clean === '') throw new Problem('cases.text-needed', 422, 'Write something first.')
  return clean
}

/** What somebody wrote about a case, cleaned; throws 422 when it is more than is kept, and nothing is cut off. */
export function boundedText(text: string): string {
  const clean = cleanText(text)
  if (clean.length > TEXT_LIMIT) throw new Problem('cases.text-too-long', 422, `Write at most ${TEXT_LIMIT} characters.`)
  return clean
}

function refuseUnasked(current: Case): void {
  refuseClosed(current)
  if (current.information_since === null) throw new Problem('cases.nothing-asked', 409, 'Nothing is asked of you at the moment.')
}

function refuseClosed(current: Case): void {
  if (current.closed_at !== null) throw new Problem('cases.closed', 409, 'The case is closed.')
}
