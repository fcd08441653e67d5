import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../../../kernel/problem.ts'
import { readPartsKeeping } from '../../../platform/http/parts.ts'
import { formOf, seeOther, textOf } from '../../../platform/http/routes.ts'
import { cookie, cookieOf } from '../../../platform/http/security.ts'
import { appendCookie, LANGUAGE_COOKIE } from '../../../platform/http/visit.ts'
import { today } from '../../../platform/platform.ts'
import type { Pages } from '../../../ui/index.ts'
import { visitOf } from '../../identity/index.ts'
import type { FormBody } from '../../fields/index.ts'
import type { Board } from '../service/index.ts'
import { beginDraft, type Draft, draftLimits, keepFacts, openDraft } from './draft.ts'
import { neighbours } from './near.ts'
import { paceDrafts } from './pace.ts'
import { nextStep, type Step, stepPath } from './steps.ts'

/** What the pages of a new report work with. */
export type AskParts = { readonly board: Board; readonly pages: Pages }

/** The cookie that opens the draft of whoever writes it. */
export const DRAFT_COOKIE = 'stoa_report_draft'

/** The draft of a request; null before the first page was sent, and after the report was. */
export async function draftOf(parts: AskParts, request: FastifyRequest): Promise<Draft | null> {
  const draft = await anyDraftOf(parts, request)
  return draft?.report_id === null ? draft : null
}

/** The same, also when it was sent already. */
export function anyDraftOf({ board }: AskParts, request: FastifyRequest): Promise<Draft | null> {
  return openDraft(board.platform, visitOf(board.platform, request).actor, cookieOf(request, DRAFT_COOKIE))
}

/** The draft of a request, begun when there is none. Throws 429 when one network begins far too many. */
export async function draftFor(parts: AskParts, request: FastifyRequest, reply: FastifyReply): Promise<Draft> {
  const { platform } = parts.board
  const had = await draftOf(parts, request)
  if (had) return had
  await paceDrafts(platform, request.ip)
  const { actor, language } = visitOf(platform, request)
  const { draft, token } = await beginDraft(platform, actor, language)
  const https = platform.publicOrigin.startsWith('https:')
  appendCookie(reply, cookie(DRAFT_COOKIE, token, { https, path: '/reports/new', maxAge: draftLimits.hours * 3_600 }))
  return draft
}

/** Goes on to the first page on which something is to be done; nobody is asked about reports nearby where there are none. */
export async function goOn({ board }: AskParts, reply: FastifyReply, draft: Draft): Promise<FastifyReply> {
  const next = nextStep(board.categories, draft, today(board.platform))
  if (next !== 'similar' || (await neighbours(board, draft)).length > 0) return seeOther(reply, stepPath(next))
  await keepFacts(board.platform, draft, { compared: true })
  return seeOther(reply, stepPath('send'))
}

/** Whether a page cannot be shown yet, because one before it is not done. */
export function comesBefore(next: Step, step: Step): boolean {
  const order: readonly Step[] = ['where', 'what', 'danger', 'describe', 'similar', 'send']
  return order.indexOf(next) < order.indexOf(step)
}

/** A page's form as it was posted, with its files; `fault` says what was too large to be read to its end. */
export type Posted = {
  readonly body: FormBody
  readonly files: ReadonlyArray<{ readonly field: string; readonly name: string; readonly bytes: Buffer }>
  readonly fault: Problem | null
}

/** Reads a posted page. */
export async function readPost(request: FastifyRequest): Promise<Posted> {
  if (!request.isMultipart()) return { body: formOf(request), files: [], fault: null }
  const { texts, files, fault } = await readPartsKeeping(request)
  const body = new Map<string, string | string[]>()
  for (const [field, text] of texts) {
    const had = body.get(field)
    body.set(field, had === undefined ? text : [had, text].flat())
  }
  // an empty file field of a form still comes, as no bytes without a name
  return { body: Object.fromEntries(body), files: files.filter((file) => file.bytes.length > 0 || file.name !== ''), fault }
}

/** Changes the reader's language and shows the page again, when a language button was pressed; else null. */
export function switchLanguage({ board }: AskParts, reply: FastifyReply, body: FormBody, path: string): FastifyReply | null {
  const language = textOf(body, '_lang')
  if (language === null) return null
  const { city, publicOrigin } = board.platform
  if (city.languages.some((each) => each.tag === language))
    appendCookie(reply, cookie(LANGUAGE_COOKIE, language, { https: publicOrigin.startsWith('https:'), maxAge: 365 * 86_400 }))
  return seeOther(reply, path)
}

/** Whether a text has the form of an e-mail address. */
export function isAddress(text: string): boolean {
  return /^[^\s@<>"]{1,64}@[^\s@<>"]{1,185}\.[^\s@.<>"]{2,63}$/u.test(text)
}
