import { setTimeout as sleep } from 'node:timers/promises'

/** A submission that was acknowledged with 201. */
export type Acknowledged = {
  readonly journey: string
  readonly token: string
  readonly key: string
  readonly reference: string
  readonly trackingToken: string
}

/** What the clients saw. */
export type Seen = {
  readonly acknowledged: Acknowledged[]
  /** Answers that may never come, whatever is killed: a fault of ours, an acknowledged journey that is gone, two answers to one key. */
  readonly wrong: string[]
  /** Requests that were sent again. */
  retries: number
}

type Page = { questions: Array<{ id: string; example: unknown }> }
type JourneyReply = { id: string; token: string; page: Page | null; complete: boolean }
type Receipt = { reference: string; trackingToken: string }
type Ask = { method: string; path: string; token?: string; key?: string; body?: unknown }

/** Starts clients that fill in and submit journeys through the JSON door until told to stop; each ends what it has begun. */
export function startClients(url: string, services: readonly string[], count: number, seen: Seen): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const clients = Array.from({ length: count }, async (_, client) => {
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      const service = services[(client + turn) % services.length] ?? ''
      await submitOne(url, service, `drill-${client}-${turn}`, turn % 4 === 0, seen)
    }
  })
  return {
    async stop() {
      stopping.abort()
      await Promise.all(clients)
    },
  }
}

async function submitOne(url: string, service: string, key: string, twice: boolean, seen: Seen): Promise<void> {
  const begun = await insist<JourneyReply>(url, { method: 'POST', path: `/api/v1/services/${service}/journeys`, body: {} }, 201, seen)
  if (!begun) return
  const { id, token } = begun
  for (let now = begun, steps = 0; !now.complete; steps += 1) {
    if (!now.page || steps > 60) return void seen.wrong.push(`${service} ${id}: no way to the end`)
    const answers = Object.fromEntries(now.page.questions.map((question) => [question.id, question.example]))
    const next = await insist<JourneyReply>(
      url,
      { method: 'PUT', path: `/api/v1/journeys/${id}/answers`, token, body: { answers } },
      200,
      seen,
    )
    if (!next) return
    now = next
  }
  const send = { method: 'POST', path: `/api/v1/journeys/${id}/submission`, token, key }
  const receipt = await insist<Receipt>(url, send, 201, seen)
  if (!receipt) return
  const { reference, trackingToken } = receipt
  seen.acknowledged.push({ journey: id, token, key, reference, trackingToken })
  if (twice) await sendAgain(url, { journey: id, token, key, reference, trackingToken }, seen)
}

/** Sends an acknowledged submission again with its key: the answer has to be the same. */
export async function sendAgain(url: string, known: Acknowledged, seen: Seen): Promise<void> {
  const { journey, token, key } = known
  const again = await insist<Receipt>(url, { method: 'POST', path: `/api/v1/journeys/${journey}/submission`, token, key }, 201, seen)
  if (again && (again.reference !== known.reference || again.trackingToken !== known.trackingToken))
    seen.wrong.push(`${journey}: acknowledged as ${known.reference}, answered again as ${again.reference}`)
}

/** Asks until there is an answer that is not "try again"; null (and noted) when it is a wrong one. */
async function insist<T>(url: string, ask: Ask, expected: number, seen: Seen): Promise<T | null> {
  const until = performance.now() + 90_000
  for (let tries = 0; ; tries += 1) {
    if (tries > 0) seen.retries += 1
    const answer = await send(url, ask)
    if (answer !== null && answer.status === expected) return answer.body as T
    if (answer !== null && answer.status !== 503) {
      seen.wrong.push(`${ask.method} ${ask.path}: ${answer.status} ${JSON.stringify(answer.body)}`)
      return null
    }
    if (performance.now() > until) {
      seen.wrong.push(`${ask.method} ${ask.path}: no answer for 90 seconds`)
      return null
    }
    await sleep(100)
  }
}

async function send(url: string, ask: Ask): Promise<{ status: number; body: unknown } | null> {
  const headers: Record<string, string> = {}
  if (ask.token) headers['authorization'] = `Bearer ${ask.token}`
  if (ask.key) headers['idempotency-key'] = ask.key
  if (ask.body !== undefined) headers['content-type'] = 'application/json'
  try {
    const body = ask.body === undefined ? undefined : JSON.stringify(ask.body)
    const response = await fetch(`${url}${ask.path}`, { method: ask.method, headers, body, signal: AbortSignal.timeout(20_000) })
    return { status: response.status, body: await response.json() }
  } catch {
    return null // the line was cut: nobody knows whether it was taken
  }
}
