import { notFound, Problem } from '../../../kernel/problem.ts'
import { record } from '../../../platform/journal/journal.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { type Actor, agenciesWith, allow, may } from '../../access/index.ts'
import { staffNames, staffOfAgency } from '../../identity/index.ts'
import type { Crew } from '../categories/file.ts'
import type { Board } from '../service/board.ts'
import * as store from './store.ts'

/** Somebody who goes out with a crew, as their supervisor sees them. */
export type Member = { readonly id: string; readonly name: string; readonly since: Date }

/** A crew with who goes out with it and who could. */
export type CrewTeam = {
  readonly crew: Crew
  readonly members: readonly Member[]
  readonly others: ReadonlyArray<{ id: string; name: string }>
}

/** The crews that the actor goes out with. A crew that the city does not have any more, or whose agency they have left, is none. */
export async function ownCrews(board: Board, actor: Actor): Promise<Crew[]> {
  if (actor.accountId === null) return []
  const ids = await store.crewsOf(board.platform.db, actor.accountId)
  return ids.flatMap((id) => {
    const crew = board.categories.crew(id)
    return crew && may(actor, 'reports.work', { agency: crew.agency }) ? [crew] : []
  })
}

/** Whether the actor could go out with any crew of the city, once a supervisor has added them. */
export function couldGoOut(board: Board, actor: Actor): boolean {
  return board.categories.crews.some((crew) => may(actor, 'reports.work', { agency: crew.agency }))
}

/** The crews whose members the actor decides on. */
function crewsToStaff(board: Board, actor: Actor): Crew[] {
  return board.categories.crews.filter((crew) => may(actor, 'reports.crews', { agency: crew.agency }))
}

/** Whether the actor decides who goes out with any crew. */
export function staffsCrews(board: Board, actor: Actor): boolean {
  return crewsToStaff(board, actor).length > 0
}

/** The crews of the actor's agencies with their members; throws 403 (or 401) for whoever supervises none. */
export async function crewTeams(board: Board, actor: Actor): Promise<CrewTeam[]> {
  const { platform } = board
  const crews = crewsToStaff(board, actor)
  if (crews.length === 0) allow(actor, 'reports.crews', agencyOfActor(actor))
  const rows = await store.membersOf(
    platform.db,
    crews.map((crew) => crew.id),
  )
  const names = await staffNames(platform, [...new Set(rows.map((row) => row.account_id))])
  const agencies = [...new Set(crews.map((crew) => crew.agency))]
  const staff = new Map(await Promise.all(agencies.map(async (agency) => [agency, await staffOfAgency(platform, agency)] as const)))
  return crews.map((crew) => {
    const members = rows
      .filter((row) => row.crew === crew.id)
      .map((row) => ({ id: row.account_id, name: names.get(row.account_id) ?? row.account_id, since: row.added_at }))
    const others = (staff.get(crew.agency) ?? []).filter((each) => !members.some((member) => member.id === each.id))
    return { crew, members, others }
  })
}

function agencyOfActor(actor: Actor): { agency?: string } {
  const agencies = agenciesWith(actor, ['supervisor'])
  const first = agencies === 'all' ? undefined : agencies[0]
  return first === undefined ? {} : { agency: first }
}

/** Lets an officer of the crew's agency go out with it. Throws 422 when nobody fitting was chosen; nothing when they do already. */
export async function addCrewMember(board: Board, actor: Actor, crewId: string, accountId: string): Promise<void> {
  const crew = crewToStaff(board, actor, crewId)
  const { platform } = board
  if (!(await staffOfAgency(platform, crew.agency)).some((each) => each.id === accountId))
    throw new Problem('reports.crew-member', 422, 'Choose somebody who works at the agency of this crew.')
  await transact(platform, (tx) => joinCrew(tx, actor, { crew: crew.id, accountId, by: actor.accountId }))
}

/** Puts an account into a crew, in the caller's transaction, and records it; the caller has decided that it may. */
export async function joinCrew(
  tx: Platform,
  author: Pick<Actor, 'journalName' | 'channel'>,
  { crew, accountId, by }: { crew: string; accountId: string; by: string | null },
): Promise<void> {
  const added = await store.insertMember(tx.db, { crew, account_id: accountId, added_by: by, added_at: tx.now() })
  if (added) await record(tx, author, { type: 'reports.crew.joined', stream: accountId, data: { crew } })
}

/** Lets somebody go out with a crew no more. Throws 404 when they did not. */
export async function removeCrewMember(board: Board, actor: Actor, crewId: string, accountId: string): Promise<void> {
  const crew = crewToStaff(board, actor, crewId)
  await transact(board.platform, async (tx) => {
    if (!(await store.deleteMember(tx.db, crew.id, accountId))) throw notFound('member')
    await record(tx, actor, { type: 'reports.crew.left', stream: accountId, data: { crew: crew.id } })
  })
}

function crewToStaff(board: Board, actor: Actor, id: string): Crew {
  const crew = board.categories.crew(id)
  if (!crew) throw notFound('crew')
  allow(actor, 'reports.crews', { agency: crew.agency })
  return crew
}

/** Takes somebody who is being erased out of every crew, in the caller's transaction. */
export async function forgetCrews(tx: Platform, accountId: string): Promise<void> {
  await store.deleteMemberships(tx.db, accountId)
}
