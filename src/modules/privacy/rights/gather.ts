import { eventsOfSubject } from '../../../platform/journal/subject.ts'
import { textIn } from '../../../platform/journal/event.ts'
import type { Platform } from '../../../platform/platform.ts'
import { type Actor, type Level } from '../../access/index.ts'
import { type CaseHolding, caseHoldings, type House } from '../../cases/index.ts'
import { type DraftHolding, draftHoldings } from '../../journeys/index.ts'
import { type MessageHolding, messageHoldings } from '../../messages/index.ts'
import { type BillHolding, billHoldings } from '../../payments/index.ts'
import { blindedPerson, describeDocuments, type Holdings, holdingsOf, openMany, type Reason } from '../../people/index.ts'
import { type AlertHolding, alertHoldings, type ReportHolding, reportHoldings } from '../../reports/index.ts'
import type { Question } from '../../servicefile/index.ts'

/** For whom and why data is opened. */
export type Reader = { readonly house: House; readonly actor: Actor; readonly personId: string; readonly reason: Reason }

/** A field of the profile, and how it came there: typed by the person, or taken from an application that was granted. */
export type ProfileField = { readonly field: string; readonly value: unknown; readonly from: 'you' | 'application' }

/** A file or letter: what is known of it without opening it. */
export type FileData = { readonly id: string; readonly name: string; readonly mediaType: string; readonly bytes: number }

/** Words that were written about a case. */
export type EntryData = { readonly kind: CaseHolding['entries'][number]['kind']; readonly at: Date; readonly text: string }

/** A case with everything in it that is about its person. */
export type CaseData = {
  readonly holding: CaseHolding
  readonly answers: Readonly<Record<string, unknown>>
  readonly entries: readonly EntryData[]
  readonly files: readonly FileData[]
}

/** A draft with its answers. */
export type DraftData = {
  readonly holding: DraftHolding
  readonly answers: Readonly<Record<string, unknown>>
  readonly files: readonly FileData[]
}

/** A message that was written to a person. */
export type MessageData = { readonly holding: MessageHolding; readonly to: string; readonly subject: string; readonly text: string }

/** A report that a person sent, joined or follows, with what is kept of them in it. */
export type ReportData = { readonly holding: ReportHolding; readonly fields: Readonly<Record<string, unknown>> }

/** An alert of a person for a place, with the place in words and the address. */
export type AlertData = { readonly holding: AlertHolding; readonly place: string; readonly email: string }

/** A bill of a person, with what is kept of them in it. */
export type BillData = { readonly holding: BillHolding; readonly fields: Readonly<Record<string, unknown>> }

/** A sealed record that belongs to none of the other parts. */
export type OtherData = { readonly kind: string; readonly createdAt: Date; readonly fields: Readonly<Record<string, unknown>> }

/** Everything that the vault holds about a person, opened. */
export type Everything = {
  readonly profile: readonly ProfileField[]
  readonly cases: readonly CaseData[]
  readonly drafts: readonly DraftData[]
  readonly messages: readonly MessageData[]
  readonly reports: readonly ReportData[]
  readonly alerts: readonly AlertData[]
  readonly bills: readonly BillData[]
  readonly documents: ReadonlyArray<FileData & { readonly createdAt: Date; readonly recordId: string | null }>
  readonly others: readonly OtherData[]
}

/** A session or another means as pages name it. */
export type MeansOfSignIn = { readonly kind: string; readonly name: string; readonly since: Date; readonly level?: Level }

/** The kind of the record that holds a copy for download: it is not part of the next copy. */
export const EXPORT_KIND = 'export'

/** How many records are opened at a time. */
const BATCH = 200

type Opened = ReadonlyMap<string, Readonly<Record<string, unknown>>>

async function openRecords({ house, actor, reason }: Reader, ids: readonly string[]): Promise<Opened> {
  const opened = new Map<string, Readonly<Record<string, unknown>>>()
  for (let at = 0; at < ids.length; at += BATCH) {
    const asks = ids.slice(at, at + BATCH).map((record) => ({ record, ...reason }))
    for (const [record, fields] of await openMany(house.platform, actor, asks)) opened.set(record, fields)
  }
  return opened
}

/** Opens the profile of a person; nothing when there is none. */
export async function readProfile(reader: Reader, holdings: Holdings): Promise<ProfileField[]> {
  const record = holdings.records.find((each) => each.kind === 'profile')
  if (!record) return []
  const [opened, sources] = await Promise.all([openRecords(reader, [record.id]), profileSources(reader.house.platform, reader.personId)])
  return profileFields(opened.get(record.id) ?? {}, sources)
}

function profileFields(fields: Readonly<Record<string, unknown>>, fromApplication: ReadonlySet<string>): ProfileField[] {
  return Object.entries(fields).map(([field, value]) => ({ field, value, from: fromApplication.has(field) ? 'application' : 'you' }))
}

/** The fields of a profile that the newest change took from an application. */
async function profileSources(platform: Platform, personId: string): Promise<Set<string>> {
  const subject = blindedPerson(platform, personId)
  const changes = await eventsOfSubject(platform, subject, { types: ['people.person.updated'], limit: 500 })
  return new Set(changes.flatMap((event) => (Array.isArray(event.data['fields']) ? event.data['fields'].map(String) : [])))
}

/** Opens one case: its answers and everything that was written about it. */
export async function readCase(reader: Reader, holding: CaseHolding): Promise<CaseData> {
  const records = [holding.current.record_id, ...holding.entries.map((row) => row.record_id)]
  return caseData(reader.house.platform, holding, await openRecords(reader, records))
}

async function caseData(platform: Platform, holding: CaseHolding, opened: Opened): Promise<CaseData> {
  const answers = opened.get(holding.current.record_id) ?? {}
  const letters = holding.letters.flatMap((row) => (row.document_id === null ? [] : [row.document_id]))
  return {
    holding,
    answers,
    entries: holding.entries.map((row) => ({ kind: row.kind, at: row.created_at, text: textIn(opened.get(row.record_id) ?? {}, 'text') })),
    files: await describeDocuments(platform, [
      ...filesIn(
        holding.service.definition.form.pages.flatMap((page) => page.questions),
        answers,
      ),
      ...letters,
    ]),
  }
}

/** Opens the newest messages to a person. */
export async function readMessages(reader: Reader, most: number): Promise<MessageData[]> {
  const holdings = (await messageHoldings(reader.house.platform, reader.personId)).slice(0, most)
  const opened = await openRecords(
    reader,
    holdings.map((each) => each.record),
  )
  return holdings.map((holding) => messageData(holding, opened))
}

function messageData(holding: MessageHolding, opened: Opened): MessageData {
  const fields = opened.get(holding.record) ?? {}
  return { holding, to: textIn(fields, 'to'), subject: textIn(fields, 'subject'), text: textIn(fields, 'text') }
}

/** Opens the alerts of a person. */
export async function readAlerts(reader: Reader): Promise<AlertData[]> {
  const holdings = await alertHoldings(reader.house.platform, reader.personId)
  const opened = await openRecords(
    reader,
    holdings.map((each) => each.record),
  )
  return holdings.map((holding) => alertData(holding, opened))
}

function alertData(holding: AlertHolding, opened: Opened): AlertData {
  const fields = opened.get(holding.record) ?? {}
  return { holding, place: textIn(fields, 'place'), email: textIn(fields, 'email') }
}

/**
 * Opens everything that the vault holds about a person. It begins with the vault's own list, so that what another part
 * of the program keeps there is not left out because nobody thought of it here.
 */
export async function readEverything(reader: Reader): Promise<Everything> {
  const { house, personId } = reader
  const { platform } = house
  const holdings = await holdingsOf(platform, personId)
  const records = holdings.records.filter((each) => each.kind !== EXPORT_KIND)
  const [opened, sources, cases, drafts, messages, reports, alerts, bills] = await Promise.all([
    openRecords(
      reader,
      records.map((each) => each.id),
    ),
    profileSources(platform, personId),
    caseHoldings(house, personId),
    draftHoldings(house, personId),
    messageHoldings(platform, personId),
    reportHoldings(platform, personId),
    alertHoldings(platform, personId),
    billHoldings(platform, personId),
  ])
  const profile = records.find((each) => each.kind === 'profile')
  const told = new Set([
    profile?.id,
    ...cases.flatMap((each) => [each.current.record_id, ...each.entries.map((row) => row.record_id)]),
    ...drafts.map((each) => each.journey.record_id),
    ...messages.map((each) => each.record),
    ...reports.flatMap((each) => each.records),
    ...alerts.map((each) => each.record),
    ...bills.map((each) => each.bill.record_id),
  ])
  const ownExports = new Set(holdings.records.filter((each) => each.kind === EXPORT_KIND).map((each) => each.id))
  const documents = holdings.documents.filter((each) => each.recordId === null || !ownExports.has(each.recordId))
  const names = new Map((await describeInBatches(platform, documents)).map((each) => [each.id, each.name]))
  return {
    profile: profileFields(opened.get(profile?.id ?? '') ?? {}, sources),
    cases: await Promise.all(cases.map((holding) => caseData(platform, holding, opened))),
    drafts: await Promise.all(drafts.map((holding) => draftData(platform, holding, opened))),
    messages: messages.map((holding) => messageData(holding, opened)),
    reports: reports.map((holding) => ({
      holding,
      fields: Object.assign({}, ...holding.records.map((record) => opened.get(record) ?? {})),
    })),
    alerts: alerts.map((holding) => alertData(holding, opened)),
    bills: bills.map((holding) => ({ holding, fields: opened.get(holding.bill.record_id ?? '') ?? {} })),
    documents: documents.map((each) => ({ ...each, name: names.get(each.id) ?? '' })),
    others: records
      .filter((each) => !told.has(each.id))
      .map((each) => ({ kind: each.kind, createdAt: each.createdAt, fields: opened.get(each.id) ?? {} }))
      .filter((each) => Object.keys(each.fields).length > 0),
  }
}

async function draftData(platform: Platform, holding: DraftHolding, opened: Opened): Promise<DraftData> {
  const answers = opened.get(holding.journey.record_id ?? '') ?? {}
  const questions = holding.service.definition.form.pages.flatMap((page) => page.questions)
  return { holding, answers, files: await describeDocuments(platform, filesIn(questions, answers)) }
}

async function describeInBatches(platform: Platform, documents: Holdings['documents']): Promise<FileData[]> {
  const described: FileData[] = []
  for (let at = 0; at < documents.length; at += BATCH) {
    const ids = documents.slice(at, at + BATCH).map((each) => each.id)
    described.push(...(await describeDocuments(platform, ids)))
  }
  return described
}

function filesIn(questions: readonly Question[], answers: Readonly<Record<string, unknown>>): string[] {
  return questions
    .filter((question) => question.kind === 'file')
    .flatMap((question) => {
      const value = answers[question.id]
      return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
    })
}
