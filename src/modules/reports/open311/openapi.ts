type Schema = Record<string, unknown>

const text = { type: 'string' }
const perhaps = (type: string): Schema => ({ type: [type, 'null'] })
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })
const both = (description: string, schema: Schema): Schema => ({
  description,
  content: { 'application/json': { schema }, 'text/xml': { schema: { type: 'string' } } },
})
const listOf = (name: string): Schema => ({ type: 'array', items: ref(name) })
const refused = { '4XX': both('Refused: a list of errors', listOf('Open311Error')) }
const from = (place: 'path' | 'query', name: string, description: string): Schema => ({
  name,
  in: place,
  ...(place === 'path' ? { required: true } : {}),
  description,
  schema: { type: 'string', maxLength: 2000 },
})
const id = from('path', 'id', 'With the ending .json or .xml')
const listing = [
  from('query', 'service_request_id', 'With commas; overrides all others'),
  from('query', 'service_code', 'With commas'),
  from('query', 'status', 'open, closed or both with a comma'),
  from('query', 'start_date', 'W3C date time with a zone; 90 days at most to end_date'),
  from('query', 'end_date', 'W3C date time with a zone'),
  from('query', 'updated_after', 'W3C date time with a zone'),
  from('query', 'updated_before', 'W3C date time with a zone'),
  from('query', 'page', 'From 1'),
  from('query', 'page_size', '1,000 at most'),
  from('query', 'extensions', 'true: extended_attributes'),
  from('query', 'locale', 'A language of the city'),
]
const read = (operationId: string, summary: string, name: string, parameters: readonly Schema[] = []): Schema => ({
  get: { operationId, summary, parameters, responses: { 200: both(summary, listOf(name)), ...refused } },
})

const form = {
  required: true,
  content: {
    'application/x-www-form-urlencoded': {
      schema: {
        type: 'object',
        properties: Object.fromEntries(
          ['api_key', 'service_code', 'lat', 'long', 'address_string', 'address_id', 'email', 'first_name', 'last_name', 'phone', 'description', 'media_url']
            .map((name) => [name, text]), // prettier-ignore
        ),
        required: ['api_key', 'service_code'],
        additionalProperties: true,
      },
    },
  },
}

/** GeoReport v2 in the description of the JSON door; docs/open311.md says the rest. */
export const open311Api: {
  readonly paths: Record<string, Schema>
  readonly schemas: Record<string, Schema>
  readonly securitySchemes: Record<string, Schema>
} = {
  paths: {
    '/open311/v2/services.json': read('open311Services', 'What can be reported', 'Open311Service'),
    '/open311/v2/requests.json': {
      ...read('open311Requests', 'Reports, the newest first', 'Open311Request', listing),
      post: {
        operationId: 'open311Send',
        summary: 'Send a report; the same Idempotency-Key is the same report',
        requestBody: form,
        responses: { 200: both('Sent before', listOf('Open311Receipt')), 201: both('Taken in', listOf('Open311Receipt')), ...refused },
      },
    },
    '/open311/v2/requests/{id}': read('open311Request', 'One report', 'Open311Request', [id]),
  },
  schemas: {
    Open311Error: { type: 'object', properties: { code: { type: 'integer' }, description: text }, required: ['code', 'description'] },
    Open311Service: {
      type: 'object',
      properties: {
        service_code: text,
        service_name: text,
        description: perhaps('string'),
        metadata: { type: 'boolean' },
        type: { enum: ['realtime', 'batch', 'blackbox'] },
        keywords: perhaps('string'),
        group: perhaps('string'),
      },
      required: ['service_code', 'service_name', 'metadata', 'type'],
    },
    Open311Receipt: {
      type: 'object',
      properties: { service_request_id: text, service_notice: perhaps('string'), account_id: perhaps('string') },
      required: ['service_request_id'],
    },
    Open311Request: {
      type: 'object',
      properties: {
        service_request_id: text,
        status: {
          enum: ['open', 'closed'],
          description: 'closed does not say that it was fixed: see status_notes and extended_attributes',
        },
        status_notes: perhaps('string'),
        service_name: perhaps('string'),
        service_code: perhaps('string'),
        description: perhaps('string'),
        requested_datetime: perhaps('string'),
        updated_datetime: perhaps('string'),
        expected_datetime: perhaps('string'),
        address: perhaps('string'),
        lat: perhaps('number'),
        long: perhaps('number'),
        media_url: perhaps('string'),
      },
      required: ['service_request_id', 'status'],
      additionalProperties: true,
    },
  },
  securitySchemes: {},
}
