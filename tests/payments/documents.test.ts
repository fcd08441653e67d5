import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { inflateSync } from 'node:zlib'
import { exportJWK, generateKeyPair } from 'jose'
import { systemActor } from '../../src/modules/access/index.ts'
import { epcQr } from '../../src/modules/iso20022/index.ts'
import { type Bill, billCode, checkReceipt, getBill, receive, type Treasury, within } from '../../src/modules/payments/index.ts'
import { composeInvoice, createSheetRenderer, invoiceParts, setInThread } from '../../src/modules/payments/documents/index.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'
import { cookiesOf, formBody, send } from '../support/client.ts'

const ARABIC = 'نهى الاختبار'

/** The file's bytes with its compressed streams opened, one character for each byte. */
function opened(bytes: Uint8Array): string {
  const raw = Buffer.from(bytes).toString('latin1')
  const streams = [...raw.matchAll(/stream\r?\n([\s\S]*?)\r?\nendstream/g)].map((match) => {
    try {
      return inflateSync(Buffer.from(match[1] ?? '', 'latin1')).toString('latin1')
    } catch {
      return ''
    }
  })
  return raw + streams.join('\n')
}

describe('documents about bills', () => {
  let test: TestApp
  let treasury: Treasury
  before(async () => {
    test = await startApp({ listen: true })
    assert.ok(test.app.treasury)
    treasury = test.app.treasury
  })
  after(() => test.close())

  /** Shows the code of a bill; gives the cookie for its pages. */
  const hold = async (bill: Bill): Promise<string> => {
    const body = formBody({ reference: bill.reference, code: billCode(treasury.platform, bill.id) })
    const answer = await send(test.url, {
      method: 'POST',
      path: '/pay',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    })
    assert.equal(answer.status, 303)
    return cookiesOf(answer).join('; ')
  }
  const file = async (path: string, cookie: string): Promise<{ status: number; type: string; bytes: Uint8Array }> => {
    const answer = await fetch(`${test.url}${path}`, { headers: { cookie } })
    return { status: answer.status, type: answer.headers.get('content-type') ?? '', bytes: new Uint8Array(await answer.arrayBuffer()) }
  }
  const paid = async (bills: ReadonlyArray<{ bill: Bill; amount: bigint }>): Promise<string> => {
    const { payment } = await transact(treasury.platform, (tx) =>
      receive(within(treasury, tx), systemActor('payments'), {
        key: `test:${tx.newId()}`,
        source: 'bank',
        heldBy: 'revenue',
        amount: bills.reduce((sum, each) => sum + each.amount, 0n),
        currency: 'EUR',
        day: today(tx),
        shares: bills.map(({ bill, amount }) => ({ bill: bill.id, amount })),
      }),
    )
    return payment.id
  }

  for (const [language, name] of [
    ['en', 'Noa Placeholder'],
    ['es', 'Noa Placeholder'],
    ['ar', ARABIC],
  ] as const)
    it(`an invoice in ${language} is a tagged PDF/UA-1 in its language`, async () => {
      const bill = await makeBill(treasury, 12_345n, undefined, {
        language,
        payer: { kind: 'person', name, address: ['1 Test Street', '1000 Harbourview'] },
        legalBasis: { en: 'Harbourview Streets Act, s. 4', es: 'Ley de calles', ar: 'قانون الشوارع' },
        appeal: { en: 'Write to **us** within 30 days.', es: 'Escríbanos.', ar: 'اكتب إلينا.' },
      })
      const { status, type, bytes } = await file(`/pay/bills/${bill.reference}/invoice.pdf`, await hold(bill))
      assert.equal(status, 200)
      assert.equal(type, 'application/pdf')
      const text = opened(bytes)
      assert.match(text, /\/StructTreeRoot/)
      assert.match(text, new RegExp(`/Lang ?\\(${language}`))
      assert.match(text, /pdfuaid:part(>|=")1/)
      // the table of what is owed has a head, and the code for bank apps has words
      assert.match(text, /\/S ?\/TH\b/)
      assert.match(text, /\/Alt/)
    })

  it('stand one after another in one file, each as if it stood alone', async () => {
    const bills = await Promise.all(['en', 'ar'].map((language) => makeBill(treasury, 7_000n, undefined, { language })))
    const program = systemActor('mail')
    const sheets = await Promise.all(bills.map(async (bill) => composeInvoice(treasury, await invoiceParts(treasury, program, bill))))
    const pages = (bytes: Uint8Array): number => [...opened(bytes).matchAll(/\/Type ?\/Page\b/g)].length
    const renderer = createSheetRenderer()
    const alone = sheets.map((sheet) => pages(renderer.render(sheet)))
    const together = await setInThread([...sheets, ...sheets])
    assert.ok(alone.every((count) => count > 0))
    assert.equal(pages(together), 2 * alone.reduce((sum, count) => sum + count, 0))
    const text = opened(together)
    assert.match(text, /pdfuaid:part(>|=")1/)
    for (const language of ['en', 'ar']) assert.match(text, new RegExp(`/Lang ?\\(${language}`))
  })

  it('have the code for bank apps with exactly what is left', async () => {
    const bill = await makeBill(treasury, 5_000n)
    await paid([{ bill, amount: 1_500n }])
    const { name, iban, bic } = treasury.rules.creditor
    const wanted = epcQr({ name, iban, ...(bic ? { bic } : {}), amount: 3_500n, currency: 'EUR', reference: bill.creditor_reference })
    assert.ok(wanted?.includes('EUR35'))
    const code = await file(`/pay/bills/${bill.reference}/code.svg`, await hold(bill))
    assert.equal(code.status, 200)
    const before = await file(`/pay/bills/${bill.reference}/code.svg`, '')
    assert.equal(before.status, 404)
    await paid([{ bill, amount: 3_500n }])
    assert.equal((await file(`/pay/bills/${bill.reference}/code.svg`, await hold(bill))).status, 404)
  })

  it('have no code in another currency than euro', async () => {
    const bill = await makeBill(treasury, 5_000n, undefined, { currency: 'JPY' })
    const cookie = await hold(bill)
    assert.equal((await file(`/pay/bills/${bill.reference}/code.svg`, cookie)).status, 404)
    assert.equal((await file(`/pay/bills/${bill.reference}/invoice.pdf`, cookie)).status, 200)
  })

  it('give receipts that anybody checks with the public keys, and that tell nothing of the bills of others', async () => {
    const [own, other] = [await makeBill(treasury, 2_000n), await makeBill(treasury, 7_700n)]
    const payment = await paid([
      { bill: own, amount: 2_000n },
      { bill: other, amount: 7_700n },
    ])
    const cookie = await hold(own)
    const pdf = await file(`/pay/receipts/${payment}.pdf`, cookie)
    assert.match(opened(pdf.bytes), /pdfuaid:part(>|=")1/)
    const answer = await file(`/pay/receipts/${payment}.json`, cookie)
    assert.equal(answer.status, 200)
    const text = new TextDecoder().decode(answer.bytes)
    const keys = JSON.parse((await send(test.url, { path: '/pay/receipts/keys.json' })).body)
    assert.equal(keys.keys[0].d, undefined, 'the private part is not public')
    const checked = await checkReceipt(text, keys)
    assert.ok(checked.genuine)
    assert.deepEqual(
      [JSON.parse(text).receipt.amount, JSON.parse(text).receipt.bills.map((each: { reference: string }) => each.reference)],
      ['2000', [own.reference]],
    )
    assert.ok(!text.includes(other.reference) && !text.includes('7700') && !text.includes('9700'))
    const other404 = await file(`/pay/receipts/${payment}.json`, await hold(await makeBill(treasury, 1n)))
    assert.equal(other404.status, 404)
    assert.equal((await file(`/pay/receipts/${payment}.pdf`, '')).status, 404)
    assert.equal((await file(`/pay/receipts/none.pdf`, cookie)).status, 404)
  })

  it('are found out when somebody changes them or signs with a key of their own', async () => {
    const bill = await makeBill(treasury, 100n)
    const payment = await paid([{ bill, amount: 100n }])
    const text = new TextDecoder().decode((await file(`/pay/receipts/${payment}.json`, await hold(bill))).bytes)
    const keys = JSON.parse((await send(test.url, { path: '/pay/receipts/keys.json' })).body)
    const changed = JSON.parse(text)
    changed.receipt.amount = '10000'
    const [head = '', , signature = ''] = changed.jws.split('.')
    const forged = { ...changed, jws: `${head}.${Buffer.from(JSON.stringify(changed.receipt)).toString('base64url')}.${signature}` }
    const { publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
    const foreign = { keys: [{ ...(await exportJWK(publicKey)), kid: keys.keys[0].kid, alg: 'EdDSA' }] }
    for (const [what, given, by] of [
      ['readable part', JSON.stringify(changed), keys],
      ['signed part', JSON.stringify(forged), keys],
      ['key', text, foreign],
      ['nothing', '{}', keys],
      ['no JSON', 'x', keys],
    ])
      assert.equal((await checkReceipt(given, by)).genuine, false, what)
    assert.equal((await checkReceipt(JSON.stringify(JSON.parse(text), null, 7), keys)).genuine, true)
  })

  it('say that money was taken back since', async () => {
    const bill = await makeBill(treasury, 4_000n)
    const payment = await paid([{ bill, amount: 4_000n }])
    const { takeBack } = await import('../../src/modules/payments/index.ts')
    await transact(treasury.platform, (tx) =>
      takeBack(within(treasury, tx), systemActor('payments'), payment, {
        provider: 'p',
        id: tx.newId(),
        amount: 1_000n,
        fee: 0n,
        day: today(tx),
      }),
    )
    assert.equal((await getBill(treasury.platform, bill.id)).outstanding, 1_000n)
    const { receipt } = JSON.parse(new TextDecoder().decode((await file(`/pay/receipts/${payment}.json`, await hold(bill))).bytes))
    assert.deepEqual([receipt.amount, receipt.taken_back], ['4000', '1000'])
  })
})
