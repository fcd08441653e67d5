import type { PlainDate } from '../../../kernel/time.ts'
import { Problem } from '../../../kernel/problem.ts'
import { enqueue, type Job } from '../../../platform/jobs.ts'
import { record } from '../../../platform/journal/journal.ts'
import type { Forgotten } from '../../../platform/module.ts'
import { type Platform, today, transact } from '../../../platform/platform.ts'
import { type Actor, isStaff } from '../../access/index.ts'
import {
  type Case, type CaseHolding, caseHoldings, disownCases, eraseCases, holdCasesOf, type House, keptUntil, within,
} from '../../cases/index.ts' // prettier-ignore
import { closeAccountOf } from '../../identity/index.ts'
import { closeJourneysOf, draftHoldings, eraseDrafts } from '../../journeys/index.ts'
import { forgetMessages, messageHoldings } from '../../messages/index.ts'
import { openMoney } from '../../payments/index.ts'
import { alertHoldings, eraseReportsOf, reportHoldings } from '../../reports/index.ts'
import { blindedPerson, destroyPerson, eraseRecord, removeFiles } from '../../people/index.ts'
import type { Service } from '../../servicefile/index.ts'
import { DATA_REQUEST, ownPerson } from '../access.ts'
import * as store from './store.ts'

/** What erases with: `forget` asks every module to forget what it keeps about a person. */
export type Eraser = { readonly house: House; readonly forget: (tx: Platform, who: Forgotten) => Promise<void> }

/** A case that cannot be erased yet: it is open, or a law keeps it until a day. */
export type Kept = { readonly current: Case; readonly service: Service; readonly why: 'open' | 'law'; readonly until: PlainDate | null }

/** What erasing would do now: what goes, what stays, and whether the person goes as a whole. */
export type ErasurePlan = {
  readonly kept: readonly Kept[]
  readonly cases: ReadonlyArray<Pick<CaseHolding, 'current' | 'service'>>
  readonly drafts: number
  readonly messages: number
  readonly reports: number
  readonly alerts: number
  /** Open bills and refunds on their way, from which erasing the whole person cuts them off. */
  readonly money: { readonly bills: number; readonly refunds: number }
}

/** The grounds on which a law lets the city keep what it has against the person's wish (GDPR, Art. 17(3)(b) to (d)). */
const KEPT_BY_LAW = /^(6\(1\)\([ce]\)|9\(2\)\([bghij]\))$/

/** Why a case has to stay; null when it may go (GDPR, Art. 17). */
export function keptCase(house: House, { current, service }: Pick<CaseHolding, 'current' | 'service'>): Kept | null {
  if (current.closed_at === null) return { current, service, why: 'open', until: null }
  // an answered request about data holds nobody: that it was made and answered is in the journal
  if (current.service_id === DATA_REQUEST) return null
  const until = keptUntil(house, current, service)
  const byLaw = KEPT_BY_LAW.test(service.definition.legal_basis?.gdpr ?? '')
  return byLaw && until !== null && until >= today(house.platform) ? { current, service, why: 'law', until } : null
}

/** What the person could have erased at once, and what would stay. */
export async function planErasure(house: House, actor: Actor): Promise<ErasurePlan> {
  const personId = ownPerson(actor)
  const [cases, drafts, messages, reports, alerts, money] = await Promise.all([
    caseHoldings(house, personId),
    draftHoldings(house, personId),
    messageHoldings(house.platform, personId),
    reportHoldings(house.platform, personId),
    alertHoldings(house.platform, personId),
    openMoney(house.platform, personId),
  ])
  const kept = cases.flatMap((each) => keptCase(house, each) ?? [])
  const keptIds = new Set(kept.map((each) => each.current.id))
  return {
    kept,
    cases: cases.filter((each) => !keptIds.has(each.current.id)),
    drafts: drafts.length,
    messages: messages.filter((each) => each.about === null || !keptIds.has(each.about)).length,
    reports: reports.length,
    alerts: alerts.length,
    money,
  }
}

/**
 * Erases at once whatever no law keeps: the whole person when nothing has to stay, else drafts, closed cases that
 * may go, messages and copies. Returns whether the person is gone. Throws 403 for staff, whose accounts are ended
 * by an administrator.
 */
export async function eraseNow(eraser: Eraser, actor: Actor): Promise<boolean> {
  const { house } = eraser
  const personId = ownPerson(actor)
  if (isStaff(actor)) throw new Problem('privacy.staff-account', 403, 'An administrator ends the accounts of staff.')
  return transact(house.platform, async (tx) => {
    const inner = within(house, tx)
    const drafts = await draftHoldings(inner, personId)
    // drafts first: one that is being sent at this moment is a case when its lock is free
    const files = await eraseDrafts(tx, actor, personId)
    const cases = await holdCasesOf(inner, personId)
    const kept = new Set(cases.flatMap((each) => keptCase(inner, each)?.current.id ?? []))
    if (kept.size === 0) {
      files.push(...(await eraseWhole({ ...eraser, house: inner }, actor, personId, 'asked-for')))
    } else {
      const records = drafts.flatMap((each) => each.journey.record_id ?? [])
      const going = cases.filter((each) => !kept.has(each.current.id)).map((each) => each.current)
      files.push(...(await erasePart(tx, actor, personId, { going, kept, records })))
    }
    await removeLater(tx, files)
    return kept.size === 0
  })
}

/** Erases what was said in one case although a law would keep it, because an officer granted that. */
export async function eraseGranted(tx: Platform, actor: Actor, current: Case): Promise<void> {
  await removeLater(tx, await eraseCases(tx, [current]))
  await tellErased(tx, actor, current.person_id, { cases: [current.id], records: [] })
}

/** Destroys the person's key and forgets every trace that leads to them, in the caller's transaction; returns the files to remove. */
export async function eraseWhole({ house, forget }: Eraser, actor: Actor, personId: string, reason: string): Promise<string[]> {
  const tx = house.platform
  const cases = await holdCasesOf(house, personId)
  await disownCases(
    tx,
    cases.map((each) => each.current.id),
  )
  await closeJourneysOf(tx, personId)
  await forgetMessages(tx, personId)
  const accountId = await closeAccountOf(tx, actor, personId)
  await forget(tx, { personId, accountId })
  await store.forgetPerson(tx.db, personId)
  return destroyPerson(tx, actor, personId, reason)
}

type Part = { readonly going: readonly Case[]; readonly kept: ReadonlySet<string>; readonly records: readonly string[] }

async function erasePart(tx: Platform, actor: Actor, personId: string, { going, kept, records }: Part): Promise<string[]> {
  const files = await eraseCases(tx, going)
  const messages = (await messageHoldings(tx, personId)).filter((each) => each.about === null || !kept.has(each.about))
  await forgetMessages(tx, personId, kept)
  const reports = await eraseReportsOf(tx, personId)
  files.push(...reports.files)
  for (const copy of await store.exportsOf(tx.db, personId)) {
    if (copy.record_id !== null) files.push(...(await eraseRecord(tx, copy.record_id)))
    await store.updateExport(tx.db, copy.id, { state: 'gone', record_id: null, json_document: null, pdf_document: null })
  }
  await tellErased(tx, actor, personId, {
    cases: going.map((each) => each.id),
    records: [...records, ...reports.records, ...messages.map((each) => each.record)],
  })
  return files
}

/** How many ids one line of the journal names. */
const IN_ONE_LINE = 200

async function tellErased(
  tx: Platform,
  actor: Actor,
  personId: string,
  gone: { readonly cases: readonly string[]; readonly records: readonly string[] },
): Promise<void> {
  const subject = blindedPerson(tx, personId)
  for (let at = 0; at < Math.max(gone.cases.length, gone.records.length); at += IN_ONE_LINE) {
    const data = { cases: gone.cases.slice(at, at + IN_ONE_LINE), records: gone.records.slice(at, at + IN_ONE_LINE) }
    await record(tx, actor, { type: 'privacy.data.erased', stream: personId, subject, counted: false, data })
  }
}

const REMOVE_FILES = 'privacy:remove_files'

/** Asks for files to be removed after the commit. Their key is gone already, or their row: nobody could read them. */
export async function removeLater(tx: Platform, files: readonly string[]): Promise<void> {
  for (let at = 0; at < files.length; at += IN_ONE_LINE) await enqueue(tx, REMOVE_FILES, { files: files.slice(at, at + IN_ONE_LINE) })
}

/** The job that removes the files of erased records from the store. */
export const removeFilesJob: Job = {
  name: REMOVE_FILES,
  async run(platform, { files }) {
    if (Array.isArray(files))
      await removeFiles(
        platform,
        files.filter((each): each is string => typeof each === 'string'),
      )
  },
}
