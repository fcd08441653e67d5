import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { addDays } from '../../src/kernel/time.ts'
import { query } from '../../src/platform/db.ts'
import { today } from '../../src/platform/platform.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import { type Bill, billCode, getBill, type Treasury } from '../../src/modules/payments/index.ts'
import { composeInvoice, invoiceParts } from '../../src/modules/payments/documents/index.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'
import { type Answer, cookiesOf, formBody, send } from '../support/client.ts'
import { sessionOf } from '../support/world.ts'

const NAME = 'Zelmira Quodlibet'
const APPEAL = 'Write to the court of Harbourview within 20 days.\n\nIt costs nothing.'

describe('a bill that is made by hand', () => {
  let test: TestApp
  let treasury: Treasury
  const seats: Record<string, string> = {}
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    assert.ok(test.app.treasury)
    treasury = test.app.treasury
    for (const who of ['officer', 'fire', 'resident']) seats[who] = await sessionOf(test, `${who}@harbourview.example`)
  })
  after(() => test.close())

  const get = (path: string, cookie = seats['officer'] ?? ''): Promise<Answer> =>
    send(test.url, { path, headers: { accept: 'text/html', cookie } })
  const post = (path: string, fields: Readonly<Record<string, string>>, cookie = seats['officer'] ?? ''): Promise<Answer> => {
    const headers = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded', cookie }
    return send(test.url, { method: 'POST', path, headers, body: formBody(fields) })
  }
  const typed = (own: Readonly<Record<string, string>> = {}): Record<string, string> => {
    const [year = '', month = '', day = ''] = addDays(today(treasury.platform), 20).split('-')
    return { key: treasury.platform.newId(), agency: 'transport', revenue: 'fine', payer: 'person', name: NAME, language: 'en', title: 'Parking where it is not allowed', appeal: APPEAL, 'line-0': 'Fine', 'amount-0': '60.00', 'due-day': day, 'due-month': month, 'due-year': year, ...own } // prettier-ignore
  }
  const make = async (own: Readonly<Record<string, string>> = {}): Promise<{ bill: Bill; page: string }> => {
    const answer = await post('/officer/money/bills/new', typed(own))
    assert.equal(answer.status, 303, answer.body.slice(0, 500))
    const page = answer.headers.location ?? ''
    return { bill: await getBill(treasury.platform, /BIL-[0-9A-Z-]+/.exec(page)?.[0] ?? ''), page }
  }
  const toPrint = (bill: Bill): Promise<Array<{ id: string }>> =>
    query(treasury.platform.db, "select id from payments.item where bill_id = $1 and kind = 'print'", [bill.id])
  const invoice = (bill: Bill): string => `/officer/money/bills/${bill.reference}/invoice.pdf`

  it('is printed when nobody can be told of it by e-mail, with the code on it', async () => {
    const ways: ReadonlyArray<Record<string, string>> = [{}, { payer: 'reference', name: '' }]
    for (const own of ways) {
      const nameless = own['payer'] === 'reference'
      const { bill, page } = await make(own)
      assert.equal((await get(page)).body.split(`href="${invoice(bill)}"`).length - 1, 2, 'said at once, and on the page from then on')
      const [item] = await toPrint(bill)
      assert.ok(item, 'somebody has to print it')
      assert.ok((await get(`/officer/money/items/${item.id}`)).body.includes(`href="${invoice(bill)}"`))
      const file = await get(invoice(bill))
      assert.deepEqual([file.status, file.headers['content-type'], file.headers['cache-control']], [200, 'application/pdf', 'no-store'])
      assert.ok(file.body.startsWith('%PDF'))
      const sheet = composeInvoice(treasury, await invoiceParts(treasury, systemActor('payments'), bill))
      assert.equal(sheet.recipient?.name ?? null, nameless ? null : NAME)
      const online = sheet.sections.map(({ body }) => body).join('\n')
      assert.ok(online.replaceAll('\\', '').includes(billCode(treasury.platform, bill.id)))
      const opened = await query(
        treasury.platform.db,
        "select 1 from journal.event where type = 'people.record.opened' and data ->> 'record' = $1 and data ->> 'purpose' = 'bill.document' and actor like 'account:%'",
        [bill.record_id],
      )
      assert.equal(opened.length, nameless ? 0 : 1, 'reading who it is for is noted')
    }
    const { bill } = await make({ email: 'zelmira.quodlibet@example.org' })
    assert.deepEqual(await toPrint(bill), [], 'who has an address gets an e-mail')
  })

  it('has an invoice for officers of its agency only, and none when it is paid from an application', async () => {
    const { bill } = await make()
    for (const who of ['fire', 'resident']) assert.ok([403, 404].includes((await get(invoice(bill), seats[who])).status), who)
    const fee = await makeBill(treasury, 500n, undefined, { source: 'journey', sourceId: treasury.platform.newId() })
    assert.equal((await get(invoice(fee))).status, 409)
    assert.ok(!(await get(`/officer/money/bills/${fee.reference}`)).body.includes('invoice.pdf'))
  })

  it('says how to object, as a fine has to', async () => {
    const refused = await post('/officer/money/bills/new', typed({ appeal: ' ' }))
    assert.equal(refused.status, 422)
    assert.match(refused.body, /href="#appeal">Say how to object/)
    const kept = await post('/officer/money/bills/new', typed({ title: '' }))
    assert.match(kept.body, /<textarea[^>]*name="appeal"[^>]*>\s*Write to the court of Harbourview/, 'what was typed is kept')
    const { bill } = await make()
    assert.deepEqual(bill.appeal, { en: APPEAL })
    const code = billCode(treasury.platform, bill.id)
    const cookie = cookiesOf(await post('/pay', { reference: bill.reference, code }, '')).join('; ')
    assert.ok((await get(`/pay/bills/${bill.reference}`, cookie)).body.includes('Write to the court of Harbourview'))
    const sheet = composeInvoice(treasury, await invoiceParts(treasury, systemActor('payments'), bill))
    assert.ok(sheet.sections.some(({ body }) => body === APPEAL))
    assert.equal((await make({ revenue: 'charge', appeal: '' })).bill.appeal, null, 'of a charge it may be left out')
  })
})
