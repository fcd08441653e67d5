import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { addDays } from '../../src/kernel/time.ts'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { accountActor, systemActor } from '../../src/modules/access/index.ts'
import { subjectBalance } from '../../src/modules/ledger/index.ts'
import { hookEvents } from '../../src/modules/payments/agencies/client.ts'
import { makeClient, receive, type Treasury, within } from '../../src/modules/payments/index.ts'
import { root, startApp, type TestApp } from '../support/app.ts'
import { formBody, send } from '../support/client.ts'
import { sessionFor } from '../support/world.ts'

type Json = Record<string, unknown>

describe('the door of agencies’ programs', () => {
  let test: TestApp
  let treasury: Treasury
  const keys: Record<string, string> = {}
  const admin = () =>
    accountActor({
      accountId: treasury.platform.newId(),
      personId: null,
      roles: [{ role: 'administrator', agency: null }],
      channel: 'web',
      level: 'high',
    })
  const client = async (code: string, agency: string, scopes: string[], perMinute = '10000'): Promise<void> => {
    const made = await makeClient(treasury.platform, admin(), { code, name: `Program ${code}`, agency, perMinute, scopes })
    keys[code] = made.key ?? ''
  }
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    assert.ok(test.app.treasury)
    treasury = test.app.treasury
    const all = ['bills.write', 'bills.read', 'bills.change']
    await client('permits', 'transport', all)
    await client('books', 'library', all)
    await client('reader', 'transport', ['bills.read'])
    await client('slow', 'transport', all, '5')
  })
  after(() => test.close())

  const call = async (
    method: string,
    path: string,
    o: { as?: string; key?: string | null; body?: unknown; token?: string; raw?: string } = {},
  ) => {
    const headers: Record<string, string> = { authorization: `Bearer ${o.token ?? keys[o.as ?? 'permits']}` }
    if (method === 'POST' && o.key !== null) headers['idempotency-key'] = o.key ?? treasury.platform.newId()
    const body = o.raw ?? (o.body === undefined ? undefined : JSON.stringify(o.body))
    if (body !== undefined) headers['content-type'] = 'application/json'
    const answer = await send(test.url, { method, path, headers, ...(body === undefined ? {} : { body }) })
    return { status: answer.status, headers: answer.headers, body: JSON.parse(answer.body) as Json }
  }
  let next = 0
  const sample = (change: Json = {}): Json => ({
    number: `P/2026-${++next}`,
    payer: { kind: 'person', name: 'Noa Placeholder', email: 'noa.placeholder@example.org', address: ['1 Invented Street'] },
    language: 'es',
    currency: 'EUR',
    revenue: 'fee',
    title: { en: 'Skip on the street', es: 'Contenedor en la calle', ar: 'حاوية في الشارع' },
    dueOn: addDays(today(treasury.platform), 20),
    lines: [{ title: { en: 'Two weeks' }, amount: '4200', law: 'Article 1' }, { title: { en: 'Signs' }, amount: '350' }],
    ...change,
  }) // prettier-ignore

  it('issues a bill once for its number', async () => {
    const body = sample()
    const first = await call('POST', '/api/v1/bills', { body })
    assert.equal(first.status, 201, JSON.stringify(first.body))
    const reference = String(first.body['reference'])
    assert.equal(first.headers['location'], `/api/v1/bills/${reference}`)
    assert.deepEqual([first.body['total'], first.body['outstanding'], first.body['state']], ['4550', '4550', 'open'])
    assert.match(String((first.body['pay'] as Json)['code']), /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/)
    // the order of members is no other content
    const again = await call('POST', '/api/v1/bills', { body: Object.fromEntries(Object.entries(body).toReversed()) })
    assert.deepEqual([again.status, again.body['reference']], [200, reference])
    const other = await call('POST', '/api/v1/bills', { body: { ...body, lines: [{ title: { en: 'Two weeks' }, amount: '4201' }] } })
    assert.deepEqual([other.status, other.body['code'], other.body['reference']], [409, 'payments.number-used', reference])
    const [row] = await query<{ id: string; sealed: number }>(
      treasury.platform.db,
      `select id, (select count(*)::int from people.sealed s where s.record_id = b.record_id) as sealed from payments.bill b where reference = $1`,
      [reference],
    )
    assert.equal(row?.sealed, 3)
    assert.equal(await subjectBalance(treasury.platform, 'receivable', row?.id ?? ''), 4_550n)
  })

  it('issues one bill when the same is sent many times at once, and holds an Idempotency-Key to its content', async () => {
    const body = sample()
    const answers = await Promise.all(Array.from({ length: 8 }, () => call('POST', '/api/v1/bills', { body })))
    assert.equal(answers.filter((answer) => answer.status === 201).length, 1)
    assert.equal(new Set(answers.map((answer) => answer.body['reference'])).size, 1)
    const key = 'one-key'
    assert.equal((await call('POST', '/api/v1/bills', { key, body: sample() })).status, 201)
    const reused = await call('POST', '/api/v1/bills', { key, body: sample() })
    assert.deepEqual([reused.status, reused.body['code']], [409, 'payments.key-reused'])
    assert.equal((await call('POST', '/api/v1/bills', { key: null, body: sample() })).status, 400)
  })

  it('says what is wrong where', async () => {
    const wrong: ReadonlyArray<readonly [Json, string]> = [
      [{ number: '' }, '/number'],
      [{ number: 'ü' }, '/number'],
      [{ number: 'x'.repeat(65) }, '/number'],
      [{ payer: { kind: 'person', name: ' ' } }, '/payer/name'],
      [{ payer: { kind: 'person', name: 'A', email: 'no address' } }, '/payer/email'],
      [{ payer: { kind: 'robot', name: 'A' } }, '/payer/kind'],
      [{ language: 'tlh' }, '/language'],
      [{ currency: 'USD' }, '/currency'],
      [{ title: {} }, '/title'],
      [{ title: { __proto__x: 'y' } }, '/title/__proto__x'],
      [{ dueOn: '2026-02-30' }, '/dueOn'],
      [{ dueOn: '2001-01-01' }, '/dueOn'],
      [{ dueOn: '9999-01-01' }, '/dueOn'],
      [{ lines: [] }, '/lines'],
      [{ lines: [{ title: { en: 'a' }, amount: '-5' }] }, '/lines/0/amount'],
      [{ lines: [{ title: { en: 'a' }, amount: 5 }] }, '/lines/0/amount'],
      [{ lines: [{ title: { en: 'a' }, amount: '1e3' }] }, '/lines/0/amount'],
      [{ lines: [{ title: { en: 'a' }, amount: '999999999999' }] }, '/lines/0/amount'],
      [{ lines: Array.from({ length: 101 }, () => ({ title: { en: 'a' }, amount: '1' })) }, '/lines'],
      [{ 'a/b~c': 1 }, '/a~1b~0c'],
    ]
    for (const [change, pointer] of wrong) {
      const answer = await call('POST', '/api/v1/bills', { body: sample(change) })
      assert.equal(answer.status, 422, JSON.stringify(change))
      assert.ok(
        (answer.body['errors'] as Json[]).some((error) => error['pointer'] === pointer),
        `${pointer}: ${JSON.stringify(answer.body)}`,
      )
    }
    for (const raw of ['', '[]', 'null', '"x"', '{"number":', '{"__proto__":{"number":"1"}}'])
      assert.ok([400, 422].includes((await call('POST', '/api/v1/bills', { raw })).status), raw)
    const clean = await call('POST', '/api/v1/bills', { body: sample({ title: { en: 'A\u202Ebill\u0000 <b>' } }) })
    assert.deepEqual([clean.status, (clean.body['title'] as Json)['en']], [201, 'Abill  <b>'])
  })

  it('shows a program its own bills and nobody else’s', async () => {
    const made = await call('POST', '/api/v1/bills', { body: sample() })
    const path = `/api/v1/bills/${String(made.body['reference'])}`
    assert.equal((await call('GET', path)).status, 200)
    assert.equal((await call('GET', path.toLowerCase())).status, 200)
    for (const as of ['books', 'reader']) assert.equal((await call('GET', path, { as })).status, 404)
    for (const what of ['cancellation', 'correction'])
      assert.equal(
        (
          await call('POST', `${path}/${what}`, {
            as: 'books',
            body: { title: { en: 'x' }, ...(what === 'correction' ? { to: '1' } : {}) },
          })
        ).status,
        404,
      )
    assert.equal((await call('POST', '/api/v1/bills', { as: 'reader', body: sample() })).status, 403)
    for (const token of ['x', 'y'.repeat(40), '']) assert.equal((await call('GET', '/api/v1/bills', { token })).status, 401)
    assert.equal((await call('GET', '/api/v1/bills', { as: 'books' })).body['bills']?.toString(), '')
  })

  it('lists by keyset', async () => {
    const numbers: string[] = []
    for (let after = ''; ;) {
      const page = await call('GET', `/api/v1/bills?limit=4${after}`)
      assert.equal(page.status, 200)
      const bills = page.body['bills'] as Json[]
      numbers.push(...bills.map((bill) => String(bill['number'])))
      if (page.body['next'] === null) break
      assert.equal(bills.length, 4)
      after = `&after=${page.body['next'] as string}`
    }
    const [count] = await query<{ n: number }>(
      treasury.platform.db,
      `select count(*)::int n from payments.client_bill b join payments.client c on c.id = b.client_id where c.code = 'permits'`,
    )
    assert.equal(numbers.length, count?.n)
    assert.equal(new Set(numbers).size, numbers.length)
    const one = await call('GET', `/api/v1/bills?number=${encodeURIComponent(numbers[0] ?? '')}`)
    assert.deepEqual((one.body['bills'] as Json[]).map((bill) => bill['number']), [numbers[0]]) // prettier-ignore
    for (const bad of ['state=nothing', 'after=1%27', 'number=%00']) assert.equal((await call('GET', `/api/v1/bills?${bad}`)).status, 422)
  })

  it('corrects and cancels, once, and what was paid is never lost', async () => {
    const made = await call('POST', '/api/v1/bills', { body: sample() })
    const reference = String(made.body['reference'])
    const path = `/api/v1/bills/${reference}`
    const title = { en: 'One week only' }
    const down = { key: 'down', body: { to: '2000', title } }
    assert.equal((await call('POST', `${path}/correction`, down)).body['total'], '2000')
    assert.equal((await call('POST', `${path}/correction`, down)).body['total'], '2000')
    assert.equal((await call('POST', `${path}/correction`, { key: 'down', body: { to: '1000', title } })).status, 409)
    const back = await call('POST', `${path}/correction`, { body: { to: '4550', title } })
    assert.equal(back.body['total'], '4550')
    const repeat = await call('POST', `${path}/correction`, { body: { to: '2000', title } })
    assert.equal(repeat.body['total'], '2000', 'another key is another correction')
    const [row] = await query<{ id: string }>(treasury.platform.db, 'select id from payments.bill where reference = $1', [reference])
    await transact(treasury.platform, (tx) =>
      receive(within(treasury, tx), systemActor('payments'), {
        key: `test:${reference}`,
        source: 'provider',
        heldBy: 'revenue',
        part: 'somebank',
        amount: 500n,
        currency: 'EUR',
        day: today(tx),
        shares: [{ bill: row?.id ?? '', amount: 500n }],
      }),
    )
    const cancelled = await call('POST', `${path}/cancellation`, { body: { title: { en: 'Not needed' } } })
    assert.deepEqual(
      [cancelled.status, cancelled.body['state'], cancelled.body['outstanding'], cancelled.body['paid']],
      [200, 'cancelled', '0', '0'],
    )
    assert.deepEqual((cancelled.body['payments'] as Json[]).map((each) => each['amount']), ['500', '-500']) // prettier-ignore
    const [kept] = await query<{ unapplied: bigint }>(treasury.platform.db, 'select unapplied from payments.payment where key = $1', [
      `test:${reference}`,
    ])
    assert.equal(kept?.unapplied, 500n)
    assert.equal((await call('POST', `${path}/correction`, { body: { to: '1', title } })).status, 409)
  })

  it('counts the minute of a program, for all processes', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => call('GET', '/api/v1/bills', { as: 'slow' })))
    const refused = answers.filter((answer) => answer.status === 429)
    assert.ok(refused.length >= 2 && answers.some((answer) => answer.status === 200))
    assert.match(String(refused[0]?.headers['retry-after']), /^\d+$/)
  })

  it('is described, and keeps keys as hashes only', async () => {
    const described = JSON.parse((await send(test.url, { path: '/api/openapi.json' })).body) as {
      paths: Record<string, Json>
      webhooks: Record<string, { post: Json }>
      components: { securitySchemes: Json }
    }
    assert.deepEqual(Object.keys(described.paths['/api/v1/bills'] ?? {}).toSorted(), ['get', 'post'])
    assert.ok(described.components.securitySchemes['moneyClient'])
    const page = await readFile(join(root, 'docs/money-api.md'), 'utf8')
    assert.deepEqual(Object.keys(described.webhooks), [...hookEvents])
    for (const event of hookEvents) assert.ok(page.includes(`| \`${event}\` |`), `${event} is on the page`)
    const kept = await query<{ key: Buffer }>(treasury.platform.db, 'select key from payments.client where key is not null')
    assert.ok(kept.length >= Object.keys(keys).length)
    for (const key of Object.values(keys)) for (const row of kept) assert.ok(!row.key.includes(Buffer.from(key)))
    const [lines] = await query<{ text: string }>(
      treasury.platform.db,
      `select json_agg(e)::text as text from journal.event e where type like 'payments.%'`,
    )
    assert.match(lines?.text ?? '', /payments\.bill\.issued/)
    assert.ok(!/Placeholder|Skip on/.test(lines?.text ?? ''))
  })

  it('does what the examples of its page say', async () => {
    const page = await readFile(join(root, 'docs/money-api.md'), 'utf8')
    const examples = [...page.matchAll(/```http\n(POST) (\S+)\n([\s\S]*?)\n\n([\s\S]*?)```/g)]
    assert.equal(examples.length, 2)
    let reference = ''
    for (const [, method = '', path = '', head = '', body = ''] of examples) {
      const headers = Object.fromEntries(head.split('\n').map((line) => line.replace('KEY', keys['permits'] ?? '').split(': ')))
      const ask = {
        method,
        path: path.replace('REFERENCE', reference),
        headers,
        body: body.replace('DUE', addDays(today(treasury.platform), 20)),
      }
      const answer = await send(test.url, ask)
      assert.ok(answer.status === 201 || answer.status === 200, answer.body)
      reference = String((JSON.parse(answer.body) as Json)['reference'])
    }
    assert.equal((await call('GET', `/api/v1/bills/${reference}`)).body['total'], '4200')
  })

  it('is opened and closed by administrators', async () => {
    const cookie = await sessionFor(test.app, 'admin@harbourview.example', 'high')
    const page = (path: string, as = cookie) => send(test.url, { path, headers: { cookie: as, accept: 'text/html' } })
    const post = (path: string, fields: Record<string, string>, as = cookie) =>
      send(test.url, {
        method: 'POST',
        path,
        headers: { cookie: as, accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
        body: formBody(fields),
      })
    assert.equal((await page('/admin/money-clients')).status, 200)
    assert.equal((await page('/admin/money-clients', await sessionFor(test.app, 'officer@harbourview.example', 'high'))).status, 403)
    assert.equal((await post('/admin/money-clients', { code: 'Bad Name', name: '', agency: 'nowhere', perMinute: '0' })).status, 422)
    assert.equal((await post('/admin/money-clients', { code: 'permits', name: 'x', agency: 'library', perMinute: '60' })).status, 409)
    const made = await post('/admin/money-clients', {
      code: 'fresh',
      name: 'Fresh',
      agency: 'library',
      perMinute: '60',
      scopes: 'bills.read',
    })
    const key = /<code><bdi dir="ltr">([\w-]{32})</.exec(made.body)?.[1] ?? ''
    const path = /href="(\/admin\/money-clients\/[0-9a-f-]{36})"/.exec(made.body)?.[1] ?? ''
    assert.equal((await call('GET', '/api/v1/bills', { token: key })).status, 200)
    assert.ok(!(await page(path)).body.includes(key))
    const renewed = /<code><bdi dir="ltr">([\w-]{32})</.exec((await post(`${path}/key`, {})).body)?.[1] ?? ''
    assert.equal((await call('GET', '/api/v1/bills', { token: key })).status, 401)
    assert.equal((await call('GET', '/api/v1/bills', { token: renewed })).status, 200)
    assert.equal((await post(`${path}/rate`, { per_minute: 'many' })).status, 422)
    assert.equal((await post(`${path}/end`, {})).status, 303)
    assert.equal((await call('GET', '/api/v1/bills', { token: renewed })).status, 401)
    assert.equal((await post(`${path}/key`, {})).status, 409)
  })
})
