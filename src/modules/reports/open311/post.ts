import { createHash } from 'node:crypto'
import { Problem } from '../../../kernel/problem.ts'
import { formatDay } from '../../../kernel/time.ts'
import type { Translate } from '../../../platform/i18n.ts'
import { type CleanFile, cleanUpload } from '../../../platform/uploads.ts'
import { anonymous } from '../../access/index.ts'
import type { NewRequest, RequestReceipt } from '../../open311/index.ts'
import { evaluate } from '../../servicefile/index.ts'
import type { Category } from '../categories/categories.ts'
import { type Board, type NewReport, sendReport, type Sent } from '../service/index.ts'
import type { Report } from '../report.ts'
import { reportBySource } from '../store.ts'
import { refuse } from './fault.ts'
import { pointIn } from './query.ts'
import { answerOf, askedOf, canBeSent } from './services.ts'
import { LONGEST_DESCRIPTION } from './telling.ts'

/** What a client sent: its fields, its pictures, and what tells a second sending from a second request. */
export type Posted = {
  readonly request: NewRequest
  readonly media: ReadonlyArray<{ readonly name: string; readonly bytes: Buffer }>
  /** `Idempotency-Key`; null when it was not sent. */
  readonly key: string | null
  readonly clientId: string
  readonly language: string
}

/** The most pictures of one request. */
export const MOST_MEDIA = 5
/** The same words from the same client within so many minutes are one request. */
const SAME_MINUTES = 10

/** Takes a request in (POST Service Request). Throws a refusal that names every fault, or 404 for an unknown service. */
export async function postRequest(board: Board, posted: Posted, t: Translate): Promise<{ receipt: RequestReceipt; repeated: boolean }> {
  const { request } = posted
  const wrong: string[] = []
  const category = serviceOf(board, request, t)
  const place = placeOf(board, request, t, wrong)
  const contact = contactOf(request, t, wrong)
  const answers = answersOf(board, category, request, t, wrong)
  const text = (request.description ?? '').trim()
  if ([...text].length > LONGEST_DESCRIPTION) wrong.push(t('open311.error.description', { most: LONGEST_DESCRIPTION }))
  const mediaUrl = mediaUrlOf(request, t, wrong)
  if (posted.media.length > MOST_MEDIA) wrong.push(t('open311.error.media_many', { most: MOST_MEDIA }))
  const photos = wrong.length > 0 ? [] : await picturesOf(posted, t, wrong)
  if (wrong.length > 0 || place === null) refuse('open311.invalid', 400, wrong)
  const draft: Omit<NewReport, 'sourceId'> = {
    source: 'open311',
    category: category.id,
    ...place,
    text,
    answers,
    language: posted.language,
    ...(contact ? { contact } : {}),
    photos,
    mediaUrl,
  }
  const { report, repeated } = await sendOnce(board, posted, draft)
  const due =
    report.due_on === null ? t('open311.notice.thanks') : t('open311.notice.due', { day: formatDay(report.due_on, posted.language) })
  const danger = category.urgent ? ` ${t('open311.danger', { number: board.categories.emergencyNumber })}` : ''
  return { receipt: { service_request_id: report.reference, service_notice: due + danger, account_id: null }, repeated }
}

function serviceOf(board: Board, { service_code: code }: NewRequest, t: Translate): Category {
  if (code === null) refuse('open311.invalid', 400, [t('open311.error.service_code_needed')])
  const category = board.categories.byId(code)
  if (!category || !canBeSent(category)) refuse('open311.no-service', 404, [t('open311.error.service_code')])
  return category
}

type Place = { readonly lat: number; readonly long: number; readonly address: string | null }

/** One of lat and long, address_string, address_id; the most exact of them counts. */
function placeOf({ places }: Board, request: NewRequest, t: Translate, wrong: string[]): Place | null {
  const { lat, long, address_id: id, address_string: words } = request
  if (lat !== null || long !== null) {
    const point = pointIn(lat, long)
    // a device that does not know where it is says 0, 0
    const real = point && (point.lat !== 0 || point.long !== 0)
    if (!real) wrong.push(t('open311.error.lat_long'))
    return real ? { ...point, address: words?.trim().slice(0, 300) ?? null } : null
  }
  if (id !== null) {
    const found = places?.addressById(id) ?? null
    if (!found) wrong.push(t('open311.error.address_id'))
    return found && { lat: found.lat, long: found.long, address: found.line1 }
  }
  if (words !== null) {
    const [found] = places?.searchAddresses(words.slice(0, 300)) ?? []
    if (!found) wrong.push(t('open311.error.address_string'))
    return found ? { lat: found.lat, long: found.long, address: found.line1 } : null
  }
  wrong.push(t('open311.error.place_needed'))
  return null
}

function contactOf(request: NewRequest, t: Translate, wrong: string[]): NewReport['contact'] | null {
  const { email, phone } = request
  const name = [request.first_name, request.last_name].flatMap((each) => each?.trim() || []).join(' ')
  if (email !== null && !/^[^\s@<>"]{1,64}@[^\s@<>"]{1,190}\.[^\s@<>"]{2,60}$/.test(email.trim())) wrong.push(t('open311.error.email'))
  if (name.length > 200 || (phone ?? '').length > 60) wrong.push(t('open311.error.contact'))
  if (name === '' && email === null && phone === null) return null
  return { name: name === '' ? null : name, email: email?.trim() ?? null, phone: phone?.trim() ?? null }
}

function answersOf(board: Board, category: Category, request: NewRequest, t: Translate, wrong: string[]): Record<string, unknown> {
  const given: Array<[string, unknown]> = []
  for (const [code, values] of request.attributes) {
    const question = askedOf(category, code)
    if (question) given.push([code, answerOf(question, values)])
    else if (code !== 'danger') wrong.push(t('open311.error.attribute_unknown', { code: code.slice(0, 60) }))
  }
  const answers = Object.fromEntries(given)
  const form = category.questions.length === 0 ? null : board.categories.form(category.id)
  const issues = form ? evaluate(form, answers, {}, board.platform.city.dayOf(board.platform.now())).issues : []
  for (const { question, code } of issues) {
    wrong.push(t(code === 'missing' ? 'open311.error.attribute_needed' : 'open311.error.attribute', { code: question }))
  }
  return answers
}

/** Only noted, never fetched: an officer looks at it before anybody else sees it. */
function mediaUrlOf({ media_url: url }: NewRequest, t: Translate, wrong: string[]): string | null {
  if (url === null) return null
  const parsed = URL.parse(url.trim())
  if (parsed?.protocol === 'https:' && parsed.username === '' && url.length <= 2_000) return parsed.href
  wrong.push(t('open311.error.media_url'))
  return null
}

async function picturesOf({ media }: Posted, t: Translate, wrong: string[]): Promise<CleanFile[]> {
  const clean: CleanFile[] = []
  for (const { name, bytes } of media) {
    try {
      clean.push(await cleanUpload(name, bytes, ['image']))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      wrong.push(t('open311.error.media'))
    }
  }
  return clean
}

/**
 * Sends it once: the same `Idempotency-Key` from the same client is the same request; without one, the same fields and
 * pictures within some minutes. Each is told by a hash of what only the client knows.
 */
async function sendOnce(board: Board, posted: Posted, draft: Omit<NewReport, 'sourceId'>): Promise<Sent> {
  const actor = anonymous('open311')
  if (posted.key !== null) return sendReport(board, actor, { ...draft, sourceId: keyedSource(posted.clientId, posted.key) })
  const words = `${posted.clientId}:${hashOf(posted)}`
  const first = await sendReport(board, actor, { ...draft, sourceId: words })
  if (!first.repeated || isRecent(board, first.report)) return first
  // said before, long ago: a new request, told apart by its time
  const slot = Math.floor(board.platform.now().getTime() / (SAME_MINUTES * 60_000))
  const before = await reportBySource(board.platform.db, 'open311', `${words}:${slot - 1}`)
  const recent = before !== null && isRecent(board, before)
  return sendReport(board, actor, { ...draft, sourceId: `${words}:${recent ? slot - 1 : slot}` })
}

function isRecent({ platform }: Board, report: Pick<Report, 'opened_at'>): boolean {
  return platform.now().getTime() - report.opened_at.getTime() < SAME_MINUTES * 60_000
}

function hashOf(posted: Posted): string {
  const { attributes, ...fields } = posted.request
  const hash = createHash('sha256').update(JSON.stringify([fields, [...attributes], posted.language]))
  for (const { bytes } of posted.media) hash.update(createHash('sha256').update(bytes).digest())
  return hash.digest('base64url')
}

/** The id at its source of a request that came with an `Idempotency-Key`. */
export function keyedSource(clientId: string, key: string): string {
  return `${clientId}:key:${createHash('sha256').update(key).digest('base64url')}`
}
