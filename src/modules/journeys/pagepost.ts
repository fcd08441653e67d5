import type { FastifyRequest } from 'fastify'
import { Problem } from '../../kernel/problem.ts'
import { faultCode, readPartsKeeping } from '../../platform/http/parts.ts'
import { formOf, textOf } from '../../platform/http/routes.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Actor } from '../access/index.ts'
import type { House } from '../cases/index.ts'
import { fieldId, type FormBody, isRecord, readForm, shownLocale } from '../fields/index.ts'
import type { Places } from '../places/index.ts'
import { type Issue, MOST_ROWS, type Page, type Question } from '../servicefile/index.ts'
import {
  type AddressAct,
  addressAnswer,
  type AddressSearch,
  chosenAddress,
  findAddresses,
  isAddressAct,
  pendingAddress,
} from './addresses.ts'
import { addFiles, type RawFile, removeFile } from './files.ts'
import { isOversized } from './intake.ts'
import { type OpenJourney, openJourney, saveAnswers, saveOpened, tryAnswers } from './service.ts'
import { visibleQuestions } from './views/question.ts'
import type { JourneyParts } from './visitor.ts'

/** A question page as it was posted. */
export type PagePost = {
  readonly body: FormBody
  readonly files: ReadonlyArray<RawFile & { readonly question: string }>
  readonly shown: readonly string[]
  readonly from: string | null
  readonly language: string | null
  /** The language in which the page was shown. */
  readonly locale: string | undefined
  /** What could not be read of it; the rest is here all the same. */
  readonly fault: Problem | null
}

/** What a post leads to: another page, the same one with what is wrong, or the same one with addresses to choose from. */
export type PageResult =
  | { readonly kind: 'go'; readonly path: string }
  | {
      readonly kind: 'shown'
      readonly opened: OpenJourney
      /** What was typed and not kept. */
      readonly typed: Readonly<Record<string, unknown>>
      readonly issues: readonly Issue[]
      readonly fault: FileFault | null
    }
  | { readonly kind: 'searched'; readonly opened: OpenJourney; readonly search: AddressSearch }

/** Why a file was not taken, and at which question. */
export type FileFault = { readonly question: string | null; readonly code: string }

/** What a posted row leads to. */
type RowResult = Exclude<PageResult, { kind: 'searched' }>

/** Reads a posted page, with its files when it has any. */
export async function readPagePost({ city }: Pick<Platform, 'city'>, request: FastifyRequest): Promise<PagePost> {
  const tags = city.languages.map(({ tag }) => tag)
  const { body, files, fault } = request.isMultipart() ? await readMultipart(request) : { body: formOf(request), files: [], fault: null }
  return {
    body,
    files,
    shown: (textOf(body, '_shown') ?? '').split(' ').filter(Boolean).slice(0, 100),
    from: textOf(body, '_from') === 'check' ? 'check' : null,
    language: textOf(body, '_lang'),
    locale: shownLocale(body, tags, request.visit?.language),
    fault,
  }
}

async function readMultipart(request: FastifyRequest): Promise<Pick<PagePost, 'body' | 'files' | 'fault'>> {
  const { texts, files, fault } = await readPartsKeeping(request)
  const body = new Map<string, string | string[]>()
  for (const [field, text] of texts) {
    const had = body.get(field)
    body.set(field, had === undefined ? text : [had, text].flat())
  }
  return {
    body: Object.fromEntries(body),
    // an empty file field of a form still comes, as no bytes without a name
    files: files
      .filter((file) => file.bytes.length > 0 || file.name !== '')
      .map(({ field, name, bytes }) => ({ question: field, name, bytes })),
    fault,
  }
}

/** Takes in a posted page: keeps what is right and goes on, or says what is wrong and loses nothing. */
export async function pagePost(
  { house, places }: Pick<JourneyParts, 'house' | 'places'>,
  actor: Actor,
  id: string,
  pageId: string,
  post: PagePost,
): Promise<PageResult> {
  let opened = await openJourney(house, actor, id)
  const page = opened.service.definition.form.pages.find((each) => each.id === pageId)
  if (!page) return { kind: 'go', path: `/apply/${id}` }
  const questions = page.questions.filter((question) => post.shown.includes(question.id))
  const typed = readForm(questions, post.body, '', house.platform.city.currency, post.locale)
  const asked = actOf(post.body)
  const act = asked ?? (places && post.language === null ? pendingAddress(questions, post.body, typed, opened.answers) : null)
  const fault = await takeFiles(house, actor, id, questions, post)
  if (fault === null && act?.kind === 'remove-file') await removeFile(house, actor, id, act.value)
  if (post.files.length > 0 || act?.kind === 'remove-file') opened = await openJourney(house, actor, id)
  if (fault) return { kind: 'shown', opened: await tryAnswers(house, opened, typed), typed, issues: [], fault }
  if (questions.some((question) => isOversized(question, typed[question.id]))) return goOn(house, actor, opened, page, typed, post)
  if (places && isAddressAct(act, questions)) return addressPost(house, places, actor, opened, page, typed, act, post)
  if (act !== null || post.language !== null) {
    return { kind: 'go', path: await keepAndGo(house, actor, opened, page, typed, act, post.from) }
  }
  return goOn(house, actor, opened, page, typed, post)
}

/** Takes in the files of a page, each question's for itself; the first that cannot be taken is the fault. */
async function takeFiles(
  house: House,
  actor: Actor,
  id: string,
  questions: readonly Question[],
  post: PagePost,
): Promise<FileFault | null> {
  let fault: FileFault | null = null
  for (const question of questions.filter((each) => each.kind === 'file')) {
    const files = post.files.filter((file) => file.question === question.id)
    try {
      if (files.length > 0) await addFiles(house, actor, id, question, files)
    } catch (error) {
      if (!(error instanceof Problem) || !error.code.startsWith('upload.')) throw error
      fault ??= { question: question.id, code: error.code }
    }
  }
  if (fault !== null) return fault
  const fields = questions.filter((each) => each.kind === 'file').map((each) => each.id)
  const code = faultCode(post.fault, fields)
  return code === null ? null : { question: fields.find((field) => field === post.fault?.extra['field']) ?? null, code }
}

/** Keeps what was typed and searches, or puts the chosen address in. The search itself is not kept. */
async function addressPost(
  house: House,
  places: Places,
  actor: Actor,
  opened: OpenJourney,
  page: Page,
  typed: Readonly<Record<string, unknown>>,
  act: AddressAct,
  post: PagePost,
): Promise<PageResult> {
  const chosen = chosenAddress(places, post.body, act)
  const patch = chosen ? { ...typed, [act.question]: addressAnswer(chosen, typed[act.question]) } : typed
  const saved = await saveOpened(house, actor, opened, patch)
  if (!chosen) return { kind: 'searched', opened: saved, search: findAddresses(places, post.body, act) }
  const path = `/apply/${opened.journey.id}/p/${page.id}${post.from ? '?from=check' : ''}`
  return { kind: 'go', path: `${path}#${fieldId({ id: act.question })}` }
}

async function goOn(
  house: House,
  actor: Actor,
  opened: OpenJourney,
  page: Page,
  typed: Readonly<Record<string, unknown>>,
  post: PagePost,
): Promise<PageResult> {
  const tried = await tryAnswers(house, opened, typed)
  const own = new Set(visibleQuestions(tried, page).map((question) => question.id))
  const issues = tried.evaluation.issues.filter((issue) => own.has(issue.question))
  const fresh = issues.filter((issue) => issue.code === 'missing' && !post.shown.includes(issue.question))
  if (issues.length > fresh.length)
    return { kind: 'shown', opened: tried, typed, issues: issues.filter((issue) => !fresh.includes(issue)), fault: null }
  const saved = await saveOpened(house, actor, opened, typed, page.id)
  if (fresh.length > 0) return { kind: 'go', path: `/apply/${opened.journey.id}/p/${page.id}${post.from ? '?from=check' : ''}` }
  return { kind: 'go', path: nextPath(saved, page.id, post.from) }
}

/** Keeps what a page would be shown again with, right or not, for whom nothing may be shown now; gives where to go instead. */
export async function keepUnseen(house: House, actor: Actor, result: Exclude<PageResult, { kind: 'go' }>, path: string): Promise<string> {
  if (result.kind === 'shown') await saveAnswers(house, actor, result.opened.journey.id, result.typed)
  return path
}

/** Where the form goes after a page: onward in order; back to the check page when the person came from there. */
export function nextPath(opened: OpenJourney, pageId: string, from: string | null): string {
  const base = `/apply/${opened.journey.id}`
  const { pages, complete, page: first } = opened.evaluation
  if (from === 'check') return complete || first === null ? `${base}/check` : `${base}/p/${first}?from=check`
  const next = pages[pages.findIndex((each) => each.id === pageId) + 1]
  if (next) return `${base}/p/${next.id}`
  return first === null ? `${base}/check` : `${base}/p/${first}`
}

type Act =
  | AddressAct
  | { kind: 'later' }
  | { kind: 'remove-file'; value: string }
  | { kind: 'add-row' | 'change-row' | 'remove-row'; question: string; row: number; of: number }

function actOf(body: FormBody): Act | null {
  const text = (name: string): string | null => textOf(body, name)
  if (text('_later') !== null) return { kind: 'later' }
  const file = text('_remove_file')
  if (file !== null) return { kind: 'remove-file', value: file }
  for (const [name, kind] of [
    ['_add_row', 'add-row'],
    ['_change_row', 'change-row'],
    ['_remove_row', 'remove-row'],
    ['_find_address', 'find-address'],
    ['_choose_address', 'choose-address'],
  ] as const) {
    const [question, row, of] = (text(name) ?? '').split(':')
    if (question) return { kind, question, row: Number(row ?? -1), of: Number(of ?? -1) }
  }
  return null
}

/** Keeps what was typed as it is, right or not, and goes where the button said. */
async function keepAndGo(
  house: House,
  actor: Actor,
  opened: OpenJourney,
  page: Page,
  typed: Readonly<Record<string, unknown>>,
  act: Act | null,
  from: string | null,
): Promise<string> {
  const { id } = opened.journey
  const query = from ? '?from=check' : ''
  const here = `/apply/${id}/p/${page.id}${query}`
  const group =
    act !== null && 'question' in act
      ? page.questions.find((each) => each.id === act.question && each.kind === 'repeating_group')
      : undefined
  const rows = group ? rowsOf(opened.answers[group.id]) : []
  const patch: Record<string, unknown> = { ...typed }
  // the rows are not those that the button stood by any more when it was pressed twice
  if (group && act?.kind === 'remove-row' && act.of === rows.length) {
    const left = rows.filter((_, index) => index !== act.row)
    patch[group.id] = left.length > 0 ? left : null
  }
  if (Object.keys(patch).length > 0) await saveOpened(house, actor, opened, patch)
  if (act?.kind === 'later') return `/apply/${id}/later`
  if (group && act?.kind === 'add-row' && rows.length < (group.max_rows ?? MOST_ROWS))
    return `/apply/${id}/p/${page.id}/${group.id}/${rows.length}${query}`
  if (group && act?.kind === 'change-row') return `/apply/${id}/p/${page.id}/${group.id}/${act.row}${query}`
  return here
}

/** The rows of a repeating group's answer, whatever came. */
export function rowsOf(value: unknown): Array<Record<string, unknown>> {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

/** Takes in one row of a repeating group. */
export async function rowPost(
  house: House,
  actor: Actor,
  id: string,
  page: Page,
  group: Question,
  row: number,
  post: PagePost,
): Promise<RowResult> {
  const opened = await openJourney(house, actor, id)
  const rows = rowsOf(opened.answers[group.id])
  if (row < 0 || row > rows.length || row >= (group.max_rows ?? MOST_ROWS)) return { kind: 'go', path: `/apply/${id}/p/${page.id}` }
  const typed = readForm(group.questions ?? [], post.body, '', house.platform.city.currency, post.locale)
  const filled = Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== null))
  const patch = { [group.id]: rows.toSpliced(row, 1, filled) }
  if (post.language !== null && !isOversized(group, patch[group.id])) {
    await saveOpened(house, actor, opened, patch)
    return { kind: 'go', path: '' }
  }
  const tried = await tryAnswers(house, opened, patch)
  const issues = tried.evaluation.issues.filter((issue) => issue.question === group.id && issue.row === row)
  if (issues.length > 0) return { kind: 'shown', opened: tried, typed: patch, issues, fault: null }
  await saveOpened(house, actor, opened, patch)
  return { kind: 'go', path: `/apply/${id}/p/${page.id}${post.from ? '?from=check' : ''}` }
}
