import type { FastifyReply, FastifyRequest } from 'fastify'
import { notFound, Problem } from '../../kernel/problem.ts'
import { appendCookie, LANGUAGE_COOKIE } from '../../platform/http/visit.ts'
import { cookie, cookieOf } from '../../platform/http/security.ts'
import type { Platform } from '../../platform/platform.ts'
import { seeOther } from '../../platform/http/routes.ts'
import type { Content, Pages, View } from '../../ui/index.ts'
import type { Actor } from '../access/index.ts'
import type { CaseMoney, House } from '../cases/index.ts'
import { sessionLimits, speakAlso, visitOf } from '../identity/index.ts'
import type { Places } from '../places/index.ts'
import type { Page, Question, ServiceDefinition } from '../servicefile/index.ts'
import type { FeeDoor } from './fee.ts'
import type { ApiPart } from './openapi.ts'
import { adoptJourney, draftsOf, getJourney, openEnvelope, type OpenJourney, openJourney, setLanguage } from './service.ts'
import { holderOf, isOwnerAway, journeyToken } from './tokens.ts'

/** What the pages of journeys work with; a city without an address register has no places. */
export type JourneyParts = {
  readonly house: House
  readonly pages: Pages
  readonly places: Places | null
  /** What other modules add to the description of the JSON door. */
  readonly doors?: readonly ApiPart[]
  /** What is said on the first page of a form about the data that it collects. */
  readonly notice?: (view: View, definition: ServiceDefinition) => Content
  /** Paying before sending; without it such a fee is due with the application. */
  readonly fee?: FeeDoor
  /** What is said of the money of a case after it was sent. */
  readonly money?: CaseMoney
}

/** The cookie that holds a journey's token, on that journey's own path. */
export const JOURNEY_COOKIE = 'stoa_journey'

export type JourneyParams = { Params: { id: string } }
export type PageParams = { Params: { id: string; page: string } }

/** Keeps a journey's token in a cookie of the journey's own path: for 60 days, that of an account's for as long as a session. */
export function keepToken({ house }: JourneyParts, reply: FastifyReply, id: string, token: string, isAccounts: boolean): void {
  const https = house.platform.publicOrigin.startsWith('https:')
  const maxAge = isAccounts ? sessionLimits.absoluteMs / 1000 : 60 * 86_400
  appendCookie(reply, cookie(JOURNEY_COOKIE, token, { https, path: `/apply/${id}`, maxAge }))
}

/** The most cookies that one sign-out takes away by name: more make headers that servers before this one refuse. */
const MOST_TAKEN = 20

/** Takes the tokens of an account's newest drafts out of the browser that it signs out in. */
export async function dropTokens(platform: Platform, actor: Actor, reply: FastifyReply): Promise<void> {
  if (actor.acting !== null) return
  const https = platform.publicOrigin.startsWith('https:')
  for (const { id } of (await draftsOf(platform, actor)).slice(0, MOST_TAKEN))
    appendCookie(reply, cookie(JOURNEY_COOKIE, '', { https, path: `/apply/${id}`, maxAge: 0 }))
}

/**
 * Gives the owner of a draft its token: what is typed on this device is kept too when the session ends before it is sent.
 * It lasts no longer than a session, and signing out takes it away again.
 */
export function keepOwn(parts: JourneyParts, request: FastifyRequest, reply: FastifyReply, { journey }: OpenJourney): void {
  const { actor } = visitOf(parts.house.platform, request)
  if (actor.accountId === null || actor.acting !== null || journey.account_id !== actor.accountId || journey.state !== 'open') return
  // set each time: the draft may have had the longer one of nobody's before it came into the account
  keepToken(parts, reply, journey.id, journeyToken(parts.house.platform, journey.id), true)
}

/** The visitor, who holds the journey when the cookie has its token. */
export async function journeyActor({ house }: JourneyParts, request: FastifyRequest): Promise<Actor> {
  const { actor } = visitOf(house.platform, request)
  const id = (request.params as { id: string }).id
  if (!/^[0-9a-f-]{36}$/.test(id)) throw notFound('application')
  return holderOf(house.platform, actor, id, cookieOf(request, JOURNEY_COOKIE))
}

/**
 * Opens the journey of a request for its visitor; it becomes theirs when they have signed in since they began it. What is
 * an account's is not opened while nobody is signed in: throws 401, which leads a reader to signing in and back.
 */
export async function openFor(parts: JourneyParts, request: FastifyRequest): Promise<OpenJourney> {
  const actor = await journeyActor(parts, request)
  const id = (request.params as { id: string }).id
  const journey = await getJourney(parts.house.platform, actor, id)
  refuseAway(actor, journey)
  const opened = await openEnvelope(parts.house, actor, journey)
  speakAlso(parts.house.platform, request, opened.service.definition.languages)
  if (actor.accountId === null || opened.journey.account_id !== null || opened.journey.state !== 'open') return opened
  await adoptJourney(parts.house.platform, actor, id)
  return openJourney(parts.house, actor, id)
}

/** Refuses with 401 what shows an account's journey while nobody is signed in. */
export function refuseAway(actor: Actor, journey: OpenJourney['journey']): void {
  if (isOwnerAway(actor, journey)) throw new Problem('access.sign-in-needed', 401, 'Sign in to go on.')
}

/** The page of a request, if the answers so far lead to it. */
export function pageOf(opened: OpenJourney, id: string): Page {
  const page = opened.service.definition.form.pages.find((each) => each.id === id)
  if (!page) throw notFound('page')
  return page
}

/** A repeating group of a page. */
export function groupOf(page: Page, id: string): Question {
  const group = page.questions.find((each) => each.id === id && each.kind === 'repeating_group')
  if (!group) throw notFound('page')
  return group
}

/** Changes the language of the journey and the reader, and shows the page again: what was typed is kept. */
export async function switchLanguage(
  parts: JourneyParts,
  request: FastifyRequest,
  reply: FastifyReply,
  actor: Actor,
  language: string,
  path: string,
): Promise<FastifyReply> {
  const { id } = request.params as { id: string }
  const isOfCity = parts.house.platform.city.languages.some((each) => each.tag === language)
  const known = isOfCity || (await openJourney(parts.house, actor, id)).service.definition.languages.includes(language)
  if (known) {
    await setLanguage(parts.house.platform, actor, id, language)
    const https = parts.house.platform.publicOrigin.startsWith('https:')
    appendCookie(reply, cookie(LANGUAGE_COOKIE, language, { https, maxAge: 365 * 86_400 }))
  }
  return seeOther(reply, path)
}

/** Where the form goes on: the first page that is not done, else the check page. */
export function firstPath(opened: OpenJourney): string {
  const first = opened.evaluation.page
  return first === null ? `/apply/${opened.journey.id}/check` : `/apply/${opened.journey.id}/p/${first}`
}
