import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { addYears } from '../../src/kernel/time.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import { getCase, getCaseByReference } from '../../src/modules/cases/index.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { type Bill, billCode, feeBill, getBill, takeBack, within } from '../../src/modules/payments/index.ts'
import { offerFor } from '../../src/modules/payments/reminders/arrange.ts'
import { sealWords } from '../../src/modules/payments/reminders/propose.ts'
import { billsOfPerson } from '../../src/modules/payments/store.ts'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { type Paying, payHosted, startPaying } from '../support/bank.ts'
import { makeBill } from '../support/bills.ts'
import { openBrowser } from '../support/browser.ts'
import { cookiesOf } from '../support/client.ts'
import { faultsOf } from '../support/looks.ts'
import { applyFor, sessionOf } from '../support/world.ts'
import { feeStage } from './feestage.ts'

describe('fees of cases', () => {
  let paying: Paying
  before(async () => void (paying = await startPaying({ accounts: true })))
  after(() => paying.close())
  const { billsOf, get, mailed, own, payAway, post } = feeStage(() => paying)

  it('are one bill, whether the page or the job comes first, and paying it lets the case begin', async () => {
    const applied = await applyFor(paying.test, 'resident_parking_permit', { own })
    const cookie = `stoa_case=${applied.code}`
    const done = await get(`/apply/${applied.journey}/done`, `stoa_journey=${applied.token}`)
    assert.ok(done.body.includes(`action="/cases/${applied.reference}/pay"`), 'the page after sending leads to the bill')
    const asked = await Promise.all([1, 2, 3].map(() => post(`/cases/${applied.reference}/pay`, cookie)))
    await paying.test.settle()
    const [bill, ...more] = await billsOf(applied.caseId)
    assert.ok(bill && more.length === 0)
    assert.deepEqual([...new Set(asked.map((each) => each.headers.location))], [`/pay/bills/${bill.reference}`])
    assert.equal((await get(`/pay/bills/${bill.reference}`, cookiesOf(asked[0] ?? assert.fail()).join('; '))).status, 200)
    const current = await getCase(paying.treasury.platform, applied.caseId)
    assert.deepEqual([bill.total, bill.due_on, bill.agency, bill.revenue], [current.fee_amount, current.fee_due_on, current.agency, 'fee'])
    const [told] = mailed(new RegExp(`Your bill ${bill.reference}`))
    assert.ok(told?.includes(billCode(paying.treasury.platform, bill.id)), 'the code is in the mail')
    assert.ok(![...(told ?? '').matchAll(/https?:\S+/g)].some(([link]) => link.includes(billCode(paying.treasury.platform, bill.id))))
    assert.ok((told?.indexOf('cannot pay') ?? -1) > 0)
    await payAway(bill)
    const after = await getCase(paying.treasury.platform, applied.caseId)
    assert.equal(after.fee_state, 'paid')
    assert.notEqual(after.state, current.state, 'the case has begun')
    assert.equal(mailed(new RegExp(`Paid: .*${bill.reference}`)).length, 1)
    const page = await get(`/cases/${applied.reference}`, cookie)
    assert.ok(!page.body.includes(`/cases/${applied.reference}/pay`), 'nothing is left to pay')
  })

  it('are seen by nobody who may not see the case', async () => {
    const applied = await applyFor(paying.test, 'resident_parking_permit', { own })
    for (const cookie of ['', 'stoa_case=WRONG', await sessionOf(paying.test, 'second.officer@harbourview.example')])
      assert.equal((await post(`/cases/${applied.reference}/pay`, cookie)).status, 404)
    assert.equal((await post('/cases/PKP-7K3M-Q9DX/pay')).status, 404)
    assert.equal((await billsOf(applied.caseId)).length, 0, 'and asking makes no bill')
  })

  it('are owed again when the bank takes the payment back, and paid again', async () => {
    const applied = await applyFor(paying.test, 'resident_parking_permit', { own })
    await paying.test.settle()
    const [bill] = await billsOf(applied.caseId)
    assert.ok(bill)
    await payAway(bill)
    const [row] = await query<{ payment_id: string }>(
      paying.treasury.platform.db,
      'select payment_id from payments.allocation where bill_id = $1',
      [bill.id],
    )
    await transact(paying.treasury.platform, (tx) =>
      takeBack(within(paying.treasury, tx), systemActor('payments'), row?.payment_id ?? '', {
        provider: 'harbourbank',
        id: tx.newId(),
        amount: bill.total,
        fee: 0n,
        day: today(tx),
      }),
    )
    await paying.test.settle()
    assert.equal((await getCase(paying.treasury.platform, applied.caseId)).fee_state, 'reversed')
    assert.equal(mailed(new RegExp(`taken back: .*${bill.reference}`)).length, 1)
    await payAway(bill)
    assert.equal((await getCase(paying.treasury.platform, applied.caseId)).fee_state, 'paid')
  })

  it('are paid again when the city wins against the bank that took them back', async () => {
    const applied = await applyFor(paying.test, 'resident_parking_permit', { own })
    await paying.test.settle()
    const [bill] = await billsOf(applied.caseId)
    assert.ok(bill)
    await payAway(bill)
    const [row] = await query<{ provider_payment: string }>(
      paying.treasury.platform.db,
      'select provider_payment from payments.payment p join payments.allocation a on a.payment_id = p.id where a.bill_id = $1',
      [bill.id],
    )
    const { id } = await paying.office('chargebacks', { payment: row?.provider_payment })
    await paying.pass(1_000)
    await paying.test.settle()
    assert.equal((await getCase(paying.treasury.platform, applied.caseId)).fee_state, 'reversed')
    const thanked = mailed(new RegExp(`^Paid: .*${bill.reference}`)).length
    await paying.office('chargebacks/won', { chargeback: id })
    await paying.pass(1_000)
    await paying.test.settle()
    assert.equal((await getCase(paying.treasury.platform, applied.caseId)).fee_state, 'paid')
    assert.equal(mailed(new RegExp(`^Paid: .*${bill.reference}`)).length, thanked + 1)
  })

  it('end with a case that is withdrawn before it was paid', async () => {
    const applied = await applyFor(paying.test, 'resident_parking_permit', { own })
    await paying.test.settle()
    await post(`/cases/${applied.reference}/withdraw`, `stoa_case=${applied.code}`)
    await paying.test.settle()
    const [bill] = await billsOf(applied.caseId)
    assert.deepEqual([bill?.state, bill?.outstanding], ['cancelled', 0n])
  })

  it('follow a correction up and down, once for each', async () => {
    const applied = await applyFor(paying.test, 'resident_parking_permit', { own })
    const bill = await feeBill(paying.treasury, applied.caseId)
    assert.ok(bill)
    const change = async (by: number): Promise<Bill> => {
      await query(paying.treasury.platform.db, 'update cases.case set fee_amount = fee_amount + $2 where id = $1', [applied.caseId, by])
      const all = await Promise.all([1, 2, 3].map(() => feeBill(paying.treasury, applied.caseId)))
      return getBill(paying.treasury.platform, all[0]?.id ?? '')
    }
    assert.equal((await change(500)).outstanding, bill.total + 500n)
    assert.equal((await change(-700)).outstanding, bill.total - 200n)
    await payAway(bill)
    const less = await change(-300)
    assert.deepEqual([less.state, less.total, less.paid], ['paid', bill.total - 500n, bill.total - 500n])
  })

  it('are offered in the parts that their service says, and below its amount in those of the city', async () => {
    const { rules } = paying.treasury
    const plan = { from: 5_000n, most_parts: 3, least_part: 2_000n, first_after: 10 }
    const treasury = { ...paying.treasury, rules: { ...rules, help: { ...rules.help, plan } } }
    const filed = async (nights: number): Promise<Bill> => {
      const answers: Readonly<Record<string, unknown>> = {
        lodging_class: 'hotel_4_5_stars', beds: 200, nights_stayed: nights, has_exempt: false, is_correction: false,
      } // prettier-ignore
      const applied = await applyFor(paying.test, 'visitor_tax_return', { own: (question) => answers[question.id] ?? own(question) })
      return (await feeBill(paying.treasury, applied.caseId)) ?? assert.fail()
    }
    const [large, small] = [await filed(300), await filed(40)]
    assert.ok(large.total > 60_000n && small.total < 60_000n && small.total > 10_000n)
    assert.deepEqual((await offerFor(treasury, large)).parts, [2, 3, 4, 5, 6])
    assert.deepEqual((await offerFor(treasury, small)).parts, [2, 3])
  })

  it('lose their payer when that person is erased, and after the years that the city keeps them', async () => {
    const { platform, rules } = paying.treasury
    const account = await accountByAddress(platform, 'resident@harbourview.example')
    assert.ok(account)
    const payer = { kind: 'person' as const, personId: account.personId, accountId: account.id, name: 'Robin Example' }
    const [open, old] = [
      await makeBill(paying.treasury, 100n, undefined, { payer }),
      await makeBill(paying.treasury, 100n, undefined, { payer: { kind: 'person', name: 'Ola Fictional' } }),
    ]
    await transact(platform, async (tx) => {
      for (const module of paying.test.app.modules)
        if (module.name === 'payments') await module.forgets?.(tx, { personId: account.personId, accountId: account.id })
    })
    const after = await getBill(platform, open.id)
    assert.deepEqual([after.person_id, after.account_id, after.record_id, after.outstanding], [null, null, null, 100n])
    const shown = await post('/pay', '', { reference: open.reference, code: billCode(platform, open.id) })
    assert.equal(shown.headers.location, `/pay/bills/${open.reference}`, 'it can still be paid')
    assert.deepEqual(await billsOfPerson(platform.db, account.personId), [])
    await payAway(old)
    const ended = addYears(today(platform), -rules.bill_years - 1)
    const keep = async (): Promise<string | null> => {
      await paying.job('payments:keep')
      return (await getBill(platform, old.id)).person_id
    }
    assert.notEqual(await keep(), null)
    const written = await transact(platform, async (tx) => {
      const [asking, account] = [await sealWords(tx, old, 'proposal', 'I lost my work.'), await sealWords(tx, after, 'refund', 'IBAN')]
      await query(
        tx.db,
        `insert into payments.proposal (id, bill_id, kind, amount, record_id, asked_by, state, proposed_at, decided_by, decided_at)
         values ($1, $2, 'waive', 1, $3, 'payer', 'declined', now(), $1, now())`,
        [tx.newId(), old.id, asking],
      )
      await query(
        tx.db,
        `insert into payments.refund (id, payment_id, amount, currency, cause, way, state, record_id, proposed_at, ended_at)
         select $1, payment_id, 1, 'EUR', 'overpaid', 'bank', 'succeeded', $2, $4, $4 from payments.allocation where bill_id = $3`,
        [tx.newId(), account, old.id, `${ended}T12:00:00Z`],
      )
      return [asking, account]
    })
    const words = (): Promise<unknown[]> => query(platform.db, 'select 1 from people.sealed where record_id = any($1)', [written])
    await query(platform.db, 'update payments.bill set closed_at = $2 where id = $1', [old.id, `${ended}T12:00:00Z`])
    assert.equal((await words()).length, 2)
    assert.equal(await keep(), null)
    assert.equal((await words()).length, 0, 'nor is what was written about them and their refunds kept')
    const owner = 'select 1 from people.record r join people.person p on p.id = r.person_id where r.id = $1 and p.wrapped_key is null'
    assert.equal((await query(platform.db, owner, [written[1]])).length, 1)
    const erased = await query(platform.db, 'select 1 from people.person where id = $1 and wrapped_key is null', [old.person_id])
    assert.equal(erased.length, 1, 'nobody else knew this person')
  })

  it('are paid on a telephone without scripts, from the case to the receipt', async () => {
    const applied = await applyFor(paying.test, 'resident_parking_permit', { own })
    const browser = await openBrowser()
    try {
      const context = await browser.newContext({ viewport: { width: 320, height: 640 }, javaScriptEnabled: false })
      context.setDefaultTimeout(10_000)
      const page = await context.newPage()
      await page.goto(`${paying.test.url}/track`)
      await page.locator('[name=reference]').fill(applied.reference)
      await page.locator('[name=code]').fill(applied.code)
      await page.locator('form#track button').click()
      await page.locator(`form[action="/cases/${applied.reference}/pay"] button`).click()
      await page.waitForURL(/\/pay\/bills\//)
      await page.locator('form[action$="/pay"] button').first().click()
      await page.waitForURL((url) => url.origin === new URL(paying.bank.url).origin || url.port === new URL(paying.bank.url).port)
      await page.locator('[name=number]').fill('4111 1111 1111 1111')
      await page.locator('[name=expiry]').fill('09/99')
      await page.locator('[name=security]').fill('123')
      await page.locator('form[action*="/card"] button').first().click()
      const code = (await page.locator('#sent-code').textContent()) ?? ''
      await page.locator('[name=code]').fill(code.trim())
      await page.locator('form[action*="/code"] button').first().click()
      await page.waitForURL(/\/pay\/attempts\//)
      assert.match((await page.locator('h1').textContent()) ?? '', /Paid/)
      const receipt = await page.locator('a[href$=".pdf"]').first().getAttribute('href')
      const cookies = (await context.cookies(`${paying.test.url}/pay`)).map((each) => `${each.name}=${each.value}`).join('; ')
      assert.equal((await get(receipt ?? '', cookies)).status, 200)
    } finally {
      await browser.close()
    }
    await paying.test.settle()
    assert.equal((await getCaseByReference(paying.treasury.platform, applied.reference)).fee_state, 'paid')
  })

  it('are shown on pages that everybody can use, in two languages and both colours', async () => {
    const bill = await makeBill(paying.treasury, 123_456n, undefined, {
      legalBasis: { en: 'Harbourview Streets Act, s. 4', ar: 'قانون الشوارع' },
      appeal: { en: 'Write within 30 days.', ar: 'اكتب إلينا خلال 30 يومًا.' },
    })
    const reason = await makeBill(paying.treasury, 100n)
    const held = async (of: Bill): Promise<string> =>
      cookiesOf(await post('/pay', '', { reference: of.reference, code: billCode(paying.treasury.platform, of.id) })).join('; ')
    const tried = await post(`/pay/bills/${reason.reference}/pay`, await held(reason))
    const back = new URL(await payHosted(String(tried.headers.location), '4000 0000 0000 0002'))
    const returned = await get(`${back.pathname}${back.search}`)
    const cookie = await held(bill)
    const browser = await openBrowser()
    try {
      for (const [language, colorScheme] of [
        ['en', 'light'],
        ['ar', 'dark'],
      ] as const) {
        // prettier-ignore
        const context = await browser.newContext({ viewport: { width: 320, height: 640 }, colorScheme })
        const put = (line: string): Promise<void> => {
          const at = line.indexOf('=')
          return context.addCookies([{ name: line.slice(0, at), value: line.slice(at + 1), url: paying.test.url }])
        }
        for (const line of [
          `stoa_lang=${language}`,
          cookie,
          ...cookiesOf(returned),
          await sessionOf(paying.test, 'resident@harbourview.example'),
        ])
          await put(line)
        const page = await context.newPage()
        for (const path of [
          '/pay',
          `/pay/bills/${bill.reference}`,
          '/pay/mine',
          `/pay/basket?bill=${bill.reference}`,
          String(returned.headers.location),
        ]) {
          const answer = await page.goto(`${paying.test.url}${path}`)
          assert.deepEqual([path, answer?.status()], [path, 200])
          assert.deepEqual([language, path, ...(await faultsOf(page))], [language, path])
        }
        await context.close()
      }
    } finally {
      await browser.close()
    }
  })
})
