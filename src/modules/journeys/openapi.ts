import { sessionCookie } from '../identity/index.ts'

type Schema = Record<string, unknown>

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })
const json = (schema: Schema): Schema => ({ 'application/json': { schema } })
const problem = (description: string): Schema => ({ description, content: { 'application/problem+json': { schema: ref('Problem') } } })
const param = (name: string, description: string): Schema => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string', maxLength: 200 },
})
const token: Schema[] = [{ journeyToken: [] }]

const servicePaths: Schema = {
  '/api/v1/services': {
    get: {
      operationId: 'listServices',
      summary: 'The services on offer',
      responses: {
        200: {
          description: 'Services',
          content: json({
            type: 'object',
            properties: { services: { type: 'array', items: ref('ServiceSummary') } },
            required: ['services'],
          }),
        },
        '4XX': problem('Refused'),
      },
    },
  },
  '/api/v1/services/{id}': {
    get: {
      operationId: 'getService',
      summary: 'One service with its questions',
      parameters: [param('id', 'The id of a service')],
      responses: { 200: { description: 'A service', content: json(ref('ServiceSummary')) }, 404: problem('No such service') },
    },
  },
  '/api/v1/services/{id}/journeys': {
    post: {
      operationId: 'startJourney',
      summary: 'Start a journey',
      parameters: [param('id', 'The id of a service')],
      responses: {
        201: {
          description: 'The journey with its token and first page',
          content: json({ allOf: [ref('Journey'), { type: 'object', properties: { token: { type: 'string' } }, required: ['token'] }] }),
        },
        404: problem('No such service'),
      },
    },
  },
}

const journeyId = [param('id', 'The id of a journey')]
const journeyNow = { description: 'The journey as it is now', content: json(ref('Journey')) }
const journeyPaths: Schema = {
  '/api/v1/journeys/{id}': {
    get: {
      operationId: 'getJourney',
      summary: 'The journey as it is now',
      security: token,
      parameters: journeyId,
      responses: { 200: journeyNow, 401: problem('No token'), 404: problem('No such journey') },
    },
  },
  '/api/v1/journeys/{id}/answers': {
    put: {
      operationId: 'putAnswers',
      summary: 'Merge answers; null removes. A bad value is an issue, not an error.',
      security: token,
      parameters: journeyId,
      requestBody: {
        required: true,
        content: json({ type: 'object', properties: { answers: { type: 'object', additionalProperties: true } }, required: ['answers'] }),
      },
      responses: {
        200: journeyNow,
        400: problem('Not answers'),
        404: problem('No such journey'),
        409: problem('Already submitted, or its fee is being paid'),
        413: problem('Too much at once'),
        422: problem('A name that is no question'),
      },
    },
  },
  '/api/v1/journeys/{id}/files': {
    post: {
      operationId: 'addFile',
      summary: 'Send a file, at most 100 for a journey; then name its id in the answer of a file question',
      security: token,
      parameters: journeyId,
      requestBody: {
        required: true,
        content: {
          'multipart/form-data': {
            schema: {
              type: 'object',
              properties: { file: { type: 'string', contentMediaType: 'application/octet-stream' } },
              required: ['file'],
            },
          },
        },
      },
      responses: {
        201: {
          description: 'Kept',
          content: json({ type: 'object', properties: { id: { type: 'string', format: 'uuid' } }, required: ['id'] }),
        },
        413: problem('Too large to be read'),
        422: problem('Not a file that any question of the service takes'),
      },
    },
  },
  '/api/v1/journeys/{id}/submission': {
    post: {
      operationId: 'submit',
      summary: 'Submit, once; the same key gives the same answer',
      security: token,
      parameters: [
        ...journeyId,
        { name: 'Idempotency-Key', in: 'header', required: true, schema: { type: 'string', minLength: 1, maxLength: 200 } },
      ],
      responses: {
        201: {
          description: 'The case',
          content: json({
            type: 'object',
            properties: { reference: { type: 'string' }, trackingToken: { type: 'string' } },
            required: ['reference', 'trackingToken'],
          }),
        },
        400: problem('No key'),
        402: problem('The fee is to be paid first, at the address under "pay"; then send it again with the same key'),
        409: problem('Submitted with another key'),
        422: problem('Incomplete, with every issue'),
      },
    },
  },
}

const casePaths: Schema = {
  '/api/v1/cases/{reference}': {
    get: {
      operationId: 'getCase',
      summary: 'Where it is, who has it, until when',
      security: [{ trackingToken: [] }, { session: [] }],
      parameters: [param('reference', 'The reference of a case')],
      responses: {
        200: { description: 'The case', content: json(ref('Case')) },
        401: problem('Neither a tracking token nor a session'),
        404: problem('No such case, or not with this token or session'),
      },
    },
  },
}

const text = { type: 'string' }
const nullable = (type: string): Schema => ({ type: [type, 'null'] })
const money = {
  type: 'object',
  properties: { amount: { type: 'string', description: 'Whole minor units' }, currency: { type: 'string', pattern: '^[A-Z]{3}$' } },
  required: ['amount', 'currency'],
}
const schemas: Schema = {
  Money: money,
  Problem: {
    type: 'object',
    properties: { type: text, title: text, status: { type: 'integer' }, code: text, issues: { type: 'array', items: ref('Issue') } },
    required: ['type', 'title', 'status', 'code'],
    additionalProperties: true,
  },
  ServiceSummary: {
    type: 'object',
    properties: {
      id: text,
      version: text,
      status: { enum: ['draft', 'published'] },
      title: text,
      summary: text,
      agency: text,
      languages: { type: 'array', items: text },
    },
    required: ['id', 'version', 'title'],
    additionalProperties: true,
  },
  Question: {
    type: 'object',
    properties: {
      id: text,
      kind: text,
      label: text,
      hint: text,
      required: { type: 'boolean' },
      example: {},
      options: { type: 'array', items: { type: 'object', properties: { value: text, label: text }, required: ['value', 'label'] } },
      questions: { type: 'array', items: ref('Question') },
      file: ref('FileQuestion'),
    },
    required: ['id', 'kind', 'label', 'required', 'example'],
    additionalProperties: true,
  },
  FileQuestion: {
    type: 'object',
    description:
      'How to answer a question of the kind "file": POST each file to "upload" in the field "file" of a multipart/form-data body, then answer with the list of the ids that came back. The example has the right shape, and names no file.',
    properties: {
      max_files: { type: 'integer' },
      max_mb: { type: 'number', description: 'The most that each file may have, in millions of bytes' },
      accept: { type: 'array', items: text, description: 'Media types' },
      upload: { type: 'string', description: 'Where files are sent; outside a journey {id} stands for its id' },
    },
    required: ['max_files', 'max_mb', 'accept', 'upload'],
  },
  Page: {
    type: 'object',
    properties: {
      id: text,
      title: text,
      questions: { type: 'array', items: ref('Question') },
      statements: { type: 'array', items: text },
    },
    required: ['id', 'title', 'questions'],
  },
  Issue: {
    type: 'object',
    properties: {
      question: text,
      code: text,
      row: { type: 'integer' },
      column: text,
      rule: text,
      params: { type: 'object', additionalProperties: true },
      message: { type: 'string', description: "What to do, in the journey's language" },
    },
    required: ['question', 'code'],
  },
  Journey: {
    type: 'object',
    properties: {
      id: { type: 'string', format: 'uuid' },
      page: { oneOf: [ref('Page'), { type: 'null' }] },
      issues: { type: 'array', items: ref('Issue') },
      computed: { type: 'object', additionalProperties: true },
      eligible: nullable('boolean'),
      notMet: {
        type: 'array',
        description: "The conditions that are not met, in the service's words",
        items: { type: 'object', properties: { id: text, text }, required: ['id', 'text'] },
      },
      fee: { oneOf: [ref('Money'), { type: 'null' }] },
      complete: { type: 'boolean' },
      declaration: { type: 'string', description: 'What is confirmed by submitting; there when the journey is complete' },
    },
    required: ['id', 'page', 'issues', 'computed', 'notMet', 'fee', 'complete'],
  },
  Fee: {
    allOf: [
      ref('Money'),
      {
        type: 'object',
        properties: {
          due: { enum: ['before_submission', 'at_submission', 'at_decision', 'later'] },
          dueOn: nullable('string'),
          state: { enum: ['recorded', 'due', 'paid', 'overdue', 'reversed', 'refunded', 'cancelled', null] },
        },
        required: ['due', 'dueOn', 'state'],
      },
    ],
  },
  Case: {
    type: 'object',
    properties: {
      reference: text,
      service: text,
      version: text,
      state: text,
      stateLabel: text,
      waitingFor: { enum: ['agency', 'resident', 'other_agency', 'nobody'] },
      outcome: nullable('string'),
      owner: { type: 'object', properties: { agency: text, assigned: { type: 'boolean' } }, required: ['agency', 'assigned'] },
      submittedAt: { type: 'string', format: 'date-time' },
      closedAt: nullable('string'),
      deadline: nullable('string'),
      expectedOn: nullable('string'),
      fee: { oneOf: [ref('Fee'), { type: 'null' }] },
    },
    required: ['reference', 'service', 'state', 'waitingFor', 'outcome', 'owner', 'submittedAt', 'deadline'],
    additionalProperties: true,
  },
}

/** What a module above adds to the description of the JSON door. */
export type ApiPart = {
  readonly paths: Schema
  /** What the module tells addresses that others gave it. */
  readonly webhooks?: Schema
  readonly schemas: Schema
  readonly securitySchemes: Schema
}

/** The description of the JSON door, OpenAPI 3.1.0; `more` are the doors of other modules. */
export function openApi(origin: string, more: readonly ApiPart[] = []): Schema {
  const webhooks: Schema = Object.assign({}, ...more.map((part) => part.webhooks ?? {}))
  return {
    openapi: '3.1.0',
    info: {
      title: 'Stoa',
      version: '1.0.0',
      description:
        'Complete any public service of the city: list services, start a journey, answer the pages it gives, submit, follow the case. Errors are RFC 9457 problem documents.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: origin }],
    security: [],
    paths: Object.assign({}, servicePaths, journeyPaths, casePaths, ...more.map((part) => part.paths)),
    ...(Object.keys(webhooks).length > 0 ? { webhooks } : {}),
    components: {
      securitySchemes: {
        journeyToken: { type: 'http', scheme: 'bearer', description: 'The token that starting a journey gave.' },
        trackingToken: { type: 'http', scheme: 'bearer', description: 'The tracking token that submitting gave.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: sessionCookie({ publicOrigin: origin }),
          description: 'The session of an account that is signed in on the pages.',
        },
        ...Object.assign({}, ...more.map((part) => part.securitySchemes)),
      },
      schemas: Object.assign({}, schemas, ...more.map((part) => part.schemas)),
    },
  }
}
