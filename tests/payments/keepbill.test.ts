import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { accountActor, type Actor, systemActor } from '../../src/modules/access/index.ts'
import { hasContent, holdingsOf, open } from '../../src/modules/people/index.ts'
import {
  addParcels,
  type Bill,
  billCode,
  confirmRun,
  getBill,
  makeClient,
  moveRun,
  receive,
  startRun,
  type Treasury,
  within,
} from '../../src/modules/payments/index.ts'
import { addDays } from '../../src/kernel/time.ts'
import { makeResident, get as getAs, post as postAs, type Resident, staffCookie } from '../privacy/resident.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'
import { cookiesOf, formBody, send } from '../support/client.ts'
import { makeActing } from '../support/acting.ts'

const NAME = 'Zelmira Quodlibet'
const EMAIL = 'zelmira.quodlibet@example.org'

describe('a bill that is kept with an account', () => {
  let test: TestApp
  let treasury: Treasury
  let me: Resident
  let other: Resident
  let officer: string
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    assert.ok(test.app.treasury)
    treasury = test.app.treasury
    me = await makeResident(test, { name: NAME, email: EMAIL, phone: '+000 1', line: '1 Invented Quay' })
    other = await makeResident(test, { name: 'Osric Otherby', email: 'osric@example.org', phone: '+000 2', line: '2 Invented Quay' })
    officer = await staffCookie(test, 'officer@harbourview.example')
  })
  after(() => test.close())

  const now = (bill: Bill): Promise<Bill> => getBill(treasury.platform, bill.id)
  const page = (bill: Bill, more = ''): string => `/pay/bills/${bill.reference}${more}`
  /** The cookies of somebody who typed a bill's reference and code. */
  const shown = async (bill: Bill, cookie: string): Promise<string> => {
    const answer = await postAs(test, cookie, '/pay', { reference: bill.reference, code: billCode(treasury.platform, bill.id) })
    assert.equal(answer.headers.location, page(bill))
    return [cookie, ...cookiesOf(answer)].join('; ')
  }
  /** Keeps a bill as its page leads to it: the offer, what it means, the button. */
  const keep = async (bill: Bill, who = me): Promise<void> => {
    const cookie = await shown(bill, who.cookie)
    assert.ok((await getAs(test, cookie, page(bill))).body.includes(`href="${page(bill, '/claim')}"`), 'it is offered')
    const asked = (await getAs(test, cookie, page(bill, '/claim'))).body
    assert.match(asked, new RegExp(`<form method="post" action="${page(bill, '/claim')}">`))
    assert.ok(!(await getAs(test, who.cookie, '/pay/mine')).body.includes(bill.reference), 'looking keeps nothing')
    const done = await postAs(test, cookie, page(bill, '/claim'))
    assert.deepEqual([done.status, done.headers.location], [303, page(bill, '?kept=1')], done.body.slice(0, 400))
    assert.ok((await getAs(test, who.cookie, page(bill, '?kept=1'))).body.includes('kept with your account'), 'without the code')
    assert.ok((await getAs(test, who.cookie, '/pay/mine')).body.includes(bill.reference))
  }
  const pay = (bill: Bill, amount: bigint) =>
    transact(treasury.platform, (tx) =>
      receive(within(treasury, tx), systemActor('payments'), { key: `test:${tx.newId()}`, source: 'cash', heldBy: 'revenue', part: 'city_hall_1', amount, currency: 'EUR', day: today(tx), shares: [{ bill: bill.id, amount }] }),
    ) // prettier-ignore
  const opener = (accountId: string, role: 'administrator' | 'officer'): Actor =>
    accountActor({ accountId, personId: null, roles: [{ role, agency: null }], channel: 'web', level: 'high' })

  const apiBill = async (): Promise<Bill> => {
    const { key } = await makeClient(treasury.platform, opener(treasury.platform.newId(), 'administrator'), { code: 'skips', name: 'Skips', agency: 'transport', perMinute: '1000', scopes: ['bills.write'] }) // prettier-ignore
    const body = { number: 'S/1', payer: { kind: 'person', name: NAME, email: EMAIL, address: ['1 Invented Quay'] }, language: 'en', currency: 'EUR', revenue: 'charge', title: { en: 'Skip' }, dueOn: addDays(today(treasury.platform), 20), lines: [{ title: { en: 'Two weeks' }, amount: '4200' }] } // prettier-ignore
    const headers = { authorization: `Bearer ${key}`, 'idempotency-key': 'one', 'content-type': 'application/json' }
    const made = await send(test.url, { method: 'POST', path: '/api/v1/bills', headers, body: JSON.stringify(body) })
    assert.equal(made.status, 201, made.body)
    return getBill(treasury.platform, String((JSON.parse(made.body) as { reference: string }).reference))
  }
  const handBill = async (): Promise<Bill> => {
    const [year = '', month = '', day = ''] = addDays(today(treasury.platform), 20).split('-')
    const typed = { key: treasury.platform.newId(), agency: 'transport', revenue: 'charge', payer: 'person', name: NAME, email: EMAIL, language: 'en', title: 'Lamp post', 'line-0': 'A lamp post', 'amount-0': '60.00', 'due-day': day, 'due-month': month, 'due-year': year } // prettier-ignore
    const made = await postAs(test, officer, '/officer/money/bills/new', typed)
    return getBill(treasury.platform, /BIL-[0-9A-Z-]+/.exec(made.headers.location ?? '')?.[0] ?? '')
  }
  const taxBill = async (): Promise<Bill> => {
    const owner = { kind: 'person', name: NAME, address: ['1 Invented Quay'] } as const
    await addParcels(treasury.platform, [{ number: 'KB-0000001', addressId: null, district: 'old_harbour', area: 80, use: 'residential', value: 20_000_000n, exemption: null, language: 'en', owner }]) // prettier-ignore
    const year = Number(today(treasury.platform).slice(0, 4))
    const run = await startRun(treasury, opener(treasury.platform.newId(), 'officer'), year)
    await moveRun(treasury, run)
    await confirmRun(treasury, opener(treasury.platform.newId(), 'officer'), run)
    for (let turn = 0; turn < 3; turn += 1) await moveRun(treasury, run)
    const [row] = await query<{ id: string }>(treasury.platform.db, "select id from payments.bill where source_id = 'KB-0000001'")
    return getBill(treasury.platform, row?.id ?? '')
  }

  for (const [name, make] of [
    ['by an agency’s program', apiBill],
    ['by hand', handBill],
    ['of property tax', taxBill],
  ] as const)
    it(`is one ${name}: with its payer’s data, which is theirs from then on`, async () => {
      const bill = await make()
      await test.settle()
      const before = bill.person_id
      assert.ok(before !== null && before !== me.personId)
      const sent = await query(treasury.platform.db, 'select 1 from messages.message where about = $1', [bill.id])
      await keep(bill)
      const after = await now(bill)
      assert.deepEqual([after.person_id, after.account_id, after.outstanding], [me.personId, me.accountId, bill.outstanding])
      const known = await open(treasury.platform, systemActor('payments'), { record: after.record_id ?? '', purpose: 'bill.document', legalBasis: 'own' }) // prettier-ignore
      assert.equal(known['name'], NAME)
      const held = (await holdingsOf(treasury.platform, me.personId)).records.map(({ id }) => id)
      assert.ok(held.includes(after.record_id ?? ''))
      const moved = await query<{ record_id: string }>(treasury.platform.db, 'select record_id from messages.message where about = $1 and person_id = $2', [bill.id, me.personId]) // prettier-ignore
      assert.equal(moved.length, sent.length)
      for (const { record_id } of moved) assert.ok(held.includes(record_id), 'what was written to them too')
      // the owner of a parcel is kept for the bills of the next years; of others nothing is left
      assert.equal(await hasContent(treasury.platform, before), name === 'of property tax')
      const told = await query<{ actor: string; data: unknown }>(
        treasury.platform.db,
        "select actor, data from journal.event where stream = $1 and type = 'payments.bill.claimed'",
        [bill.id],
      )
      assert.deepEqual(told, [{ actor: `account:${me.accountId}`, data: {} }])
      const opened = await query(
        treasury.platform.db,
        "select 1 from journal.event where stream = $1 and type = 'people.record.opened' and data ->> 'purpose' = 'bill.claim'",
        [before],
      )
      assert.equal(opened.length, 1, 'the opening is noted')
      assert.ok((await getAs(test, officer, `/officer/money/bills/${bill.reference}`)).body.includes('Kept with an account'))
    })

  it('is kept by no other account, nor twice, nor by whoever does not know its code', async () => {
    const bill = await makeBill(treasury, 1_000n)
    const [holder, mine] = [await shown(bill, other.cookie), await shown(bill, me.cookie)]
    for (const ask of [getAs, postAs]) assert.equal((await ask(test, me.cookie, page(bill, '/claim'))).status, 404, 'the code is needed')
    assert.match((await postAs(test, '', page(bill, '/claim'))).headers.location ?? '', /^\/sign-in/)
    const [first, second] = await Promise.all([postAs(test, mine, page(bill, '/claim')), postAs(test, mine, page(bill, '/claim'))])
    assert.deepEqual([first.status, second.status], [303, 303], 'sent twice it is the same')
    const told = "select 1 from journal.event where stream = $1 and type = 'payments.bill.claimed'"
    assert.equal((await query(treasury.platform.db, told, [bill.id])).length, 1)
    for (const ask of [getAs, postAs]) {
      const refused = await ask(test, holder, page(bill, '/claim'))
      assert.equal(refused.status, 409)
      assert.ok(refused.body.includes('kept with another account'))
    }
    const seen = (await getAs(test, holder, page(bill))).body
    assert.ok(seen.includes(bill.reference) && !seen.includes('/claim'), 'they may still pay it, and are offered nothing')
    assert.equal((await now(bill)).account_id, me.accountId)
  })

  it('may be one of whoever has the code, and is offered through signing in', async () => {
    const bill = await makeBill(treasury, 1_000n, undefined, { payer: null })
    const cookie = await shown(bill, '')
    assert.ok((await getAs(test, cookie, page(bill))).body.includes(`href="/sign-in?next=${page(bill, '/claim')}"`))
    await keep(bill)
    assert.deepEqual([(await now(bill)).record_id, (await now(bill)).payer], [null, 'reference'])
  })

  it('is none of an application, nor one of somebody for whom one acts', async () => {
    const fee = await makeBill(treasury, 1_000n, undefined, { source: 'case', sourceId: treasury.platform.newId() })
    const cookie = await shown(fee, me.cookie)
    assert.ok(!(await getAs(test, cookie, page(fee))).body.includes('/claim'))
    assert.equal((await postAs(test, cookie, page(fee, '/claim'))).status, 404)
    const seat = (name: string): Promise<string> => staffCookie(test, `${name}@harbourview.example`)
    const sessions = { resident: await seat('resident'), officer, second: await seat('second.officer'), helper: await seat('helper') }
    const { helper } = await makeActing(test, sessions)
    const bill = await makeBill(treasury, 1_000n)
    const held = await shown(bill, helper)
    assert.ok(!(await getAs(test, held, page(bill))).body.includes('/claim'))
    assert.equal((await postAs(test, held, page(bill, '/claim'))).status, 404)
  })

  it('can be paid with what its payer paid too much for another', async () => {
    const [paid, open_] = [await makeBill(treasury, 1_000n), await makeBill(treasury, 400n)]
    const { payment } = await pay(paid, 1_500n)
    const form = async () => ({ revision: String((await now(open_)).revision), words: 'Agreed on the telephone.', payment: payment.id })
    const setOff = async () => postAs(test, officer, `/officer/money/bills/${open_.reference}/set_off`, await form())
    assert.equal((await setOff()).status, 422, 'two payers, as far as anybody knows')
    await keep(paid)
    await keep(open_)
    assert.equal((await setOff()).status, 303)
  })

  it('is forgotten with the account, and what officers wrote of it too', async () => {
    const leaving = await makeResident(test, {
      name: 'Lotte Leaving',
      email: 'lotte@example.org',
      phone: '+000 3',
      line: '3 Invented Quay',
    })
    const bill = await makeBill(treasury, 700n)
    const form = { revision: String(bill.revision), words: 'Called at noon.' }
    assert.equal((await postAs(test, officer, `/officer/money/bills/${bill.reference}/note`, form)).status, 303)
    await keep(bill, leaving)
    const noted = async () => (await getAs(test, officer, `/officer/money/bills/${bill.reference}?purpose=bill.answer`)).body
    assert.ok((await noted()).includes('Called at noon.'), 'officers read it as before')
    const record = (await now(bill)).record_id ?? ''
    await pay(bill, 700n)
    const answer = await send(test.url, { method: 'POST', path: '/my/data/erase', headers: { cookie: leaving.cookie, 'content-type': 'application/x-www-form-urlencoded' }, body: formBody({ word: 'erase' }) }) // prettier-ignore
    assert.equal(answer.headers.location, '/my/data/erased', answer.body.slice(0, 300))
    assert.deepEqual([(await now(bill)).person_id, (await now(bill)).account_id], [null, null])
    await assert.rejects(
      open(treasury.platform, systemActor('payments'), { record, purpose: 'bill.document', legalBasis: 'own' }),
      /404|not/i,
    )
    assert.ok(!(await noted()).includes('Called at noon.'))
  })
})
