import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { present } from '../../src/kernel/invariant.ts'
import { addDays } from '../../src/kernel/time.ts'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { type Entry, readPain001, writeCamt053 } from '../../src/modules/iso20022/index.ts'
import { type Bill, decideRefund, getBill, type Treasury, within } from '../../src/modules/payments/index.ts'
import { receive } from '../../src/modules/payments/receive.ts'
import { accountActor, systemActor } from '../../src/modules/access/index.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'
import { type Answer, formBody, send } from '../support/client.ts'
import { leadsTo, multipart } from '../support/reporting.ts'
import { statementOf } from '../support/statements.ts'
import { sessionOf } from '../support/world.ts'

describe('the pages of the treasury and the counter', () => {
  let test: TestApp
  let treasury: Treasury
  let officer: string
  let bill: Bill
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    treasury = present(test.app.treasury, 'the city takes money')
    officer = await sessionOf(test, 'officer@harbourview.example')
    bill = await makeBill(treasury, 5_000n)
  })
  after(() => test.close())

  const get = (path: string, cookie = officer, language = 'en'): Promise<Answer> =>
    send(test.url, { path, headers: { accept: 'text/html', cookie, 'accept-language': language } })
  const post = (path: string, fields: Record<string, string>, cookie = officer): Promise<Answer> =>
    send(test.url, { method: 'POST', path, headers: { accept: 'text/html', cookie, 'content-type': 'application/x-www-form-urlencoded' }, body: formBody(fields) }) // prettier-ignore
  const bring = (bytes: Buffer): Promise<Answer> => {
    const { type, body } = multipart({}, bytes.length === 0 ? [] : [{ field: 'file', name: 's.xml', bytes }])
    return send(test.url, {
      method: 'POST',
      path: '/officer/money/transfers',
      headers: { accept: 'text/html', cookie: officer, 'content-type': type },
      body,
    })
  }
  const credit = (amount: bigint, lines: string[], name: string): Entry => ({
    amount, currency: 'EUR', direction: 'credit', reversal: false, status: 'BOOK', bookingDay: today(test.app.platform), code: { own: 'X' }, charges: [],
    details: [{ charges: [], references: [], lines, debtor: { name, iban: 'GB29NWBK60161331926819' } }],
  }) // prettier-ignore

  it('shows every page in every language', async () => {
    for (const language of ['en', 'es', 'ar'] as const)
      for (const path of ['transfers', 'till', 'reconcile']) {
        const { status, body } = await get(`/officer/money/${path}`, officer, language)
        assert.equal(status, 200, `${path} ${language} ${body.slice(0, 300)}`)
        assert.ok(body.includes(`<html lang="${language}"`), `${path} ${language}`)
        const title = { en: /Bank transfers|Till|Comparison/, es: /Transferencias|Caja|Comparación/, ar: /[\u0600-\u06ff]{3}/ }[language] // prettier-ignore
        assert.match(/<h1[^>]*>([^<]*)/.exec(body)?.[1] ?? '', title, `${path} ${language}`)
      }
  })

  it('takes a statement, shows what waits without persons, and lets an officer deal with it', async () => {
    assert.equal((await bring(Buffer.alloc(0))).status, 422)
    assert.equal((await bring(Buffer.from('<html></html>'))).status, 422)
    const entries = [
      credit(5_000n, [`bill ${bill.reference}`], 'Wilma Waits'),
      credit(77n, ['no idea'], 'Bo Back'),
      credit(88n, [], 'Card Bank'),
    ]
    const day = addDays(today(test.app.platform), -1)
    const bytes = Buffer.from(writeCamt053(statementOf(entries, { iban: treasury.rules.creditor.iban, day })))
    assert.match(leadsTo(await bring(bytes)), /done=imported$/)
    await test.settle()
    assert.match(leadsTo(await bring(bytes)), /done=again$/)
    const desk = await get('/officer/money/transfers?done=imported')
    const ids = [...desk.body.matchAll(/entries\/([0-9a-f-]{36})/g)].map(([, id]) => id)
    assert.equal(ids.length, 3)
    assert.ok(!desk.body.includes('Wilma') && !desk.body.includes('GB29'))
    const [statement] = [...desk.body.matchAll(/statements\/([0-9a-f-]{36})/g)].map(([, id]) => id)
    assert.equal((await get(`/officer/money/transfers/statements/${statement}`)).status, 200)
    const rows = await query<{ id: string; amount: bigint }>(treasury.platform.db, 'select id, amount from payments.entry order by no')
    const [own, back, terminal] = rows.map(({ id }) => `/officer/money/transfers/entries/${id}`)
    const closed = await get(own ?? '')
    assert.ok(closed.body.includes(bill.reference) && !closed.body.includes('Wilma Waits'))
    assert.ok((await get(`${own}?payer=1`)).body.includes('Wilma Waits'))
    assert.equal((await post(`${own}/assign`, {})).status, 422)
    assert.ok((await post(`${own}/find`, { q: 'noa placeholder' })).body.includes(bill.reference))
    assert.ok((await post('/officer/money/transfers/find', { q: 'wilma waits' })).body.includes(own ?? ''))
    assert.match(leadsTo(await post(`${own}/assign`, { bill: bill.id })), /done=assigned$/)
    assert.equal((await getBill(treasury.platform, bill.id)).state, 'paid')
    assert.equal((await post(`${own}/assign`, { bill: bill.id })).status, 409)
    assert.equal((await post(`${back}/back`, { words: '' })).status, 422)
    assert.match(leadsTo(await post(`${back}/back`, { words: 'Nobody knows it.' })), /done=sent_back$/)
    assert.equal((await post(`${terminal}/terminal`, { fees: 'x' })).status, 422)
    assert.equal((await post(`${terminal}/terminal`, { fees: '0.12' })).status, 422)
    const carded = await makeBill(treasury, 100n)
    await transact(treasury.platform, (tx) =>
      receive(within(treasury, tx), systemActor('payments'), {
        key: `till:${carded.id}`, source: 'terminal', heldBy: 'revenue', part: 'transport_1', amount: 100n, currency: 'EUR', day,
        shares: [{ bill: carded.id, amount: 100n }], cause: tx.newId(),
      }),
    ) // prettier-ignore
    assert.match(leadsTo(await post(`${terminal}/terminal`, { fees: '0.12' })), /done=terminal$/)
    for (const path of [own, back, terminal]) assert.equal((await get(path ?? '')).status, 200)
  })

  it('lets two officers say what money was that left', async () => {
    const day = addDays(today(test.app.platform), -1)
    const out: Entry = { ...credit(450n, ['quarter'], 'Harbour Bank'), direction: 'debit' }
    const bytes = Buffer.from(writeCamt053(statementOf([out], { id: 'OUT-1', iban: treasury.rules.creditor.iban, day })))
    assert.match(leadsTo(await bring(bytes)), /done=imported$/)
    await test.settle()
    const [row] = await query<{ id: string }>(treasury.platform.db, 'select id from payments.entry where amount = -450')
    const path = `/officer/money/transfers/entries/${row?.id}`
    const second = await sessionOf(test, 'second.officer@harbourview.example')
    assert.match((await get(path)).body, /name="as"/)
    assert.equal((await post(`${path}/out`, {})).status, 422)
    assert.match(leadsTo(await post(`${path}/out`, { as: 'fee' })), /done=said$/)
    assert.ok(!(await get(path)).body.includes(`${path}/agree`), 'who said it has no button')
    assert.equal((await post(`${path}/agree`, { agree: 'yes' })).status, 403)
    assert.match((await get(path, second, 'es')).body, new RegExp(`${path}/agree`))
    assert.match(leadsTo(await post(`${path}/agree`, { agree: 'yes' }, second)), /done=agreed$/)
    for (const language of ['en', 'es', 'ar'])
      assert.ok(!/payments\.transfers\./.test((await get(`${path}?done=agreed`, second, language)).body), language)
    assert.equal((await post(`${path}/agree`, { agree: 'no' }, second)).status, 409)
  })

  it('makes a file of refunds for the bank, and fetches it', async () => {
    assert.equal((await post('/officer/money/transfers/files', {})).status, 422)
    const [refund] = await query<{ id: string }>(treasury.platform.db, 'select id from payments.refund')
    const second = present(await accountByAddress(test.app.platform, 'second.officer@harbourview.example'), 'an officer')
    const actor = accountActor({
      accountId: second.id,
      personId: null,
      roles: [{ role: 'officer', agency: null }],
      channel: 'web',
      level: 'substantial',
    })
    await decideRefund(treasury, actor, refund?.id ?? '', true)
    const path = leadsTo(await post('/officer/money/transfers/files', {})).replace(/\?.*$/, '')
    assert.equal((await get(path)).status, 200)
    const file = await post(`${path}/fetch`, {})
    assert.match(String(file.headers['content-disposition']), /^attachment; filename="STOA-[0-9A-F]+\.xml"$/)
    assert.equal(readPain001(file.body).order?.payments.length, 1)
    assert.match(leadsTo(await post(`${path}/refused`, { refund: refund?.id ?? '' })), /done=refused$/)
    assert.equal((await post(`${path}/refused`, { refund: test.app.platform.newId() })).status, 404)
    assert.equal((await post(`${path}/fetch`, {})).status, 409)
    assert.ok(!(await get(path)).body.includes(`${path}/fetch`))
  })

  it('opens a till, takes money, prints a receipt and closes', async () => {
    const owed = await makeBill(treasury, 1_250n)
    assert.equal((await post('/officer/money/till', { sum: '10' })).status, 422)
    assert.equal((await post('/officer/money/till', { till: 'transport_1', sum: 'ten' })).status, 422)
    const till = leadsTo(await post('/officer/money/till', { till: 'transport_1', piece_1000: '1' }))
    assert.equal((await get(till)).status, 200)
    const wrong = await post(`${till}/cash`, { bill: owed.reference, amount: '12.50', given: '5' })
    assert.equal(wrong.status, 422)
    assert.ok(wrong.body.includes(owed.reference))
    const receipt = leadsTo(await post(`${till}/cash`, { bill: owed.reference, amount: '12.50', given: '20' }))
    const page = await get(receipt)
    assert.ok(page.body.includes('€7.50') && page.body.includes(owed.reference))
    assert.equal((await post(`${till}/card`, { bill: owed.reference, amount: '1', slip: '1' })).status, 422)
    assert.match(leadsTo(await post(`${till}/carry`, { to: 'bank', amount: '20' })), /receipts/)
    assert.equal((await post(`${till}/carry`, { to: 'bank', amount: '20' })).status, 422)
    const supervisor = await sessionOf(test, 'supervisor@harbourview.example')
    assert.equal((await post(`${till}/cash`, { bill: owed.reference, amount: '1' }, supervisor)).status, 403)
    assert.ok((await get(till, supervisor)).body.includes('take-over'))
    assert.equal(leadsTo(await post(`${till}/take-over`, { reason: 'shift_end' }, supervisor)), till)
    assert.equal((await post(`${till}/close`, { sum: '' }, supervisor)).status, 422)
    assert.equal(leadsTo(await post(`${till}/close`, { sum: '2.50' }, supervisor)), till)
    assert.equal((await get(till)).status, 200)
  })

  it('compares on demand, and keeps others out', async () => {
    assert.equal((await post('/officer/money/reconcile', { from: '2026-13-01', to: 'x' })).status, 422)
    const day = today(test.app.platform)
    await query(treasury.platform.db, `insert into payments.deposit (reference, agency, till, amount, currency, carried_on) values ('DEP-TEST-0002', 'transport', 'transport_1', 100, 'EUR', $1)`, [addDays(day, -20)]) // prettier-ignore
    assert.match(leadsTo(await post('/officer/money/reconcile', { from: addDays(day, -30), to: day })), /done=found$/)
    const page = await get('/officer/money/reconcile?done=found', officer, 'es')
    assert.ok(page.body.includes('DEP-TEST-0002'))
    const others = { resident: 403, fire: 403 } as const
    for (const [who, status] of Object.entries(others)) {
      const cookie = await sessionOf(test, `${who}@harbourview.example`)
      for (const path of ['transfers', 'reconcile', 'till'])
        assert.equal((await get(`/officer/money/${path}`, cookie)).status, status, `${who} ${path}`)
    }
  })
})
