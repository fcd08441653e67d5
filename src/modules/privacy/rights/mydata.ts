import { notFound } from '../../../kernel/problem.ts'
import { parseReference, isUuid } from '../../../kernel/id.ts'
import type { Actor } from '../../access/index.ts'
import { type CaseHolding, caseHoldings, type House } from '../../cases/index.ts'
import { type AccountHoldings, accountHoldings } from '../../identity/index.ts'
import { type DraftHolding, draftHoldings } from '../../journeys/index.ts'
import { messageHoldings } from '../../messages/index.ts'
import { type ReportHolding, reportHoldings } from '../../reports/index.ts'
import { describeDocuments, holdingsOf, openDocument, ownsDocuments, type Reason } from '../../people/index.ts'
import { ownPerson } from '../access.ts'
import {
  type AlertData,
  type CaseData,
  EXPORT_KIND,
  type FileData,
  type MessageData,
  type ProfileField,
  readAlerts,
  readCase,
  readMessages,
  readProfile,
} from './gather.ts'
import * as store from './store.ts'

/** What the city holds about somebody, as the first page of it says: the profile and alerts opened, all else named and counted. */
export type Overview = {
  readonly profile: readonly ProfileField[]
  readonly cases: readonly CaseHolding[]
  readonly drafts: readonly DraftHolding[]
  readonly files: readonly FileData[]
  readonly messages: number
  readonly reports: readonly ReportHolding[]
  readonly alerts: readonly AlertData[]
  readonly account: AccountHoldings | null
  readonly consents: readonly store.ConsentRow[]
  readonly restrictions: readonly store.RestrictionRow[]
}

/** Why people open what the city holds about them (GDPR, Art. 15). */
const reason: Reason = { purpose: 'privacy.my_data', legalBasis: 'gdpr.15' }
/** How many messages the page of them shows; the copy has all. */
const MOST_MESSAGES = 100

/** What the city holds about the actor. Throws 403 for somebody who acts for another person. */
export async function myData(house: House, actor: Actor): Promise<Overview> {
  const personId = ownPerson(actor)
  const { platform } = house
  const holdings = await holdingsOf(platform, personId)
  const copies = new Set(holdings.records.filter((each) => each.kind === EXPORT_KIND).map((each) => each.id))
  const documents = holdings.documents.filter((each) => each.recordId === null || !copies.has(each.recordId))
  const [profile, cases, drafts, messages, reports, alerts, account, consents, restrictions] = await Promise.all([
    readProfile({ house, actor, personId, reason }, holdings),
    caseHoldings(house, personId),
    draftHoldings(house, personId),
    messageHoldings(platform, personId),
    reportHoldings(platform, personId),
    readAlerts({ house, actor, personId, reason }),
    accountHoldings(platform, personId),
    store.consentsOf(platform.db, personId),
    store.restrictionsOf(platform.db, personId),
  ])
  const files = await describeDocuments(
    platform,
    documents.map((each) => each.id),
  )
  return { profile, cases, drafts, files, messages: messages.length, reports, alerts, account, consents, restrictions }
}

/** One case of the actor, not opened. Throws 404 for anybody else's. */
export async function myHolding(house: House, actor: Actor, typed: string): Promise<CaseHolding> {
  const personId = ownPerson(actor)
  const reference = parseReference(typed)
  const holding = (await caseHoldings(house, personId)).find((each) => each.current.reference === reference)
  if (!holding) throw notFound('case')
  return holding
}

/** The same with everything in it, opened. */
export async function myCase(house: House, actor: Actor, typed: string): Promise<CaseData> {
  return readCase({ house, actor, personId: ownPerson(actor), reason }, await myHolding(house, actor, typed))
}

/** The newest messages that the city wrote to the actor, opened. */
export function myMessages(house: House, actor: Actor): Promise<MessageData[]> {
  return readMessages({ house, actor, personId: ownPerson(actor), reason }, MOST_MESSAGES)
}

/** A file of the actor. Throws 404 for anybody else's. */
export async function myFile(house: House, actor: Actor, id: string): Promise<{ name: string; mediaType: string; bytes: Uint8Array }> {
  const personId = ownPerson(actor)
  const { platform } = house
  if (!isUuid(id) || !(await ownsDocuments(platform, personId, [id]))) throw notFound('file')
  const [described] = await describeDocuments(platform, [id])
  if (!described) throw notFound('file')
  return { name: described.name, ...(await openDocument(platform, actor, id, reason)) }
}
