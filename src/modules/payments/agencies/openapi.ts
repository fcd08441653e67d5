import { type HookEvent, hookEvents } from './client.ts'

type Schema = Record<string, unknown>

const text = (maxLength: number, more: Schema = {}): Schema => ({ type: 'string', minLength: 1, maxLength, ...more })
const amount: Schema = { type: 'string', pattern: '^-?[0-9]{1,18}$', description: 'Whole minor units' }
const positive: Schema = { type: 'string', pattern: '^[1-9][0-9]{0,11}$', description: 'Whole minor units, such as "2550"' }
const day: Schema = { type: 'string', format: 'date' }
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })
const json = (schema: Schema): Schema => ({ 'application/json': { schema } })
const problem = (description: string): Schema => ({ description, content: { 'application/problem+json': { schema: ref('Problem') } } })
const refused = {
  400: problem('No Idempotency-Key'),
  401: problem('No good key'),
  403: problem('The key is not good for this'),
  404: problem('No such bill'),
  409: problem('The number, or the Idempotency-Key, stands for something else; or the bill has ended'),
  422: problem('Faults, each with a JSON pointer under "errors"'),
  429: problem('Too many requests in this minute'),
}
const security = [{ moneyClient: [] }]
const key: Schema = { name: 'Idempotency-Key', in: 'header', required: true, schema: { type: 'string', minLength: 1, maxLength: 200 } }
const reference: Schema = {
  name: 'reference',
  in: 'path',
  required: true,
  description: 'The reference of a bill',
  schema: { type: 'string', maxLength: 40 },
}
const whole = { description: 'The bill as it is now', content: json(ref('Bill')) }
const from = (name: string, schema: Schema, description: string): Schema => ({ name, in: 'query', description, schema })
const changing = (operationId: string, summary: string, body: string): Schema => ({
  post: { operationId, summary, security, parameters: [reference, key], requestBody: { required: true, content: json(ref(body)) }, responses: { 200: whole, ...refused } },
}) // prettier-ignore

const told: Readonly<Record<HookEvent, string>> = {
  'bill.issued': 'A bill was issued',
  'bill.part_paid': 'A part of a bill was paid',
  'bill.paid': 'Nothing is owed on a bill any more: it was paid, the rest was waived, or it was corrected to what had been paid',
  'bill.reopened': 'A bill that was paid is owed again, because a bank took money back or it was corrected',
  'bill.changed': 'A bill was corrected, asked for in part only, or its payer got more time',
  'bill.cancelled': 'A bill was cancelled',
  'bill.written_off': 'What was owed on a bill is not asked for any more, because it cannot be had',
  'bill.refunded': 'Money was given back to the payer of a bill',
}

/** What an agency's address is told: the bill as it is when the message is written. */
const toldOf = (event: HookEvent): Schema => ({
  summary: told[event],
  requestBody: {
    required: true,
    description: 'Signed by Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature',
    content: json({
      type: 'object',
      properties: {
        type: { const: event },
        timestamp: { type: 'string', format: 'date-time' },
        data: { allOf: [ref('BillSummary'), { type: 'object', properties: { amount: { ...amount, description: 'What it is about, when that is an amount' } } }] },
      },
      required: ['type', 'timestamp', 'data'],
    }),
  },
  responses: { 200: { description: 'Taken; any 2xx within 15 seconds' } },
}) // prettier-ignore

/** What agencies' programs can do, in the description of the JSON door; docs/money-api.md says the rest. */
export const moneyApi: {
  readonly paths: Record<string, Schema>
  readonly webhooks: Record<string, Schema>
  readonly schemas: Record<string, Schema>
  readonly securitySchemes: Record<string, Schema>
} = {
  paths: {
    '/api/v1/bills': {
      post: {
        operationId: 'sendBill',
        summary: 'Issue a bill, once for its number; the same again is the same bill',
        security,
        parameters: [key],
        requestBody: { required: true, content: json(ref('NewBill')) },
        responses: { 200: { ...whole, description: 'It was there already' }, 201: { ...whole, description: 'Issued' }, ...refused },
      },
      get: {
        operationId: 'listBills',
        summary: 'The bills of the program, the newest first',
        security,
        parameters: [
          from('state', { enum: ['open', 'paid', 'cancelled', 'written_off'] }, 'Only these'),
          from('number', text(64), 'The one with this number'),
          from('after', { type: 'string', format: 'uuid' }, 'The "next" of the list before'),
          from('limit', { type: 'integer', minimum: 1, maximum: 200 }, '50 when it is left out'),
        ],
        responses: {
          200: {
            description: 'Bills',
            content: json({
              type: 'object',
              properties: { bills: { type: 'array', items: ref('BillSummary') }, next: { type: ['string', 'null'] } },
              required: ['bills', 'next'],
            }),
          },
          ...refused,
        },
      },
    },
    '/api/v1/bills/{reference}': {
      get: {
        operationId: 'getBill',
        summary: 'How a bill stands',
        security,
        parameters: [reference],
        responses: { 200: whole, ...refused },
      },
    },
    '/api/v1/bills/{reference}/cancellation': changing(
      'cancelBill',
      'Cancel a bill; what was paid waits for the treasury to give it back',
      'BillCancellation',
    ),
    '/api/v1/bills/{reference}/correction': changing(
      'correctBill',
      'Say what a bill comes to from now on, with interest and fees',
      'BillCorrection',
    ),
  },
  webhooks: Object.fromEntries(hookEvents.map((event) => [event, { post: toldOf(event) }])),
  schemas: {
    Words: { type: 'object', additionalProperties: { type: 'string' }, minProperties: 1, description: 'By language tag of the city' },
    NewBill: {
      type: 'object',
      properties: {
        number: text(64, { pattern: '^[\\x21-\\x7E]{1,64}$', description: 'Your own number: the key of the bill. Nothing personal.' }),
        payer: {
          oneOf: [
            {
              type: 'object',
              properties: {
                kind: { enum: ['person', 'company'] },
                name: text(200),
                email: text(200),
                address: { type: 'array', items: text(120), maxItems: 8 },
              },
              required: ['kind', 'name'],
              additionalProperties: false,
            },
            { type: 'null', description: 'Only whoever has the reference and its code' },
          ],
        },
        language: text(20),
        currency: text(3),
        revenue: { enum: ['fee', 'tax', 'fine', 'charge'] },
        title: ref('Words'),
        legalBasis: ref('Words'),
        appeal: ref('Words'),
        dueOn: day,
        lines: {
          type: 'array',
          minItems: 1,
          maxItems: 100,
          items: {
            type: 'object',
            properties: { title: ref('Words'), amount: positive, law: text(200) },
            required: ['title', 'amount'],
            additionalProperties: false,
          },
        },
      },
      required: ['number', 'payer', 'language', 'currency', 'revenue', 'title', 'dueOn', 'lines'],
      additionalProperties: false,
    },
    BillCancellation: { type: 'object', properties: { title: ref('Words') }, required: ['title'], additionalProperties: false },
    BillCorrection: {
      type: 'object',
      properties: { to: positive, title: ref('Words') },
      required: ['to', 'title'],
      additionalProperties: false,
    },
    BillSummary: {
      type: 'object',
      properties: {
        reference: text(20),
        number: text(64),
        state: { enum: ['open', 'paid', 'cancelled', 'written_off'] },
        overdue: { type: 'boolean' },
        currency: text(3),
        total: amount,
        waived: amount,
        paid: amount,
        outstanding: amount,
        issuedOn: day,
        dueOn: day,
        deferredUntil: { type: ['string', 'null'], format: 'date' },
        creditorReference: text(25, { description: 'ISO 11649, for bank transfers' }),
      },
      required: [
        'reference',
        'number',
        'state',
        'overdue',
        'currency',
        'total',
        'waived',
        'paid',
        'outstanding',
        'issuedOn',
        'dueOn',
        'creditorReference',
      ],
    },
    Bill: {
      allOf: [
        ref('BillSummary'),
        {
          type: 'object',
          properties: {
            title: ref('Words'),
            lines: { type: 'array', items: { type: 'object' } },
            payments: { type: 'array', items: { type: 'object' } },
            pay: {
              type: 'object',
              properties: { url: text(500), reference: text(20), code: text(20) },
              required: ['url', 'reference', 'code'],
            },
          },
          required: ['title', 'lines', 'payments', 'pay'],
        },
      ],
    },
  },
  securitySchemes: { moneyClient: { type: 'http', scheme: 'bearer', description: 'The key that an administrator made for the program.' } },
}
