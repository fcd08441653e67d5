import { invariant } from '../../kernel/invariant.ts'
import { newReference } from '../../kernel/id.ts'
import { addDays, addWorkingDays, type PlainDate } from '../../kernel/time.ts'
import { drawSymbol, today } from '../../platform/platform.ts'
import type { Actor } from '../access/index.ts'
import { comparisonToken, index, indexStreet } from '../people/index.ts'
import { contactOf, type Evaluation, type Service, type Transition } from '../servicefile/index.ts'
import { type Case, enter, stateOf, warningDay } from './case.ts'
import { addEntry } from './entries.ts'
import { feeAtStart, type FeeColumns, type PaidBefore } from './fee.ts'
import type { House } from './house.ts'
import { immediateStep, rulesAfter, take, tell } from './steps.ts'
import * as store from './store.ts'

/** What a journey hands over when it is submitted; its record is sealed already. */
export type Submission = {
  readonly caseId: string
  readonly journeyId: string
  readonly service: Service
  readonly version: string
  readonly evaluation: Evaluation
  readonly personId: string
  readonly accountId: string | null
  readonly recordId: string
  readonly language: string
  readonly channel: string
  /** The fee that was paid before it was sent; it counts instead of what the rules say now. */
  readonly paid?: PaidBefore | null
  /** The mandate or helped session by which it was sent, when that is not the actor's own. */
  readonly actingId?: string | null
}

/**
 * Opens a case in the caller's transaction: reference, agency, legal deadline, fee due, forecast; then what the rules
 * decide at once. The caller has checked that the evaluation is complete.
 */
export async function openCase(house: House, actor: Actor, submission: Submission): Promise<Case> {
  const tx = house.platform
  const { service, evaluation } = submission
  invariant(tx.inTransaction && evaluation.complete, 'a case is opened in a transaction from a complete journey')
  const fee = feeAtStart(service, evaluation, today(tx), tx.city.calendar, submission.paid ?? null)
  const first = { ...newCase(house, actor, submission, await forecast(house, service.definition.id)), ...fee.columns }
  await store.insertCase(tx.db, first)
  if (submission.paid) await store.insertFeeFact(tx.db, { case_id: first.id, key: submission.paid.key, what: 'paid', told_at: tx.now() })
  await tell(tx, actor, first, 'cases.case.submitted', {
    service: first.service_id,
    version: first.version,
    agency: first.agency,
    ...(first.deadline ? { deadline: first.deadline } : {}),
    ...(first.eligible === null ? {} : { eligible: first.eligible }),
  })
  for (const line of fee.lines) await tell(tx, actor, first, line.type, line.data)
  await indexCase(house, submission)
  return decideByRule(house, rulesAfter(actor), first, submission)
}

function newCase(house: House, actor: Actor, submission: Submission, expected: PlainDate | null): Omit<Case, keyof FeeColumns> {
  const tx = house.platform
  const { service, evaluation } = submission
  const { definition, workflow } = service
  const day = today(tx)
  const deadline = evaluation.deadlineDays === null ? null : addWorkingDays(day, evaluation.deadlineDays, tx.city.calendar)
  return {
    id: submission.caseId,
    reference: newReference(definition.prefix, drawSymbol(tx)),
    journey_id: submission.journeyId,
    service_id: definition.id,
    version: submission.version,
    agency: evaluation.agency,
    officer: null,
    person_id: submission.personId,
    account_id: submission.accountId,
    acting_id: submission.actingId ?? actor.acting?.id ?? null,
    record_id: submission.recordId,
    ...enter(workflow, stateOf(workflow, workflow.initial), day, tx.city.calendar),
    state_since: tx.now(),
    information_since: null,
    paused_since: stateOf(workflow, workflow.initial).clock === 'paused' ? day : null,
    outcome: null,
    submitted_at: tx.now(),
    closed_at: null,
    kept_until: null,
    erased_at: null,
    deadline,
    warn_on: deadline && definition.deadline ? warningDay(deadline, definition.deadline.warn_days, day, tx.city.calendar) : null,
    expected_on: expected,
    warned: false,
    overdue_noted: false,
    eligible: evaluation.eligible,
    proposed_transition: null,
    proposed_by: null,
    proposed_reason: null,
    language: submission.language,
    channel: submission.channel,
    revision: 1,
  }
}

/** When half of the last hundred cases of this service would have been done; null with fewer than five. */
async function forecast(house: House, serviceId: string): Promise<PlainDate | null> {
  const days = (await store.recentDurations(house.platform.db, serviceId, 100)).toSorted((a, b) => a - b)
  const likely = days.length < 5 ? undefined : days[Math.ceil(days.length / 2) - 1]
  return likely === undefined ? null : addDays(today(house.platform), Math.ceil(likely))
}

/** What officers and rules can find a case by, as keyed hashes: the words of names, and answers that are compared. */
async function indexCase(house: House, submission: Submission): Promise<void> {
  const tx = house.platform
  const { definition } = submission.service
  const answers = submission.evaluation.answers
  const questions = definition.form.pages.flatMap((page) => page.questions)
  const named = contactOf(definition).name
  const names = questions
    .filter((each) => named.includes(each.id) || each.source === 'person.full_name' || /(^|_)(full_|sur|last_|first_)?name$/.test(each.id))
    .map((each) => answers[each.id])
  const words = names.flatMap((name) => (typeof name === 'string' ? name.split(/\s+/) : []))
  await index(tx, submission.recordId, submission.personId, 'case.name', words)
  const home = questions.find((each) => each.source === 'person.address')
  if (home) await indexStreet(tx, submission.recordId, submission.personId, answers[home.id])
  const compared = new Set(definition.rules.facts.map((fact) => fact.count_cases_with_same))
  await store.insertSame(
    tx.db,
    [...compared].flatMap((question) => {
      const answer = answers[question]
      if (answer === undefined || answer === null) return []
      return [
        {
          service_id: definition.id,
          question,
          token: comparisonToken(tx, `${definition.id}/${question}`, answer),
          case_id: submission.caseId,
        },
      ]
    }),
  )
}

/** Takes what the service file decides at once: guarded steps of the system, or the outcome of its decision rule. */
async function decideByRule(house: House, rules: Actor, first: Case, submission: Submission): Promise<Case> {
  const { service, evaluation } = submission
  const opened = { current: first, service, answers: evaluation.answers, evaluation }
  const step = (await immediateStep(house, opened)) ?? outcomeByRule(service, evaluation)
  if (!step) return first
  return take(house, rules, opened, step, await reasonOfRule(house, first, service, submission.language))
}

/** The transition that ends a case with the outcome of the decision rule; null when an officer decides. */
function outcomeByRule(service: Service, evaluation: Evaluation): Transition | null {
  if (evaluation.decision === null) return null
  return service.workflow.transitions.find((each) => each.outcome === evaluation.decision) ?? null
}

async function reasonOfRule(house: House, current: Case, service: Service, language: string): Promise<string | null> {
  const decision = service.definition.decision
  if (!decision) return null
  const text = decision.reason[language] ?? decision.reason['en'] ?? Object.values(decision.reason)[0] ?? ''
  return addEntry(house, current, 'reason', null, text)
}
