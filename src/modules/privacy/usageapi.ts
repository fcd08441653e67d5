import type { FastifyRequest } from 'fastify'
import { Problem } from '../../kernel/problem.ts'
import { record } from '../../platform/journal/journal.ts'
import { countOfSubject, eventsOfSubject, firstOfSubject } from '../../platform/journal/subject.ts'
import { type RouteModule, textOf } from '../../platform/http/routes.ts'
import { languageOf } from '../../platform/http/visit.ts'
import { transact } from '../../platform/platform.ts'
import { accountOfPerson, limitAttempts, visitOf } from '../identity/index.ts'
import { blindedPerson, personByNationalId } from '../people/index.ts'
import { describe, OPENINGS, ownPerson } from './access.ts'
import type { PrivacyParts } from './parts.ts'
import { type Portal, portalOf } from './portals.ts'
import { usageJson } from './usagejson.ts'

/** Where the interface stands; the names below it are those of the data tracker, version 3. */
export const USAGE_BASE = '/api/v1/me/data-usage'

const token = { config: { access: 'token' } } as const
const free = { config: { access: 'public', api: true } } as const
const MOST = 10_000
const USUAL = 1_000

/** Whose usage is asked for, and who asks. */
type Asked = { readonly personId: string; readonly journalName: string; readonly portal: Portal | null }

/** Who used a person's data, for portals: findUsage, heartbeat, usagePeriod and supportedUsers. */
export function usageRoutes(parts: PrivacyParts): RouteModule {
  const { platform } = parts.house
  return (app) => {
    for (const path of [USAGE_BASE, `${USAGE_BASE}/v3/findUsage`]) app.get(path, token, (request) => findUsage(parts, request))
    app.get(`${USAGE_BASE}/v3/heartbeat`, free, () => ({ status: 'OK', message: 'The journal can be read.' }))
    app.get(`${USAGE_BASE}/v3/usagePeriod`, token, async (request) => {
      const asked = await whose(parts, request)
      const first = await firstOfSubject(platform, blindedPerson(platform, asked.personId), OPENINGS)
      return { periodStart: (first ?? platform.now()).toISOString() }
    })
    app.get(`${USAGE_BASE}/v3/supportedUsers`, token, async (request) => {
      const portal = await portalIn(parts, request)
      if (portal === null) return { supportedUsers: (await whose(parts, request)).portal === null ? ['me'] : [] }
      const code = codeIn(request)
      return { supportedUsers: (await personByNationalId(platform, code)) === null ? [] : [code] }
    })
  }
}

async function findUsage(parts: PrivacyParts, request: FastifyRequest): Promise<Record<string, unknown>> {
  const { house } = parts
  const { platform } = house
  const asked = await whose(parts, request)
  const ask = { types: OPENINGS, from: instantIn(request, 'periodStart'), to: instantIn(request, 'periodEnd') }
  const limit = wholeIn(request, 'limit', { least: 1, most: MOST, usual: USUAL })
  const skip = wholeIn(request, 'offset', { least: 0, most: 2_147_483_647, usual: 0 })
  const types = processingTypes(request)
  const subject = blindedPerson(platform, asked.personId)
  const none = { totalUsages: 0, returnedUsages: 0, dataRequests: [], dataResponses: [], dataProcessings: [], internalProcessings: [] }
  // the city keeps what it uses: every opening is of data that it holds itself
  if (!types.includes('INTERNAL_PROCESSING')) return none
  const [total, lines] = await Promise.all([
    countOfSubject(platform, subject, ask),
    eventsOfSubject(platform, subject, { ...ask, limit, skip }),
  ])
  const { language } = languageOf(request, platform.city)
  const reading = { t: house.messages.translator(language), locale: language, city: platform.city }
  const openings = await describe(house, asked, lines)
  if (asked.portal) await noteDisclosure(parts, asked.portal, subject, openings.length)
  return {
    ...none,
    totalUsages: total,
    returnedUsages: openings.length,
    internalProcessings: openings.map((each) => usageJson(reading, each)),
  }
}

/** The person whose usage is asked for: by an access token, for a registered portal by the code it names, else by the session. */
async function whose(parts: PrivacyParts, request: FastifyRequest): Promise<Asked> {
  const { platform } = parts.house
  const header = request.headers.authorization
  if (header === undefined) {
    const { session, actor } = visitOf(platform, request)
    if (session === null) throw needsToken()
    return { personId: ownPerson(actor), journalName: actor.journalName, portal: null }
  }
  await limitAttempts(platform, `data-usage:${request.ip}`, { max: 600, minutes: 15 })
  const portal = await portalIn(parts, request)
  if (portal) {
    const personId = await personByNationalId(platform, codeIn(request))
    if (personId === null) throw new Problem('privacy.unknown-person', 404, 'Nobody is known here by this code.')
    const account = await accountOfPerson(platform, personId)
    return { personId, journalName: account ? `account:${account.id}` : '', portal }
  }
  const bearer = await parts.verifyBearer(header)
  if (!bearer) throw needsToken()
  return { personId: bearer.personId, journalName: bearer.accountId === null ? '' : `account:${bearer.accountId}`, portal: null }
}

function portalIn(parts: PrivacyParts, request: FastifyRequest): Promise<Portal | null> {
  return portalOf(parts.house.platform, request.headers.authorization ?? '')
}

function needsToken(): Problem {
  return new Problem('access.token-needed', 401, 'Sign in, or send an access token for data_usage as "Authorization: Bearer".')
}

/**
 * The code of the person: of the query, which must be the one who asks in `X-Road-UserId`. To ask for somebody else on a
 * mandate is the portal's matter and is not taken here.
 */
function codeIn(request: FastifyRequest): string {
  const header = request.headers['x-road-userid']
  const asking = typeof header === 'string' ? header : ''
  const code = textOf(request.query, 'userCode') ?? asking
  if (!/^[A-Za-z0-9]{4,40}$/.test(code))
    throw new Problem('privacy.code-needed', 400, 'Name the person as "userCode" and in "X-Road-UserId".')
  if (asking !== code) throw new Problem('privacy.other-person', 403, 'A portal asks only for the person who has signed in there.')
  return code
}

async function noteDisclosure({ house }: PrivacyParts, portal: Portal, subject: string, count: number): Promise<void> {
  await transact(house.platform, (tx) =>
    record(
      tx,
      { journalName: `portal:${portal.id}`, channel: 'api' },
      {
        type: 'privacy.usage.told',
        stream: portal.id,
        subject,
        counted: false,
        data: { portal: portal.id, lines: count },
      },
    ),
  )
}

function instantIn(request: FastifyRequest, name: string): Date | null {
  const text = textOf(request.query, name)
  if (text === null || text === '') return null
  // RFC 3339, section 5.6; a time without a zone is UTC
  const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?$/.test(text)
    ? Date.parse(/(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`)
    : Number.NaN
  if (Number.isNaN(instant)) throw new Problem('privacy.bad-query', 400, `"${name}" is no instant such as 2026-11-23T10:20:30Z.`, { name })
  return new Date(instant)
}

function wholeIn(request: FastifyRequest, name: string, rule: { least: number; most: number; usual: number }): number {
  const text = textOf(request.query, name)
  if (text === null || text === '') return rule.usual
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= rule.least && value <= rule.most))
    throw new Problem('privacy.bad-query', 400, `"${name}" is no whole number from ${rule.least} to ${rule.most}.`, { name })
  return value
}

const TYPES = ['DATA_REQUEST', 'DATA_RESPONSE', 'DATA_PROCESSING', 'INTERNAL_PROCESSING']

function processingTypes(request: FastifyRequest): string[] {
  const { query } = request
  const given: unknown = typeof query === 'object' && query !== null && 'processingType' in query ? query.processingType : undefined
  if (given === undefined) return TYPES
  const asked: unknown[] = Array.isArray(given) ? given : [given]
  const known = TYPES.filter((type) => asked.includes(type))
  if (known.length !== new Set(asked).size)
    throw new Problem('privacy.bad-query', 400, `"processingType" is one or more of ${TYPES.join(', ')}.`, { name: 'processingType' })
  return known
}
