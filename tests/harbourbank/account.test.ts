import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { after, before, beforeEach, afterEach, describe, test } from 'node:test'
import { openSchema, readCamt053, type Schema, writePain001, type Entry } from '../../src/modules/iso20022/index.ts'
import type { PlainDate } from '../../src/kernel/time.ts'
import { payByCard, payByWallet } from '../support/payer.ts'
import { sharedData } from '../support/shared.ts'
import { makeStage, merchant, type Stage } from './stage.ts'

const xsd = sharedData('iso/camt.053.001.08.xsd')
let schema: Schema | null = null
before(async () => {
  if (xsd !== null) schema = await openSchema(await readFile(xsd))
  else console.warn('NOT CHECKED: statements against camt.053.001.08.xsd, which is not there')
})
after(() => schema?.dispose())

let stage: Stage
beforeEach(async () => {
  stage = await makeStage()
})
afterEach(() => stage.close())

const period = (): string => `from=2020-01-01&to=2099-12-31`
const settlements = async () => (await stage.call('GET', `/v1/settlements?${period()}`)).told.settlements

/** The statements, each read by the reader that the city uses and held against the official schema where that is there. */
async function statements(): Promise<Array<{ id: string; opening: bigint; closing: bigint; entries: Entry[] }>> {
  const { told } = await stage.call('GET', `/v1/statements?${period()}`)
  const read = []
  for (const { id } of told.statements) {
    const { text, status } = await stage.call('GET', `/v1/statements/${id}.xml`)
    assert.equal(status, 200)
    if (schema) assert.deepEqual(await schema.validate(Buffer.from(text)), [], 'the statement is valid')
    const entries: Entry[] = []
    const summary = await readCamt053(Readable.from([Buffer.from(text)]), { onEntry: (entry) => void entries.push(entry) })
    const { head } = summary.statements[0] ?? assert.fail('no statement')
    read.push({ id, opening: head.opening.amount, closing: head.closing.amount, entries })
  }
  return read
}

const signed = (entry: Entry): bigint => (entry.direction === 'credit' ? entry.amount : -entry.amount)
const sum = (list: readonly string[]): string => String(list.reduce((total, each) => total + BigInt(each), 0n))

describe('the close of day', () => {
  test('settles payments, refunds, chargebacks and fees: the lines add up to what is paid out', async () => {
    for (const [amount, number] of [
      ['2500', '4111111111111111'],
      ['1999', '4000000000003220'],
      ['333', '4111111111111111'],
      ['5000', '4000000000000259'],
      ['700', '4000000000000002'],
    ] as const)
      await payByCard((await stage.pay({ amount })).pay_url, number)
    const refunded = await stage.pay({ amount: '10000' })
    await payByWallet(refunded.pay_url)
    await stage.call('POST', `/v1/payments/${refunded.id}/refunds`, { amount: '4000', reference: 'back' })
    await stage.pass(2_100)
    assert.equal((await stage.call('POST', '/office/close-day')).status, 200)
    const [settlement, ...more] = await settlements()
    assert.ok(settlement)
    assert.equal(more.length, 0)
    const { lines } = settlement
    assert.deepEqual(
      Object.fromEntries(
        ['payment', 'refund', 'chargeback', 'fee'].map((kind) => [kind, lines.filter((line) => line.kind === kind).length]),
      ),
      { payment: 5, refund: 1, chargeback: 1, fee: 1 },
    )
    assert.equal(settlement.gross, String(2500 + 1999 + 333 + 5000 + 10_000 - 4000 - 5000))
    for (const line of lines) assert.equal(BigInt(line.net), BigInt(line.gross) - BigInt(line.fee))
    assert.deepEqual(
      [sum(lines.map(({ gross }) => gross)), sum(lines.map(({ fee }) => fee)), sum(lines.map(({ net }) => net))],
      [settlement.gross, settlement.fees, settlement.net],
    )
    assert.ok(BigInt(settlement.fees) > 1500n, 'the chargeback has its fee')
    const [statement] = await statements()
    const payout = statement?.entries.find((entry) => entry.details[0]?.endToEndId === settlement.payout_reference)
    assert.deepEqual([payout?.direction, String(payout?.amount)], ['credit', settlement.net])
    assert.equal(statement?.closing, BigInt(settlement.net))
    const { text } = await stage.call('GET', `/v1/settlements/${settlement.id}.csv`)
    const rows = text.trim().split('\r\n').slice(1)
    assert.equal(sum(rows.map((row) => row.split(',').at(-1) ?? '')), settlement.net)
  })

  test('charges a payment back once, and tells it', async () => {
    const { id, pay_url: payUrl } = await stage.pay()
    await payByCard(payUrl, '4000000000000259')
    await stage.call('POST', '/office/close-day')
    await stage.call('POST', '/office/close-day')
    await stage.pass(0)
    const payment = await stage.now(id)
    assert.deepEqual([payment.state, payment.charged_back, payment.chargebacks.length], ['captured', '2500', 1])
    assert.deepEqual([payment.chargebacks[0]?.amount, payment.chargebacks[0]?.fee], ['2500', '1500'])
    const told = stage.receiver.came.filter(({ type }) => type === 'chargeback.opened')
    assert.equal(told.length, 1)
    assert.deepEqual(Object.keys(told[0]?.data ?? {}), ['payment', 'chargeback'])
    assert.equal((await settlements()).length, 1, 'a day without movements has no settlement')
  })

  test('gives a chargeback back that the merchant wins, once, and does not take it again', async () => {
    const { id, pay_url: payUrl } = await stage.pay()
    await payByCard(payUrl, '4000000000000259')
    await stage.call('POST', '/office/close-day')
    const [open] = (await stage.now(id)).chargebacks
    assert.equal(open?.state, 'open')
    assert.equal((await stage.call('POST', '/office/chargebacks/won', { chargeback: open?.id })).status, 200)
    assert.equal((await stage.call('POST', '/office/chargebacks/won', { chargeback: open?.id })).status, 409)
    assert.equal((await stage.call('POST', '/office/chargebacks/won', { chargeback: 'cbk_x' })).status, 404)
    await stage.call('POST', '/office/close-day')
    await stage.call('POST', '/office/close-day')
    await stage.pass(0)
    const payment = await stage.now(id)
    assert.deepEqual([payment.charged_back, payment.chargebacks.map(({ state }) => state)], ['0', ['won']])
    const told = stage.receiver.came.filter(({ type, data }) => type === 'chargeback.won' && JSON.stringify(data).includes(id))
    assert.equal(told.length, 1)
    const last = (await settlements()).at(-1)
    assert.deepEqual(
      last?.lines.map(({ kind, gross, fee }) => [kind, gross, fee]),
      [
        ['chargeback', '2500', '0'],
        ['fee', '0', '20'],
      ],
    )
  })

  test('closes also when a payment that would be charged back was refunded before', async () => {
    const { id, pay_url } = await stage.pay({ amount: '2500' })
    await payByCard(pay_url, '4000000000000259')
    await stage.call('POST', `/v1/payments/${id}/refunds`, { amount: '2500', reference: 'all-back' })
    assert.equal((await stage.call('POST', '/office/close-day')).status, 200)
    await stage.pass(2_100)
    assert.equal((await stage.call('POST', '/office/close-day')).status, 200)
    const { told: payment } = await stage.call('GET', `/v1/payments/${id}`)
    assert.deepEqual([payment.refunded, payment.charged_back], ['2500', '0'])
  })

  test('takes money from the account when more goes back than came in', async () => {
    const { id, pay_url: payUrl } = await stage.pay()
    await payByWallet(payUrl)
    await stage.call('POST', '/office/close-day')
    const part = await stage.call('POST', '/office/chargebacks', { payment: id, amount: '2000' })
    assert.equal(part.status, 200)
    assert.equal((await stage.call('POST', '/office/chargebacks', { payment: id, amount: '501' })).status, 409)
    assert.equal((await stage.call('POST', `/v1/payments/${id}/refunds`, { amount: '501', reference: 'r' })).status, 409)
    await stage.call('POST', '/office/close-day')
    const [first, second] = await settlements()
    assert.equal(second?.net, String(-2000 - 1500 - 20))
    const [one, two] = await statements()
    assert.equal(two?.opening, one?.closing)
    const entry = two?.entries.find((each) => each.details[0]?.endToEndId === second?.payout_reference)
    assert.deepEqual([entry?.direction, entry?.amount], ['debit', 3520n])
    assert.equal(two?.closing, BigInt(first?.net ?? 0) + BigInt(second?.net ?? 0))
  })

  test('keeps currencies apart', async () => {
    await payByWallet((await stage.pay({ currency: 'JPY', amount: '5000' })).pay_url)
    await payByWallet((await stage.pay({ currency: 'EUR', amount: '5000' })).pay_url)
    await stage.call('POST', '/office/close-day')
    assert.deepEqual(
      (await settlements()).map(({ currency, gross }) => [currency, gross]),
      [
        ['EUR', '5000'],
        ['JPY', '5000'],
      ],
    )
    const { told } = await stage.call('GET', `/v1/statements?${period()}`)
    assert.deepEqual(
      told.statements.map(({ currency }) => currency),
      ['EUR', 'JPY'],
    )
    const yen = await stage.call('GET', `/v1/statements/${told.statements[1]?.id}.xml`)
    assert.match(yen.text, /Ccy="JPY">4885</, 'without decimals')
    if (schema) assert.deepEqual(await schema.validate(Buffer.from(yen.text)), [])
  })

  test('comes by itself when the day is over, for the day that is over', async () => {
    await payByWallet((await stage.pay()).pay_url)
    const day = new Date().toISOString().slice(0, 10)
    assert.equal((await settlements()).length, 0)
    await stage.pass(86_400_000)
    assert.deepEqual(
      (await settlements()).map((each) => each.day),
      [day],
    )
    await stage.pass(86_400_000)
    assert.equal((await settlements()).length, 1)
    assert.equal((await statements()).length, 2)
  })

  test('books transfers with what the payer wrote', async () => {
    const send = (fields: Record<string, string>) =>
      stage.call('POST', '/office/transfers', { amount: '1234', currency: 'EUR', name: 'Ann Example', ...fields })
    assert.equal((await send({ reference: 'RF18 5390 0754 7034' })).status, 200)
    assert.equal((await send({ reference: 'BIL-7K3M-Q9DX', text: 'thank you & good bye <3' })).status, 200)
    assert.equal((await send({ name: 'زيد المثال', iban: 'PT50 0000 0000 0000 0002 0263 4' })).status, 200)
    assert.equal((await statements()).length, 0)
    await stage.call('POST', '/office/close-day')
    const [statement] = await statements()
    const details = statement?.entries.map((entry) => entry.details[0]) ?? []
    assert.deepEqual(
      details.map((each) => [each?.references, each?.lines]),
      [
        [['RF18539007547034'], []],
        [[], ['BIL-7K3M-Q9DX thank you & good bye <3']],
        [[], []],
      ],
    )
    assert.deepEqual([details[2]?.debtor?.name, details[2]?.debtor?.iban], ['زيد المثال', 'PT50000000000000000202634'])
    assert.equal(statement?.closing, 3n * 1234n)
  })
})

describe('transfers that the merchant orders', () => {
  const order = (
    messageId: string,
    payments: ReadonlyArray<{ endToEnd: string; amount: bigint; text?: string }>,
    iban = merchant.iban,
  ): string =>
    writePain001({
      messageId,
      createdAt: new Date(1_790_000_000_000),
      debtor: { name: 'City of Examples', iban, ...(merchant.bic ? { bic: merchant.bic } : {}) },
      executionDate: '2026-11-23' as PlainDate,
      payments: payments.map((each) => ({
        currency: 'EUR',
        creditor: { name: 'Ann Example', iban: 'PT50000000000000000202634' },
        ...each,
      })),
    })
  const send = (xml: string) => stage.call('POST', '/v1/transfers', xml)

  test('are booked at the close of day, with a fee', async () => {
    const answer = await send(
      order('MSG-1', [
        { endToEnd: 'REF-1', amount: 1500n, text: 'Refund' },
        { endToEnd: 'REF-2', amount: 1n },
      ]),
    )
    assert.deepEqual([answer.status, answer.told.accepted, answer.told.rejected], [202, 2, []])
    await stage.call('POST', '/office/close-day')
    const [statement] = await statements()
    assert.deepEqual(
      statement?.entries.map((entry) => [signed(entry), entry.details[0]?.endToEndId, entry.details[0]?.creditor?.name]),
      [
        [-1500n, 'REF-1', 'Ann Example'],
        [-1n, 'REF-2', 'Ann Example'],
        [-20n, undefined, 'Harbour Bank'],
      ],
    )
    assert.equal(statement?.closing, -1521n)
  })

  test('are never made twice: not by the same file, nor by the same end-to-end id', async () => {
    const file = order('MSG-1', [{ endToEnd: 'REF-1', amount: 1500n }])
    assert.equal((await send(file)).told.accepted, 1)
    const again = await send(file)
    assert.deepEqual([again.told.accepted, again.told.rejected], [0, [{ end_to_end: 'REF-1', reason: 'AM05' }]])
    const other = await send(
      order('MSG-2', [
        { endToEnd: 'REF-1', amount: 1500n },
        { endToEnd: 'REF-2', amount: 7n },
      ]),
    )
    assert.deepEqual([other.told.accepted, other.told.rejected], [1, [{ end_to_end: 'REF-1', reason: 'AM05' }]])
    await stage.call('POST', '/office/close-day')
    assert.equal((await statements())[0]?.closing, -1500n - 7n - 20n)
  })

  test('that are not in order are rejected one by one, and the others are made', async () => {
    const xml = order('MSG-3', [
      { endToEnd: 'GOOD', amount: 100n },
      { endToEnd: 'IBAN', amount: 100n },
      { endToEnd: 'YEN', amount: 100n },
      { endToEnd: 'ZERO', amount: 100n },
    ])
    const parts = xml.split('<CdtTrfTxInf>')
    const broken = [
      parts[0],
      parts[1],
      parts[2]?.replace('PT50000000000000000202634', 'PT50000000000000000202635'),
      parts[3]?.replace('Ccy="EUR"', 'Ccy="USD"'),
      parts[4]?.replace('1.00', '0.00'),
    ]
      .join('<CdtTrfTxInf>')
      .replaceAll('<CtrlSum>4.00', '<CtrlSum>3.00')
    const answer = await send(broken)
    assert.equal(answer.status, 202)
    assert.equal(answer.told.accepted, 1)
    assert.deepEqual(answer.told.rejected, [
      { end_to_end: 'IBAN', reason: 'AC01' },
      { end_to_end: 'YEN', reason: 'AM03' },
      { end_to_end: 'ZERO', reason: 'AM01' },
    ])
  })

  test('in a file that is not right are refused as a whole', async () => {
    const good = order('MSG-4', [{ endToEnd: 'REF-1', amount: 100n }])
    const wrong: Record<string, string> = {
      'another namespace': good.replace('pain.001.001.10', 'pain.001.001.09'),
      'no namespace': good.replace(/ xmlns="[^"]+"/, ''),
      'an entity': good.replace('<Document', '<!DOCTYPE x [<!ENTITY a "b">]><Document').replace('Ann', '&a;'),
      'not well-formed': good.replace('</GrpHdr>', ''),
      'another count': good.replace('<NbOfTxs>1<', '<NbOfTxs>2<'),
      'another sum': good.replace('<CtrlSum>1.00<', '<CtrlSum>1.01<'),
      'a direct debit': good.replace('<PmtMtd>TRF<', '<PmtMtd>CHK<'),
      'another account': order('MSG-5', [{ endToEnd: 'REF-1', amount: 100n }], 'DE89370400440532013000'),
      'nothing in it': '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.10"/>',
      empty: ' ',
    }
    for (const [name, xml] of Object.entries(wrong)) {
      assert.notEqual(xml, good, name)
      const { status, told } = await send(xml)
      assert.deepEqual([status, told.code], [422, 'transfers.unreadable'], name)
    }
    const prefixed = good.replace('xmlns=', 'xmlns:p=').replaceAll(/<(\/?)(?=[A-Z])/g, '<$1p:')
    assert.deepEqual([(await send(prefixed)).status, (await send(prefixed)).told.accepted], [202, 0], 'a prefix is as good as none')
    assert.equal((await stage.call('POST', '/v1/transfers', { amount: '1' })).status, 415)
    assert.equal((await send(`<a>${'x'.repeat(9 * 1024 * 1024)}</a>`)).status, 413)
  })
})
