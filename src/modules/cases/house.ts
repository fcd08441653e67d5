import { newCode, normaliseCode } from '../../kernel/id.ts'
import { notFound } from '../../kernel/problem.ts'
import { inLanguage } from '../../kernel/text.ts'
import { sameBytes } from '../../platform/crypto.ts'
import type { Messages } from '../../platform/i18n.ts'
import type { JournalEvent } from '../../platform/journal/event.ts'
import { type Platform, today } from '../../platform/platform.ts'
import type { Actor, Resource } from '../access/index.ts'
import type { Catalogue } from '../catalogue/index.ts'
import { open } from '../people/index.ts'
import { type Evaluation, evaluate, type Facts, type Service } from '../servicefile/index.ts'
import { comparisonToken } from '../people/index.ts'
import { type Case, stateOf } from './case.ts'
import * as store from './store.ts'

/** What persons want done with their data; answered by a module above. */
export type Wishes = {
  /** What the mail about the end of a case says besides, by what its person consented to; null when nothing. */
  closingLine(platform: Platform, personId: string, language: string): Promise<string | null>
  /** Whether a person's sensitive data may be used only for what it was given for. */
  limitsSensitive(platform: Platform, personId: string): Promise<boolean>
}

/** What the use cases of this module work with; without `wishes` nobody has any. */
export type House = {
  readonly platform: Platform
  readonly catalogue: Catalogue
  readonly messages: Messages
  readonly wishes?: Wishes
}

/** The same house inside a transaction. */
export function within(house: House, tx: Platform): House {
  return { ...house, platform: tx }
}

/** A case with its service and what follows from its answers on the day it was submitted. */
export type OpenedCase = {
  readonly current: Case
  readonly service: Service
  readonly answers: Readonly<Record<string, unknown>>
  readonly evaluation: Evaluation
}

/** The code with which somebody without an account follows a case: 12 symbols made from the case by a key. */
export function trackingCode(platform: Platform, caseId: string): string {
  const bytes = platform.keys.token(`tracking:${caseId}`)
  let at = 0
  return newCode(12, () => bytes[at++] ?? 0)
}

/** The code that anybody checks a letter with: 16 symbols made from the letter by a key. */
export function letterCode(platform: Platform, letterId: string): string {
  const bytes = platform.keys.token(`letter-code:${letterId}`)
  let at = 0
  return newCode(16, () => bytes[at++] ?? 0)
}

/** Whether a typed code is the case's. */
export function fitsTrackingCode(platform: Platform, caseId: string, typed: string): boolean {
  return sameBytes(platform.keys.token(normaliseCode(typed)), platform.keys.token(normaliseCode(trackingCode(platform, caseId))))
}

/** A case by its id; throws 404. With `lock` its row is locked until the transaction ends. */
export async function getCase(platform: Platform, id: string, lock = false): Promise<Case> {
  const found = await store.caseById(platform.db, id, lock)
  if (!found) throw notFound('case')
  return found
}

/** A case by its reference; throws 404. */
export async function getCaseByReference(platform: Platform, reference: string): Promise<Case> {
  const found = await store.caseByReference(platform.db, reference)
  if (!found) throw notFound('case')
  return found
}

/** The facts of a case that decide who may follow it. */
export function followed(current: Case): Resource {
  return { id: current.id, personId: current.person_id, service: current.service_id }
}

/** The service of a case, in the version it began with. */
export function serviceOf(house: House, current: Case): Promise<Service> {
  return house.catalogue.version(house.platform, current.service_id, current.version)
}

/** Opens a case's answers through the vault, with a line in the journal, and evaluates them. */
export async function openCaseAnswers(house: House, actor: Actor, current: Case, purpose: string): Promise<OpenedCase> {
  const service = await serviceOf(house, current)
  const basis = service.definition.legal_basis?.gdpr.replaceAll(/[()]+/g, '.').replace(/\.$/, '') ?? '6.1.e'
  const legalBasis = actor.personId === current.person_id ? 'own' : `gdpr.${basis}`
  const answers = await open(house.platform, actor, { record: current.record_id, purpose, legalBasis })
  const facts = await factsFor(house.platform, service, answers, current.id)
  return { current, service, answers, evaluation: evaluate(service, answers, facts, submissionDay(house, current)) }
}

/** The ids of the criteria that an application does not meet as it is evaluated now. */
export function criteriaNotMet(evaluation: Pick<Evaluation, 'criteria'>): string[] {
  return evaluation.criteria.filter((each) => each.met === false).map((each) => each.id)
}

/** The ids of the criteria that were not met when a case was decided, by its journal; null while it is not decided. */
export function notMetAtDecision(events: readonly JournalEvent[]): string[] | null {
  const decided = events.findLast((event) => event.type === 'cases.case.decided')
  if (!decided) return null
  const ids = decided.data['not_met']
  return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === 'string') : []
}

/** What the service says of criteria that are not met, in the order of its file. */
export function saidOfCriteria(service: Service, ids: readonly string[]): Array<Readonly<Record<string, string>>> {
  return service.definition.rules.eligibility.filter((each) => ids.includes(each.id)).map((each) => each.otherwise)
}

/** The day that rules are evaluated for: the day of submission, so that a decision does not depend on how long it took. */
export function submissionDay(house: House, current: Pick<Case, 'submitted_at'>): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: house.platform.city.timeZone }).format(current.submitted_at)
}

/** What the city knows beyond the answers; a fact whose question is not answered is left out ("cannot tell yet"). */
export async function factsFor(
  platform: Platform,
  service: Service,
  answers: Readonly<Record<string, unknown>>,
  except: string | null,
): Promise<Facts> {
  const facts: Record<string, unknown> = {}
  for (const fact of service.definition.rules.facts) {
    const answer = answers[fact.count_cases_with_same]
    if (answer === undefined || answer === null) continue
    const token = comparisonToken(platform, `${service.definition.id}/${fact.count_cases_with_same}`, answer)
    facts[fact.id] = await store.countSame(platform.db, service.definition.id, fact.count_cases_with_same, token, today(platform), except)
  }
  return facts
}

/** The name of a case's state in a language. */
export function stateLabel(service: Service, current: Pick<Case, 'state'>, language: string): string {
  return inLanguage(stateOf(service.workflow, current.state).label, language).text
}
