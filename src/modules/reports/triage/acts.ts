import { isUuid, parseReference } from '../../../kernel/id.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { parsePlainDate, type PlainDate } from '../../../kernel/time.ts'
import { textOf } from '../../../platform/http/routes.ts'
import { transact } from '../../../platform/platform.ts'
import { cleanUpload } from '../../../platform/uploads.ts'
import { type Actor, allow } from '../../access/index.ts'
import { staffOfAgency } from '../../identity/index.ts'
import { readChooser } from '../../places/index.ts'
import type { FormBody } from '../../fields/index.ts'
import type { Posted } from '../ask/writer.ts'
import { settleConcerns } from '../page/store.ts'
import { handOver } from '../peers/index.ts'
import { photoById } from '../photos/store.ts'
import { noActionReasons, type OtherEnd, type Report } from '../report.ts'
import {
  assignReport, type Board, endReport, factsOf, fixReport, getReport, hideReport, hideUpdate, maskText, mergeReports, moveReport, recategorise,
  restoreText, restoreUpdate, setPhotoState, splitReport, startReport, unmergeReport, within, writeUpdate,
} from '../service/index.ts' // prettier-ignore
import { refuseStale } from '../rules.ts'
import { reportByReference, updateById } from '../store.ts'
import { plainDigits } from '../text/span.ts'

/** Why a report is taken from the public's view. */
export const hideReasons = ['person', 'offensive', 'court', 'not_a_report', 'danger'] as const

/** How an officer ends a report that was not fixed. */
export const officerEnds = ['not_ours', 'duplicate', 'no_action', 'referred'] as const

/** What somebody posted, for a report that is as they saw it. */
type Asked = { readonly board: Board; readonly actor: Actor; readonly id: string; readonly form: FormBody; readonly files: Posted['files'] }

/** Does an act; gives the report that the officer goes on with. */
type Act = (asked: Asked) => Promise<Report | null>

const said = (form: FormBody, name: string, most = 5_000): string => cleanText(textOf(form, name) ?? '').slice(0, most)

/** The revision that a page was drawn with; anything else counts as stale. */
export function revisionIn(form: FormBody, name = 'revision'): number {
  return Number(/^\d{1,9}$/.exec(textOf(form, name) ?? '')?.[0] ?? '-1')
}

/** A day typed in three fields; null when it is none. */
function dayIn(form: FormBody, name: string): PlainDate | null {
  const part = (which: string): string => plainDigits(said(form, `${name}-${which}`, 4)).trim()
  return parsePlainDate(`${part('year')}-${part('month').padStart(2, '0')}-${part('day').padStart(2, '0')}`)
}

/** Everything an officer may do on the page of a report, by the last part of the address that it is posted to. */
export const acts: Readonly<Record<string, Act>> = {
  assign: ({ board, actor, id, form }) =>
    assignTo(board, actor, id, textOf(form, 'to') ?? '', textOf(form, 'officer') ?? '', revisionIn(form)),
  start: ({ board, actor, id, form }) => startReport(board, actor, id, revisionIn(form)),
  fix,
  end: async ({ board, actor, id, form }) => {
    const how = await endIn(board, form)
    if (how.outcome === 'not_ours') return handOver(board, actor, id, how.authority, said(form, 'text'), revisionIn(form))
    return endReport(board, actor, id, how, said(form, 'text'), revisionIn(form))
  },
  category: ({ board, actor, id, form }) => recategorise(board, actor, id, categoryIn(form), revisionIn(form)),
  split: async ({ board, actor, id, form }) => {
    const text = said(form, 'text')
    if (text === '') throw new Problem('reports.no-words', 422, 'Write something.')
    return splitReport(board, actor, id, { category: categoryIn(form), text }, revisionIn(form))
  },
  place,
  words: async ({ board, actor, id, form }) => {
    const text = said(form, 'text')
    if (text === '') throw new Problem('reports.no-words', 422, 'Write something.')
    return maskText(board, actor, id, text, revisionIn(form))
  },
  restore: ({ board, actor, id, form }) => restoreText(board, actor, id, revisionIn(form)),
  update: async ({ board, actor, id, form }) => {
    await writeUpdate(board, actor, id, said(form, 'text'))
    return null
  },
  hide: ({ board, actor, id, form }) => {
    const reason = hideReasons.find((each) => each === textOf(form, 'reason'))
    if (!reason) throw new Problem('reports.hide-why', 422, 'Say why it is hidden.')
    return hideReport(board, actor, id, true, revisionIn(form), reason)
  },
  show: ({ board, actor, id, form }) => hideReport(board, actor, id, false, revisionIn(form)),
  apart: ({ board, actor, id, form }) => unmergeReport(board, actor, id, revisionIn(form)),
  settle,
  photo,
  line,
}

/** Gives a report to `crew:ID` or `desk:AGENCY` (nothing said: where it is), and to an officer who works there. */
export async function assignTo(board: Board, actor: Actor, id: string, to: string, officerId: string, revision?: number): Promise<Report> {
  const report = await getReport(board, id)
  allow(actor, 'reports.triage', factsOf(report))
  const [kind, name = ''] = to.split(':')
  const target =
    kind === 'crew' ? { crew: name } : kind === 'desk' ? { crew: null, agency: name } : { crew: report.crew, agency: report.agency }
  const agency = (target.crew === null ? target.agency : board.categories.crew(target.crew)?.agency) ?? report.agency
  const officer = isUuid(officerId) ? officerId : null
  if (officer !== null && !(await staffOfAgency(board.platform, agency)).some((each) => each.id === officer))
    throw new Problem('reports.not-staff', 422, 'This person does not work for the agency of the report.')
  return assignReport(board, actor, id, { ...target, officer }, revision)
}

async function fix({ board, actor, id, form, files }: Asked): Promise<Report> {
  const text = said(form, 'text')
  const [file] = files
  const order = said(form, 'order', 80)
  if (file && file.bytes.length > 0 && order === '') {
    allow(actor, 'reports.work', factsOf(await getReport(board, id)))
    const afterPhoto = await cleanUpload(file.name, file.bytes, ['image'])
    return fixReport(board, actor, id, { afterPhoto, text }, revisionIn(form))
  }
  const on = dayIn(form, 'on')
  if (order === '' || on === null)
    throw new Problem('reports.no-evidence', 422, 'A fix needs a photo, or the number of a work order and its day.')
  return fixReport(board, actor, id, { evidence: { kind: 'work_order', order, on }, text }, revisionIn(form))
}

/** The ending that a form says, with its fact. Throws 422 when one is missing, 404 for a report that is not there. */
export async function endIn(board: Board, form: FormBody): Promise<OtherEnd> {
  const outcome = officerEnds.find((each) => each === textOf(form, 'outcome'))
  switch (outcome) {
    case 'not_ours':
      return { outcome, authority: said(form, 'authority', 80) }
    case 'duplicate': {
      const reference = parseReference(textOf(form, 'of') ?? '')
      const found = reference === null ? null : await reportByReference(board.platform.db, reference)
      if (!found) throw new Problem('reports.no-such-reference', 422, 'There is no report with this reference.')
      return { outcome, of: found.id }
    }
    case 'no_action': {
      const reason = noActionReasons.find((each) => each === textOf(form, 'reason'))
      if (reason) return { outcome, reason }
      break
    }
    case 'referred': {
      const [programme, on] = [said(form, 'programme', 200), dayIn(form, 'when')]
      if (programme !== '' && on !== null) return { outcome, programme, on }
      break
    }
    default:
  }
  throw new Problem('reports.no-fact', 422, 'Say what this ending needs: to whom, of which, why, or when.')
}

/** The category that a form says; throws 422 when it says none. */
export function categoryIn(form: FormBody): string {
  const category = textOf(form, 'category') ?? ''
  if (category === '') throw new Problem('reports.no-category', 422, 'Choose a category.')
  return category
}

async function place({ board, actor, id, form }: Asked): Promise<Report> {
  const point = board.places === null ? null : readChooser(board.places, form, 'place').point
  if (point === null) throw new Problem('reports.no-place', 422, 'Say where it is.')
  return moveReport(board, actor, id, { lat: point.lat, long: point.long, address: said(form, 'address', 200) || null }, revisionIn(form))
}

async function settle({ board, actor, id }: Asked): Promise<null> {
  await transact(board.platform, async (tx) => {
    const report = await getReport(within(board, tx), id, true)
    allow(actor, 'reports.triage', factsOf(report))
    await settleConcerns(tx.db, id, tx.now())
  })
  return null
}

async function photo({ board, actor, id, form }: Asked): Promise<null> {
  const photoId = textOf(form, 'photo') ?? ''
  if (!isUuid(photoId) || (await photoById(board.platform.db, photoId))?.report_id !== id) throw notFound('photo')
  await setPhotoState(board, actor, photoId, textOf(form, 'state') === 'public' ? 'public' : 'hidden')
  return null
}

async function line({ board, actor, id, form }: Asked): Promise<null> {
  const lineId = textOf(form, 'line') ?? ''
  if (!isUuid(lineId) || (await updateById(board.platform.db, lineId))?.report_id !== id) throw notFound('report')
  if (textOf(form, 'state') === 'restore') await restoreUpdate(board, actor, lineId)
  else await hideUpdate(board, actor, lineId, textOf(form, 'state') !== 'public')
  return null
}

/** Makes one of two reports a duplicate of the other, `kept`; both have to be as the officer saw them. */
export async function mergePair(board: Board, actor: Actor, pair: readonly [string, string], form: FormBody): Promise<Report> {
  const kept = textOf(form, 'kept')
  const [from, into] = kept === pair[0] ? [pair[1], pair[0]] : [pair[0], pair[1]]
  if (kept !== pair[0] && kept !== pair[1]) throw new Problem('reports.no-choice', 422, 'Choose which report stays.')
  return transact(board.platform, async (tx) => {
    const inside = within(board, tx)
    await mergeReports(inside, actor, from, into, revisionIn(form, `revision-${from}`))
    const stays = await getReport(inside, into)
    refuseStale(stays, revisionIn(form, `revision-${into}`))
    return stays
  })
}
