import { inLanguage } from '../../kernel/text.ts'
import type { ApiPart } from '../journeys/index.ts'
import type { Opening } from './access.ts'
import { basisText, fieldTexts, purposeText, type Reading, thingText } from './accesswords.ts'

type Json = Record<string, unknown>

/** One opening as the data tracker's `UsageProcessing`; `fields` and `thing` are ours. */
export function usageJson(reading: Reading, opening: Opening): Json {
  const city = organisation(reading, null)
  return {
    logTime: opening.line.occurredAt.toISOString(),
    purpose: purposeText(reading, opening.purpose),
    logSourceSystem: 'Stoa',
    bulkProcessing: false,
    legalBasis: basisText(reading, opening),
    queryId: opening.line.id,
    ...(opening.behind ? { queryGroupId: opening.behind.current.reference } : {}),
    ...initiator(reading, opening),
    source: city,
    thing: thingText(reading, opening),
    fields: fieldTexts(reading, opening),
  }
}

function initiator(reading: Reading, { who }: Opening): Json {
  if (who.kind === 'own') return { initiatorPerson: { alternativeCode: 'data-subject' } }
  if (who.kind === 'anonymous') return { initiatorPerson: { alternativeCode: 'code-holder' } }
  if (who.kind === 'app') return { initiatorPerson: { alternativeCode: `app:${who.part}` } }
  if (who.kind === 'system') return { initiatorOrg: organisation(reading, null) }
  const role = who.account?.roles.find((binding) => binding.role !== 'resident')
  const name = reading.city.showStaffNames ? who.account?.name : null
  if (!role && !name) return { initiatorPerson: { alternativeCode: 'account-holder' } }
  return { initiatorOrg: organisation(reading, role?.agency ?? null), ...(name ? { initiatorPerson: { name } } : {}) }
}

function organisation({ city, locale }: Reading, agency: string | null): Json {
  const found = city.agencies.find((each) => each.id === agency)
  return { type: 'GOV', name: inLanguage(found ? found.name : city.name, locale).text, systemName: 'Stoa' }
}

const text = { type: 'string' }
const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })
const reply = (description: string, schema: Json): Json => ({ description, content: { 'application/json': { schema } } })
const problem = (description: string): Json => ({ description, content: { 'application/problem+json': { schema: ref('Problem') } } })
const query = (name: string, description: string, schema: Json): Json => ({ name, in: 'query', required: false, description, schema })
const security = [{ dataUsageToken: [] }]
const header = { name: 'X-Road-UserId', in: 'header', required: false, description: 'For a portal: the code of the person who has signed in there.', schema: text } // prettier-ignore
const userCode = query('userCode', 'For a portal: the same code.', text)
const refused = {
  400: problem('The query is not right'),
  401: problem('No token'),
  403: problem('Not yours'),
  404: problem('Nobody by this code'),
}

const find = {
  operationId: 'findUsage',
  summary: 'Who opened the data of the person, newest first',
  security,
  parameters: [
    header,
    userCode,
    query('periodStart', 'From this instant', { type: 'string', format: 'date-time' }),
    query('periodEnd', 'Before this instant', { type: 'string', format: 'date-time' }),
    query('processingType', 'Only these kinds', {
      type: 'array',
      items: { enum: ['DATA_REQUEST', 'DATA_RESPONSE', 'DATA_PROCESSING', 'INTERNAL_PROCESSING'] },
    }),
    query('includeBulkProcessing', 'Has no effect: there is no bulk processing here', { type: 'boolean', default: false }),
    query('limit', 'At most so many', { type: 'integer', minimum: 1, maximum: 10_000, default: 1_000 }),
    query('offset', 'Leave out so many', { type: 'integer', minimum: 0, default: 0 }),
  ],
  responses: { 200: reply('The usage', ref('FindUsageResponse')), ...refused },
}

const organisationSchema = {
  type: 'object',
  properties: { type: { enum: ['GOV'] }, name: text, systemName: text },
  required: ['type', 'name'],
}
const person = { type: 'object', properties: { name: text, alternativeCode: text } }

/** The interface in OpenAPI, after the data tracker's own description (e-gov/AJ, dumonitor-openapi-v3). */
export const usageApi: ApiPart = {
  paths: {
    '/api/v1/me/data-usage': { get: { ...find, operationId: 'findOwnUsage' } },
    '/api/v1/me/data-usage/v3/findUsage': { get: find },
    '/api/v1/me/data-usage/v3/heartbeat': {
      get: { operationId: 'heartbeat', summary: 'Whether it answers', responses: { 200: reply('It does', ref('HeartbeatResponse')) } },
    },
    '/api/v1/me/data-usage/v3/usagePeriod': {
      get: {
        operationId: 'usagePeriod',
        summary: 'Since when there is usage to be asked for',
        security,
        parameters: [header, userCode],
        responses: {
          200: reply('The period', {
            type: 'object',
            properties: { periodStart: { type: 'string', format: 'date-time' } },
            required: ['periodStart'],
          }),
          ...refused,
        },
      },
    },
    '/api/v1/me/data-usage/v3/supportedUsers': {
      get: {
        operationId: 'supportedUsers',
        summary: 'For whom usage can be asked for: for a portal the code if somebody here has it, else "me"',
        security,
        parameters: [header, userCode],
        responses: {
          200: reply('Users', {
            type: 'object',
            properties: { supportedUsers: { type: 'array', items: text } },
            required: ['supportedUsers'],
          }),
          ...refused,
        },
      },
    },
  },
  schemas: {
    HeartbeatResponse: { type: 'object', properties: { status: { enum: ['OK', 'FAIL'] }, message: text }, required: ['status'] },
    FindUsageResponse: {
      type: 'object',
      properties: {
        totalUsages: { type: 'integer' },
        returnedUsages: { type: 'integer' },
        dataRequests: { type: 'array', maxItems: 0 },
        dataResponses: { type: 'array', maxItems: 0 },
        dataProcessings: { type: 'array', maxItems: 0 },
        internalProcessings: { type: 'array', items: ref('UsageProcessing') },
      },
      required: ['totalUsages', 'returnedUsages'],
    },
    UsageProcessing: {
      type: 'object',
      properties: {
        logTime: { type: 'string', format: 'date-time' },
        purpose: text,
        logSourceSystem: text,
        bulkProcessing: { type: 'boolean' },
        legalBasis: text,
        queryId: text,
        queryGroupId: { type: 'string', description: 'The reference of the case' },
        initiatorOrg: organisationSchema,
        initiatorPerson: person,
        source: organisationSchema,
        thing: { type: 'string', description: 'What was opened' },
        fields: { type: 'array', items: text },
      },
      required: ['logTime', 'purpose', 'source'],
    },
  },
  securitySchemes: {
    dataUsageToken: {
      type: 'http',
      scheme: 'bearer',
      description: 'An access token with the scope data_usage, or the key of a registered portal.',
    },
  },
}
