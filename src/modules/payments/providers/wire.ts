import type { z } from 'zod'
import { ProviderAway, type ProviderPayment, ProviderRefused } from './port.ts'

/** How the city's payment provider is reached; `url` is the address of its API where it is not the provider's own public one. */
export type PayConfig = {
  readonly provider: 'harbourbank' | 'stripe' | 'govuk_pay'
  readonly url?: string | undefined
  readonly key: string
  readonly webhookSecret: string
}

/** How long a provider may take for one answer (milliseconds, 10 seconds unless told) and how long the answer may be (bytes, 4 MiB). */
export type Patience = { readonly timeoutMs?: number | undefined; readonly maxBytes?: number | undefined }

/** A whole answer of a provider, not looked into yet. */
export type WireAnswer = { readonly status: number; readonly text: string }

/** One request to a provider; `body` is sent as it is. */
export type WireAsk = {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  readonly signal?: AbortSignal | null | undefined
}

/**
 * Asks a provider once and gives its whole answer. Redirects are not followed, so that the key goes nowhere but where the
 * operator said. Throws `ProviderAway` when there is no whole answer in time; its message is a code, never an address or a text.
 */
export async function reach(url: URL, ask: WireAsk, { timeoutMs = 10_000, maxBytes = 4 * 1024 * 1024 }: Patience): Promise<WireAnswer> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url.href, {
      method: ask.method,
      headers: ask.headers,
      redirect: 'manual',
      signal: ask.signal ? AbortSignal.any([timeout, ask.signal]) : timeout,
      ...(ask.body === undefined ? {} : { body: ask.body }),
    })
    const parts: Uint8Array[] = []
    let size = 0
    for await (const part of response.body ?? []) {
      const chunk: Uint8Array = part
      size += chunk.byteLength
      if (size > maxBytes) throw new ProviderAway('answer_too_long')
      parts.push(chunk)
    }
    return { status: response.status, text: Buffer.concat(parts).toString('utf8') }
  } catch (error) {
    if (error instanceof ProviderAway) throw error
    throw new ProviderAway(error instanceof Error && error.name === 'TimeoutError' ? 'no_answer_in_time' : 'no_answer')
  }
}

/** Whether an answer leaves open what became of the call: sent elsewhere, too many requests, or the server's fault. */
export function leavesOpen(status: number): boolean {
  return status < 200 || (status >= 300 && status < 400) || [408, 425, 429].includes(status) || status >= 500
}

/** The JSON of an answer; `ProviderAway` when it is none. */
export function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    throw new ProviderAway('answer_not_understood')
  }
}

/** What a provider said, checked; `ProviderAway` when it has another form than its documents say. */
export function understood<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw new ProviderAway('answer_not_understood')
  return parsed.data
}

/** A code of a provider as our logs may have it: a short word, or the status when it is anything else. */
export function safeCode(code: unknown, status: number): string {
  return typeof code === 'string' && /^[A-Za-z0-9._-]{1,60}$/.test(code) ? code.toLowerCase() : `status_${status}`
}

/** A client of a JSON API with a bearer key: answers are checked, refusals are `ProviderRefused` with the provider's code. */
export type JsonApi = {
  get<T>(path: string, query: Readonly<Record<string, string>>, schema: z.ZodType<T>): Promise<T>
  /** `key` is the idempotency key. */
  post<T>(path: string, key: string, body: object, schema: z.ZodType<T>): Promise<T>
}

/** Opens a JSON API below `base`; `codeOf` finds the provider's code in a refusal. */
export function jsonApi(base: string, key: string, patience: Patience, codeOf: (body: unknown) => unknown): JsonApi {
  const root = base.endsWith('/') ? base : `${base}/`
  const call = async <T>(method: string, url: URL, schema: z.ZodType<T>, headers: Record<string, string>, body?: string): Promise<T> => {
    const sent = { accept: 'application/json', authorization: `Bearer ${key}`, 'user-agent': 'Stoa', ...headers }
    const answer = await reach(url, { method, headers: sent, body }, patience)
    if (leavesOpen(answer.status)) throw new ProviderAway(`status_${answer.status}`)
    if (answer.status >= 400) throw new ProviderRefused(safeCode(codeOf(refusal(answer.text)), answer.status))
    return understood(schema, answer.text === '' ? null : jsonOf(answer.text))
  }
  return {
    get: (path, query, schema) => {
      const url = new URL(path, root)
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
      return call('GET', url, schema, {})
    },
    post: (path, idempotency, body, schema) =>
      call(
        'POST',
        new URL(path, root),
        schema,
        { 'content-type': 'application/json', 'idempotency-key': idempotency },
        JSON.stringify(body),
      ),
  }
}

function refusal(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return null
  }
}

/** Whether the payer may be sent to an address: only to the provider's own pages, which the page's CSP allows. */
export function payPage(url: string | null | undefined, origins: readonly string[]): string | null {
  if (url === null || url === undefined) return null
  const at = URL.canParse(url) ? new URL(url) : null
  if (at === null || !origins.includes(at.origin)) throw new ProviderAway('pay_page_elsewhere')
  return at.href
}

/** A text as a provider takes it: one line without signs that nobody sees, and not longer than it may be. */
export function short(text: string, most: number): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .slice(0, most)
    .toWellFormed()
}

/** What a provider tells that knows no payment of an attempt (or none yet). */
export const noPayment: ProviderPayment = {
  id: null,
  state: 'unknown',
  reason: null,
  amount: 0n,
  currency: 'XXX',
  captured: 0n,
  refunded: 0n,
  chargebacks: [],
  payUrl: null,
  method: null,
}
