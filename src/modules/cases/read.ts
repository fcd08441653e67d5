import { isUuid } from '../../kernel/id.ts'
import { notFound } from '../../kernel/problem.ts'
import { type JournalEvent, textIn } from '../../platform/journal/event.ts'
import { eventsOf } from '../../platform/journal/journal.ts'
import { type Actor, agenciesWith, allow, may, type Resource } from '../access/index.ts'
import { staffNames, staffOfAgency } from '../identity/index.ts'
import { describeDocuments, open, openDocument, openMany, recordsOfDocuments } from '../people/index.ts'
import { evaluateGuard, explain, type Service, type Trace, type Transition } from '../servicefile/index.ts'
import { type Case, type CaseContext, transitionsFrom } from './case.ts'
import {
  followed, getCase, getCaseByReference, type House, notMetAtDecision, type OpenedCase, openCaseAnswers, saidOfCriteria, serviceOf,
} from './house.ts' // prettier-ignore
import { readingPurpose, toldEmergencies, type ToldEmergency } from './emergency/emergency.ts'
import { filesOfEntry } from './sentfiles.ts'
import { caseContext, DECISION_LETTER } from './steps.ts'
import { makeLetter } from './letters/index.ts'
import * as store from './store.ts'
import { resourceOf } from './work.ts'

/** Words about a case as a page shows them. */
export type EntryText = {
  readonly id: string
  readonly kind: store.EntryRow['kind']
  readonly author: string | null
  readonly at: Date
  readonly text: string
  /** The files that came with them. */
  readonly files: readonly SentFile[]
}

/** A file that came with words about a case. */
export type SentFile = { readonly id: string; readonly name: string; readonly size: number }

/** What the resident sees of a case. */
export type FollowedCase = {
  readonly current: Case
  readonly service: Service
  readonly officerName: string | null
  /** What happened and is the resident's to know, oldest first. */
  readonly events: readonly JournalEvent[]
  /** Messages both ways, requests, answers and the reasons of decisions, by id. */
  readonly entries: ReadonlyMap<string, EntryText>
  readonly letters: readonly store.LetterRow[]
  /** Steps of the workflow that are the resident's to take now. */
  readonly steps: readonly Transition[]
  /** The rules that a refused application did not meet when it was decided, as the service says them. */
  readonly notMet: ReadonlyArray<Readonly<Record<string, string>>>
  /** Break-glass accesses to it, with why. */
  readonly emergencies: readonly ToldEmergency[]
}

/** A case of a person's list. */
export type ListedCase = { readonly current: Case; readonly service: Service }

/** A step that an officer may ask for, and what keeps it from being taken now. */
export type OfficerStep = { readonly transition: Transition; readonly hindrance: 'rules' | 'opinion' | 'proposed' | null }

/** A decision that waits for a second officer. */
export type Proposal = {
  readonly transition: Transition
  readonly byName: string
  readonly mine: boolean
  readonly mayConfirm: boolean
  readonly reason: string | null
}

/** What an officer sees of a case. */
export type OfficerCase = {
  readonly opened: OpenedCase
  readonly traces: readonly Trace[]
  readonly events: readonly JournalEvent[]
  readonly entries: ReadonlyMap<string, EntryText>
  readonly documents: ReadonlyArray<{ id: string; name: string; size: number; href: string }>
  readonly letters: readonly store.LetterRow[]
  readonly consultations: readonly store.ConsultationRow[]
  readonly steps: readonly OfficerStep[]
  readonly staff: ReadonlyArray<{ id: string; name: string }>
  /** Names of the staff that the case and its timeline mention. */
  readonly names: ReadonlyMap<string, string>
  readonly proposal: Proposal | null
  readonly mayWork: boolean
  readonly mayAssign: boolean
  /** Whether letters may be revoked; the case being closed does not matter. */
  readonly mayRevoke: boolean
  /** The agencies for which this officer may give the opinion that is asked for. */
  readonly opinionsDue: readonly string[]
}

const TOLD_RESIDENTS = new Set([
  'cases.case.submitted', 'cases.fee.recorded', 'cases.case.assigned', 'cases.case.moved', 'cases.case.decided', 'cases.information.requested',
  'cases.information.given', 'cases.message.written', 'cases.consultation.asked', 'cases.letter.issued', 'cases.letter.revoked', 'cases.case.overdue',
  'cases.letter.suspended', 'cases.letter.reinstated', 'cases.fee.due', 'cases.fee.changed', 'cases.fee.cancelled', 'cases.fee.paid', 'cases.fee.reversed',
  'cases.fee.overdue', 'cases.fee.refunded', 'cases.fee.owed_again',
]) // prettier-ignore

/** What happens with a reason that residents may read. */
const REASONS_TOLD = new Set(['cases.case.decided', 'cases.letter.revoked'])

const RESIDENT_KINDS = new Set<store.EntryRow['kind']>(['to_resident', 'from_resident', 'request', 'answer'])

/** A case as its resident sees it. Throws 404 for anybody else, as if there were none. */
export async function followCase(house: House, actor: Actor, reference: string): Promise<FollowedCase> {
  const { platform } = house
  const current = await getCaseByReference(platform, reference)
  allow(actor, 'cases.follow', followed(current))
  const [service, all, rows, letters] = await Promise.all([
    serviceOf(house, current),
    eventsOf(platform, current.id),
    store.entriesOf(platform.db, current.id),
    store.lettersOf(platform.db, current.id),
  ])
  const events = all.filter((event) => TOLD_RESIDENTS.has(event.type))
  const reasons = new Set(events.filter((event) => REASONS_TOLD.has(event.type)).map((event) => event.data['reason']))
  const shown = rows.filter((row) => RESIDENT_KINDS.has(row.kind) || (row.kind === 'reason' && reasons.has(row.id)))
  const names = await namesFor(house, [current.officer, ...shown.map((row) => row.author)])
  return {
    current,
    service,
    officerName: current.officer ? (names.get(current.officer) ?? null) : null,
    events,
    entries: await openEntries(house, actor, shown, names, { purpose: 'case.follow', legalBasis: 'own' }),
    letters,
    steps: current.closed_at === null ? transitionsFrom(service.workflow, current.state, 'resident') : [],
    notMet: current.outcome === 'refused' ? saidOfCriteria(service, notMetAtDecision(events) ?? []) : [],
    emergencies: await toldEmergencies(platform, actor, current.id),
  }
}

/** The cases of the actor's own person, newest first; while acting for another, only those sent in doing so. */
export async function myCases(house: House, actor: Actor): Promise<ListedCase[]> {
  if (actor.acting === null) allow(actor, 'account.use', { personId: actor.personId })
  if (actor.personId === null) return []
  const all = await store.casesOfPerson(house.platform.db, actor.personId, 100)
  const { acting } = actor
  const cases = acting === null ? all : all.filter((each) => each.acting_id === acting.id && may(actor, 'cases.follow', followed(each)))
  return Promise.all(cases.map(async (current) => ({ current, service: await serviceOf(house, current) })))
}

/** A case as an officer sees it: its answers are opened through the vault. Throws 404 when it is not theirs to see. */
export async function officerCase(house: House, actor: Actor, id: string): Promise<OfficerCase> {
  const { platform } = house
  const current = await getCase(platform, id)
  const resource = await resourceOf(platform, current)
  allow(actor, 'cases.read', resource)
  const [events, rows, letters, consultations, context] = await Promise.all([
    eventsOf(platform, id),
    store.entriesOf(platform.db, id),
    store.lettersOf(platform.db, id),
    store.consultationsOf(platform.db, id),
    caseContext(house, current),
  ])
  const purpose = readingPurpose(actor, current, resource)
  const opened = await openCaseAnswers(house, actor, current, purpose)
  const accounts = events.flatMap((event) => [accountIn(event.actor), accountIn(`account:${textIn(event.data, 'officer')}`)])
  const names = await namesFor(house, [current.officer, current.proposed_by, ...rows.map((row) => row.author), ...accounts])
  const mayAssign = current.closed_at === null && may(actor, 'cases.assign', resource)
  const entries = await openEntries(house, actor, rows, names, { purpose, legalBasis: legalBasisOf(opened.service) })
  return {
    opened,
    traces: explain(opened.service, opened.evaluation),
    events,
    entries,
    documents: await documentsOf(house, opened),
    letters,
    consultations,
    steps: may(actor, 'cases.work', resource) ? officerSteps(actor, opened, context) : [],
    staff: mayAssign ? await staffOfAgency(platform, current.agency) : [],
    names,
    proposal: proposalOf(actor, opened, resource, names, entries),
    mayWork: current.closed_at === null && may(actor, 'cases.work', resource),
    mayAssign,
    mayRevoke: may(actor, 'cases.work', resource),
    opinionsDue: current.closed_at === null ? opinionsDue(actor, consultations) : [],
  }
}

/** Lets an officer go on who may read this case; throws 404 for everybody else. */
export async function mayReadCase(house: House, actor: Actor, current: Case): Promise<void> {
  allow(actor, 'cases.read', await resourceOf(house.platform, current))
}

/** The law under which an officer opens what belongs to a case of this service, as the journal writes it. */
export function legalBasisOf(service: Service): string {
  const article = service.definition.legal_basis?.gdpr.replaceAll(/[()]+/g, '.').replace(/\.$/, '') ?? '6.1.e'
  return `gdpr.${article}`
}

/** A file that a case's answers hold, or that came with words about it, for an officer of the case. Throws 404 for any other file. */
export async function caseFile(
  house: House,
  actor: Actor,
  id: string,
  fileId: string,
): Promise<{ name: string; mediaType: string; bytes: Uint8Array }> {
  const { platform } = house
  const current = await getCase(platform, id)
  const resource = await resourceOf(platform, current)
  allow(actor, 'cases.read', resource)
  const service = await serviceOf(house, current)
  const reason = { purpose: readingPurpose(actor, current, resource), legalBasis: legalBasisOf(service) }
  if (!(await cameWithWords(house, current, fileId))) {
    const answers = await open(platform, actor, { record: current.record_id, fields: fileQuestions(service), ...reason })
    if (!filesIn(service, answers).includes(fileId)) throw notFound('file')
  }
  const [described] = await describeDocuments(platform, [fileId])
  if (!described) throw notFound('file')
  return { name: described.name, ...(await openDocument(platform, actor, fileId, reason)) }
}

/** Whether a document belongs to words about this case. */
async function cameWithWords({ platform }: House, current: Case, fileId: string): Promise<boolean> {
  const record = (await recordsOfDocuments(platform, [fileId])).get(fileId)
  return record !== undefined && (await store.entriesOf(platform.db, current.id)).some((row) => row.record_id === record)
}

/** A letter of a case as a file, for its resident or an officer who may read the case. Throws 404 for anybody else. */
export async function caseLetter(
  house: House,
  actor: Actor,
  current: Case,
  letterId: string,
): Promise<{ name: string; mediaType: string; bytes: Uint8Array }> {
  const { platform } = house
  const resident = may(actor, 'cases.follow', followed(current))
  const resource = await resourceOf(platform, current)
  if (!resident) allow(actor, 'cases.read', resource)
  const letter = isUuid(letterId) ? await store.letterById(platform.db, letterId) : null
  if (!letter || letter.case_id !== current.id) throw notFound('letter')
  const document = letter.document_id ?? (await makeLetter(house, letter.id))
  if (document === null) throw notFound('letter')
  const reason = resident
    ? { purpose: 'case.follow', legalBasis: 'own' }
    : { purpose: readingPurpose(actor, current, resource), legalBasis: legalBasisOf(await serviceOf(house, current)) }
  return { name: `${current.reference}-${letter.template}.pdf`, ...(await openDocument(platform, actor, document, reason)) }
}

/** The letters that a step makes: those it names, else the house's letter when it decides. */
export function lettersOf(transition: Transition): string[] {
  const named = transition.effects.flatMap((effect) => ('issue' in effect ? [effect.issue] : []))
  const decides = transition.outcome === 'granted' || transition.outcome === 'refused'
  return named.length > 0 || !decides ? named : [DECISION_LETTER]
}

function officerSteps(actor: Actor, opened: OpenedCase, context: CaseContext): OfficerStep[] {
  const { current, service } = opened
  if (current.closed_at !== null) return []
  const own = transitionsFrom(service.workflow, current.state, 'officer')
  const supervised = may(actor, 'cases.supervise', { agency: current.agency })
    ? transitionsFrom(service.workflow, current.state, 'supervisor')
    : []
  const transitions = [...own, ...supervised.filter((each) => !own.includes(each))]
  return transitions.map((transition) => ({ transition, hindrance: hindranceOf(opened, transition, context) }))
}

function hindranceOf(opened: OpenedCase, transition: Transition, context: CaseContext): OfficerStep['hindrance'] {
  if (opened.current.proposed_transition !== null) return 'proposed'
  if (transition.outcome === 'granted' && context.open_consultations > 0) return 'opinion'
  return evaluateGuard(opened.service, transition.id, opened.evaluation, context) === true ? null : 'rules'
}

function proposalOf(
  actor: Actor,
  opened: OpenedCase,
  resource: Resource,
  names: ReadonlyMap<string, string>,
  entries: ReadonlyMap<string, EntryText>,
): Proposal | null {
  const { current, service } = opened
  const transition = service.workflow.transitions.find((each) => each.id === current.proposed_transition)
  if (!transition) return null
  return {
    transition,
    byName: names.get(current.proposed_by ?? '') ?? '',
    mine: current.proposed_by === actor.accountId,
    mayConfirm: may(actor, 'cases.approve', resource),
    reason: entries.get(current.proposed_reason ?? '')?.text ?? null,
  }
}

function opinionsDue(actor: Actor, consultations: readonly store.ConsultationRow[]): string[] {
  const mine = agenciesWith(actor, ['officer', 'supervisor'])
  const open = consultations.filter((each) => each.answered_at === null).map((each) => each.agency)
  return [...new Set(open)].filter((agency) => mine === 'all' || mine.includes(agency))
}

async function openEntries(
  house: House,
  actor: Actor,
  rows: readonly store.EntryRow[],
  names: ReadonlyMap<string, string>,
  reason: { purpose: string; legalBasis: string },
): Promise<Map<string, EntryText>> {
  const opened =
    rows.length === 0
      ? null
      : await openMany(
          house.platform,
          actor,
          rows.map((row) => ({ record: row.record_id, ...reason })),
        )
  const fields = (row: store.EntryRow): Record<string, unknown> => opened?.get(row.record_id) ?? {}
  const described = await describeDocuments(
    house.platform,
    rows.flatMap((row) => filesOfEntry(fields(row))),
  )
  const known = new Map(described.map((each) => [each.id, { id: each.id, name: each.name, size: each.bytes }]))
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        kind: row.kind,
        author: names.get(row.author ?? '') ?? null,
        at: row.created_at,
        text: textIn(fields(row), 'text'),
        files: filesOfEntry(fields(row)).flatMap((id) => known.get(id) ?? []),
      },
    ]),
  )
}

async function documentsOf(house: House, opened: OpenedCase): Promise<OfficerCase['documents']> {
  const ids = filesIn(opened.service, opened.evaluation.answers)
  if (ids.length === 0) return []
  const described = await describeDocuments(house.platform, ids)
  return described.map((each) => ({
    id: each.id,
    name: each.name,
    size: each.bytes,
    href: `/officer/cases/${opened.current.id}/files/${each.id}`,
  }))
}

function fileQuestions(service: Service): string[] {
  return service.definition.form.pages.flatMap((page) => page.questions.filter((each) => each.kind === 'file').map((each) => each.id))
}

function filesIn(service: Service, answers: Readonly<Record<string, unknown>>): string[] {
  return fileQuestions(service).flatMap((id): string[] => {
    const value = answers[id]
    return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
  })
}

/** The account that a line of the journal names as its actor, if it does. */
export function accountIn(journalName: string): string | null {
  return /^account:([0-9a-f-]{36})$/.exec(journalName)?.[1] ?? null
}

async function namesFor(house: House, ids: ReadonlyArray<string | null>): Promise<Map<string, string>> {
  const wanted = [...new Set(ids.filter((id): id is string => id !== null))]
  return wanted.length === 0 ? new Map() : staffNames(house.platform, wanted)
}
