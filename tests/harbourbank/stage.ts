import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { type Bank, type BankOptions, type Merchant, startBank } from '../../src/harbourbank/index.ts'

/** What an answer of the bank holds, as far as tests look. */
export type Told = {
  readonly id: string
  readonly state: string
  readonly reason: string | null
  readonly code: string
  readonly pay_url: string
  readonly captured: string
  readonly refunded: string
  readonly charged_back: string
  readonly method: string | null
  readonly chargebacks: ReadonlyArray<{ readonly id: string; readonly amount: string; readonly fee: string; readonly state: string }>
  readonly payments: readonly Told[]
  readonly refunds: readonly Told[]
  readonly settlements: readonly Settled[]
  readonly statements: ReadonlyArray<{ readonly id: string; readonly day: string; readonly currency: string }>
  readonly accepted: number
  readonly rejected: ReadonlyArray<{ readonly end_to_end: string; readonly reason: string }>
  readonly faults: ReadonlyArray<{ readonly name: string }>
}
type Settled = Readonly<Record<'id' | 'day' | 'currency' | 'gross' | 'fees' | 'net' | 'payout_reference', string>> & {
  readonly lines: ReadonlyArray<Readonly<Record<'kind' | 'gross' | 'fee' | 'net', string>>>
}

/** An answer: its status, its JSON, its text. */
export type Answered = { readonly status: number; readonly told: Told; readonly text: string }

/** A webhook that came, its signature checked by the library. */
export type Came = { readonly id: string; readonly type: string; readonly data: Record<string, unknown> }

/** A receiver of webhooks; `answer` decides its status. */
export type Receiver = { readonly url: string; readonly came: Came[]; answer: (came: Came) => number; close(): Promise<void> }

/** A bank with whom it works for, on a clock that tests move. */
export type Stage = {
  readonly bank: Bank
  readonly receiver: Receiver
  /** Moves the clock and lets the bank do what is due. */
  pass(ms: number): Promise<void>
  call(method: string, path: string, body?: unknown, key?: string): Promise<Answered>
  /** Begins a payment. */
  pay(fields?: Readonly<Record<string, unknown>>): Promise<Told>
  /** A payment as it is now. */
  now(id: string): Promise<Told>
  close(): Promise<void>
}

/** Whom the bank of the tests works for. */
export const merchant: Merchant = {
  name: { en: 'City of Examples', es: 'Ciudad de Ejemplos', ar: 'مدينة الأمثلة' },
  iban: 'PT50000000000000000202634',
  bic: 'HVBKPTP0XXX',
  currency: 'EUR',
  zone: 'UTC',
}

/** Sends a request to a bank with its key. */
export async function callBank(
  bank: Pick<Bank, 'url' | 'key'>,
  method: string,
  path: string,
  body?: unknown,
  key: string = randomUUID(),
): Promise<Answered> {
  const type = typeof body === 'string' ? 'application/xml' : 'application/json'
  const response = await fetch(bank.url + path, {
    method,
    headers: {
      authorization: `Bearer ${bank.key}`,
      ...(method === 'POST' ? { 'idempotency-key': key } : {}),
      ...(body === undefined ? {} : { 'content-type': type }),
    },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  const json = (response.headers.get('content-type') ?? '').includes('json')
  return { status: response.status, told: (json ? JSON.parse(text) : {}) as Told, text }
}

/** A plain ask for a payment. */
export const plainAsk = {
  amount: '2500',
  currency: 'EUR',
  reference: 'attempt-1',
  description: 'Parking permit',
  language: 'en',
  return_url: 'http://localhost:1/back?signed=1',
} as const

/** Starts a bank on a folder of its own and a receiver. */
export async function makeStage(options: Partial<BankOptions> = {}): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), 'harbourbank-'))
  let ahead = 0
  let secret = ''
  const receiver = await makeReceiver(() => secret)
  const bank = await startBank({
    port: 0,
    dir,
    merchant,
    webhookUrl: receiver.url,
    now: () => new Date(Date.now() + ahead),
    ...options,
  })
  secret = bank.webhookSecret
  return {
    bank,
    receiver,
    async pass(ms) {
      ahead += ms
      // what falls due may bring something more to deliver
      for (let round = 0; round < 3; round += 1) await bank.tick()
    },
    call: (method, path, body, key) => callBank(bank, method, path, body, key),
    pay: async (fields = {}) => {
      const { status, told, text } = await callBank(bank, 'POST', '/v1/payments', { ...plainAsk, ...fields })
      if (status !== 201) throw new Error(`the payment did not begin: ${status} ${text}`)
      return told
    },
    now: async (id) => (await callBank(bank, 'GET', `/v1/payments/${id}`)).told,
    async close() {
      await bank.close()
      await receiver.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function makeReceiver(secret: () => string): Promise<Receiver> {
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => (body += part))
    request.on('end', () => {
      const came = verified(secret(), body, request.headers)
      receiver.came.push(came)
      response.writeHead(receiver.answer(came)).end()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const receiver: Receiver = {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/hooks`,
    came: [],
    answer: () => 204,
    close: () => {
      server.closeAllConnections()
      return new Promise((done) => server.close(() => done()))
    },
  }
  return receiver
}

/** Checks the signature with the library; its own tolerance of five minutes is met by telling the time it was signed at. */
function verified(secret: string, body: string, headers: IncomingHttpHeaders): Came {
  const get = (name: string): string => String(headers[name] ?? '')
  const plain = {
    'webhook-id': get('webhook-id'),
    'webhook-timestamp': get('webhook-timestamp'),
    'webhook-signature': get('webhook-signature'),
  }
  const age = Math.abs(Number(plain['webhook-timestamp']) - Date.now() / 1000)
  const library = new Webhook(secret)
  if (age < 290) library.verify(body, plain)
  else if (library.sign(plain['webhook-id'], new Date(Number(plain['webhook-timestamp']) * 1000), body) !== plain['webhook-signature'])
    throw new Error('the signature does not fit')
  const told = JSON.parse(body) as { type: string; data: Record<string, unknown> }
  return { id: plain['webhook-id'], type: told.type, data: told.data }
}
