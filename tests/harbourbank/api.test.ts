import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { request as rawRequest } from 'node:http'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import { BankTaken, startBank } from '../../src/harbourbank/index.ts'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { payByCard } from '../support/payer.ts'
import { makeStage, merchant, plainAsk, type Stage } from './stage.ts'

let stage: Stage
before(async () => {
  stage = await makeStage()
})
after(() => stage.close())

describe('an idempotency key', () => {
  test('makes one payment of many equal requests at once, and gives all the same answer', async () => {
    const key = randomUUID()
    const ask = { ...plainAsk, reference: 'once' }
    const answers = await Promise.all(Array.from({ length: 12 }, () => stage.call('POST', '/v1/payments', ask, key)))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201])
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
    assert.equal((await stage.call('GET', '/v1/payments?reference=once')).told.payments.length, 1)
  })

  test('with another body or another place is refused, and nothing happens', async () => {
    const key = randomUUID()
    await stage.call('POST', '/v1/payments', { ...plainAsk, reference: 'first' }, key)
    const other = await stage.call('POST', '/v1/payments', { ...plainAsk, reference: 'second' }, key)
    assert.deepEqual([other.status, other.told.code], [409, 'idempotency.other'])
    assert.equal((await stage.call('GET', '/v1/payments?reference=second')).told.payments.length, 0)
    const elsewhere = await stage.call('POST', `/v1/payments/${randomUUID()}/cancel`, undefined, key)
    assert.deepEqual([elsewhere.status, elsewhere.told.code], [409, 'idempotency.other'])
  })

  test('gives the old answer even after things have moved on', async () => {
    const key = randomUUID()
    const first = await stage.call('POST', '/v1/payments', plainAsk, key)
    await payByCard(first.told.pay_url)
    const again = await stage.call('POST', '/v1/payments', plainAsk, key)
    assert.equal(again.text, first.text)
    assert.equal((await stage.now(first.told.id)).state, 'captured')
    const refundKey = randomUUID()
    const ask = { amount: '2500', reference: 'all' }
    const refunds = await Promise.all([1, 2, 3].map(() => stage.call('POST', `/v1/payments/${first.told.id}/refunds`, ask, refundKey)))
    assert.deepEqual(new Set(refunds.map(({ status }) => status)), new Set([201]))
    await stage.pass(2_100)
    assert.equal((await stage.now(first.told.id)).refunded, '2500')
  })

  test('of a refused request is free for a better one', async () => {
    const key = randomUUID()
    assert.equal((await stage.call('POST', '/v1/payments', { ...plainAsk, amount: '0' }, key)).status, 422)
    assert.equal((await stage.call('POST', '/v1/payments', plainAsk, key)).status, 201)
  })

  test('is needed on every POST', async () => {
    for (const path of ['/v1/payments', '/v1/payments/x/refunds', '/v1/payments/x/captures', '/v1/payments/x/cancel', '/v1/transfers'])
      for (const key of ['', 'x'.repeat(201)]) {
        const body = path.endsWith('transfers') ? '<a/>' : path.endsWith('cancel') ? undefined : { ...plainAsk }
        const fields = path.endsWith('refunds') ? { amount: '1', reference: 'r' } : path.endsWith('captures') ? { amount: '1' } : body
        const { status, told } = await stage.call('POST', path, fields, key)
        assert.deepEqual([status, told.code], [400, 'idempotency.missing'], `${path} ${key.length}`)
      }
  })
})

describe('hostile requests', () => {
  const ask = (fields: Record<string, unknown>) => stage.call('POST', '/v1/payments', { ...plainAsk, ...fields })

  test('without the key learn nothing', async () => {
    for (const authorization of [
      '',
      'Bearer',
      'Bearer x',
      `Basic ${stage.bank.key}`,
      `Bearer ${stage.bank.key}x`,
      `bearer ${stage.bank.key}`,
    ])
      for (const path of [
        '/v1/payments?reference=a',
        '/v1/payments/x',
        '/v1/settlements?from=2026-01-01&to=2026-01-02',
        '/v1/statements/x.xml',
      ]) {
        const response = await fetch(stage.bank.url + path, { headers: { authorization } })
        assert.equal(response.status, 401, `${authorization} ${path}`)
        assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/)
      }
  })

  test('with values that do not fit are told which, without the value', async () => {
    const wrong: ReadonlyArray<readonly [string, unknown]> = [
      ...['0', '-1', '1.5', '1e3', '01', ' 1', '1 ', '١', '', '99999999999999999999', '1000000000001', 25, -25, null, true, [], {}].map(
        (value) => ['amount', value] as const,
      ),
      ...['eur', 'EURO', 'XXQ', '', 5, null].map((value) => ['currency', value] as const),
      ...['', 'a b', 'a\r\nset-cookie: x=1', '../x', '<b>', 'x'.repeat(65), 7].map((value) => ['reference', value] as const),
      ...['', 'a\nb', 'a\u0000b', 'a\u202Eb', 'x'.repeat(201), 7].map((value) => ['description', value] as const),
      ...[
        '',
        'javascript:alert(1)',
        'data:text/html,x',
        '//evil.example',
        'http://u:p@evil.example/',
        'http://a.example/\r\nx: y',
        'ftp://a.example',
        `http://a.example/${'x'.repeat(2000)}`,
        7,
      ].map((value) => ['return_url', value] as const),
      ...[0, -1, 86_401, 1.5, '60', null].map((value) => ['expires_in', value] as const),
      ...['later', '', 1].map((value) => ['capture', value] as const),
      ['language', '<script>'],
      ['more', 'than is asked'],
      ['__proto__x', 1],
    ]
    for (const [name, value] of wrong) {
      const { status, told, text } = await ask({ [name]: value })
      assert.deepEqual([status, told.code], [422, 'invalid'], `${name} ${String(value)}`)
      assert.ok(told.faults.length > 0, name)
      if (typeof value === 'string' && value.length > 8) assert.ok(!text.includes(value), `${name} is told again`)
    }
    for (const body of [[], 'text', 7, null]) {
      const response = await fetch(`${stage.bank.url}/v1/payments`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stage.bank.key}`, 'idempotency-key': randomUUID(), 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      assert.equal(response.status, 422)
    }
  })

  test('of the greatest amount work, and of more do not', async () => {
    assert.equal((await ask({ amount: '1000000000000' })).status, 201)
    assert.equal((await ask({ amount: '1000000000001' })).status, 422)
  })

  test('that are too large, broken or of another type are refused', async () => {
    const post = (body: string, type: string) =>
      fetch(`${stage.bank.url}/v1/payments`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stage.bank.key}`, 'idempotency-key': randomUUID(), 'content-type': type },
        body,
      })
    assert.equal((await post(JSON.stringify({ ...plainAsk, description: 'x'.repeat(70_000) }), 'application/json')).status, 413)
    assert.equal((await post('{"amount":', 'application/json')).status, 400)
    assert.equal((await post('{}', 'text/plain')).status, 415)
    assert.equal((await post('{"__proto__":{"amount":"1"}}', 'application/json')).status, 400)
    const form = await fetch(`${(await stage.pay()).pay_url}/card`, {
      method: 'POST',
      body: new URLSearchParams({ x: 'y'.repeat(70_000) }),
    })
    assert.equal(form.status, 413)
  })

  test('for what is not there get 404, whatever it looks like', async () => {
    for (const id of ['x', 'pay_', '%00', '%2e%2e%2f', "' or 1=1 --", '%F0%9F%92%B0', 'x'.repeat(100)]) {
      const escaped = id.includes('%') ? id : encodeURIComponent(id)
      for (const path of [
        `/v1/payments/${escaped}`,
        `/v1/refunds/${escaped}`,
        `/v1/settlements/${escaped}.csv`,
        `/v1/statements/${escaped}.xml`,
      ])
        assert.equal((await stage.call('GET', path)).status, 404, path)
      assert.equal((await stage.call('POST', `/v1/payments/${escaped}/refunds`, { amount: '1', reference: 'r' })).status, 404)
      assert.equal((await fetch(`${stage.bank.url}/pay/${escaped}`)).status, 404)
      assert.equal(
        (await fetch(`${stage.bank.url}/pay/${escaped}/card`, { method: 'POST', body: new URLSearchParams({ a: 'b' }) })).status,
        404,
      )
    }
    for (const period of [
      '',
      '?from=2026-01-01',
      '?from=x&to=y',
      '?from=2026-02-30&to=2026-03-01',
      '?from=2026-01-01&from=2026-01-02&to=2026-01-03',
    ])
      for (const path of ['/v1/settlements', '/v1/statements'])
        assert.equal((await stage.call('GET', path + period)).status, 422, path + period)
  })

  test('cannot put headers or markup into an answer', async () => {
    const { told } = await ask({ description: '"><script>alert(1)</script>', return_url: "http://localhost:1/b?x='%22<a>" })
    const page = await (await fetch(`${told.pay_url}?lang=${encodeURIComponent('"><script>')}`)).text()
    assert.ok(!page.includes('<script'), 'nothing of it is markup')
    const response = await fetch(`${told.pay_url}?lang=ar%0d%0aset-cookie:x=1`)
    assert.equal(response.headers.get('set-cookie'), null)
    const policy = response.headers.get('content-security-policy') ?? ''
    assert.match(policy, /^default-src 'none'; /)
    assert.match(policy, /form-action 'self' http:\/\/localhost:1;/)
    assert.doesNotMatch(policy, /unsafe|script-src|\*/)
  })

  test('that are no HTTP do not end the bank', async () => {
    const { port } = new URL(stage.bank.url)
    await new Promise<void>((done) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.end('GET / HTTP/9\r\n\u0000\u0000\r\n\r\n'))
      socket.on('error', () => done()).on('close', () => done())
      socket.resume()
    })
    assert.equal((await fetch(`${stage.bank.url}/healthz`)).status, 200)
  })
})

describe('the back office', () => {
  const get = (headers: Record<string, string>, method = 'GET', path = '/office'): Promise<number> =>
    new Promise((done, fail) => {
      const { hostname, port } = new URL(stage.bank.url)
      const request = rawRequest({ hostname, port, method, path, headers }, (response) => {
        response.resume()
        done(response.statusCode ?? 0)
      })
      request.on('error', fail)
      request.end()
    })

  test('is open to who sits at the machine, and to no other site or name', async () => {
    const { host } = new URL(stage.bank.url)
    assert.equal(await get({ host }), 200)
    assert.equal(await get({ host: 'evil.example' }), 403, 'a name that was made to lead here')
    assert.equal(await get({ host, 'x-forwarded-for': '203.0.113.7' }), 403, 'through a proxy')
    const foreign: ReadonlyArray<Record<string, string>> = [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost:8080' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]
    for (const headers of foreign) assert.equal(await get({ host, ...headers }, 'POST', '/office/close-day'), 403, JSON.stringify(headers))
    assert.equal(await get({ host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }, 'POST', '/office/close-day'), 200)
  })

  test('refuses what does not fit', async () => {
    for (const body of [
      {},
      { amount: '-5', currency: 'EUR', name: 'A' },
      { amount: '5', currency: 'EUR', name: '' },
      { amount: '5', currency: 'EUR', name: 'A', iban: 'PT1' },
      { amount: 5, currency: 'EUR', name: 'A' },
    ])
      assert.equal((await stage.call('POST', '/office/transfers', body)).status, 422, JSON.stringify(body))
    assert.equal((await stage.call('POST', '/office/weather', { webhooks: 'sunny' })).status, 422)
    assert.equal((await stage.call('POST', '/office/chargebacks', { payment: 'pay_x' })).status, 404)
    const open = await stage.pay()
    assert.equal((await stage.call('POST', '/office/chargebacks', { payment: open.id })).status, 409)
  })

  test('makes the API slow, down or cut off, and a cut request was done', async () => {
    await stage.call('POST', '/office/weather', { api: 'down' })
    assert.equal((await stage.call('GET', '/v1/payments?reference=a')).status, 503)
    assert.equal((await fetch(`${stage.bank.url}/office`)).status, 200)
    await stage.call('POST', '/office/weather', { api: 'cut' })
    const key = randomUUID()
    const ask = { ...plainAsk, reference: 'cut-off' }
    await assert.rejects(stage.call('POST', '/v1/payments', ask, key))
    await stage.call('POST', '/office/weather', { api: 'slow' })
    const begun = performance.now()
    const again = await stage.call('POST', '/v1/payments', ask, key)
    assert.ok(performance.now() - begun > 2_900)
    await stage.call('POST', '/office/weather', { api: 'up' })
    assert.equal(again.status, 201)
    assert.deepEqual(
      (await stage.call('GET', '/v1/payments?reference=cut-off')).told.payments.map(({ id }) => id),
      [again.told.id],
    )
  })
})

describe('the folder', () => {
  test('belongs to one process at a time, and keeps its keys to itself', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'harbourbank-dir-'))
    const options = { port: 0, dir, merchant, webhookUrl: () => null, now: () => new Date() }
    const bank = await startBank(options)
    await assert.rejects(startBank(options), BankTaken)
    assert.equal((await stat(join(dir, 'keys.json'))).mode & 0o777, 0o600)
    await bank.close()
    const again = await startBank(options)
    assert.deepEqual([again.key, again.webhookSecret], [bank.key, bank.webhookSecret])
    assert.notEqual(again.instance, bank.instance)
    await again.close()
    await rm(dir, { recursive: true, force: true })
  })

  test('of an earlier version is brought to what the bank needs now', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'harbourbank-dir-'))
    const options = { port: 0, dir, merchant, webhookUrl: () => null, now: () => new Date() }
    await (await startBank(options)).close()
    const file = new DatabaseSync(join(dir, 'bank.sqlite'))
    file.exec('alter table chargebacks drop column won_at; pragma user_version = 1')
    file.close()
    const facts = (): unknown => {
      const opened = new DatabaseSync(join(dir, 'bank.sqlite'))
      const columns = opened.prepare('pragma table_info(chargebacks)').all()
      const version = opened.prepare('pragma user_version').get()?.['user_version']
      opened.close()
      return [columns.map((each) => each['name']), version]
    }
    for (let turn = 0; turn < 2; turn += 1) {
      await (await startBank(options)).close()
      assert.deepEqual(facts(), [['id', 'payment', 'amount', 'fee', 'opened_at', 'won_at'], 2])
    }
    await rm(dir, { recursive: true, force: true })
  })
})
