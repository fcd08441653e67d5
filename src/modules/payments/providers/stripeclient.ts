import type { z } from 'zod'
import { ProviderAway, ProviderRefused } from './port.ts'
import { pageOf } from './stripeshapes.ts'
import { leavesOpen, type Patience, type PayConfig, reach, safeCode, understood } from './wire.ts'

type Module = typeof import('stripe')
/** The SDK's client. */
export type StripeSdk = InstanceType<Module['default']>

const PUBLIC_API = 'https://api.stripe.com'

/** A client that retries nothing by itself and sends through our own wire: bounded, in time, without redirects and telemetry. */
export async function stripeSdk(pay: PayConfig, patience: Patience): Promise<StripeSdk> {
  const { default: Stripe } = await import('stripe')
  const base = pay.url === undefined || pay.url === '' ? PUBLIC_API : pay.url
  if (!URL.canParse(base)) throw new Error('The address of the payment provider is wrong.')
  const { protocol, hostname, port } = new URL(base)
  return new Stripe(pay.key, {
    httpClient: Stripe.createFetchHttpClient((url, init) => boundedFetch(url, init, patience)),
    protocol: protocol === 'http:' ? 'http' : 'https',
    host: hostname,
    port: port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port),
    timeout: (patience.timeoutMs ?? 10_000) + 1_000,
    maxNetworkRetries: 0,
    telemetry: false,
  })
}

/**
 * What the SDK sends, sent by us. It takes any JSON without `error` for success whatever the status, and stumbles over JSON that
 * is no object, so only whole objects of a fitting status are handed on, without headers of theirs that it would print.
 */
async function boundedFetch(input: string | URL | Request, init: RequestInit | undefined, patience: Patience): Promise<Response> {
  const url = input instanceof Request ? input.url : input
  const headers = Object.fromEntries(new Headers(init?.headers))
  const body = typeof init?.body === 'string' ? init.body : undefined
  const answer = await reach(new URL(url), { method: init?.method ?? 'GET', headers, body, signal: init?.signal }, patience)
  if (leavesOpen(answer.status) || answer.status === 409) throw new ProviderAway(`status_${answer.status}`)
  const value = objectOf(answer.text)
  const refused = answer.status >= 400
  if (!refused && (value === null || value['error'])) throw new ProviderAway('answer_not_understood')
  const text = refused && !isObject(value?.['error']) ? '{"error":{}}' : answer.text
  return new Response(text, { status: answer.status, headers: { 'content-type': 'application/json' } })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function objectOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/** One call of the SDK, its answer checked: `ProviderRefused` for a 4xx with the provider's code, `ProviderAway` for all else. */
export async function called<T>(schema: z.ZodType<T>, call: () => Promise<unknown>): Promise<T> {
  let answer: unknown
  try {
    answer = await call()
  } catch (error) {
    throw away(error)
  }
  return understood(schema, answer)
}

function away(error: unknown): Error {
  const seen = isObject(error) ? error : {}
  const status = seen['statusCode']
  if (typeof status !== 'number' || leavesOpen(status)) return new ProviderAway(wordOf(seen))
  return new ProviderRefused(safeCode(seen['code'] ?? seen['rawType'], status))
}

/** The code of the first error of ours in what the SDK wrapped around it. */
function wordOf(error: Record<string, unknown>): string {
  for (let at: unknown = error, depth = 0; isObject(at) && depth < 5; at = at['detail'] ?? at['cause'], depth += 1) {
    if (at instanceof ProviderAway) return at.message
  }
  return 'no_answer'
}

/** All items of a list in pages of 100; `ProviderAway` after `most` pages, because half a list tells nothing. */
export async function everyItem<T extends { readonly id: string }>(
  item: z.ZodType<T>,
  most: number,
  list: (page: { limit: number; starting_after?: string }) => Promise<unknown>,
): Promise<T[]> {
  const all: T[] = []
  for (let page = 0; page < most; page += 1) {
    const last = all.at(-1)
    const found = await called(pageOf(item), () => list({ limit: 100, ...(last ? { starting_after: last.id } : {}) }))
    all.push(...found.data)
    if (!found.has_more) return all
    if (found.data.length === 0) break
  }
  throw new ProviderAway('pages_without_end')
}
