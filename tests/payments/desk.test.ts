import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { addDays } from '../../src/kernel/time.ts'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { trialBalance } from '../../src/modules/ledger/index.ts'
import { figuresOf, owedNow } from '../../src/modules/payments/desk/figures/store.ts'
import { paymentEvents } from '../../src/modules/payments/events.ts'
import { type Bill, getBill, issueMany, receive, relieveBill, takeBack, type Treasury, within } from '../../src/modules/payments/index.ts'
import { dumpAll } from '../privacy/attacker.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'
import { type Answer, formBody, send } from '../support/client.ts'
import { sessionOf } from '../support/world.ts'

const program = systemActor('payments')
const NAME = 'Zelmira Quodlibet'

describe('the officers’ pages of money', () => {
  let test: TestApp
  let treasury: Treasury
  const seats: Record<string, string> = {}
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    assert.ok(test.app.treasury)
    treasury = test.app.treasury
    for (const who of ['officer', 'second.officer', 'parking', 'fire', 'resident', 'auditor'])
      seats[who] = await sessionOf(test, `${who}@harbourview.example`)
  })
  after(() => test.close())

  const get = (path: string, who = 'officer'): Promise<Answer> =>
    send(test.url, { path, headers: { accept: 'text/html', cookie: seats[who] ?? '' } })
  const post = (path: string, fields: Readonly<Record<string, string>>, who = 'officer'): Promise<Answer> => {
    const headers = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded', cookie: seats[who] ?? '' }
    return send(test.url, { method: 'POST', path, headers, body: formBody(fields) })
  }
  const inside = <T>(work: (treasury: Treasury) => Promise<T>): Promise<T> =>
    transact(treasury.platform, (tx) => work(within(treasury, tx)))
  const named = (amount: bigint, own: Parameters<typeof makeBill>[3] = {}): Promise<Bill> =>
    makeBill(treasury, amount, undefined, { payer: { kind: 'person', name: NAME, email: 'zelmira.quodlibet@example.org' }, ...own })
  const pay = (bill: Bill, amount: bigint, key = `desk:${treasury.platform.newId()}`) =>
    inside((t) =>
      receive(t, program, { key, source: 'cash', heldBy: 'revenue', part: 'city_hall_1', amount, currency: 'EUR', day: today(t.platform), shares: [{ bill: bill.id, amount }] }),
    ) // prettier-ignore
  const page = (bill: Bill, more = ''): string => `/officer/money/bills/${bill.reference}${more}`
  const now = (bill: Bill): Promise<Bill> => getBill(treasury.platform, bill.id)
  const acting = async (bill: Bill, fields: Readonly<Record<string, string>>): Promise<Record<string, string>> => ({
    revision: String((await now(bill)).revision),
    words: 'Agreed on the telephone.',
    ...fields,
  })
  const waitingFor = async (bill: Bill, table: 'proposal' | 'refund'): Promise<string> => {
    const [row] = await query<{ id: string }>(
      treasury.platform.db,
      `select id from payments.${table} where bill_id = $1 and state = 'proposed'`,
      [bill.id],
    )
    assert.ok(row, `a ${table} waits`)
    return `/officer/money/approvals/${table}/${row.id}`
  }

  it('are for officers, each of their own agency, and the treasury for all', async () => {
    const bill = await named(4_200n)
    assert.equal((await get(page(bill), 'officer')).status, 200)
    assert.equal((await get(page(bill), 'parking')).status, 200)
    assert.equal((await get(page(bill), 'fire')).status, 404)
    for (const who of ['resident', 'auditor']) {
      for (const path of [
        '/officer/money',
        '/officer/money.csv',
        '/officer/money/bills',
        '/officer/money/items',
        '/officer/money/approvals',
        '/officer/money/bills/new',
      ])
        assert.equal((await get(path, who)).status, 403, `${who} ${path}`)
      assert.ok([403, 404].includes((await get(page(bill), who)).status), who)
    }
    assert.ok((await get('/officer/money/bills', 'parking')).body.includes(bill.reference))
    assert.ok(!(await get('/officer/money/bills', 'fire')).body.includes(bill.reference))
    const refused = await post(page(bill, '/waive'), await acting(bill, { amount: '1' }), 'fire')
    assert.equal(refused.status, 404)
    assert.equal((await get('/officer/money', 'nobody')).status, 303)
  })

  it('find bills by references, amount and whole name, and never show a name', async () => {
    const bill = await named(31_415n)
    assert.equal((await get(`/officer/money/bills?q=${bill.reference}`)).headers.location, page(bill))
    for (const q of [bill.creditor_reference, '314.15', NAME, 'quodlibet, zelmira']) {
      const found = await post('/officer/money/bills', { q })
      assert.equal(found.status, 200)
      assert.ok(found.body.includes(bill.reference), q)
      assert.ok(!found.body.includes(NAME) || q === NAME, 'the name is only in the field')
      assert.ok(!(await post('/officer/money/bills', { q }, 'fire')).body.includes(page(bill)), q)
    }
    assert.ok(!(await post('/officer/money/bills', { q: 'Zelmira' })).body.includes(bill.reference))
    assert.equal((await get(`/officer/money/bills?q=${encodeURIComponent(NAME)}`)).body.includes(NAME), false)
    const file = await post('/officer/money/bills.csv', { q: '314.15' })
    assert.match(
      file.body,
      new RegExp(`${bill.reference},${bill.creditor_reference},transport,,fee,agency,EUR,314.15,0.00,0.00,314.15,open`),
    )
    assert.ok(!file.body.includes(NAME))
  })

  it('list by state, agency and day, a page after another', async () => {
    const due = addDays(today(treasury.platform), 200)
    const many = await Promise.all(Array.from({ length: 53 }, () => makeBill(treasury, 100n, undefined, { dueOn: due })))
    const first = await get(`/officer/money/bills?state=open&agency=transport&from=${due}&to=${due}`)
    const next = /rel="next" href="([^"]+)"/.exec(first.body)?.[1]?.replaceAll('&#38;', '&')
    assert.ok(next)
    const second = await get(next)
    const seen = (body: string): string[] => many.filter(({ reference }) => body.includes(reference)).map(({ reference }) => reference)
    assert.equal(seen(first.body).length, 50)
    assert.deepEqual([...seen(first.body), ...seen(second.body)].toSorted(), many.map(({ reference }) => reference).toSorted())
    const [year = '', month = '', day = ''] = due.split('-')
    const parts = await get(`/officer/money/bills?from-day=${Number(day)}&from-month=${Number(month)}&from-year=${year}`)
    assert.equal(seen(parts.body).length, 50)
    assert.equal(seen((await get('/officer/money/bills?state=paid')).body).length, 0)
    assert.equal((await get('/officer/money/bills?after=nonsense~x&from=2026-13-40&agency=%27')).status, 200)
  })

  it('open the payer only on purpose, and the journal knows why', async () => {
    const bill = await named(2_000n)
    const opened = (): Promise<Array<{ purpose: string }>> =>
      query(
        treasury.platform.db,
        "select data ->> 'purpose' as purpose from journal.event where type = 'people.record.opened' and stream = $1",
        [bill.person_id],
      )
    assert.ok(!(await get(page(bill))).body.includes(NAME))
    assert.equal((await opened()).length, 0)
    assert.ok(!(await get(page(bill, '?purpose=curiosity'))).body.includes(NAME))
    assert.ok((await get(page(bill, '?purpose=bill.answer'))).body.includes(NAME))
    assert.deepEqual(await opened(), [{ purpose: 'bill.answer' }])
  })

  it('need two officers for what changes what is owed', async () => {
    const bill = await named(9_000n)
    assert.equal((await post(page(bill, '/waive'), await acting(bill, { amount: '30.00' }))).headers.location, page(bill, '?done=waive'))
    assert.equal((await now(bill)).outstanding, 9_000n)
    const path = await waitingFor(bill, 'proposal')
    assert.ok((await get('/officer/money/approvals', 'second.officer')).body.includes(path))
    assert.ok((await get(path)).body.includes('Another officer has to decide'))
    assert.equal((await post(path, { decision: 'approve' })).status, 403)
    assert.equal((await now(bill)).outstanding, 9_000n)
    assert.equal((await post(path, { decision: 'approve' }, 'fire')).status, 404)
    assert.ok((await get(path, 'second.officer')).body.includes('Agreed on the telephone.'))
    assert.equal((await post(path, { decision: 'approve' }, 'second.officer')).status, 303)
    assert.equal((await now(bill)).outstanding, 6_000n)
    assert.equal((await post(path, { decision: 'approve' }, 'second.officer')).status, 409)
  })

  it('propose every change, and what is declined changes nothing', async () => {
    const bill = await named(5_000n)
    const later = addDays(today(treasury.platform), 60).split('-')
    const asked: ReadonlyArray<readonly [string, Readonly<Record<string, string>>]> = [
      ['write_off', {}],
      ['defer', { 'until-day': later[2] ?? '', 'until-month': later[1] ?? '', 'until-year': later[0] ?? '' }],
      ['correct', { amount: '12.50' }],
    ]
    for (const [name, fields] of asked) {
      assert.equal((await post(page(bill, `/${name}`), await acting(bill, fields))).status, 303, name)
      assert.equal((await post(await waitingFor(bill, 'proposal'), { decision: 'decline' }, 'second.officer')).status, 303, name)
    }
    assert.deepEqual([(await now(bill)).state, (await now(bill)).outstanding, (await now(bill)).deferred_until], ['open', 5_000n, null])
    assert.equal((await post(page(bill, '/cancel'), await acting(bill, {}))).status, 303)
    assert.equal((await now(bill)).state, 'open')
    assert.equal((await post(await waitingFor(bill, 'proposal'), { decision: 'approve' }, 'second.officer')).status, 303)
    assert.equal((await now(bill)).state, 'cancelled')
  })

  it('give money back by two officers, and set kept money off', async () => {
    const paid = await named(3_000n)
    const { payment } = await pay(paid, 3_500n)
    const other = await named(400n, { payer: { kind: 'person', personId: paid.person_id ?? '', name: NAME } })
    const refund = { payment: payment.id, amount: '10.00', cause: 'mistake', way: 'cash' }
    assert.equal((await post(page(paid, '/refund'), await acting(paid, { ...refund, amount: '31' }))).status, 422)
    assert.equal((await post(page(paid, '/refund'), await acting(paid, refund))).status, 303)
    const path = await waitingFor(paid, 'refund')
    assert.equal((await post(path, { decision: 'approve' })).status, 403)
    assert.equal((await post(path, { decision: 'approve' }, 'second.officer')).status, 303)
    assert.equal((await now(paid)).total, 2_000n)
    assert.ok((await get(page(other))).body.includes(payment.id))
    assert.equal((await post(page(other, '/set_off'), await acting(other, { payment: payment.id }))).status, 303)
    assert.equal((await post(await waitingFor(other, 'proposal'), { decision: 'approve' }, 'second.officer')).status, 303)
    assert.equal((await now(other)).state, 'paid')
  })

  it('withdraw an approved refund that has not gone out, by another officer than who approved it', async () => {
    const paid = await named(3_000n)
    const { payment } = await pay(paid, 3_000n)
    const refund = { payment: payment.id, amount: '12.00', cause: 'mistake', way: 'cash' }
    await post(page(paid, '/refund'), await acting(paid, refund))
    const path = await waitingFor(paid, 'refund')
    assert.equal((await post(path, { decision: 'withdraw' }, 'second.officer')).status, 409, 'not approved yet')
    await post(path, { decision: 'approve' }, 'second.officer')
    const list = (await get('/officer/money/approvals')).body
    assert.ok(list.includes('have not gone out') && list.includes(path))
    assert.ok((await get(path, 'second.officer')).body.includes('Another officer has to withdraw it'))
    assert.equal((await post(path, { decision: 'withdraw' }, 'second.officer')).status, 403)
    const kept = async () => (await query<{ unapplied: bigint }>(treasury.platform.db, 'select unapplied from payments.payment where id = $1', [payment.id]))[0]?.unapplied // prettier-ignore
    assert.equal(await kept(), 0n)
    assert.equal((await post(path, { decision: 'withdraw' })).headers.location, '/officer/money/approvals?done=withdrawn')
    assert.equal(await kept(), 1_200n)
    assert.equal((await post(path, { decision: 'withdraw' })).status, 409)
    assert.ok(!(await get('/officer/money/approvals')).body.includes(path))
    assert.ok((await get('/officer/money/items?kind=refund_failed')).body.includes('12.00'))
  })

  it('refuse a stale page and what is missing, keep what was typed, and say so in words', async () => {
    const bill = await named(7_000n)
    const stale = await acting(bill, { amount: '1.00', words: 'A plausible grumblewick reason.' })
    await pay(bill, 1_000n)
    const refused = await post(page(bill, '/waive'), stale)
    assert.equal(refused.status, 409)
    assert.ok(refused.body.includes('has changed since') && refused.body.includes('grumblewick'))
    const faults: ReadonlyArray<readonly [string, Readonly<Record<string, string>>]> = [
      ['waive', { amount: 'x' }],
      ['waive', { amount: '-1' }],
      ['waive', { amount: '99999' }],
      ['waive', { amount: '1', words: ' ' }],
      ['defer', { 'until-day': '31', 'until-month': '2', 'until-year': '2030' }],
      ['set_off', { payment: 'x' }],
      ['refund', { payment: bill.id, amount: '1', cause: 'nothing', way: 'cash' }],
      ['note', { words: '' }],
    ]
    for (const [name, fields] of faults) {
      const { status, body } = await post(page(bill, `/${name}`), await acting(bill, fields))
      assert.equal(status, 422, name)
      assert.ok(body.includes('st-error-summary'), name)
    }
    assert.equal((await now(bill)).outstanding, 6_000n)
  })

  it('keep notes sealed, send the code again, and tell all of it in the story', async () => {
    const bill = await named(6_000n)
    assert.equal((await post(page(bill, '/note'), await acting(bill, { words: 'A fribbleton note.' }))).status, 303)
    assert.equal((await post(page(bill, '/code'), await acting(bill, {}))).status, 303)
    await test.settle()
    const { payment } = await pay(bill, 6_500n)
    await inside((t) =>
      takeBack(t, program, payment.id, { provider: 'till', id: 'cb-desk', amount: 600n, fee: 0n, day: today(t.platform) }),
    )
    await inside((t) => relieveBill(t, program, bill.id, { key: `desk:${bill.id}`, kind: 'waived', amount: 50n }))
    const { body } = await get(page(bill))
    for (const words of ['The bill was issued', 'A note was written', 'The code was sent again', 'Money came in', 'Paid', 'Owed again', 'The bank took money back', 'not asked for any more', 'Somebody has to look at it', 'What was booked', 'Olu Sample'])
      assert.ok(body.includes(words), words) // prettier-ignore
    assert.ok(!body.includes('fribbleton'))
    assert.ok((await get(page(bill, '?purpose=bill.check'))).body.includes('fribbleton'))
    const dump = await dumpAll(test.databaseUrl)
    assert.ok(
      dump.some(({ table }) => table.endsWith('payments.note')),
      [...new Set(dump.map(({ table }) => table))].join(),
    )
    for (const { table, row, bytes } of dump)
      assert.ok(![row, ...bytes.map((each) => each.toString('latin1'))].some((text) => text.includes('fribbleton')), table)
    assert.ok(test.mails.some((mail) => mail.subject.includes(bill.reference) && /code/i.test(mail.subject)))
  })

  it('have words for everything that can happen to money, in every language', () => {
    const { words } = treasury
    for (const { type } of paymentEvents) {
      const key = `payments.desk.event.${type.replace(/^payments\./, '')}`
      assert.ok(words.has(key), key)
      const inEnglish = words.translator('en')(key)
      for (const language of ['es', 'ar']) assert.notEqual(words.translator(language)(key), inEnglish, `${language} ${key}`)
    }
  })

  it('tell of a bill that was issued with many others', async () => {
    const issued = await inside(async (t) => {
      const { record } = await import('../../src/platform/journal/journal.ts')
      const cause = await record(t.platform, program, {
        type: 'payments.run.billed',
        stream: t.platform.newId(),
        data: { bills: 2, amount: '300', currency: 'EUR', agency: 'revenue', revenue: 'tax', from: 'HV-1', to: 'HV-2' },
      })
      const bill = { source: 'assessment' as const, sourceId: 'x', agency: 'revenue', revenue: 'tax' as const, payer: null, language: 'en', currency: 'EUR', title: { en: 'Tax' }, dueOn: addDays(today(t.platform), 30) } // prettier-ignore
      const lines = (amount: bigint) => [{ title: { en: 'Tax' }, amount }]
      return issueMany(t, program, [{ ...bill, key: 'parcel:x/1', lines: lines(100n) }, { ...bill, key: 'parcel:x/2', lines: lines(200n) }], cause) // prettier-ignore
    })
    const bill = await getBill(treasury.platform, issued.get('parcel:x/1') ?? '')
    const { body } = await get(page(bill))
    assert.ok(body.includes('issued with many others') && body.includes('Owed to the city'))
  })

  it('queue what somebody has to look at, and close it with what came of it', async () => {
    const bill = await named(1_000n)
    await pay(bill, 1_700n)
    const [item] = await query<{ id: string }>(
      treasury.platform.db,
      "select i.id from payments.item i join payments.allocation a on a.payment_id = i.payment_id where a.bill_id = $1 and i.kind = 'overpaid'",
      [bill.id],
    )
    const path = `/officer/money/items/${item?.id}`
    assert.ok((await get('/officer/money/items?kind=overpaid')).body.includes(path))
    const shown = await get(path)
    assert.ok(shown.body.includes('More was paid than is owed') && shown.body.includes(bill.reference))
    assert.equal((await get(path, 'fire')).status, 404)
    assert.ok(!(await get('/officer/money/items', 'fire')).body.includes(path))
    assert.equal((await post(`${path}/close`, {})).status, 422)
    const keeper = /Looked after by<\/dt>\s*<dd[^>]*>([^]*?)<\/dd>/
    const mine = async (who = 'officer'): Promise<boolean> => (await get('/officer/money/items?mine=1', who)).body.includes(path)
    assert.match(shown.body, keeper)
    assert.match(keeper.exec(shown.body)?.[1] ?? '', /Nobody yet/)
    assert.equal((await post(`${path}/take`, {}, 'fire')).status, 404)
    assert.equal((await post(`${path}/take`, {})).headers.location, `${path}?done=take`)
    assert.deepEqual([await mine(), await mine('second.officer')], [true, false])
    assert.ok((await get(path, 'second.officer')).body.includes('Take it over'))
    assert.equal((await post(`${path}/let_go`, {}, 'second.officer')).status, 303)
    assert.ok(await mine(), 'nobody puts back what another has')
    await post(`${path}/take`, {}, 'second.officer')
    assert.deepEqual([await mine(), await mine('second.officer')], [false, true])
    await post(`${path}/let_go`, {}, 'second.officer')
    assert.deepEqual([await mine(), await mine('second.officer')], [false, false])
    const told = await query<{ type: string }>(treasury.platform.db, "select type from journal.event where stream = $1 and type <> 'payments.item.opened' order by seq", [item?.id]) // prettier-ignore
    assert.deepEqual(told.map(({ type }) => type), ['payments.item.taken', 'payments.item.taken', 'payments.item.let_go']) // prettier-ignore
    const given = await post(`${path}/refund`, { amount: '7.00', cause: 'overpaid', way: 'cash', words: 'Paid twice.' })
    assert.equal(given.headers.location, `${path}?done=refund`)
    assert.equal((await post(`${path}/close`, { outcome: 'no_action' })).status, 303)
    assert.equal((await post(`${path}/close`, { outcome: 'no_action' })).status, 409)
    assert.ok((await get('/officer/money/items?closed=1')).body.includes(path))
  })

  it('know whose money it is that came for a bill which was paid already', async () => {
    const bill = await named(1_000n)
    await pay(bill, 1_000n)
    const { payment } = await pay(bill, 1_000n)
    assert.equal(payment.unapplied, 1_000n)
    const [item] = await query<{ id: string }>(treasury.platform.db, 'select id from payments.item where payment_id = $1', [payment.id])
    assert.ok((await get(`/officer/money/items/${item?.id}`)).body.includes(bill.reference), 'the work item names the bill')
    assert.ok((await get(page(bill))).body.includes(`/officer/money/items/${item?.id}`), 'and the bill the work item')
    const other = await named(400n, { payer: { kind: 'person', personId: bill.person_id ?? '', name: NAME } })
    assert.ok((await get(page(other))).body.includes(payment.id), 'it can pay another bill of theirs')
    assert.equal((await post(page(other, '/set_off'), await acting(other, { payment: payment.id }))).status, 303)
    const stranger = await named(400n)
    const refused = await post(page(stranger, '/set_off'), await acting(stranger, { payment: payment.id }))
    assert.deepEqual([refused.status, refused.headers.location], [422, undefined], 'and nobody else’s')
  })

  it('make a bill by hand, once', async () => {
    const key = treasury.platform.newId()
    const [year = '', month = '', day = ''] = addDays(today(treasury.platform), 20).split('-')
    const typed = { key, agency: 'transport', revenue: 'fine', payer: 'person', name: NAME, language: 'en', title: 'Parking where it is not allowed', appeal: 'Write to the court within 20 days.', 'line-0': 'Fine', 'amount-0': '60.00', 'due-day': day, 'due-month': month, 'due-year': year } // prettier-ignore
    const [first, second] = [await post('/officer/money/bills/new', typed), await post('/officer/money/bills/new', typed)]
    assert.equal(first.status, 303)
    assert.equal(first.headers.location, second.headers.location)
    const reference = /BIL-[0-9A-Z-]+/.exec(first.headers.location ?? '')?.[0] ?? ''
    const bill = await getBill(treasury.platform, reference)
    assert.deepEqual([bill.outstanding, bill.revenue, bill.source, bill.agency], [6_000n, 'fine', 'fine', 'transport'])
    const told = await query<{ actor: string }>(
      treasury.platform.db,
      "select actor from journal.event where stream = $1 and type = 'payments.bill.made'",
      [bill.id],
    )
    assert.deepEqual(told, [{ actor: `account:${(await accountByAddress(treasury.platform, 'officer@harbourview.example'))?.id}` }])
    assert.equal((await post('/officer/money/bills/new', { ...typed, key: treasury.platform.newId() }, 'fire')).status, 403)
    const wrong = await post('/officer/money/bills/new', { key, name: 'x' })
    assert.equal(wrong.status, 422)
    assert.ok(wrong.body.includes('st-error-summary'))
  })

  it('show figures that add up to the ledger, to the cent', async () => {
    await test.settle()
    const { platform } = treasury
    const day = today(platform)
    const ledger = new Map<string, bigint>()
    for (const { accounts, currency } of await trialBalance(platform, day))
      for (const each of accounts)
        if (each.kind === 'receivable' && each.balance !== 0n) ledger.set(`${each.agency} ${currency}`, each.balance)
    const ask = { agencies: null, revenue: null, today: day }
    const now_ = await owedNow(platform.db, ask)
    const figures = new Map(now_.filter(({ owed }) => owed !== 0n).map(({ agency, currency, owed }) => [`${agency} ${currency}`, owed]))
    assert.ok(ledger.size > 0)
    assert.deepEqual(figures, ledger)
    const rows = await figuresOf(platform.db, { ...ask, from: addDays(day, -4_000), to: addDays(day, 4_000) })
    const [direct] = await query<{ due: bigint; paid: bigint; bills: bigint; open: bigint }>(
      platform.db,
      "select sum(total - waived)::bigint as due, sum(paid)::bigint as paid, count(*) as bills, count(*) filter (where state = 'open') as open from payments.bill",
      [],
    )
    const sum = (name: 'due' | 'paid' | 'bills' | 'open'): bigint => rows.reduce((all, row) => all + row[name], 0n)
    assert.deepEqual({ due: sum('due'), paid: sum('paid'), bills: sum('bills'), open: sum('open') }, direct)
    const body = (await get('/officer/money')).body
    assert.ok(body.includes('st-chart') && body.includes('<table'))
    const file = (await get('/officer/money.csv')).body
    assert.match(file, /month,agency,revenue,currency,bills/)
  })
})
