import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startApp, type TestApp } from '../support/app.ts'
import { type Answer, send } from '../support/client.ts'

describe('a page that is the same for everyone', () => {
  let test: TestApp
  let now = Date.parse('2026-03-02T09:00:00Z')
  before(async () => {
    test = await startApp({ listen: true, overrides: { now: () => new Date(now) } })
  })
  after(() => test.close())
  const get = (headers: Record<string, string> = {}, path = '/services/library_card'): Promise<Answer> => send(test.url, { path, headers })
  /** The headers that are ours, not of the connection. */
  const own = ({ headers }: Answer): object =>
    Object.fromEntries(
      Object.entries(headers).filter(([name]) => !['date', 'connection', 'keep-alive', 'transfer-encoding'].includes(name)),
    )

  it('is sent from memory as it was drawn, with the same headers', async () => {
    const drawn = await get()
    const again = await get()
    assert.deepEqual([drawn.status, again.status], [200, 200])
    assert.equal(again.body, drawn.body)
    assert.deepEqual(own(again), own(drawn))
    assert.match(String(again.headers['content-security-policy']), /default-src 'none'/)
    assert.equal(again.headers['cache-control'], 'private, max-age=0, must-revalidate')
  })

  it('is not sent again to whoever has it', async () => {
    const { headers } = await get()
    const again = await get({ 'if-none-match': String(headers['etag']) })
    assert.deepEqual([again.status, again.body], [304, ''])
    assert.equal((await get({ 'if-none-match': '"other"' })).status, 200)
  })

  it('is another one in another language, and for whoever has a session or sits at a shared device', async () => {
    const [english, spanish] = [await get(), await get({ 'accept-language': 'es' })]
    assert.match(spanish.body, /<html lang="es"/)
    assert.match((await get({ 'accept-language': 'es;q=0.4, ar' })).body, /<html lang="ar" dir="rtl"/)
    assert.equal((await get({ 'accept-language': 'de' })).body, english.body)
    for (const cookie of ['stoa_session=anything', 'stoa_kiosk=on']) assert.equal((await get({ cookie })).headers['etag'], undefined)
    assert.match((await get({ cookie: 'stoa_kiosk=on' })).body, /data-shared="180"/)
  })

  it('is drawn anew when its time is over, and counted for operators each time', async () => {
    const count = async (): Promise<number> => {
      const { body } = await get({}, '/metrics')
      return Number(/stoa_http_request_seconds_count\{route="\/services\/:id",method="GET",status="200"\} (\d+)/.exec(body)?.[1])
    }
    const before = await count()
    for (let n = 0; n < 3; n += 1) await get()
    now += 31_000
    await get()
    assert.equal(await count(), before + 4)
  })
})
