import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { payByCard, payByWallet, payerAt } from '../support/payer.ts'
import { makeStage, plainAsk, type Stage } from './stage.ts'

const card = { expiry: '09/99', security: '123' }

describe('what a payer can do', () => {
  let stage: Stage
  let dir: string
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'harbourbank-cards-'))
    stage = await makeStage({ dir })
  })
  after(async () => {
    await stage.close()
    await rm(dir, { recursive: true, force: true })
  })

  const outcomes: ReadonlyArray<readonly [string, string, string | null]> = [
    ['4111 1111 1111 1111', 'captured', null],
    ['4000-0000-0000-0002', 'failed', 'declined'],
    ['4000000000009995', 'failed', 'insufficient_funds'],
    ['4000 0000 0000 0127', 'failed', 'authentication_failed'],
    ['4000 0000 0000 0119', 'pending', null],
    ['4000 0000 0000 0341', 'pending', null],
    ['4000 0000 0000 0259', 'captured', null],
    ['4000 0000 0000 3220', 'captured', null],
    ['4000 0000 0000 5126', 'captured', null],
    ['٤١١١ ١١١١ ١١١١ ١١١١', 'created', null],
  ]
  for (const [number, state, reason] of outcomes)
    test(`the card ${number} leads to ${state} ${reason ?? ''}`, async () => {
      const { id, pay_url: payUrl } = await stage.pay()
      const back = await payByCard(payUrl, number)
      const payment = await stage.now(id)
      assert.deepEqual([payment.state, payment.reason], [state, reason])
      assert.equal(back, state === 'created' ? null : plainAsk.return_url)
      assert.equal(payment.captured, state === 'captured' ? '2500' : '0')
      if (state !== 'created') assert.equal(payment.method, 'card')
    })

  test('the wallet pays after it was confirmed, and not before', async () => {
    const { id, pay_url: payUrl } = await stage.pay()
    await payerAt(payUrl).send('wallet')
    assert.equal((await stage.now(id)).state, 'created')
    assert.equal(await payByWallet(payUrl), plainAsk.return_url)
    const payment = await stage.now(id)
    assert.deepEqual([payment.state, payment.method, payment.captured], ['captured', 'wallet', '2500'])
  })

  test('nothing is paid without the code, and the third wrong one ends it', async () => {
    const { id, pay_url: payUrl } = await stage.pay()
    const payer = payerAt(payUrl)
    assert.equal(await payer.send('confirm'), null, 'the wallet was not chosen')
    await payer.send('card', { number: '4111111111111111', ...card })
    const code = /id="sent-code">(\d{6})</.exec(await payer.look())?.[1] ?? ''
    const wrong = code === '111111' ? '222222' : '111111'
    for (const [tries, typed] of ['', wrong].entries()) {
      assert.equal(await payer.send('code', { code: typed }), null, `try ${tries}`)
      assert.equal((await stage.now(id)).state, 'created')
    }
    assert.equal(await payer.send('code', { code: wrong }), plainAsk.return_url)
    const payment = await stage.now(id)
    assert.deepEqual([payment.state, payment.reason], ['failed', 'authentication_failed'])
  })

  test('the code may be typed with spaces, and each card gets another', async () => {
    const { id, pay_url: payUrl } = await stage.pay()
    const payer = payerAt(payUrl)
    const codes = new Set<string>()
    for (let i = 0; i < 6; i += 1) {
      await payer.send('other')
      await payer.send('card', { number: '4111111111111111', ...card })
      codes.add(/id="sent-code">(\d{6})</.exec(await payer.look())?.[1] ?? '')
    }
    assert.ok(codes.size > 1)
    const last = [...codes].at(-1) ?? ''
    await payer.send('code', { code: ` ${last.slice(0, 3)} ${last.slice(3)} ` })
    assert.equal((await stage.now(id)).state, 'captured')
  })

  test('who cancels has not paid, and cannot pay any more', async () => {
    const { id, pay_url: payUrl } = await stage.pay()
    assert.equal(await payerAt(payUrl).send('cancel'), plainAsk.return_url)
    const payment = await stage.now(id)
    assert.deepEqual([payment.state, payment.reason], ['cancelled', 'closed'])
    await payByCard(payUrl)
    assert.equal((await stage.now(id)).state, 'cancelled')
    assert.match(await payerAt(payUrl).look(), /The payment was cancelled/)
  })

  test('sent twice, a form pays once', async () => {
    const { id, pay_url: payUrl } = await stage.pay()
    const payer = payerAt(payUrl)
    await payer.send('card', { number: '4111111111111111', ...card })
    const page = await payer.look()
    const body = new URLSearchParams({
      token: /name="token" value="([^"]+)"/.exec(page)?.[1] ?? '',
      code: /id="sent-code">(\d{6})</.exec(page)?.[1] ?? '',
    })
    const sent = await Promise.all([1, 2, 3].map(() => fetch(`${payUrl}/code`, { method: 'POST', redirect: 'manual', body })))
    assert.deepEqual(
      sent.map((response) => [response.status, response.headers.get('location')]),
      sent.map(() => [303, plainAsk.return_url]),
    )
    assert.equal((await stage.now(id)).captured, '2500')
  })

  test('a form without the payment’s own token does nothing', async () => {
    const [one, other] = [await stage.pay(), await stage.pay()]
    const foreign = /name="token" value="([^"]+)"/.exec(await payerAt(other.pay_url).look())?.[1] ?? ''
    for (const token of ['', 'x', foreign])
      for (const act of ['card', 'wallet', 'cancel', 'code', 'confirm', 'other']) {
        const body = new URLSearchParams({ token, number: '4111111111111111', ...card })
        const response = await fetch(`${one.pay_url}/${act}`, { method: 'POST', redirect: 'manual', body })
        assert.equal(response.status, 422, act)
      }
    assert.equal((await stage.now(one.id)).state, 'created')
  })

  test('a number that is no test card is refused, and neither kept nor shown again', async () => {
    const { pay_url: payUrl } = await stage.pay()
    const token = /name="token" value="([^"]+)"/.exec(await payerAt(payUrl).look())?.[1] ?? ''
    for (const number of ['5555555555554444', '41111111111111112', "4111' or 1=1", '<script>4111</script>', '']) {
      const response = await fetch(`${payUrl}/card`, { method: 'POST', body: new URLSearchParams({ token, number, ...card }) })
      const page = await response.text()
      assert.equal(response.status, 422)
      assert.match(page, /Real cards are not taken here/)
      if (number !== '') assert.ok(!page.includes(number))
    }
    for (const [fields, said] of [
      [{ expiry: '01/20', security: '123' }, /not past/],
      [{ expiry: '13/99', security: '123' }, /month and year/],
      [{ expiry: '09/99', security: '12' }, /3 or 4 digits/],
    ] as const) {
      const body = new URLSearchParams({ token, number: '4111111111111111', ...fields })
      assert.match(await (await fetch(`${payUrl}/card`, { method: 'POST', body })).text(), said)
    }
    for (const name of await readdir(dir)) {
      const bytes = await readFile(join(dir, name))
      assert.ok(!/4111111111111111|5555555555554444/.test(bytes.toString('latin1')), `${name} holds a card number`)
    }
  })

  test('a payment that nobody answers for is pending and fails after a minute', async () => {
    const { id, pay_url: payUrl } = await stage.pay()
    await payByCard(payUrl, '4000000000000119')
    await stage.pass(59_000)
    assert.equal((await stage.now(id)).state, 'pending')
    await stage.pass(2_000)
    const payment = await stage.now(id)
    assert.deepEqual([payment.state, payment.reason, payment.captured], ['failed', 'timeout', '0'])
  })

  test('a late payment is pending, then expired, then captured after all', async () => {
    const { id, pay_url: payUrl } = await stage.pay()
    await payByCard(payUrl, '4000000000000341')
    const seen = [(await stage.now(id)).state]
    for (let i = 0; i < 2; i += 1) {
      await stage.pass(15_500)
      seen.push((await stage.now(id)).state)
    }
    assert.deepEqual(seen, ['pending', 'expired', 'captured'])
    const told = stage.receiver.came.filter(({ data }) => data['id'] === id).map(({ type }) => type)
    assert.deepEqual(told, ['payment.pending', 'payment.expired', 'payment.captured'])
  })

  test('an open payment expires when its time is over, and cannot be paid then', async () => {
    const { id, pay_url: payUrl } = await stage.pay({ expires_in: 60 })
    await stage.pass(59_000)
    assert.equal((await stage.now(id)).state, 'created')
    await stage.pass(2_000)
    assert.equal((await stage.now(id)).state, 'expired')
    await payByCard(payUrl)
    assert.equal((await stage.now(id)).state, 'expired')
  })
})

describe('what a merchant can do with a payment', () => {
  let stage: Stage
  before(async () => {
    stage = await makeStage()
  })
  after(() => stage.close())

  test('a part of an authorised payment is captured, once', async () => {
    const { id, pay_url: payUrl } = await stage.pay({ capture: 'manual' })
    assert.equal((await stage.call('POST', `/v1/payments/${id}/captures`, { amount: '100' })).status, 409, 'not authorised yet')
    await payByCard(payUrl)
    assert.deepEqual([(await stage.now(id)).state, (await stage.now(id)).captured], ['authorised', '0'])
    assert.equal((await stage.call('POST', `/v1/payments/${id}/captures`, { amount: '2501' })).status, 422)
    const taken = await stage.call('POST', `/v1/payments/${id}/captures`, { amount: '1000' })
    assert.deepEqual([taken.status, taken.told.state, taken.told.captured], [201, 'captured', '1000'])
    assert.equal((await stage.call('POST', `/v1/payments/${id}/captures`, { amount: '100' })).status, 409, 'once only')
    assert.equal((await stage.call('POST', `/v1/payments/${id}/refunds`, { amount: '1001', reference: 'r' })).status, 409)
  })

  test('an authorised payment can be cancelled, and lapses after a week', async () => {
    const [one, other] = [await stage.pay({ capture: 'manual' }), await stage.pay({ capture: 'manual' })]
    for (const { pay_url: payUrl } of [one, other]) await payByWallet(payUrl)
    const cancelled = await stage.call('POST', `/v1/payments/${one.id}/cancel`)
    assert.deepEqual([cancelled.status, cancelled.told.state], [200, 'cancelled'])
    assert.equal((await stage.call('POST', `/v1/payments/${one.id}/captures`, { amount: '1' })).status, 409)
    await stage.pass(7 * 86_400_000 + 1000)
    assert.equal((await stage.now(other.id)).state, 'expired')
  })

  test('refunds are sent after a while, and never more than there is', async () => {
    const { id, pay_url: payUrl } = await stage.pay()
    await payByCard(payUrl)
    const refund = await stage.call('POST', `/v1/payments/${id}/refunds`, { amount: '2000', reference: 'refund-1' })
    assert.deepEqual([refund.status, refund.told.state], [201, 'pending'])
    const many = await Promise.all(
      [1, 2, 3].map(() => stage.call('POST', `/v1/payments/${id}/refunds`, { amount: '400', reference: 'refund-2' })),
    )
    assert.deepEqual(
      many.map(({ status }) => status).toSorted((a, b) => a - b),
      [201, 409, 409],
      'what is on its way counts',
    )
    await stage.pass(2_100)
    assert.equal((await stage.call('GET', `/v1/refunds/${refund.told.id}`)).told.state, 'succeeded')
    assert.equal((await stage.call('GET', '/v1/refunds?reference=refund-2')).told.refunds.length, 1)
    assert.equal((await stage.now(id)).refunded, '2400')
    assert.ok(stage.receiver.came.some(({ type }) => type === 'refund.succeeded'))
  })

  test('a refund that fails leaves the money where it was', async () => {
    const { id, pay_url: payUrl } = await stage.pay()
    await payByCard(payUrl, '4000000000005126')
    const refund = await stage.call('POST', `/v1/payments/${id}/refunds`, { amount: '2500', reference: 'refund-3' })
    await stage.pass(2_100)
    assert.equal((await stage.call('GET', `/v1/refunds/${refund.told.id}`)).told.state, 'failed')
    assert.deepEqual([(await stage.now(id)).refunded, (await stage.now(id)).state], ['0', 'captured'])
    assert.ok(stage.receiver.came.some(({ type }) => type === 'refund.failed'))
  })
})
