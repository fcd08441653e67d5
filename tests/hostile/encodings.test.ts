import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { startApp, type TestApp } from '../support/app.ts'
import { type Answer, send, sendRaw } from '../support/client.ts'
import { begin } from '../support/world.ts'

const TYPE = 'application/x-www-form-urlencoded'
const latin = (text: string): Buffer => Buffer.from(text, 'latin1')

let test: TestApp
let door: string
let page: string
let own: { authorization: string; cookie: string }

before(async () => {
  test = await startApp({ listen: true })
  const { journey, token } = await begin((ask) => send(test.url, ask), 'street_event_permit')
  door = `/api/v1/journeys/${journey}`
  page = `/apply/${journey}/p/your_name`
  own = { authorization: `Bearer ${token}`, cookie: `stoa_journey=${token}` }
})
after(() => test.close())

const put = (body: Buffer | string): Promise<Answer> =>
  send(test.url, { method: 'PUT', path: `${door}/answers`, headers: { ...own, 'content-type': 'application/json' }, body })
const post = (body: Buffer | string, type = TYPE, path = page): Promise<Answer> =>
  send(test.url, {
    method: 'POST',
    path,
    headers: { cookie: own.cookie, accept: 'text/html', 'accept-language': 'es', 'content-type': type },
    body,
  })
const nameNow = async (): Promise<string | undefined> => {
  const { body } = await send(test.url, { path: page, headers: own })
  return /name="full_name"[^>]* value="([^"]*)"/.exec(body)?.[1]?.replaceAll('&#38;', '&')
}
const refused = (answer: Answer): void => {
  assert.equal(answer.status, 400, answer.body)
  assert.match(answer.body, /UTF-8/)
}

it('JSON in another encoding than UTF-8 is refused, and nothing of it is kept', async () => {
  const json = '{"answers":{"full_name":"Caf\u00e9 M\u00fcller"}}'
  const { status, body } = await put(latin(json))
  assert.deepEqual([status, JSON.parse(body).code], [400, 'not-utf8'])
  assert.equal(await nameNow(), '')
  assert.equal((await put(json)).status, 200)
  assert.equal(await nameNow(), 'Caf\u00e9 M\u00fcller')
})

it('so are forms, as bytes and as escapes', async () => {
  for (const name of ['Andr%E9', 'Andr%C3', '%ED%A0%80', 'Andr%', 'Andr%G1', latin('Andr\u00e9')]) {
    const body = Buffer.concat([Buffer.from('_shown=full_name&full_name='), Buffer.from(name)])
    refused(await post(body))
  }
  assert.equal(await nameNow(), 'Caf\u00e9 M\u00fcller')
  for (const name of ['Andr%C3%A9+B%26B', 'Andr\u00e9 B%26B']) {
    assert.equal((await post(`_shown=full_name&full_name=${name}`)).status, 303)
    assert.equal(await nameNow(), 'Andr\u00e9 B&B')
    await put('{"answers":{"full_name":"Other"}}')
  }
})

it('so are queries of addresses', async () => {
  for (const query of ['q=caf%E9', 'q=%', 'q=%C3&x=%A9', 'caf%E9=q'])
    refused(await send(test.url, { path: `/services?${query}`, headers: { accept: 'text/html' } }))
  assert.match(
    await sendRaw(test.url, latin('GET /services?q=caf\u00e9 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')),
    /^HTTP\/1\.1 400 /,
  )
  assert.match((await send(test.url, { path: '/services?q=caf%C3%A9' })).body, /value="caf\u00e9"/)
})

it('so are the texts of uploads, whatever they say of themselves', async () => {
  const part = (value: Buffer | string, more = ''): Buffer =>
    Buffer.concat([
      Buffer.from(`--b\r\nContent-Disposition: form-data; name="full_name"${more}\r\n\r\n`),
      Buffer.from(value),
      Buffer.from('\r\n'),
    ])
  const body = (...parts: Buffer[]): Buffer =>
    Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="_shown"\r\n\r\nfull_name\r\n'),
      ...parts,
      Buffer.from('--b--\r\n'),
    ])
  const multipart = 'multipart/form-data; boundary=b'
  for (const more of ['', '\r\nContent-Type: text/plain; charset=iso-8859-1', '\r\nContent-Type: text/plain; charset=utf-8'])
    refused(await post(body(part(latin('Andr\u00e9'), more)), multipart))
  for (const more of ['', '\r\nContent-Type: text/plain; charset=utf-8']) {
    await put('{"answers":{"full_name":"Other"}}')
    assert.equal((await post(body(part('Andr\u00e9', more)), multipart)).status, 303)
    assert.equal(await nameNow(), 'Andr\u00e9')
  }
  const long = await post(body(part('x'.repeat(70_000))), multipart)
  assert.ok([413, 422].includes(long.status), 'a text that is too long is not cut')
  assert.equal(await nameNow(), 'Andr\u00e9')
})
