import { isUuid } from '../../kernel/id.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import type { Words } from '../../kernel/text.ts'
import { type JournalEvent, textIn } from '../../platform/journal/event.ts'
import { countOfSubject, eventOfSubject, eventsOfSubject, type SubjectAsk } from '../../platform/journal/subject.ts'
import type { Platform } from '../../platform/platform.ts'
import { type Actor, allow } from '../access/index.ts'
import { type Behind, casesBehind, type House } from '../cases/index.ts'
import { type AccountWords, accountWords, staffOfAgency } from '../identity/index.ts'
import { saveAnswers, startJourney } from '../journeys/index.ts'
import { messagesBehind } from '../messages/index.ts'
import { blindedPerson, recordKinds, recordsOfDocuments, timesOpened } from '../people/index.ts'

/** The lines of the journal that say that somebody's data was opened. */
export const OPENINGS = ['people.record.opened', 'people.document.opened'] as const

/** The service by which somebody asks about their data. */
export const DATA_REQUEST = 'data_request'

const PAGE = 25
const DAY = 86_400_000

/** The periods that may be chosen, in days; `all` is everything. */
export const periods = { all: null, week: 7, month: 30, year: 365 } as const
export type Period = keyof typeof periods

/** Who opened it: staff of an agency (its id), the system by itself, or everybody. */
export const SYSTEM = 'system'

/** What a reader wants to see of the openings of their data. */
export type AccessFilter = {
  readonly period: Period
  readonly who: string | null
  readonly purpose: string | null
  /** Whether their own readings are among them. */
  readonly own: boolean
  /** The id of the line after which the page begins. */
  readonly before: string | null
}

/** One opening: the line, who did it and what it was about. */
export type Opening = {
  readonly line: JournalEvent
  readonly who: {
    readonly kind: 'own' | 'account' | 'anonymous' | 'system' | 'app'
    readonly account: AccountWords | null
    readonly part: string
    /** What an application calls itself; not known for one that is gone. */
    readonly name?: Words
  }
  /** `profile`, `journey`, `entry`, `message`, `document` or what another module keeps. */
  readonly kind: string
  readonly behind: Behind | null
  readonly fields: readonly string[]
  readonly purpose: string
  readonly legalBasis: string
}

/** A page of openings, and whether the journal has a line for each number of the person's counter. */
export type AccessPage = {
  readonly openings: readonly Opening[]
  readonly next: string | null
  readonly counted: number
  readonly lines: number
}

/** Lets somebody come to their own data; nobody who acts for another sees who looked at it. Returns their person. */
export function ownPerson(actor: Actor): string {
  if (actor.acting !== null) throw new Problem('privacy.acting', 403, 'You act for another person now. Stop that to see your own data.')
  allow(actor, 'privacy.use', { personId: actor.personId })
  if (actor.personId === null) throw notFound('person')
  return actor.personId
}

/** A page of the openings of the actor's own data, newest first, as filtered. */
export async function accessPage(house: House, actor: Actor, filter: AccessFilter): Promise<AccessPage> {
  const personId = ownPerson(actor)
  const { platform } = house
  const subject = blindedPerson(platform, personId)
  const [lines, whole] = await Promise.all([
    eventsOfSubject(platform, subject, { ...(await askOf(platform, actor, filter)), limit: PAGE + 1, before: filter.before }),
    completeness(platform, personId),
  ])
  const shown = lines.slice(0, PAGE)
  return { openings: await describe(house, actor, shown), next: lines.length > PAGE ? (shown.at(-1)?.id ?? null) : null, ...whole }
}

/**
 * How often a person's data was opened by their own counter, and how many lines say so. They are the same unless a line
 * was lost: an opening that is written between the two readings is read again.
 */
export async function completeness(platform: Platform, personId: string): Promise<{ counted: number; lines: number }> {
  const subject = blindedPerson(platform, personId)
  for (let tries = 1; ; tries += 1) {
    const counted = await timesOpened(platform.db, personId)
    const lines = await countOfSubject(platform, subject, { types: OPENINGS })
    if (counted === lines || tries === 3) return { counted, lines }
  }
}

async function askOf(platform: Platform, actor: Actor, filter: AccessFilter): Promise<SubjectAsk> {
  const days = periods[filter.period]
  return {
    types: OPENINGS,
    from: days === null ? null : new Date(platform.now().getTime() - days * DAY),
    actors: filter.who === null ? null : await actorsOf(platform, filter.who),
    except: filter.own ? null : actor.journalName,
    having: filter.purpose === null ? null : { name: 'purpose', value: filter.purpose },
  }
}

async function actorsOf(platform: Platform, who: string): Promise<string[]> {
  if (who === SYSTEM) return ['system:*']
  return (await staffOfAgency(platform, who)).map((each) => `account:${each.id}`)
}

/** Adds to lines of the journal who did it and what it was about; nothing is opened for it. */
export async function describe(house: House, actor: Pick<Actor, 'journalName'>, lines: readonly JournalEvent[]): Promise<Opening[]> {
  const { platform } = house
  const accounts = lines.flatMap((line) => accountOf(line.actor) ?? [])
  const records = lines.flatMap((line) => idIn(line, 'record'))
  const documents = lines.flatMap((line) => idIn(line, 'document'))
  const [known, kinds, sentFor, about] = await Promise.all([
    accountWords(platform, accounts),
    recordKinds(platform, records),
    recordsOfDocuments(platform, documents),
    messagesBehind(platform, records),
  ])
  const behind = await casesBehind(house, [...records, ...documents, ...sentFor.values(), ...[...about.values()].filter(isUuid)])
  return lines.map((line) => {
    const thing = textIn(line.data, 'record') || textIn(line.data, 'document')
    const isDocument = line.type === 'people.document.opened'
    return {
      line,
      who: whoOf(actor, line.actor, known),
      kind: isDocument ? 'document' : (kinds.get(thing) ?? 'record'),
      behind: behind.get(thing) ?? behind.get(sentFor.get(thing) ?? '') ?? behind.get(about.get(thing) ?? '') ?? null,
      fields: Array.isArray(line.data['fields']) ? line.data['fields'].filter((each) => typeof each === 'string') : [],
      purpose: textIn(line.data, 'purpose'),
      legalBasis: textIn(line.data, 'legal_basis'),
    }
  })
}

/** The same with the names of the applications that opened something. */
export async function withAppNames(opened: readonly Opening[], appName: (id: string) => Promise<Words | null>): Promise<Opening[]> {
  const ids = new Set(opened.flatMap(({ who }) => (who.kind === 'app' ? [who.part] : [])))
  const names = new Map(await Promise.all([...ids].map(async (id) => [id, await appName(id)] as const)))
  return opened.map((opening) => {
    const name = opening.who.kind === 'app' ? names.get(opening.who.part) : null
    return name ? { ...opening, who: { ...opening.who, name } } : opening
  })
}

function whoOf(actor: Pick<Actor, 'journalName'>, name: string, known: ReadonlyMap<string, AccountWords>): Opening['who'] {
  if (name === actor.journalName) return { kind: 'own', account: null, part: '' }
  const account = accountOf(name)
  if (account !== null) return { kind: 'account', account: known.get(account) ?? null, part: '' }
  const [kind, part = ''] = name.split(':')
  return kind === 'system' || kind === 'app' ? { kind, account: null, part } : { kind: 'anonymous', account: null, part: '' }
}

function accountOf(name: string): string | null {
  return /^account:([0-9a-f-]{36})$/.exec(name)?.[1] ?? null
}

function idIn(line: JournalEvent, name: string): string[] {
  const id = textIn(line.data, name)
  return isUuid(id) ? [id] : []
}

/**
 * Begins a request about one opening: a journey of the service for such requests, with what is known filled in; `say`
 * puts the opening in words. The person completes and sends it, and it becomes a case with a deadline. Returns the
 * journey. Throws 404 for a line that is not about the actor's data.
 */
export async function askWhy(
  house: House,
  actor: Actor,
  lineId: string,
  language: string,
  say: (opening: Opening) => Promise<string>,
): Promise<string> {
  const subject = blindedPerson(house.platform, ownPerson(actor))
  const line = isUuid(lineId) ? await eventOfSubject(house.platform, subject, lineId, OPENINGS) : null
  const [opening] = line ? await describe(house, actor, [line]) : []
  if (!opening) throw notFound('opening')
  const { id } = await startJourney(house, actor, DATA_REQUEST, language)
  await saveAnswers(house, actor, id, {
    request_kind: 'ask_why',
    about_access: `${(await say(opening)).slice(0, 400)} (${opening.line.id})`,
  })
  return id
}
