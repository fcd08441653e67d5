import assert from 'node:assert/strict'
import sharp from 'sharp'
import { getCaseByReference } from '../../src/modules/cases/index.ts'
import type { App } from '../../src/app.ts'
import type { Level } from '../../src/modules/access/index.ts'
import { accountByAddress, accountFacts, type Method, sessionCookie, startSession } from '../../src/modules/identity/index.ts'
import type { TestApp } from './app.ts'
import { type Answer, type Ask, cookiesOf, formBody, send } from './client.ts'

/** Something that was applied for: what its resident holds. */
export type Applied = {
  readonly journey: string
  /** The journey's token. */
  readonly token: string
  readonly reference: string
  /** The tracking code. */
  readonly code: string
  readonly caseId: string
}

type Question = { id: string; kind: string; label: string; example: unknown }
type JourneyReply = { page: { id: string; questions: Question[] } | null; complete: boolean; issues: unknown[] }

/** An answer of one's own to a question; undefined takes its example. */
export type Own = (question: Question) => unknown

/** What somebody looks like to the server: everything they ask goes to `onAsk` first. */
export type Caller = (ask: Ask) => Promise<Answer>

/** A session of an account at a level, made without the pages of signing in; gives its cookie. */
export async function sessionFor(app: App, email: string, level: Level): Promise<string> {
  const account = await accountByAddress(app.platform, email)
  assert.ok(account, `${email} has an account`)
  const methods: Method[] = level === 'low' ? ['password'] : level === 'substantial' ? ['password', 'totp'] : ['passkey']
  const token = await startSession(app.platform, account.id, { level, methods, device: 'Test' })
  return `${sessionCookie(app.platform)}=${token}`
}

/** A session of an account as its own sign-in would make it: staff with their second step, residents with their password. */
export async function sessionOf(test: TestApp, email: string): Promise<string> {
  const account = await accountByAddress(test.app.platform, email)
  const facts = account && (await accountFacts(test.app.platform, account.id))
  return sessionFor(test.app, email, facts?.roles.some(({ role }) => role !== 'resident') ? 'substantial' : 'low')
}

/** A small photo, as bytes. */
export function photo(): Promise<Buffer> {
  return sharp({ create: { width: 40, height: 30, channels: 3, background: '#369' } })
    .jpeg()
    .toBuffer()
}

/** A multipart body with one file. */
export function fileBody(field: string, name: string, bytes: Buffer): { type: string; body: Buffer } {
  const boundary = 'stoa-test-boundary'
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\nContent-Type: image/jpeg\r\n\r\n`
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  }
}

/** Begins a service on its start page, as the bearer of these cookies; gives the journey and its token. */
export async function begin(call: Caller, service: string, cookie = ''): Promise<{ journey: string; token: string }> {
  const started = await call({ method: 'POST', path: `/services/${service}/start`, headers: cookie ? { cookie } : {} })
  const journey = /\/apply\/([0-9a-f-]{36})$/.exec(String(started.headers.location))?.[1] ?? ''
  const token = /stoa_journey=([^;]+)/.exec(cookiesOf(started).join('; '))?.[1] ?? ''
  assert.ok(journey && token, `${service} was started: ${started.status}`)
  return { journey, token }
}

/** Answers a journey through the API until it is complete. */
export async function answerAll(call: Caller, journey: string, token: string, own: Own = () => undefined): Promise<void> {
  const authorization = `Bearer ${token}`
  const door = `/api/v1/journeys/${journey}`
  let now: JourneyReply = JSON.parse((await call({ path: door, headers: { authorization } })).body)
  for (let pages = 0; !now.complete; pages += 1) {
    assert.ok(pages < 100 && now.page, `the journey comes to an end, ${JSON.stringify(now)}`)
    const answers: Record<string, unknown> = {}
    for (const question of now.page.questions) {
      if (question.kind === 'file') {
        const { type, body } = fileBody('file', 'photo.jpg', await photo())
        const sent = await call({ method: 'POST', path: `${door}/files`, headers: { authorization, 'content-type': type }, body })
        answers[question.id] = [JSON.parse(sent.body).id]
      } else answers[question.id] = own(question) ?? question.example
    }
    const put = await call({
      method: 'PUT',
      path: `${door}/answers`,
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ answers }),
    })
    assert.equal(put.status, 200, put.body)
    now = JSON.parse(put.body)
    assert.deepEqual(now.issues, [])
  }
}

/** Sends a complete journey as its page does. */
export async function sendOff(test: TestApp, call: Caller, journey: string, token: string, cookie = ''): Promise<Applied> {
  const answer = await call({
    method: 'POST',
    path: `/apply/${journey}/submit`,
    headers: { cookie: [cookie, `stoa_journey=${token}`].filter(Boolean).join('; ') },
  })
  assert.equal(answer.headers.location, `/apply/${journey}/done`, `${answer.status} ${answer.body}`)
  const [, code = '', reference = ''] = /stoa_case=([^;]+);.*Path=\/cases\/([^;]+)/.exec((answer.headers['set-cookie'] ?? []).join()) ?? []
  const found = await getCaseByReference(test.app.platform, reference)
  return { journey, token, reference, code, caseId: found?.id ?? '' }
}

/** Applies for a service, answering with its examples. */
export async function applyFor(
  test: TestApp,
  service: string,
  options: { cookie?: string; own?: Own; call?: Caller } = {},
): Promise<Applied> {
  const call: Caller = options.call ?? ((ask) => send(test.url, ask))
  const { journey, token } = await begin(call, service, options.cookie)
  await answerAll(call, journey, token, options.own)
  return sendOff(test, call, journey, token, options.cookie)
}

/** Acts on a case as its page does, with the page's own revision. */
export async function actOnCase(
  test: TestApp,
  cookie: string,
  caseId: string,
  act: string,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  const path = `/officer/cases/${caseId}`
  const page = await send(test.url, { path, headers: { cookie } })
  const revision = /name="revision" value="(\d+)"/.exec(page.body)?.[1] ?? ''
  const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' }
  const done = await send(test.url, { method: 'POST', path: `${path}/${act}`, headers, body: formBody({ text: '', revision, ...fields }) })
  assert.equal(
    done.status,
    303,
    `${act} ${JSON.stringify(fields)}: ${/st-errors?[^]{0,400}|role="alert"[^]{0,400}/.exec(done.body)?.[0] ?? ''}`,
  )
}
