import { daysBetween } from '../../kernel/time.ts'
import { enqueue } from '../../platform/jobs.ts'
import { record } from '../../platform/journal/journal.ts'
import { today } from '../../platform/platform.ts'
import { normaliseCode, parseReference } from '../../kernel/id.ts'
import { inLanguage } from '../../kernel/text.ts'
import type { Platform } from '../../platform/platform.ts'
import { type Actor, SEED_CHANNEL, systemActor } from '../access/index.ts'
import { blindedPerson, updateProfile } from '../people/index.ts'
import { documentValidity, evaluateGuard, type Effect, type Outcome, type Transition } from '../servicefile/index.ts'
import { type Case, type CaseContext, enter, setClock, stateOf, transitionsFrom } from './case.ts'
import { addEntry } from './entries.ts'
import { correctedReference, feeAtDecision, feeCancelled, feeChanged, isUnpaid, owedOf, turnOf } from './fee.ts'
import { keptUntil } from './holdings.ts'
import { criteriaNotMet, type House, letterCode, type OpenedCase } from './house.ts'
import * as store from './store.ts'

/** The job that makes a letter's PDF. */
export const MAKE_LETTER = 'cases:letter'
/** The letter of a decision when the service file names none of its own. */
export const DECISION_LETTER = 'decision'

/** How many steps the system takes in a row before that is a fault of the service file. */
const MOST_STEPS = 10

/**
 * Takes one transition of a locked case: its state, outcome, effects and journal lines, in the caller's transaction;
 * then the steps that the system takes at once. Returns the case as it is after.
 */
export async function take(house: House, actor: Actor, opened: OpenedCase, transition: Transition, reason: string | null): Promise<Case> {
  let current = await takeOne(house, actor, opened, transition, reason)
  for (let steps = 0; steps < MOST_STEPS && current.closed_at === null; steps += 1) {
    const next = await immediateStep(house, { ...opened, current })
    if (!next) return current
    current = await takeOne(house, rulesAfter(actor), { ...opened, current }, next, null)
  }
  return current
}

/** The rules of a service, which act at once after somebody did; what they do in an invented past belongs to it too. */
export function rulesAfter(actor: Actor): Actor {
  return actor.channel === SEED_CHANNEL ? systemActor('rules', SEED_CHANNEL) : systemActor('rules')
}

/**
 * The system's transition whose guard holds now, if any; one that waits for the fee when the fee stands so already (nothing
 * to pay counts as paid). Timers are not meant here.
 */
export async function immediateStep(house: House, opened: OpenedCase): Promise<Transition | null> {
  const { workflow } = opened.service
  const steps = transitionsFrom(workflow, opened.current.state, 'system')
  const turn = turnOf(opened.current)
  const guarded = steps.filter((each) => each.after === undefined && (each.on === undefined ? each.guard !== undefined : each.on === turn))
  if (guarded.length === 0) return null
  const context = await caseContext(house, opened.current)
  return guarded.find((each) => evaluateGuard(opened.service, each.id, opened.evaluation, context) === true) ?? null
}

/** What guards may read as `case`. */
export async function caseContext(house: House, current: Case): Promise<CaseContext> {
  const asked = await store.consultationsOf(house.platform.db, current.id)
  return {
    open_consultations: asked.filter((each) => each.answered_at === null).length,
    eligible: current.eligible,
    fee_paid: turnOf(current) === 'fee_paid',
  }
}

async function takeOne(house: House, actor: Actor, opened: OpenedCase, transition: Transition, reason: string | null): Promise<Case> {
  const tx = house.platform
  const { current, service } = opened
  const day = today(tx)
  const state = stateOf(service.workflow, transition.to)
  // only the fee moves a case that has ended; how it was decided stays
  const outcome = state.final && current.closed_at === null ? (transition.outcome ?? 'granted') : null
  const fee = outcome === null ? null : await feeOfDecision(house, actor, opened, outcome)
  const after = await store.updateCase(tx.db, current.id, {
    ...enter(service.workflow, state, day, tx.city.calendar),
    ...setClock(current, !state.final && (state.clock === 'paused' || current.information_since !== null), day, tx.city.calendar),
    ...(current.information_since !== null && !state.final ? { waiting_for: 'resident' } : {}),
    state_since: tx.now(),
    proposed_transition: null,
    proposed_by: null,
    proposed_reason: null,
    ...(outcome === null
      ? {}
      : { outcome, closed_at: tx.now(), kept_until: keptUntil(house, { closed_at: tx.now() }, service), information_since: null }),
    ...fee?.columns,
  })
  await tell(tx, actor, current, 'cases.case.moved', { transition: transition.id, from: current.state, to: transition.to })
  if (outcome !== null) await tellDecision(tx, actor, opened, outcome, transition.id, reason)
  if (fee) await tell(tx, rulesAfter(actor), current, fee.line.type, fee.line.data)
  for (const effect of transition.effects) await apply(house, actor, opened, transition, effect, reason)
  if (outcome === 'granted' || outcome === 'refused') {
    const issues = transition.effects.some((effect) => 'issue' in effect)
    if (!issues) await issueLetter(house, actor, opened, DECISION_LETTER, reason)
  }
  return after
}

/** What a decision makes of the fee; that of a correction is not owed when the earlier fee was changed instead. */
async function feeOfDecision(house: House, actor: Actor, opened: OpenedCase, outcome: Outcome): Promise<ReturnType<typeof feeAtDecision>> {
  const tx = house.platform
  const { current, service } = opened
  const corrected = outcome === 'granted' && (await correctEarlier(house, actor, opened))
  const owed = owedOf(current)
  if (corrected) return owed !== null && isUnpaid(current) ? feeCancelled(owed, 'corrected') : null
  return feeAtDecision(service, current, outcome, today(tx), tx.city.calendar)
}

/** Changes the fee of the earlier case that this one corrects; false when it corrects none of its person's. */
async function correctEarlier(house: House, actor: Actor, { current, service, evaluation }: OpenedCase): Promise<boolean> {
  const tx = house.platform
  const { fee } = service.definition
  const reference = fee ? parseReference(correctedReference(fee, evaluation) ?? '') : null
  if (!fee?.corrects || reference === null) return false
  const found = await store.caseByReference(tx.db, reference)
  if (!found || found.id === current.id || found.person_id !== current.person_id || found.service_id !== current.service_id) return false
  const to = evaluation.computed[fee.corrects.amount]
  const earlier = await store.caseById(tx.db, found.id, true)
  if (!earlier || typeof to !== 'number' || !Number.isSafeInteger(to) || to < 0) return false
  const changed = feeChanged(fee, earlier, BigInt(to), today(tx), tx.city.calendar)
  if (!changed) return false
  await store.updateCase(tx.db, earlier.id, changed.columns)
  await tell(tx, rulesAfter(actor), earlier, 'cases.fee.changed', { ...changed.data, by: current.id })
  return true
}

async function tellDecision(
  tx: Platform,
  actor: Actor,
  { current, evaluation }: OpenedCase,
  outcome: Outcome,
  transition: string,
  reason: string | null,
): Promise<void> {
  // facts such as how many others applied go on changing: what was so on this day is written down
  const missed = outcome === 'refused' ? criteriaNotMet(evaluation) : []
  const days = daysBetween(tx.city.dayOf(current.submitted_at), today(tx))
  await tell(tx, actor, current, 'cases.case.decided', {
    service: current.service_id,
    outcome,
    transition,
    days,
    ...(reason ? { reason } : {}),
    ...(missed.length > 0 ? { not_met: missed } : {}),
  })
}

async function apply(
  house: House,
  actor: Actor,
  opened: OpenedCase,
  transition: Transition,
  effect: Effect,
  reason: string | null,
): Promise<void> {
  const tx = house.platform
  const { current } = opened
  if ('issue' in effect) await issueLetter(house, actor, opened, effect.issue, reason)
  else if ('revoke' in effect) await endLetter(house, actor, opened, effect.revoke)
  else if ('message' in effect) await tell(tx, actor, current, 'cases.message.due', { template: effect.message })
  else if ('consult' in effect) {
    const added = await store.insertConsultation(tx.db, {
      id: tx.newId(),
      case_id: current.id,
      agency: effect.consult,
      transition: transition.id,
      asked_at: tx.now(),
      answered_at: null,
      opinion: null,
      entry_id: null,
    })
    if (added) await tell(tx, actor, current, 'cases.consultation.asked', { agency: effect.consult })
  } else {
    const fields = Object.fromEntries(
      Object.entries(effect.update_person).map(([field, question]) => [field, opened.evaluation.answers[question ?? '']]),
    )
    await updateProfile(tx, actor, current.person_id, fields, current.id)
  }
}

/** Issues a letter once for each template: its row now, its PDF by a job; in an invented past when it is first asked for. */
export async function issueLetter(house: House, actor: Actor, opened: OpenedCase, template: string, reason: string | null): Promise<void> {
  const tx = house.platform
  const day = today(tx)
  const valid = template === DECISION_LETTER ? null : documentValidity(opened.service, template, opened.evaluation, day)
  const id = tx.newId()
  const added = await store.insertLetter(tx.db, {
    id,
    case_id: opened.current.id,
    template,
    document_id: null,
    check_code: tx.keys.token(`letter:${normaliseCode(letterCode(tx, id))}`),
    issued_at: tx.now(),
    valid_from: valid?.from ?? null,
    valid_until: valid?.until ?? null,
    revoked_at: null,
    suspended_at: null,
    reason_entry: reason,
  })
  if (!added) return
  if (actor.channel !== SEED_CHANNEL) await enqueue(tx, MAKE_LETTER, { letter: id }, { key: `letter:${id}` })
  await tell(tx, rulesAfter(actor), opened.current, 'cases.letter.issued', { letter: id, template })
}

/** Ends a letter by rule, with what the service file says of a fee that is not paid as its reason; once. */
async function endLetter(house: House, actor: Actor, { current, service }: OpenedCase, template: string): Promise<void> {
  const tx = house.platform
  const letter = (await store.lettersOf(tx.db, current.id)).find((each) => each.template === template && each.revoked_at === null)
  if (!letter) return
  const { unpaid } = service.definition.fee ?? {}
  const text = unpaid ? inLanguage(unpaid, current.language).text : house.messages.translator(current.language)('cases.reason.unpaid')
  const reason = await addEntry(house, current, 'reason', null, text)
  await store.setLetterRevoked(tx.db, letter.id, tx.now())
  await tell(tx, rulesAfter(actor), current, 'cases.letter.revoked', { letter: letter.id, template, reason })
}

/** Writes a line about a case, with its person as the blinded subject. */
export async function tell(
  tx: Platform,
  actor: Actor,
  current: Pick<Case, 'id' | 'person_id'>,
  type: string,
  data: Record<string, unknown>,
): Promise<void> {
  await record(tx, actor, { type, stream: current.id, subject: blindedPerson(tx, current.person_id), data })
}
