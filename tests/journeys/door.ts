import assert from 'node:assert/strict'
import sharp from 'sharp'

/** A journey that is complete and waits to be submitted. */
export type Complete = { readonly id: string; readonly token: string; readonly eligible: boolean | null }
/** What a submission answers. */
export type Receipt = { reference: string; trackingToken: string; code?: string }
type Reply = {
  id: string
  token: string
  page: { questions: Array<{ id: string; kind: string; example: unknown }> } | null
  complete: boolean
  eligible: boolean | null
}

/** Asks the JSON door; `T` is what the caller expects to come back. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- one place that trusts the shape of an answer
export async function ask<T>(
  url: string,
  method: string,
  path: string,
  options: { token?: string; key?: string; body?: unknown; form?: FormData } = {},
): Promise<{ status: number; body: T; headers: Headers }> {
  const headers: Record<string, string> = {}
  if (options.token) headers['authorization'] = `Bearer ${options.token}`
  if (options.key) headers['idempotency-key'] = options.key
  if (options.body !== undefined) headers['content-type'] = 'application/json'
  const body = options.form ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
  const answer = await fetch(`${url}${path}`, { method, headers, body })
  return { status: answer.status, body: (await answer.json()) as T, headers: answer.headers }
}

/** Sends a small photo and returns its id. */
export async function sendPhoto(url: string, id: string, token: string): Promise<string> {
  const bytes = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#369' } })
    .jpeg()
    .toBuffer()
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(bytes)]), 'photo.jpg')
  const sent = await ask<{ id: string }>(url, 'POST', `/api/v1/journeys/${id}/files`, { token, form })
  assert.equal(sent.status, 201)
  return sent.body.id
}

/** Answers a service page after page with its examples, or with `own` answers. */
export async function completeJourney(url: string, service: string, own: Readonly<Record<string, unknown>> = {}): Promise<Complete> {
  const started = await ask<Reply>(url, 'POST', `/api/v1/services/${service}/journeys`, { body: {} })
  assert.equal(started.status, 201)
  const { id, token } = started.body
  let now = started.body
  for (let steps = 0; !now.complete; steps += 1) {
    assert.ok(now.page && steps < 100, 'the journey comes to an end')
    const answers: Record<string, unknown> = {}
    for (const question of now.page.questions)
      answers[question.id] = question.kind === 'file' ? [await sendPhoto(url, id, token)] : (own[question.id] ?? question.example)
    now = (await ask<Reply>(url, 'PUT', `/api/v1/journeys/${id}/answers`, { token, body: { answers } })).body
  }
  return { id, token, eligible: now.eligible }
}

/** Submits a complete journey. */
export function submit(url: string, journey: Complete, key: string): Promise<{ status: number; body: Receipt; headers: Headers }> {
  return ask<Receipt>(url, 'POST', `/api/v1/journeys/${journey.id}/submission`, { token: journey.token, key })
}
