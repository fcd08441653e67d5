import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { query } from '../../src/platform/db.ts'
import { accountActor } from '../../src/modules/access/index.ts'
import { balanceOf } from '../../src/modules/ledger/index.ts'
import { importBills, makeClient, type Treasury } from '../../src/modules/payments/index.ts'
import { billReader, readBillMap } from '../../src/modules/payments/agencies/intake/map.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { sessionFor } from '../support/world.ts'

const head = 'NUM;AMOUNT;DUE;NAME;MAIL;STREET;KIND'
const row = (at: number, own: Partial<Record<'num' | 'amount' | 'due' | 'name' | 'mail' | 'kind', string>> = {}): string =>
  [own.num ?? `L-${at}`, own.amount ?? `1.${String(at % 1000).padStart(3, '0')},50`, own.due ?? '31/12/2026', own.name ?? `Old Placeholder ${at}`, own.mail ?? '', `${at} Invented Quay`, own.kind ?? 'P'].join(';') // prettier-ignore
const text = `
delimiter: ';'
number: NUM
revenue: fee
language: es
title: { en: Mooring, es: Amarre, ar: رسو }
amount: { column: AMOUNT, decimal: ',' }
due: { column: DUE, pattern: dd/MM/yyyy }
payer: { name: NAME, email: MAIL, address: [STREET], company: { column: KIND, words: [E] } }
`
const map = { path: 'map.yaml', text }

describe('bills of an old system', () => {
  let test: TestApp
  let treasury: Treasury
  let folder: string
  const file = async (name: string, rows: readonly string[]): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, [head, ...rows].join('\r\n'))
    return path
  }
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stoa-bills-test-'))
    test = await startApp({ listen: true, accounts: true })
    assert.ok(test.app.treasury)
    treasury = test.app.treasury
    const admin = accountActor({
      accountId: treasury.platform.newId(),
      personId: null,
      roles: [{ role: 'administrator', agency: null }],
      channel: 'web',
      level: 'high',
    })
    for (const [code, agency] of [
      ['harbour', 'transport'],
      ['other', 'library'],
    ] as const)
      // prettier-ignore
      await makeClient(treasury.platform, admin, { code, name: code, agency, perMinute: '60', scopes: [] })
  })
  after(async () => {
    await test.close()
    await rm(folder, { recursive: true, force: true })
  })
  const count = async (code: string): Promise<number> => {
    const [found] = await query<{ n: number }>(treasury.platform.db, `select count(*)::int n from payments.bill where source_key like $1`, [
      `agency:${code}/%`,
    ])
    return found?.n ?? 0
  }

  it('come in once, go on after a stop, and say why rows do not', async () => {
    const rows = Array.from({ length: 2_300 }, (_, at) => row(at + 1))
    rows[9] = row(10, { amount: '-4,00' })
    rows[19] = row(20, { due: '31/02/2026' })
    rows[29] = row(30, { name: '' })
    rows[1_500] = row(1, { amount: '9,99' })
    rows[1_501] = row(2)
    rows[1_502] = row(0, { num: 'has space' })
    const path = await file('one.csv', rows)
    const rejects = join(folder, 'one.rejects.csv')
    const dry = await importBills(treasury, { file: path, map, client: 'harbour', rejects, dryRun: true })
    assert.equal(await count('harbour'), 0)
    const stop = new Error('the power went')
    const onProgress = (done: number): void => {
      if (done >= 1_000) throw stop
    }
    await assert.rejects(importBills(treasury, { file: path, map, client: 'harbour', rejects, onProgress }), stop)
    assert.equal(await count('harbour'), 997)
    const begun = performance.now()
    const done = await importBills(treasury, { file: path, map, client: 'harbour', rejects })
    const seconds = (performance.now() - begun) / 1_000
    assert.deepEqual([done.rows, done.tally.added, done.tally.repeated], [2_300, 2_294, 1])
    assert.deepEqual(done.tally.rejected, { amount: 1, due: 1, payer: 1, number_used: 1, number: 1 })
    assert.deepEqual([dry.rows, dry.tally.rejected], [2_300, { amount: 1, due: 1, payer: 1, number: 1 }])
    assert.equal(await count('harbour'), 2_294)
    assert.ok(1_300 / seconds > 10_000 / 60, `${(1_300 / seconds).toFixed(0)} rows a second`)
    const kept = await readFile(rejects, 'utf8')
    assert.equal(kept.trim().split('\r\n').length, 6)
    assert.match(kept, /has space.*1503;number/)
    assert.equal((await importBills(treasury, { file: path, map, client: 'harbour', rejects })).again, true)
    const [sum] = await query<{ sum: bigint }>(treasury.platform.db, 'select sum(total)::bigint as sum from payments.bill')
    assert.equal(await balanceOf(treasury.platform, { agency: 'transport', kind: 'receivable', currency: 'EUR' }), sum?.sum)
    assert.equal(done.tally.amount, String(sum?.sum))
  })

  it('have amounts of as many decimals as the city’s money', () => {
    const { platform } = treasury
    const amountOf = (typed: string, currency: string, decimal = '.'): string => {
      const own = readBillMap(text.replace("decimal: ','", `decimal: '${decimal}'`), 'map.yaml')
      const read = billReader({ ...platform, city: { ...platform.city, currency } }, own, head.split(';'))
      const sent = read(row(1, { amount: typed }).split(';'))
      return typeof sent === 'string' ? sent : String(sent.lines[0]?.amount)
    }
    assert.deepEqual(['1,200', '1200.5', '0.99'].map((typed) => amountOf(typed, 'JPY')), ['1200', 'amount', 'amount']) // prettier-ignore
    assert.deepEqual(['1,200.5', '12.345', '12.3456'].map((typed) => amountOf(typed, 'KWD')), ['1200500', '12345', 'amount']) // prettier-ignore
    assert.deepEqual(['12.34', '12.345', '1,200'].map((typed) => amountOf(typed, 'EUR')), ['1234', 'amount', '120000']) // prettier-ignore
    assert.equal(amountOf('1.200,5', 'KWD', ','), '1200500')
  })

  it('are refused in words when file, map or program do not fit', async () => {
    const path = await file('two.csv', [row(1)])
    const order = { file: path, map, client: 'harbour', rejects: null }
    await assert.rejects(importBills(treasury, { ...order, client: 'nobody' }), /no program nobody/)
    await assert.rejects(importBills(treasury, { ...order, map: { path: 'm', text: text.replace('NUM', 'NO_SUCH') } }), /no column NO_SUCH/)
    await assert.rejects(importBills(treasury, { ...order, map: { path: 'm', text: 'surprise: 1' } }), /surprise/)
    await assert.rejects(importBills(treasury, { ...order, file: join(folder, 'none.csv') }), /cannot be read/)
    await assert.rejects(importBills(treasury, { ...order, file: await file('many.csv', [row(1), row(2)]), most: 1 }), /more than 1 rows/)
  })

  it('come by the officers’ page: checked first, then the same file, by whose agency it is', async () => {
    const send = async (email: string, fields: Record<string, string>, csv: string | null) => {
      const form = new FormData()
      for (const [name, value] of Object.entries(fields)) form.append(name, value)
      if (csv !== null) form.append('file', new Blob([csv]), 'bills.csv')
      const answer = await fetch(`${test.url}/officer/money/imports`, {
        method: 'POST',
        headers: { cookie: await sessionFor(test.app, email, 'high'), accept: 'text/html' },
        body: form,
        redirect: 'manual',
      })
      return { status: answer.status, body: await answer.text() }
    }
    const officer = 'parking@harbourview.example'
    const csv = [head, row(90_001), row(90_002, { amount: '0' })].join('\n')
    const checked = await send(officer, { client: 'harbour', map: text, act: 'check' }, csv)
    assert.equal(checked.status, 200)
    const mark = /name="checked" value="([0-9a-f]{40})"/.exec(checked.body)?.[1] ?? ''
    const before = await count('harbour')
    assert.equal((await send(officer, { client: 'harbour', map: text, act: 'import', checked: 'f'.repeat(40) }, csv)).status, 422)
    assert.equal(
      (await send(officer, { client: 'harbour', map: text, act: 'import', checked: mark }, `${csv}\n${row(90_003)}`)).status,
      422,
    )
    assert.equal((await send(officer, { client: 'harbour', map: text, act: 'import', checked: mark }, null)).status, 422)
    assert.equal(await count('harbour'), before)
    assert.equal((await send(officer, { client: 'harbour', map: text, act: 'import', checked: mark }, csv)).status, 200)
    assert.equal(await count('harbour'), before + 1)
    assert.equal((await send(officer, { client: 'other', map: text, act: 'check' }, csv)).status, 403)
    for (const hostile of ['x: [', '&a [*a', 'a'.repeat(30_000), ''])
      assert.equal((await send(officer, { client: 'harbour', map: hostile, act: 'check' }, csv)).status, 422, hostile.slice(0, 20))
    assert.equal((await send('resident@harbourview.example', { client: 'harbour', map: text, act: 'check' }, csv)).status, 403)
  })
})
