import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { addDays } from '../../src/kernel/time.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { type Bill, billCode, getBill, type NewBill } from '../../src/modules/payments/index.ts'
import { readAmount } from '../../src/modules/payments/pay/amount.ts'
import { today } from '../../src/platform/platform.ts'
import { makeActing } from '../support/acting.ts'
import { cards, comeBack, type Paying, payHosted, startPaying } from '../support/bank.ts'
import { makeBill } from '../support/bills.ts'
import { type Answer, cookiesOf, formBody, send } from '../support/client.ts'
import { sessionOf } from '../support/world.ts'

const RESIDENT = 'resident@harbourview.example'

describe('what residents pay', () => {
  let paying: Paying
  before(async () => void (paying = await startPaying({ accounts: true })))
  after(() => paying.close())

  const get = (path: string, cookie = ''): Promise<Answer> =>
    send(paying.test.url, { path, headers: { accept: 'text/html', ...(cookie ? { cookie } : {}) } })
  const post = (path: string, fields: Readonly<Record<string, string>> | URLSearchParams = {}, cookie = ''): Promise<Answer> => {
    const headers = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded', ...(cookie ? { cookie } : {}) }
    return send(paying.test.url, {
      method: 'POST',
      path,
      headers,
      body: fields instanceof URLSearchParams ? fields.toString() : formBody(fields),
    })
  }
  const codeOf = (bill: Bill): string => billCode(paying.treasury.platform, bill.id)
  const hold = async (bill: Bill): Promise<string> =>
    cookiesOf(await post('/pay', { reference: bill.reference, code: codeOf(bill) })).join('; ')
  const now = (bill: Bill): Promise<Bill> => getBill(paying.treasury.platform, bill.id)
  const billOf = async (email: string, amount: bigint, own: Partial<NewBill> = {}): Promise<Bill> => {
    const account = await accountByAddress(paying.treasury.platform, email)
    assert.ok(account)
    const payer = { kind: 'person' as const, personId: account.personId, accountId: account.id, name: 'Robin Example', email }
    return makeBill(paying.treasury, amount, undefined, { payer, ...own })
  }
  const mine = async (amount: bigint, own: Partial<NewBill> = {}): Promise<Bill> => billOf(RESIDENT, amount, own)
  /** Goes where a paying form leads, pays with a card, and comes back; gives the page of the outcome. */
  const goThrough = async (started: Answer, card?: string): Promise<{ page: Answer; cookie: string; path: string }> => {
    assert.equal(started.status, 303, started.body.slice(0, 500))
    const back = await payHosted(String(started.headers.location), card)
    const { answer, cookie } = await comeBack(paying, back)
    const path = String(answer.headers.location)
    return { page: await get(path, cookie), cookie, path }
  }

  it('is found by reference and code, and every wrong pair is answered alike', async () => {
    const bill = await makeBill(paying.treasury, 2_500n)
    const pairs = [
      { reference: bill.reference, code: 'AAAA-AAAA-AAAA' },
      { reference: 'BIL-0000-0000', code: codeOf(bill) },
      { reference: 'BIL-7K3M-Q9DX', code: codeOf(bill) },
      { reference: '', code: '' },
      { reference: bill.reference, code: '' },
    ]
    const seen = new Set<string>()
    for (const pair of pairs) {
      const answer = await post('/pay', pair)
      assert.equal(answer.status, 422)
      assert.deepEqual(cookiesOf(answer).filter((line) => line.startsWith('stoa_pay')), []) // prettier-ignore
      seen.add(/class="[^"]*st-error-summary[^]*?<\/ul>/.exec(answer.body)?.[0] ?? 'none')
    }
    assert.deepEqual([seen.size, seen.has('none')], [1, false])
    // typed as people type it
    const loose = await post('/pay', { reference: bill.reference.toLowerCase().replaceAll('-', ' '), code: codeOf(bill).toLowerCase() })
    assert.equal(loose.headers.location, `/pay/bills/${bill.reference}`)
    const line = (loose.headers['set-cookie'] ?? []).find((each) => each.startsWith('stoa_pay=')) ?? ''
    assert.match(line, /Path=\/pay; HttpOnly; SameSite=Lax; Max-Age=3600|Path=\/pay; Max-Age=3600/)
    assert.ok(!line.includes(codeOf(bill)))
  })

  it('lets nobody guess: ten wrong codes for one bill, and the right one does not help any more', async () => {
    const bill = await makeBill(paying.treasury, 100n)
    for (let turn = 0; turn < 10; turn += 1) await post('/pay', { reference: bill.reference, code: 'WRONG' })
    assert.equal((await post('/pay', { reference: bill.reference, code: codeOf(bill) })).status, 429)
  })

  it('is shown to nobody else, whether it is there or not', async () => {
    const [bill, other] = [await makeBill(paying.treasury, 2_500n), await makeBill(paying.treasury, 10n)]
    const cookie = await hold(other)
    for (const held of ['', cookie]) {
      const answer = await get(`/pay/bills/${bill.reference}`, held)
      assert.equal(answer.headers.location, `/pay?reference=${bill.reference}`)
      assert.equal((await get('/pay/bills/BIL-7K3M-Q9DX', held)).status, 303)
      for (const path of ['invoice.pdf', 'code.svg']) assert.equal((await get(`/pay/bills/${bill.reference}/${path}`, held)).status, 404)
      assert.equal((await post(`/pay/bills/${bill.reference}/pay`, {}, held)).headers.location, `/pay?reference=${bill.reference}`)
    }
    const [name = '', value = ''] = cookie.split('=')
    const forged = value.replace(other.id.replaceAll('-', ''), bill.id.replaceAll('-', ''))
    assert.notEqual(forged, value)
    assert.equal((await get(`/pay/bills/${bill.reference}`, `${name}=${forged}`)).status, 303)
    const strange = await sessionOf(paying.test, 'second.officer@harbourview.example')
    assert.equal((await get(`/pay/bills/${bill.reference}`, strange)).status, 303)
  })

  it('stops being shown after an hour', async () => {
    const bill = await makeBill(paying.treasury, 2_500n)
    const cookie = await hold(bill)
    assert.equal((await get(`/pay/bills/${bill.reference}`, cookie)).status, 200)
    await paying.pass(61 * 60_000)
    assert.equal((await get(`/pay/bills/${bill.reference}`, cookie)).status, 303)
  })

  it('says what it is, who asks, why, until when, how to pay, how to object; on a page of at most 40 kB', async () => {
    const bill = await makeBill(paying.treasury, 123_456n, undefined, {
      legalBasis: { en: 'Harbourview Streets Act, s. 4' },
      appeal: { en: 'Write within 30 days.' },
      dueOn: addDays(today(paying.treasury.platform), 3),
    })
    const cookie = await hold(bill)
    const { body } = await get(`/pay/bills/${bill.reference}`, cookie)
    for (const text of ['€1,234.56', 'Streets Act', 'in 3 days', 'PT50 0000', 'Write within 30 days', bill.creditor_reference.slice(0, 4)])
      assert.ok(body.includes(text), text)
    assert.ok(Buffer.byteLength(body) <= 40_000, String(Buffer.byteLength(body)))
    const late = await makeBill(paying.treasury, 100n, undefined, { dueOn: addDays(today(paying.treasury.platform), -2) })
    const overdue = (await get(`/pay/bills/${late.reference}`, await hold(late))).body
    assert.ok(overdue.includes('Overdue') && overdue.includes('2 days ago'))
    assert.match(String((await get(`/pay/bills/${bill.reference}`, cookie)).headers['content-security-policy']), /form-action 'self' http/)
  })

  it('is paid in a minute by who has only the code, with a receipt at the end', async () => {
    const bill = await makeBill(paying.treasury, 4_200n)
    const cookie = await hold(bill)
    const { page, cookie: after, path } = await goThrough(await post(`/pay/bills/${bill.reference}/pay`, {}, cookie))
    assert.equal(page.status, 200)
    assert.ok(page.body.includes('Paid, thank you'))
    assert.equal((await now(bill)).state, 'paid')
    const own = await get(path, `${cookie}; ${after}`)
    const receipt = /href="(\/pay\/receipts\/[0-9a-f-]+\.json)"/.exec(own.body)?.[1] ?? ''
    assert.equal((await get(receipt, cookie)).status, 200)
    assert.equal((await get(path)).status, 404, 'the outcome is nobody else’s')
    const again = await post(`/pay/bills/${bill.reference}/pay`, {}, cookie)
    assert.equal(again.headers.location, `/pay/bills/${bill.reference}`, 'a paid bill is not paid again')
  })

  it('says why a payment failed, that nothing was charged, and tries again', async () => {
    const bill = await makeBill(paying.treasury, 900n)
    const cookie = await hold(bill)
    const { page } = await goThrough(await post(`/pay/bills/${bill.reference}/pay`, {}, cookie), cards.declined)
    assert.ok(page.body.includes('Your bank declined the card') && page.body.includes('Nothing was charged'))
    const again = await post('/pay/basket', { bill: bill.reference }, cookie)
    const { page: paid } = await goThrough(again)
    assert.ok(paid.body.includes('Paid, thank you'))
  })

  it('is checked for two minutes when nobody knows yet, then says what to do, and charges nobody twice', async () => {
    const bill = await makeBill(paying.treasury, 777n)
    const cookie = await hold(bill)
    const { page, cookie: after, path } = await goThrough(await post(`/pay/bills/${bill.reference}/pay`, {}, cookie), cards.timeout)
    assert.ok(page.body.includes('You will not be charged twice'))
    assert.equal(page.headers.refresh, `5; url=${path}?n=2`)
    const last = await get(`${path}?n=24`, after)
    assert.equal(last.headers.refresh, undefined)
    assert.ok(last.body.includes('It takes longer than usual'))
    const again = await post(`/pay/bills/${bill.reference}/pay`, {}, cookie)
    assert.equal(again.headers.location, path, 'another try comes to the same payment')
    assert.equal((await get(path, cookiesOf(again).join('; '))).status, 200)
    await paying.pass(120_000)
    assert.ok((await get(path, after)).body.includes('The payment did not work'))
  })

  it('says of a payment that may still come that it has not arrived, and lets nobody pay twice', async () => {
    const bill = await makeBill(paying.treasury, 888n)
    const cookie = await hold(bill)
    const { cookie: after, path } = await goThrough(await post(`/pay/bills/${bill.reference}/pay`, {}, cookie), cards.late)
    await paying.weather({ webhooks: 'lost' })
    await paying.pass(16_000)
    const { body } = await get(path, after)
    assert.ok(body.includes('has not arrived so far') && body.includes('cannot be paid online until then'))
    assert.ok(!body.includes('Nothing was charged') && !body.includes('Try again'))
    assert.equal((await post(`/pay/bills/${bill.reference}/pay`, {}, cookie)).headers.location, path)
    await paying.weather({ webhooks: 'prompt' })
  })

  it('names the amount that is under way to who wishes to pay another, and leads on to it', async () => {
    const bill = await makeBill(paying.treasury, 60_000n)
    const cookie = await hold(bill)
    const first = await post(`/pay/bills/${bill.reference}/pay`, {}, cookie)
    const other = await post(`/pay/bills/${bill.reference}/pay`, { amount: '50' }, cookie)
    const page = await get(String(other.headers.location), cookie)
    assert.ok(page.body.includes('€600.00') && page.body.includes('Go on with this payment'), page.body.slice(0, 300))
    const part = /name="part" value="(\d+)"/.exec(page.body)?.[1] ?? ''
    assert.equal((await post(`/pay/bills/${bill.reference}/pay`, { part }, cookie)).headers.location, first.headers.location)
  })

  it('ends being shown to who signs out, and stays with who signs in', async () => {
    const [before, during] = [await makeBill(paying.treasury, 10n), await makeBill(paying.treasury, 20n)]
    const session = await sessionOf(paying.test, RESIDENT)
    const see = async (bill: Bill, cookie: string): Promise<number> => (await get(`/pay/bills/${bill.reference}`, cookie)).status
    const open = await hold(before)
    assert.equal(await see(before, `${session}; ${open}`), 200)
    const given = cookiesOf(await post('/pay', { reference: during.reference, code: codeOf(during) }, session)).join('; ')
    assert.equal(await see(during, `${session}; ${given}`), 200)
    assert.equal(await see(during, given), 303)
  })

  it('is paid in parts, and only by amounts that make sense', async () => {
    const bill = await makeBill(paying.treasury, 10_000n)
    const cookie = await hold(bill)
    for (const amount of ['0', '100.01', '1e3', '-5', 'ten', '', '12.345'])
      assert.equal((await post(`/pay/bills/${bill.reference}/pay`, { amount }, cookie)).status, 422, amount)
    await goThrough(await post(`/pay/bills/${bill.reference}/pay`, { amount: '25,50' }, cookie))
    assert.equal((await now(bill)).outstanding, 7_450n)
    const page = await get(`/pay/bills/${bill.reference}`, cookie)
    assert.ok(page.body.includes('€74.50') && page.body.includes('Paid in part'))
  })

  it('is one list for an account: what is open first, several at once, currencies apart', async () => {
    const session = await sessionOf(paying.test, RESIDENT)
    const on = today(paying.treasury.platform)
    const later = await mine(3_000n, { agency: 'library', dueOn: addDays(on, 20) })
    const sooner = await mine(1_000n, { dueOn: addDays(on, 1) })
    const yen = await mine(500n, { currency: 'JPY', dueOn: addDays(on, 30) })
    const { body, status, headers } = await get('/pay/mine', session)
    assert.equal(status, 200, String(headers.location))
    assert.ok(body.indexOf(sooner.reference) < body.indexOf(later.reference))
    const foreign = await makeBill(paying.treasury, 9_999n)
    const query = [sooner, later, foreign].map((bill) => `bill=${bill.reference}`).join('&')
    const basket = await get(`/pay/basket?${query}`, session)
    assert.ok(basket.body.includes('€40.00') && !/<main[^]*<\/main>/.exec(basket.body)?.[0].includes(foreign.reference))
    const mixed = await get(`/pay/basket?${query}&bill=${yen.reference}`, session)
    assert.equal([...mixed.body.matchAll(/action="\/pay\/basket"/g)].length, 2)
    const both = new URLSearchParams([sooner, later].map((bill): [string, string] => ['bill', bill.reference]))
    const { page } = await goThrough(await post('/pay/basket', both, session))
    assert.ok(page.body.includes('€40.00'))
    assert.deepEqual([(await now(sooner)).state, (await now(later)).state], ['paid', 'paid'])
    const wrong = new URLSearchParams([yen, await mine(100n)].map((bill): [string, string] => ['bill', bill.reference]))
    assert.equal((await post('/pay/basket', wrong, session)).status, 422)
    assert.match(String((await post('/pay/basket', {}, session)).headers.location), /mine\?none/)
  })

  it('is seen and paid by who acts for the payer, and the codes shown before are not', async () => {
    const bill = await mine(1_234n)
    const sessions = {
      resident: await sessionOf(paying.test, RESIDENT),
      officer: await sessionOf(paying.test, 'officer@harbourview.example'),
      second: await sessionOf(paying.test, 'second.officer@harbourview.example'),
      helper: await sessionOf(paying.test, 'helper@harbourview.example'),
    }
    assert.equal((await get(`/pay/bills/${bill.reference}`, sessions.helper)).status, 303)
    const other = await makeBill(paying.treasury, 55n)
    const held = await hold(other)
    const { helper } = await makeActing(paying.test, sessions)
    assert.ok((await get('/pay/mine', helper)).body.includes(bill.reference))
    assert.equal((await get(`/pay/bills/${bill.reference}`, helper)).status, 200)
    assert.equal((await get(`/pay/bills/${other.reference}`, `${helper}; ${held}`)).status, 303)
    const { page } = await goThrough(await post(`/pay/bills/${bill.reference}/pay`, {}, helper))
    assert.ok(page.body.includes('Paid, thank you'))
  })

  it('is not charged twice from two tabs', async () => {
    const bill = await makeBill(paying.treasury, 6_600n)
    const cookie = await hold(bill)
    const tabs = await Promise.all([1, 2, 3, 4].map(() => post(`/pay/bills/${bill.reference}/pay`, {}, cookie)))
    const places = new Set(tabs.map((each) => String(each.headers.location)))
    const urls = [...places].filter((place) => place.startsWith('http'))
    assert.ok(urls.length <= 1, [...places].join(' '))
    const again = await post(`/pay/bills/${bill.reference}/pay`, {}, cookie)
    await goThrough(again)
    assert.deepEqual([(await now(bill)).paid, (await now(bill)).outstanding], [6_600n, 0n])
  })

  it('shows only transfer and counter where nobody takes payments online', async () => {
    const { startApp } = await import('../support/app.ts')
    const test = await startApp({ listen: true })
    try {
      assert.ok(test.app.treasury)
      const bill = await makeBill(test.app.treasury, 100n)
      const body = formBody({ reference: bill.reference, code: billCode(test.app.platform, bill.id) })
      const form = { 'content-type': 'application/x-www-form-urlencoded' }
      const shown = await send(test.url, { method: 'POST', path: '/pay', headers: form, body })
      const cookie = cookiesOf(shown).join('; ')
      const page = await send(test.url, { path: `/pay/bills/${bill.reference}`, headers: { cookie } })
      assert.ok(page.body.includes('IBAN') && page.body.includes('Pay at the counter') && !page.body.includes('/pay"'))
      const refused = await send(test.url, { method: 'POST', path: `/pay/bills/${bill.reference}/pay`, headers: { ...form, cookie } })
      assert.equal(refused.status, 409)
    } finally {
      await test.close()
    }
  })
})

describe('an amount as people type it', () => {
  const read: ReadonlyArray<readonly [string, bigint | null]> = [
    ['12', 1_200n],
    ['12.5', 1_250n],
    ['12,50', 1_250n],
    ['1,234.50', 123_450n],
    ['1.234,50', 123_450n],
    ['1 234', 123_400n],
    ['١٢٫٥٠', 1_250n],
    ['0.01', 1n],
    ['12.345', 1_234_500n],
    ['1e3', null],
    ['-1', null],
    ['€5', null],
    ['', null],
    ['..', null],
    ['9'.repeat(30), null],
  ]
  for (const [typed, amount] of read) it(`reads "${typed}"`, () => assert.equal(readAmount(typed, 'EUR'), amount))
  it('knows currencies without decimals', () => assert.deepEqual([readAmount('500', 'JPY'), readAmount('500.5', 'JPY')], [500n, null]))
})
