import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import sharp from 'sharp'
import { startApp, type TestApp } from '../support/app.ts'
import { type Answer, send } from '../support/client.ts'
import { applyFor, sessionFor } from '../support/world.ts'

type FileDoor = { max_files: number; max_mb: number; accept: string[]; upload: string }
type Question = { id: string; kind: string; required: boolean; example: unknown; questions?: Question[]; file?: FileDoor }
type JourneyReply = {
  id: string
  token: string
  page: { id: string; questions: Question[] } | null
  issues: Array<{ question: string; code: string; message: string }>
  complete: boolean
  fee: unknown
  eligible: boolean | null
  notMet: Array<{ id: string; text: string }>
  declaration?: string
}

describe('a client that knows nothing of a service', () => {
  let test: TestApp
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
  })
  after(() => test.close())

  const call = async <T>(
    method: string,
    path: string,
    options: { token?: string; body?: unknown; form?: FormData; key?: string } = {},
  ): Promise<{ status: number; body: T }> => {
    const headers: Record<string, string> = {}
    if (options.token) headers['authorization'] = `Bearer ${options.token}`
    if (options.key) headers['idempotency-key'] = options.key
    if (options.body !== undefined) headers['content-type'] = 'application/json'
    const response = await fetch(`${test.url}${path}`, {
      method,
      headers,
      body: options.form ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
    })
    return { status: response.status, body: (await response.json()) as T }
  }

  /** Sends a file of a kind that the question takes, to where it says, and gives the answer. */
  const sendFile = async ({ accept, upload, max_files, max_mb }: FileDoor, token: string): Promise<string[]> => {
    assert.ok(max_files >= 1 && max_mb >= 1)
    const form = new FormData()
    const bytes = accept.includes('image/jpeg')
      ? await sharp({ create: { width: 40, height: 30, channels: 3, background: '#369' } })
          .jpeg()
          .toBuffer()
      : Buffer.from('%PDF-1.7\n%%EOF\n')
    form.append('file', new Blob([new Uint8Array(bytes)]), accept.includes('image/jpeg') ? 'photo.jpg' : 'paper.pdf')
    const sent = await call<{ id: string }>('POST', upload, { token, form })
    assert.equal(sent.status, 201)
    return [sent.body.id]
  }

  /** Answers page after page with the examples alone. */
  const complete = async (service: string): Promise<{ id: string; token: string; pages: string[] }> => {
    const started = await call<JourneyReply>('POST', `/api/v1/services/${service}/journeys`, { body: {} })
    assert.equal(started.status, 201)
    const { id, token } = started.body
    const pages: string[] = []
    let now = started.body
    while (!now.complete) {
      assert.ok(now.page, 'a journey that is not complete has a page')
      assert.ok(pages.length < 100, 'the journey comes to an end')
      pages.push(now.page.id)
      const answers: Record<string, unknown> = {}
      for (const question of now.page.questions)
        answers[question.id] = question.file ? await sendFile(question.file, token) : question.example
      const put = await call<JourneyReply>('PUT', `/api/v1/journeys/${id}/answers`, { token, body: { answers } })
      assert.equal(put.status, 200, JSON.stringify(put.body))
      assert.deepEqual(put.body.issues, [], `issues on ${now.page.id}`)
      now = put.body
    }
    assert.ok(now.declaration, 'what is confirmed by sending it is told before')
    return { id, token, pages }
  }

  it('completes every shipped service from the examples, submits once, and follows the case', async () => {
    const { body } = await call<{ services: Array<{ id: string }> }>('GET', '/api/v1/services')
    assert.ok(body.services.length >= 9)
    for (const { id: service } of body.services) {
      const { id, token } = await complete(service)
      const first = await call<{ reference: string; trackingToken: string }>('POST', `/api/v1/journeys/${id}/submission`, {
        token,
        key: `key-${id}`,
      })
      const { assurance } = test.app.catalogue.offer(service).definition
      if (assurance !== 'none') {
        // it is begun and filled in by anybody, and sent by nobody who has not signed in surely enough
        assert.deepEqual([first.status, Object.entries(first.body).find(([name]) => name === 'needs')?.[1]], [401, assurance], service)
        continue
      }
      assert.equal(first.status, 201, `${service}: ${JSON.stringify(first.body)}`)
      const again = await call('POST', `/api/v1/journeys/${id}/submission`, { token, key: `key-${id}` })
      assert.deepEqual(again, first, 'the same key gives the same answer')
      const other = await call<{ code: string }>('POST', `/api/v1/journeys/${id}/submission`, { token, key: 'another' })
      assert.equal(other.status, 409)
      const tracked = await call<{ reference: string; service: string }>('GET', `/api/v1/cases/${first.body.reference}`, {
        token: first.body.trackingToken,
      })
      assert.equal(tracked.status, 200)
      assert.equal(tracked.body.service, service)
      const wrong = await call('GET', `/api/v1/cases/${first.body.reference}`, { token: 'AAAA-AAAA-AAAA' })
      assert.equal(wrong.status, 404)
    }
  })

  it('says a bad value as an issue, an unknown name as a problem, and an incomplete journey with every issue', async () => {
    const { body } = await call<JourneyReply>('POST', '/api/v1/services/library_card/journeys', { body: {} })
    const first = body.page?.questions[0]
    assert.ok(first)
    const bad = await call<JourneyReply>('PUT', `/api/v1/journeys/${body.id}/answers`, {
      token: body.token,
      body: { answers: { [first.id]: { nonsense: [1, 2] } } },
    })
    assert.equal(bad.status, 200)
    assert.deepEqual(
      bad.body.issues.map(({ question, message }) => [question, message]),
      [[first.id, 'Check how you wrote “What is your full name?”']],
    )
    const unknown = await call<{ code: string }>('PUT', `/api/v1/journeys/${body.id}/answers`, {
      token: body.token,
      body: { answers: { no_such_question: 1 } },
    })
    assert.equal(unknown.status, 422)
    const early = await call<{ issues: unknown[] }>('POST', `/api/v1/journeys/${body.id}/submission`, { token: body.token, key: 'k' })
    assert.equal(early.status, 422)
    assert.ok(early.body.issues.length > 1)
    const none = await call('POST', `/api/v1/journeys/${body.id}/submission`, { token: body.token })
    assert.equal(none.status, 400)
    const stranger = await call('GET', `/api/v1/journeys/${body.id}`, { token: 'x'.repeat(43) })
    assert.equal(stranger.status, 404)
  })

  it('says which conditions are not met, in the words of the service', async () => {
    const { id, token } = await complete('library_card')
    const answers = { connection: 'none' }
    const { status, body } = await call<JourneyReply>('PUT', `/api/v1/journeys/${id}/answers`, { token, body: { answers } })
    assert.deepEqual([status, body.eligible], [200, false])
    const rules = test.app.catalogue.offer('library_card').definition.rules.eligibility
    assert.ok(body.notMet.length > 0)
    for (const { id: rule, text } of body.notMet) assert.equal(text, rules.find((each) => each.id === rule)?.otherwise['en'])
  })

  it('shows a case to whoever it is of, by their session too, and to nobody else', async () => {
    const visitors = ['resident@harbourview.example', 'helper@harbourview.example']
    const [owner = '', stranger = ''] = await Promise.all(visitors.map((email) => sessionFor(test.app, email, 'low')))
    const { reference } = await applyFor(test, 'library_card', { cookie: owner })
    const asked = (headers: Record<string, string>): Promise<Answer> => send(test.url, { path: `/api/v1/cases/${reference}`, headers })
    const told = await asked({ cookie: owner })
    assert.deepEqual([told.status, JSON.parse(told.body).reference], [200, reference])
    assert.equal((await asked({ cookie: stranger })).status, 404)
    assert.equal((await asked({})).status, 401)
    const wrong = { cookie: owner, authorization: 'Bearer AAAA-AAAA-AAAA' }
    assert.equal((await asked(wrong)).status, 404, 'who shows a token is judged by it')
    const nothing = await send(test.url, { path: '/api/v1/cases/LIB-AAAA-AAAA' })
    assert.equal(nothing.status, 401, 'nobody learns whether there is such a case')
  })

  it('decides a library card at once and sends word once', async () => {
    const { id, token } = await complete('library_card')
    const sent = await call<{ reference: string; trackingToken: string }>('POST', `/api/v1/journeys/${id}/submission`, {
      token,
      key: 'once',
    })
    await test.settle()
    const tracked = await call<{ outcome: string; closedAt: string }>('GET', `/api/v1/cases/${sent.body.reference}`, {
      token: sent.body.trackingToken,
    })
    assert.equal(tracked.body.outcome, 'granted')
    const about = test.mails.filter((mail) => mail.text.includes(sent.body.reference))
    assert.ok(about.length >= 1 && about.length <= 3, `${about.length} mails`)
    assert.equal(new Set(about.map((mail) => mail.subject)).size, about.length, 'no message twice')
  })

  it('describes itself', async () => {
    const { status, body } = await call<{ openapi: string; paths: Record<string, unknown> }>('GET', '/api/openapi.json')
    assert.equal(status, 200)
    assert.match(body.openapi, /^3\.1/)
    assert.ok(Object.keys(body.paths).length >= 7)
  })
})
