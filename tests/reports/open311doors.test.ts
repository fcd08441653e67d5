import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeErrors, readXml } from '../../src/modules/open311/index.ts'
import { query } from '../../src/platform/db.ts'
import { sessionOf } from '../support/world.ts'
import { KEY, type Open311, startOpen311 } from './open311stage.ts'

describe('GeoReport v2: who may send, and how much', () => {
  let open311: Open311
  before(async () => {
    open311 = await startOpen311()
  })
  after(() => open311.city.close())

  test('hostile bodies: XML and JSON are refused unread, huge forms end, names are only names', async () => {
    const xml = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>'
    for (const type of ['text/xml', 'application/xml', 'application/json', 'text/plain']) {
      const answer = await open311.city.app.server.inject({ method: 'POST', url: '/open311/v2/requests.xml', headers: { 'content-type': type }, payload: type === 'application/json' ? '{}' : xml })
      assert.equal(answer.statusCode, 415, type)
      assert.equal(readXml(answer.body).name, 'errors')
    } // prettier-ignore
    const flood = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`attribute[x${at}]`, '1']))
    const begun = performance.now()
    const flooded = await open311.post('requests.json', { ...open311.report(), ...flood })
    assert.equal(flooded.statusCode, 400)
    assert.ok(decodeErrors(flooded.body).length <= 201 && performance.now() - begun < 3_000)
    const huge = await open311.post('requests.json', open311.report({ description: 'x'.repeat(600_000) }))
    assert.equal(huge.statusCode, 413)
    assert.equal(decodeErrors(huge.body)[0]?.code, '413')
    const odd = await open311.post(
      'requests.json',
      open311.report({ __proto__: 'x', 'attribute[__proto__]': 'y', 'attribute[constructor]': 'z', 'attribute[]': 'w' }),
    )
    assert.ok(odd.statusCode === 400 && decodeErrors(odd.body).length >= 1)
    const script = await open311.one(await open311.make({ description: '<script>alert(1)</script>\u0000\u202Ehidden' }))
    assert.match(script?.description ?? '', /<script>/)
    assert.equal(readXml((await open311.get(`requests/${script?.service_request_id}.xml`)).body).name, 'service_requests')
  })

  test('keys by themselves: asked for, confirmed by e-mail, shown once, limited, ended', async () => {
    const ask = (form: Record<string, string>) =>
      open311.city.app.server.inject({
        method: 'POST',
        url: '/open311/keys',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: new URLSearchParams(form).toString(),
      })
    const form = {
      name: 'Potholes of Harbourview',
      organisation: 'Civic <Tech>',
      contact: 'Rui Prova',
      email: 'rui@tech.example',
      purpose: 'An app for cyclists',
    }
    const wrong = await ask({ ...form, email: 'nope', purpose: '' })
    assert.equal(wrong.statusCode, 422)
    assert.match(wrong.body, /href="#email"[\s\S]*href="#purpose"/)
    assert.equal((await ask(form)).statusCode, 303)
    await open311.city.settle()
    const mail = open311.city.mails.findLast((each) => each.to === 'rui@tech.example')
    const link = /\/open311\/keys\/confirm\?code=([\w-]+)/.exec(mail?.text ?? '')
    assert.ok(link)
    const opened = await open311.city.app.server.inject({ method: 'GET', url: link[0] })
    assert.equal(opened.headers.location, '/open311/keys/confirm', 'the code does not stay in the address')
    const cookie = String(opened.headers['set-cookie']).split(';')[0] ?? ''
    const looked = await open311.city.app.server.inject({ method: 'GET', url: '/open311/keys/confirm', headers: { cookie } })
    assert.match(looked.body, /Show the key/)
    const confirm = () =>
      open311.city.app.server.inject({
        method: 'POST',
        url: '/open311/keys/confirm',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: `code=${link[1]}`,
      })
    const shown = await confirm()
    const key = /<code><bdi dir="ltr">([\w-]{32})<\/bdi>/.exec(shown.body)?.[1] ?? ''
    assert.ok(key, shown.body)
    assert.equal((await confirm()).statusCode, 404)
    const rows = await query<{ text: string }>(
      open311.city.app.platform.db,
      `select c::text as text from reports.client c where organisation like 'Civic%'`,
    )
    assert.doesNotMatch(rows[0]?.text ?? '', /rui@|Rui Prova|cyclists/)
    assert.ok(!rows[0]?.text.includes(key))
    await query(open311.city.app.platform.db, `update reports.client set per_minute = 3 where organisation like 'Civic%'`)
    open311.pass(60_000)
    for (let at = 0; at < 3; at += 1) assert.equal((await open311.post('requests.json', open311.report({ api_key: key }))).statusCode, 201)
    const over = await open311.post('requests.xml', open311.report({ api_key: key }))
    assert.equal(over.statusCode, 429)
    assert.ok(Number(over.headers['retry-after']) >= 1 && Number(over.headers['retry-after']) <= 60)
    assert.equal(decodeErrors(over.body)[0]?.code, '429')
    open311.pass(60_000)
    assert.equal((await open311.post('requests.json', open311.report({ api_key: key }))).statusCode, 201)
    await query(
      open311.city.app.platform.db,
      `update reports.client set state = 'ended', ended_at = now() where organisation like 'Civic%'`,
    )
    open311.pass(60_000)
    assert.equal((await open311.post('requests.json', open311.report({ api_key: key }))).statusCode, 403)
  })

  test('administrators agree to keys, set how much they may send, and end them; nobody else may look', async () => {
    const { db } = open311.city.app.platform
    const cookie = await sessionOf(open311.city, 'admin@harbourview.example')
    const ask = (url: string, form?: Record<string, string>, as = cookie) =>
      open311.city.app.server.inject({
        method: form ? 'POST' : 'GET',
        url: `/admin/open311${url}`,
        headers: { cookie: as, ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) },
        ...(form ? { payload: new URLSearchParams(form).toString() } : {}),
      })
    const [row] = await query<{ id: string }>(
      db,
      `update reports.client set state = 'waiting', ended_at = null where organisation like 'Civic%' returning id::text as id`,
    )
    const path = `/${row?.id ?? ''}`
    const list = await ask('')
    assert.equal(list.statusCode, 200)
    assert.match(list.body, /Civic &#60;Tech&#62;/)
    assert.match(list.body, /Waits for you/)
    const page = await ask(path)
    assert.match(page.body, /Rui Prova/)
    assert.match(page.body, /An app for cyclists/)
    assert.equal((await ask(`${path}/approve`, {})).statusCode, 303)
    assert.equal((await ask(`${path}/approve`, {})).statusCode, 409)
    await open311.city.settle()
    assert.match(open311.city.mails.findLast((each) => each.to === 'rui@tech.example')?.subject ?? '', /is good now/)
    assert.equal((await ask(`${path}/rate`, { per_minute: '0' })).statusCode, 422)
    assert.equal((await ask(`${path}/rate`, { per_minute: '42' })).statusCode, 303)
    assert.match((await ask(path)).body, /42/)
    assert.equal((await ask(`${path}/end`, {})).statusCode, 303)
    assert.equal((await ask(`${path}/end`, {})).statusCode, 409)
    const states = await query<{ state: string; per_minute: number }>(
      db,
      `select state, per_minute from reports.client where organisation like 'Civic%'`,
    )
    assert.deepEqual(states, [{ state: 'ended', per_minute: 42 }])
    const officer = await sessionOf(open311.city, 'officer@harbourview.example')
    for (const other of ['', path]) assert.equal((await ask(other, undefined, officer)).statusCode, 403)
    assert.equal((await ask(`${path}/rate`, { per_minute: '1' }, officer)).statusCode, 403)
    assert.equal((await ask('', undefined, '')).statusCode, 303)
    const lines = await query<{ type: string }>(db, `select type from journal.event where type like 'reports.client.%' order by seq`)
    for (const type of ['asked', 'confirmed', 'approved', 'changed', 'ended'])
      assert.ok(
        lines.some((each) => each.type === `reports.client.${type}`),
        type,
      )
  })

  test('a network that guesses keys, or reads without end, is told to wait', async () => {
    // early in a minute: the allowance is of that minute
    const early = (): void => open311.pass(61_000 - (open311.now() % 60_000))
    early()
    const guesses = []
    for (let at = 0; at < 32; at += 1)
      guesses.push(
        (await open311.post('requests.json', open311.report({ api_key: `guess-number-${at}` }), { 'x-forwarded-for': '203.0.113.9' }))
          .statusCode,
      )
    assert.deepEqual([...new Set(guesses)], [403, 429])
    early()
    const reads = []
    for (let at = 0; at < 310; at += 1) reads.push((await open311.get('services.json')).statusCode)
    assert.deepEqual([reads[0], reads.at(-1)], [200, 429])
    assert.equal((await open311.get(`services.json?api_key=${KEY}`)).statusCode, 200, 'with a key, the key’s own limit holds')
    open311.pass(60_000)
    assert.equal((await open311.get('services.json')).statusCode, 200)
  })
})
