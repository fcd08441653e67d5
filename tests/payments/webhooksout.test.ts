import assert from 'node:assert/strict'
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { addDays } from '../../src/kernel/time.ts'
import { accountActor, anonymous, holding, systemActor } from '../../src/modules/access/index.ts'
import { correctBill, deferFor, makeClient, receive, relieveBill, type Treasury, within } from '../../src/modules/payments/index.ts'
import { isOutside, post, urlFault } from '../../src/modules/payments/agencies/webhooks/guard.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { formBody, send } from '../support/client.ts'
import { sessionFor } from '../support/world.ts'

type Got = { readonly headers: IncomingMessage['headers']; readonly body: string }

describe('where messages may go', () => {
  it('is outside only', () => {
    const inside = [
      '127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '198.18.0.1', '224.0.0.1',
      '255.255.255.255', '::1', '::', 'fe80::1', 'fc00::1', 'fd12::1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001:db8::1', 'ff02::1', 'not an address',
    ] // prettier-ignore
    for (const address of inside) assert.equal(isOutside(address, false), false, address)
    for (const address of ['8.8.8.8', '93.184.215.14', '2606:4700::1111']) assert.equal(isOutside(address, false), true, address)
    for (const address of ['10.0.0.1', '169.254.169.254', '192.168.0.1']) assert.equal(isOutside(address, true), false, address)
  })

  it('is an https address of a name', () => {
    const refused = [
      '', 'https://', 'ftp://example.org', 'http://example.org/', 'https://user:secret@example.org/', 'https://localhost/', 'https://127.0.0.1/', 'https://2130706433/',
      'https://0x7f.1/', 'https://0177.0.0.1/', 'https://[::1]/', 'https://[::ffff:127.0.0.1]/', 'https://169.254.169.254/latest/meta-data', 'https://intranet/', 'https://db.internal/',
      'https://printer.local/', 'javascript:alert(1)', 'file:///etc/passwd', 'https://example.org/#x', 'https://example.org\\@127.0.0.1/', `https://example.org/${'x'.repeat(500)}`,
    ] // prettier-ignore
    for (const url of refused) assert.notEqual(urlFault(url, false), null, url)
    assert.equal(urlFault('https://hooks.example.org/money?x=1', false), null)
    assert.equal(urlFault('http://127.0.0.1:9/', true), null)
    assert.notEqual(urlFault('http://10.0.0.1/', true), null)
  })

  it('is looked at again when the name is resolved', async (t) => {
    const answers = [['10.0.0.1'], ['8.8.8.8', '169.254.169.254'], []]
    for (const found of answers) {
      const lookup = (
        _name: string,
        _options: unknown,
        done: (error: null, all: Array<{ address: string; family: number }>) => void,
      ): void =>
        done(
          null,
          found.map((address) => ({ address, family: 4 })),
        )
      const mock = t.mock.method(dns, 'lookup', lookup)
      syncBuiltinESMExports()
      const tried = await post('https://hooks.example.org/', '{}', {}, false)
      assert.equal(mock.mock.callCount(), 1)
      mock.mock.restore()
      syncBuiltinESMExports()
      assert.deepEqual(tried, { status: null, fault: 'inside' }, found.join())
    }
    assert.deepEqual(await post('https://hooks.example.invalid/', '{}', {}, false), { status: null, fault: 'away' })
    const tried = await post('http://127.0.0.1:1/', '{}', {}, true)
    assert.deepEqual([tried.status, tried.fault], [null, 'away'])
  })
})

describe('messages to programs', () => {
  let test: TestApp
  let treasury: Treasury
  let clientId = ''
  let key = ''
  let now = new Date()
  let answer = 204
  const got: Got[] = []
  const listener = createServer((request, reply) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      got.push({ headers: request.headers, body })
      reply.writeHead(answer).end()
    })
  })
  const address = () => `http://127.0.0.1:${(listener.address() as AddressInfo).port}/hook`
  let cookie = ''
  const act = (path: string, fields: Record<string, string> | string = {}) =>
    send(test.url, {
      method: 'POST',
      path: `/admin/money-clients/${clientId}/${path}`,
      headers: { cookie, accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
      body: typeof fields === 'string' ? fields : formBody(fields),
    })
  const secretIn = (page: string): string =>
    /whsec_[A-Za-z0-9+/=]+/.exec(page.replaceAll('&#x2F;', '/').replaceAll('&#61;', '='))?.[0] ?? ''
  before(async () => {
    await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done))
    test = await startApp({ listen: true, accounts: true, overrides: { now: () => now } })
    assert.ok(test.app.treasury)
    treasury = test.app.treasury
    const admin = accountActor({
      accountId: treasury.platform.newId(),
      personId: null,
      roles: [{ role: 'administrator', agency: null }],
      channel: 'web',
      level: 'high',
    })
    const made = await makeClient(treasury.platform, admin, {
      code: 'permits',
      name: 'Permits',
      agency: 'transport',
      perMinute: '1000',
      scopes: ['bills.write', 'bills.change'],
    })
    ;[clientId, key] = [made.id, made.key ?? '']
    cookie = await sessionFor(test.app, 'admin@harbourview.example', 'high')
  })
  after(async () => {
    await test.close()
    listener.close()
    listener.closeAllConnections()
  })

  const bill = async (number: string): Promise<{ reference: string; id: string }> => {
    const body = JSON.stringify({
      number, payer: null, language: 'en', currency: 'EUR', revenue: 'fee', title: { en: 'Permit' },
      dueOn: addDays(today(treasury.platform), 10), lines: [{ title: { en: 'Permit' }, amount: '1000' }],
    }) // prettier-ignore
    const headers = { authorization: `Bearer ${key}`, 'idempotency-key': number, 'content-type': 'application/json' }
    const { reference } = JSON.parse((await send(test.url, { method: 'POST', path: '/api/v1/bills', headers, body })).body) as {
      reference: string
    }
    const [row] = await query<{ id: string }>(treasury.platform.db, 'select id from payments.bill where reference = $1', [reference])
    return { reference, id: row?.id ?? '' }
  }
  const pay = (id: string, amount: bigint, at: string) =>
    transact(
      treasury.platform,
      (tx) =>
      receive(within(treasury, tx), systemActor('payments'), {
        key: `${at}:${id}`, source: 'provider', heldBy: 'revenue', part: 'somebank', amount, currency: 'EUR', day: today(tx), shares: [{ bill: id, amount }],
      }), // prettier-ignore
    )
  let secret = ''

  it('begin with an address that is outside, and a secret that is shown once', async () => {
    for (const url of ['https://10.0.0.1/', 'http://example.org/', 'x', ''])
      assert.equal((await act('hook', { url, events: 'bill.paid' })).status, 422, url)
    assert.equal((await act('hook', { url: address() })).status, 422, 'no events')
    const all = ['bill.issued', 'bill.paid', 'bill.part_paid', 'bill.cancelled', 'bill.reopened', 'bill.changed', 'bill.written_off']
      .map((event) => `events=${event}`)
      .join('&')
    const made = await act('hook', `url=${encodeURIComponent(address())}&${all}`)
    secret = secretIn(made.body)
    assert.ok(secret.length > 40, made.body)
    const page = await send(test.url, { path: `/admin/money-clients/${clientId}`, headers: { cookie, accept: 'text/html' } })
    assert.ok(!page.body.includes('whsec_'))
  })

  it('are signed, name nobody, and come once for each thing', async () => {
    const { id, reference } = await bill('W-1')
    await pay(id, 400n, 'part')
    await pay(id, 600n, 'rest')
    await test.settle()
    assert.deepEqual(got.map(({ body }) => (JSON.parse(body) as { type: string }).type), ['bill.issued', 'bill.part_paid', 'bill.paid']) // prettier-ignore
    for (const { headers, body } of got) {
      const signed = {
        'webhook-id': String(headers['webhook-id']),
        'webhook-timestamp': String(headers['webhook-timestamp']),
        'webhook-signature': String(headers['webhook-signature']),
      }
      const data = new Webhook(secret).verify(body, signed) as { data: Record<string, unknown> }
      assert.deepEqual([data.data['reference'], data.data['number']], [reference, 'W-1'])
      assert.throws(() => new Webhook(secret).verify(body.replace('W-1', 'W-2'), signed))
    }
    assert.equal(new Set(got.map(({ headers }) => headers['webhook-id'])).size, 3)
    got.length = 0
  })

  it('tell of a correction, a waiver, a delay and a write-off, and of what that makes of the bill', async () => {
    const told = async (number: string, work: (id: string, t: Treasury) => Promise<unknown>, paid = 400n): Promise<string[]> => {
      const { id } = await bill(number)
      if (paid > 0n) await pay(id, paid, number)
      await test.settle()
      got.length = 0
      await transact(treasury.platform, (tx) => work(id, within(treasury, tx)))
      await test.settle()
      return got.map(({ body }) => (JSON.parse(body) as { type: string }).type).toSorted()
    }
    const correct = (to: bigint) => (id: string, t: Treasury) =>
      correctBill(t, systemActor('payments'), id, { key: `correct:${id}`, to, why: 'proposal', title: { en: 'Changed' } })
    const relieve = (kind: 'waived' | 'written_off', amount: bigint) => (id: string, t: Treasury) =>
      relieveBill(t, systemActor('payments'), id, { key: `relieve:${id}`, kind, amount })
    assert.deepEqual(await told('C-1', correct(900n)), ['bill.changed'])
    assert.deepEqual(await told('C-2', correct(400n)), ['bill.changed', 'bill.paid'])
    assert.deepEqual(await told('C-3', correct(1_500n), 1_000n), ['bill.changed', 'bill.reopened'])
    assert.deepEqual(await told('C-4', correct(0n)), ['bill.cancelled'])
    assert.deepEqual(await told('C-5', relieve('waived', 100n)), ['bill.changed'])
    assert.deepEqual(await told('C-6', relieve('waived', 600n)), ['bill.changed', 'bill.paid'])
    assert.deepEqual(await told('C-7', relieve('written_off', 100n)), ['bill.changed'])
    assert.deepEqual(await told('C-8', relieve('written_off', 600n)), ['bill.written_off'])
    const { id } = await bill('C-9')
    await test.settle()
    got.length = 0
    await deferFor(treasury, holding(anonymous('web'), id), id)
    await test.settle()
    const [message] = got.map(({ body }) => JSON.parse(body) as { type: string; data: Record<string, unknown> })
    assert.deepEqual([got.length, message?.type], [1, 'bill.changed'])
    assert.notEqual(message?.data['deferredUntil'], null)
    got.length = 0
  })

  it('are tried again with the same id, by both secrets while one is replaced', async () => {
    answer = 500
    const renewed = secretIn((await act('secret')).body)
    await bill('W-2')
    await test.settle()
    assert.equal(got.length, 1)
    answer = 200
    now = new Date(now.getTime() + 60_000)
    const [waiting] = await query<{ id: string; tries: number; last_status: number }>(
      treasury.platform.db,
      `select * from payments.delivery where state = 'waiting'`,
    )
    assert.deepEqual([waiting?.tries, waiting?.last_status], [1, 500])
    assert.equal((await act(`deliveries/${waiting?.id}/retry`)).status, 303)
    await test.settle()
    assert.equal(got.length, 2)
    assert.equal(got[0]?.headers['webhook-id'], got[1]?.headers['webhook-id'])
    assert.equal(got[0]?.body, got[1]?.body)
    assert.equal(String(got[1]?.headers['webhook-signature']).split(' ').length, 2)
    assert.notEqual(renewed, secret)
    got.length = 0
  })

  it('do not follow to another place, and stop for who fails for days', async () => {
    answer = 302
    await bill('W-3')
    await test.settle()
    const [first] = await query<{ id: string }>(treasury.platform.db, `select id from payments.delivery where state = 'waiting'`)
    now = new Date(now.getTime() + 73 * 3_600_000)
    cookie = await sessionFor(test.app, 'admin@harbourview.example', 'high')
    await act(`deliveries/${first?.id}/retry`)
    await test.settle()
    const [hook] = await query<{ state: string }>(treasury.platform.db, 'select state from payments.hook')
    assert.equal(hook?.state, 'paused')
    const [item] = await query<{ kind: string; agency: string }>(
      treasury.platform.db,
      `select kind, agency from payments.item where kind = 'webhook_failing'`,
    )
    assert.equal(item?.agency, 'transport')
    got.length = 0
    answer = 200
    await bill('W-4')
    await test.settle()
    assert.equal(got.length, 0, 'nothing is sent while it is paused')
    assert.equal((await act('hook/resume')).status, 303)
    await test.settle()
    assert.deepEqual(got.map(({ body }) => (JSON.parse(body) as { data: { number: string } }).data.number).toSorted(), ['W-3', 'W-4']) // prettier-ignore
  })

  it('end with the program', async () => {
    got.length = 0
    await bill('W-5')
    assert.equal((await act('end')).status, 303)
    await test.settle()
    assert.equal(got.length, 0)
    assert.equal((await act('hook', { url: address(), events: 'bill.paid' })).status, 409)
  })
})
