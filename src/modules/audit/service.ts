import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseReference } from '../../kernel/id.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { addDays } from '../../kernel/time.ts'
import { hashOfPolicies } from '../../platform/audit/policies.ts'
import { type JournalAsk, type JournalPage, searchJournal } from '../../platform/journal/search.ts'
import { record } from '../../platform/journal/journal.ts'
import type { JournalEvent } from '../../platform/journal/event.ts'
import { type Platform, today, transact } from '../../platform/platform.ts'
import { type Actor, agenciesWith, allow, may } from '../access/index.ts'
import { getCase, getCaseByReference } from '../cases/index.ts'
import { type Emergency, type Grant, isDue, listEmergencies, listGrants, staffNames } from '../identity/index.ts'
import { blindedPerson } from '../people/index.ts'
import type { FlagAnswer, FlagKind } from './flags.ts'
import * as store from './store.ts'

/** Lines of the journal, flags and grants on a page. */
const PAGE = 50
/** The most lines of an export. */
const EXPORT_LIMIT = 10_000
/** An export looks through so many windows of the journal at most. */
const EXPORT_WINDOWS = 40

/** Names of staff by account id. */
export type Names = ReadonlyMap<string, string>

/** What waits for the auditor. */
export type Overview = {
  readonly flags: ReadonlyMap<FlagKind, number>
  readonly emergencies: number
  /** Grants whose review is due. */
  readonly due: number
  readonly grants: number
  readonly policies: PolicyReview
}

/** Whether the policies in force are those that were reviewed, by whom and when (`policies/REVIEWED`). */
export type PolicyReview = { readonly state: 'none' | 'changed' | 'current'; readonly by: string; readonly date: string }

/** How much waits, on one page. */
export async function overview(platform: Platform, actor: Actor, policies: string): Promise<Overview> {
  allow(actor, 'audit.read')
  const [flags, emergencies, grants] = await Promise.all([
    store.openFlags(platform.db),
    listEmergencies(platform, actor),
    listGrants(platform, actor),
  ])
  return {
    flags,
    emergencies: emergencies.filter((each) => each.reviewed === null).length,
    due: grants.filter((grant) => isDue(grant, platform.now())).length,
    grants: grants.length,
    policies: await reviewOf(policies),
  }
}

/** Lines of the journal that fit, newest first; with the names of the staff that acted. */
export async function journal(
  platform: Platform,
  actor: Actor,
  ask: JournalAsk,
  before: bigint | null,
): Promise<JournalPage & { names: Names }> {
  allow(actor, 'journal.read')
  const page = await searchJournal(platform, ask, before, PAGE)
  return { ...page, names: await namesIn(platform, page.events) }
}

/** The newest lines that fit, at most 10,000, for a file; the journal notes that it was made. */
export async function journalExport(platform: Platform, actor: Actor, ask: JournalAsk): Promise<JournalEvent[]> {
  allow(actor, 'journal.read')
  const lines: JournalEvent[] = []
  let before: bigint | null = null
  for (let windows = 0; windows < EXPORT_WINDOWS && lines.length < EXPORT_LIMIT; windows += 1) {
    const page: JournalPage = await searchJournal(platform, ask, before, 1_000)
    lines.push(...page.events)
    before = page.next
    if (before === null) break
  }
  const newest = lines.slice(0, EXPORT_LIMIT)
  await exported(platform, actor, 'journal', newest.length)
  return newest
}

/** Every grant as it stands, and those that ended lately. */
export async function grants(platform: Platform, actor: Actor): Promise<{ grants: Grant[]; ended: readonly JournalEvent[]; names: Names }> {
  allow(actor, 'audit.read')
  const all = await listGrants(platform, actor)
  const none = { actor: null, stream: null, from: null, to: null }
  const { events } = await searchJournal(platform, { ...none, type: 'identity.role.ended' }, null, 100)
  const ids = all.flatMap((grant) => [grant.accountId, grant.grantedBy, grant.reviewedBy]).filter((id) => id !== null)
  const names = await staffNames(platform, [...new Set([...ids, ...events.map((event) => event.stream), ...accountsIn(events)])])
  return { grants: all, ended: events, names }
}

/** Every grant as it stands, for a file; the journal notes that it was made. */
export async function grantsExport(platform: Platform, actor: Actor): Promise<{ grants: Grant[]; names: Names }> {
  const { grants: all, names } = await grants(platform, actor)
  await exported(platform, actor, 'grants', all.length)
  return { grants: all, names }
}

async function exported(platform: Platform, actor: Actor, list: string, lines: number): Promise<void> {
  await transact(platform, (tx) =>
    record(tx, actor, { type: 'audit.list.exported', stream: `export:${list}`, counted: false, data: { list, lines } }),
  )
}

/** The texts of the policies in force, with their schema and worked examples, and whether they were reviewed. */
export async function policies(
  actor: Actor,
  folder: string,
): Promise<{ files: Array<{ name: string; text: string }>; review: PolicyReview }> {
  allow(actor, 'audit.read')
  const names = (await readdir(folder)).filter((name) => /\.(cedar|cedarschema|yaml)$/.test(name)).toSorted()
  const files = await Promise.all(names.map(async (name) => ({ name, text: await readFile(join(folder, name), 'utf8') })))
  return { files, review: await reviewOf(folder) }
}

async function reviewOf(folder: string): Promise<PolicyReview> {
  const text = await readFile(join(folder, 'REVIEWED'), 'utf8').catch(() => null)
  if (text === null) return { state: 'none', by: '', date: '' }
  const value = (name: string): string => new RegExp(`^${name}: *(.+)$`, 'm').exec(text)?.[1] ?? ''
  const current = value('sha256') === (await hashOfPolicies(folder))
  return { state: current ? 'current' : 'changed', by: value('reviewed-by'), date: value('date') }
}

/** Flags, open or answered, and the days on which most was opened in the last two weeks. */
export async function accessPatterns(
  platform: Platform,
  actor: Actor,
  ask: { open: boolean; after: string | null },
): Promise<{ flags: store.FlagRow[]; next: string | null; days: store.DayCount[]; names: Names }> {
  allow(actor, 'audit.read')
  const rows = await store.flags(platform.db, { ...ask, limit: PAGE + 1 })
  const flags = rows.slice(0, PAGE)
  const days = await store.busiestDays(platform.db, addDays(today(platform), -14), 20)
  const ids = [...flags.flatMap((flag) => [flag.account_id, flag.answered_by ?? flag.account_id]), ...days.map((each) => each.account_id)]
  return { flags, next: rows.length > PAGE ? (flags.at(-1)?.id ?? null) : null, days, names: await staffNames(platform, [...new Set(ids)]) }
}

/** Says what a flag was; once. Throws 404 for one that is not there, 409 for one about oneself, 422 without an answer. */
export async function answerFlag(platform: Platform, actor: Actor, id: string, answer: FlagAnswer | null): Promise<void> {
  allow(actor, 'audit.read')
  await transact(platform, async (tx) => {
    const flag = await store.lockFlag(tx.db, id)
    if (!flag || actor.accountId === null) throw notFound('flag')
    if (flag.account_id === actor.accountId) throw new Problem('identity.emergency-own', 409, 'Nobody reviews their own access.')
    if (answer === null) throw new Problem('identity.answer-needed', 422, 'Choose an answer.')
    if (flag.answer !== null) return
    await store.answerFlag(tx.db, flag, answer, actor.accountId, tx.now())
    await record(tx, actor, { type: 'audit.flag.closed', stream: id, data: { answer } })
  })
}

/** A break-glass access with the reference of its case. */
export type ListedEmergency = { readonly emergency: Emergency; readonly reference: string }

/** Lets auditors and supervisors go on. */
export function allowEmergencies(actor: Actor): void {
  const supervisor = may(actor, 'identity.review') && agenciesWith(actor, ['supervisor']).length > 0
  if (!supervisor) allow(actor, 'audit.read')
}

/** The break-glass accesses that this reader reviews: an auditor all, a supervisor those of their agency. */
export async function emergencies(platform: Platform, actor: Actor): Promise<{ items: ListedEmergency[]; names: Names }> {
  allowEmergencies(actor)
  const all = await listEmergencies(platform, actor)
  const items = await Promise.all(
    all.map(async (emergency) => ({ emergency, reference: (await getCase(platform, emergency.caseId)).reference })),
  )
  const names = await staffNames(platform, [...new Set(all.flatMap((each) => [each.accountId, each.reviewed?.by ?? each.accountId]))])
  return { items, names }
}

/** Whether somebody keeps the watch list: auditors and administrators. */
function allowWatch(actor: Actor): void {
  if (!may(actor, 'identity.administer')) allow(actor, 'audit.read')
}

/** The watch list: by the cases through which persons were marked. */
export async function watchList(
  platform: Platform,
  actor: Actor,
): Promise<Array<{ caseId: string; reference: string; added: Date; by: string }>> {
  allowWatch(actor)
  const rows = await store.watched(platform.db)
  const names = await staffNames(platform, [...new Set(rows.map((row) => row.added_by))])
  return Promise.all(
    rows.map(async (row) => ({
      caseId: row.case_id,
      reference: (await getCase(platform, row.case_id)).reference,
      added: row.added_at,
      by: names.get(row.added_by) ?? row.added_by,
    })),
  )
}

/** Watches the data of the person whose case this is. Throws 422 when there is no such case. */
export async function watch(platform: Platform, actor: Actor, typed: string): Promise<void> {
  allowWatch(actor)
  const reference = parseReference(typed)
  const current = reference === null ? null : await getCaseByReference(platform, reference).catch(ifMissing)
  if (!current || actor.accountId === null) throw new Problem('audit.no-such-case', 422, 'There is no case with this reference.')
  const row = { subject: blindedPerson(platform, current.person_id), case_id: current.id, added_by: actor.accountId }
  await transact(platform, async (tx) => {
    if (!(await store.insertWatched(tx.db, { ...row, added_at: tx.now() }))) return
    await record(tx, actor, { type: 'audit.watch.added', stream: `watch:${row.case_id}`, data: { case: row.case_id } })
  })
}

function ifMissing(error: unknown): null {
  if (error instanceof Problem && error.status === 404) return null
  throw error
}

/** Watches them no more. Throws 404 when they are not on the list. */
export async function unwatch(platform: Platform, actor: Actor, caseId: string): Promise<void> {
  allowWatch(actor)
  await transact(platform, async (tx) => {
    if (!(await store.deleteWatched(tx.db, caseId))) throw notFound('line')
    await record(tx, actor, { type: 'audit.watch.removed', stream: `watch:${caseId}`, data: { case: caseId } })
  })
}

async function namesIn(platform: Platform, events: readonly JournalEvent[]): Promise<Names> {
  return staffNames(platform, accountsIn(events))
}

function accountsIn(events: readonly JournalEvent[]): string[] {
  return [...new Set(events.flatMap((event) => /^account:([0-9a-f-]{36})$/.exec(event.actor)?.[1] ?? []))]
}
