import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { root, startApp, type TestApp } from '../support/app.ts'
import { formBody, send } from '../support/client.ts'

const form = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }

/** A line of the log. */
type Line = { readonly level: number; readonly msg: string; readonly code?: string; readonly route?: string; readonly time: number }

let test: TestApp
const logged: string[] = []

before(async () => {
  const logTo = { write: (line: string) => void logged.push(line) }
  test = await startApp({ listen: true, accounts: true, env: { LOG_LEVEL: 'info' }, overrides: { logTo } })
})
after(() => test.close())

/** The refusals that one request leaves in the log. */
async function refusals(ask: Parameters<typeof send>[1]): Promise<string[]> {
  const from = logged.length
  const { status } = await send(test.url, ask)
  const lines = logged.slice(from).map((line): Line => JSON.parse(line))
  return lines.filter((line) => line.msg === 'refused').map((line) => `${status} ${line.code ?? ''} ${line.route ?? ''}`.trim())
}

const post = (path: string, fields: Record<string, string>): Promise<string[]> =>
  refusals({ method: 'POST', path, headers: form, body: formBody(fields) })

it('a wrong password and a wrong code leave a line each, and a right one none', async () => {
  const email = 'resident@harbourview.example'
  assert.deepEqual(await post('/sign-in', { email, password: 'quite-the-wrong-one' }), ['422 identity.sign-in-refused /sign-in'])
  assert.deepEqual(await post('/sign-in', { email: 'nobody@example.org', password: 'x' }), ['422 identity.sign-in-refused /sign-in'])
  assert.deepEqual(await post('/sign-in/link/use', { code: 'AAAA-AAAA-AAAA' }), ['422 identity.wrong-code /sign-in/link/use'])
  assert.deepEqual(await post('/sign-in/letter', { code: 'AAAA' }), ['422 identity.wrong-code /sign-in/letter'])
  assert.deepEqual(await post('/sign-in', { email, password: 'harbour-lantern-2026' }), [])
})

it('so do waiting, another site, what cannot be read, what is too large, and an application with a wrong secret', async () => {
  const email = 'supervisor@harbourview.example'
  for (let i = 0; i < 5; i += 1) await post('/sign-in', { email, password: 'wrong' })
  assert.deepEqual(await post('/sign-in', { email, password: 'wrong' }), ['429 identity.wait /sign-in'])
  const foreign = { ...form, 'sec-fetch-site': 'cross-site' }
  assert.deepEqual(await refusals({ method: 'POST', path: '/sign-in', headers: foreign, body: 'a=b' }), ['403 csrf /sign-in'])
  const json = { 'content-type': 'application/json' }
  const door = '/api/v1/services/library_card/journeys'
  assert.deepEqual(await refusals({ method: 'POST', path: door, headers: json, body: '{"a":' }), [
    '400 bad-request /api/v1/services/:id/journeys',
  ])
  assert.deepEqual(await refusals({ method: 'POST', path: '/sign-in', headers: form, body: `a=${'x'.repeat(600_000)}` }), [
    '413 too-large /sign-in',
  ])
  const token = await refusals({
    method: 'POST',
    path: '/oidc/token',
    headers: form,
    body: formBody({ grant_type: 'authorization_code', client_id: 'nobody' }),
  })
  assert.deepEqual(token, ['401 invalid_client'])
})

it('no line says who, what was typed, or where the program lies', () => {
  const all = logged.join('')
  for (const needle of ['harbourview.example', 'nobody@example.org', 'quite-the-wrong-one', '127.0.0.1', 'AAAA', root])
    assert.ok(!all.includes(needle), needle)
  for (const line of logged) assert.equal(typeof JSON.parse(line).time, 'number', 'each says when, in UTC')
})
