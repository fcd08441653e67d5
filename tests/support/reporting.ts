import assert from 'node:assert/strict'
import { type Answer, formBody, send } from './client.ts'

/** A file of a form. */
export type SentFile = { readonly field: string; readonly name: string; readonly bytes: Buffer }

/** A multipart body with texts and files, in this order. */
export function multipart(fields: Readonly<Record<string, string>>, files: readonly SentFile[] = []): { type: string; body: Buffer } {
  const boundary = 'stoa-test-boundary'
  const parts: Buffer[] = Object.entries(fields).map(([name, value]) =>
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`),
  )
  for (const { field, name, bytes } of files) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\nContent-Type: image/jpeg\r\n\r\n`
    parts.push(Buffer.from(head), bytes, Buffer.from('\r\n'))
  }
  return { type: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]) }
}

/** Somebody with a browser that keeps cookies and runs no script. */
export class Resident {
  readonly #url: string
  readonly #jar = new Map<string, { value: string; path: string }>()
  readonly #headers: Readonly<Record<string, string>>

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url
    this.#headers = headers
  }

  /** Keeps a cookie, given as `name=value`. */
  keep(pair: string): this {
    const [name = '', value = ''] = pair.split('=')
    this.#jar.set(name, { value, path: '/' })
    return this
  }

  /** The value of a cookie that is kept. */
  cookie(name: string): string | null {
    return this.#jar.get(name)?.value ?? null
  }

  async ask(method: string, path: string, body?: { type: string; body: string | Buffer }): Promise<Answer> {
    const cookie = [...this.#jar].filter(([, each]) => path.startsWith(each.path)).map(([name, each]) => `${name}=${each.value}`).join('; ') // prettier-ignore
    const headers = { ...this.#headers, ...(cookie ? { cookie } : {}), ...(body ? { 'content-type': body.type } : {}) }
    const answer = await send(this.#url, { method, path, headers, ...(body ? { body: body.body } : {}) })
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [pair = ''] = line.split(';')
      const at = pair.indexOf('=')
      this.#jar.set(pair.slice(0, at), { value: pair.slice(at + 1), path: /Path=([^;]+)/i.exec(line)?.[1] ?? '/' })
    }
    return answer
  }

  get(path: string): Promise<Answer> {
    return this.ask('GET', path)
  }

  post(path: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.ask('POST', path, { type: 'application/x-www-form-urlencoded', body: formBody(fields) })
  }

  upload(path: string, fields: Readonly<Record<string, string>>, files: readonly SentFile[] = []): Promise<Answer> {
    return this.ask('POST', path, multipart(fields, files))
  }
}

/** A place in the city, as the map's fields send it. */
export function placeFields(at: { lat: number; long: number }): Record<string, string> {
  return { 'place-lat': String(at.lat), 'place-long': String(at.long) }
}

/** Where an answer leads. */
export function leadsTo(answer: Answer): string {
  assert.equal(answer.status, 303, `${answer.status} ${/role="alert"[^]{0,600}/.exec(answer.body)?.[0] ?? answer.body.slice(0, 300)}`)
  return String(answer.headers.location)
}

/** What the pothole of the demo city is asked about. */
export const POTHOLE: Readonly<Record<string, string>> = { where_in_road: 'carriageway' }

/** What a report is made of on the way of its pages. */
export type Telling = {
  readonly category: string
  readonly at: { lat: number; long: number }
  readonly text?: string
  readonly answers?: Readonly<Record<string, string>>
  readonly files?: readonly SentFile[]
}

/** Goes the pages up to the last one; says where it ended. */
export async function tellOf(resident: Resident, told: Telling): Promise<string> {
  let next = leadsTo(await resident.upload('/reports/new', placeFields(told.at)))
  next = leadsTo(await resident.post('/reports/new/what', { category: told.category }))
  if (next.endsWith('/danger')) next = leadsTo(await resident.post('/reports/new/danger'))
  assert.equal(next, '/reports/new/describe')
  for (let tries = 0; tries < 4 && next === '/reports/new/describe'; tries += 1) {
    const page = await resident.get(next)
    const shown = /name="_shown" value="([^"]*)"/.exec(page.body)?.[1] ?? ''
    const files = tries === 0 ? (told.files ?? []) : []
    next = leadsTo(
      await resident.upload(next, { _shown: shown, text: told.text ?? 'A hole in the road.', ...POTHOLE, ...told.answers }, files),
    )
  }
  return next
}

/** The hidden draft id of the last page. */
export async function sendFields(resident: Resident): Promise<Record<string, string>> {
  const page = await resident.get('/reports/new/send')
  assert.equal(page.status, 200, `${page.status} ${String(page.headers.location)}`)
  return { draft: /name="draft" value="([^"]*)"/.exec(page.body)?.[1] ?? '' }
}

/** Sends a report without anybody near it; gives its reference. */
export async function report(resident: Resident, told: Telling, contact: Readonly<Record<string, string>> = {}): Promise<string> {
  const next = await tellOf(resident, told)
  if (next === '/reports/new/similar' && (await resident.get(next)).status === 200) await resident.post(next, { join: '' })
  const sent = leadsTo(await resident.post('/reports/new/send', { ...(await sendFields(resident)), ...contact }))
  assert.equal(sent, '/reports/new/sent')
  const page = await resident.get(sent)
  return /RPT-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(page.body)?.[0] ?? ''
}
