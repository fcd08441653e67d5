import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { present } from '../../src/kernel/invariant.ts'
import { addDays } from '../../src/kernel/time.ts'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { accountActor, type Actor, systemActor } from '../../src/modules/access/index.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { balanceOf } from '../../src/modules/ledger/index.ts'
import {
  decideRefund, getBill, openProvider, proposeRefund, receive, reconcile, settleAttempt, settleRefund, type Treasury, within,
} from '../../src/modules/payments/index.ts' // prettier-ignore
import { closeItem } from '../../src/modules/payments/items.ts'
import type { Report } from '../../src/modules/payments/reconcile/index.ts'
import { importFile, sourceOf } from '../../src/modules/payments/transfers/import.ts'
import { fetchFile, makeFile } from '../../src/modules/payments/transfers/orders.ts'
import { sendBack } from '../../src/modules/payments/transfers/entries.ts'
import { cards, type Paying, startPaying } from '../support/bank.ts'
import { makeBill } from '../support/bills.ts'
import { payByCard } from '../support/payer.ts'
import * as govuk from './fixtures/govukpay.ts'
import { startReplay } from './replay.ts'
import { govukpay } from './stages/govukpay.ts'

const DAY = 24 * 3_600_000

describe('the comparison with the sandbox bank', () => {
  let paying: Paying
  let officer: Actor
  let second: Actor
  const imported = new Set<string>()
  before(async () => {
    paying = await startPaying({ accounts: true })
    officer = await officerOf('officer@harbourview.example')
    second = await officerOf('second.officer@harbourview.example')
  })
  after(() => paying.close())

  const officerOf = async (email: string): Promise<Actor> => {
    const account = present(await accountByAddress(paying.treasury.platform, email), email)
    return accountActor({
      accountId: account.id,
      personId: null,
      roles: [{ role: 'officer', agency: null }],
      channel: 'web',
      level: 'substantial',
    })
  }
  const pay = async (amount: bigint, card: string = cards.pays): Promise<{ bill: string; attempt: string; payment: string }> => {
    const bill = await makeBill(paying.treasury, amount)
    const { attempt, url } = await paying.page([bill.id])
    await payByCard(url, card)
    await settleAttempt(paying.treasury, attempt)
    const [row] = await query<{ id: string }>(paying.treasury.platform.db, 'select id from payments.payment where key = $1', [
      `attempt:${attempt}`,
    ])
    return { bill: bill.id, attempt, payment: row?.id ?? '' }
  }
  const billOf = async (payment: string): Promise<string> =>
    (
      await query<{ bill_id: string }>(paying.treasury.platform.db, 'select bill_id from payments.allocation where payment_id = $1', [
        payment,
      ])
    )[0]?.bill_id ?? ''
  const span = (): [ReturnType<typeof today>, ReturnType<typeof today>] => {
    const now = today(paying.treasury.platform)
    return [addDays(now, -60), now]
  }
  const compare = (): Promise<Report> => reconcile(paying.treasury, ...span())
  const kinds = (report: Report): string[] => report.differences.map(({ kind }) => kind).toSorted()
  /** Brings every statement that the bank has written and that was not brought yet. */
  const bring = async (): Promise<void> => {
    const { statements } = (await paying.api(`statements?from=2020-01-01&to=2099-01-01`)) as { statements: Array<{ id: string }> }
    for (const { id } of statements) {
      if (imported.has(id)) continue
      const response = await fetch(`${paying.bank.url}/v1/statements/${id}.xml`, {
        headers: { authorization: `Bearer ${paying.bank.key}` },
      })
      await importFile(paying.treasury, officer, sourceOf(Buffer.from(await response.arrayBuffer())))
      imported.add(id)
    }
  }
  const close = (): Promise<unknown> => paying.office('close-day')
  const open = (): Promise<Array<{ key: string; kind: string }>> =>
    query(
      paying.treasury.platform.db,
      `select key, kind from payments.item where key like 'reconcile:%' and closed_at is null order by key`,
    )
  const clearing = (): Promise<bigint> =>
    balanceOf(paying.treasury.platform, { agency: 'revenue', kind: 'clearing', currency: 'EUR', part: 'harbourbank' })

  it('is clean after payments, refunds, chargebacks, transfers and fees, whose payouts empty the clearing account', async () => {
    const [one] = [await pay(5_000n), await pay(7_700n), await pay(3_000n, cards.chargedBack)]
    const refund = await proposeRefund(paying.treasury, officer, {
      payment: one.payment,
      bill: one.bill,
      amount: 1_200n,
      cause: 'goodwill',
      words: 'x',
    })
    await decideRefund(paying.treasury, second, refund.id, true)
    await settleRefund(paying.treasury, refund.id)
    await paying.pass(5_000)
    await settleRefund(paying.treasury, refund.id)
    const owed = await makeBill(paying.treasury, 4_000n)
    await paying.office('transfers', {
      amount: '4000',
      currency: 'EUR',
      reference: owed.creditor_reference,
      name: 'Ada Muster',
      iban: 'GB29NWBK60161331926819',
    })
    await paying.office('transfers', {
      amount: '111',
      currency: 'EUR',
      text: 'for something',
      name: 'Bo Unknown',
      iban: 'GB29NWBK60161331926819',
    })
    await close()
    await paying.test.settle()
    await bring()
    assert.equal((await getBill(paying.treasury.platform, owed.id)).state, 'paid')
    const report = await compare()
    assert.deepEqual([report.differences, report.clean], [[], true])
    assert.equal(await clearing(), 0n)
    const fees = await balanceOf(paying.treasury.platform, {
      agency: 'revenue',
      kind: 'provider_fees',
      currency: 'EUR',
      part: 'harbourbank',
    })
    assert.ok(fees > 0n)
  })

  it('sends a refund by file that the bank carries out', async () => {
    const [row] = await query<{ id: string }>(
      paying.treasury.platform.db,
      `select id from payments.entry where state = 'unmatched' and amount = 111`,
    )
    const refund = await sendBack(paying.treasury, officer, row?.id ?? '', 'Nobody knows it.')
    await decideRefund(paying.treasury, second, refund.id, true)
    const { xml } = await fetchFile(paying.treasury, officer, (await makeFile(paying.treasury, officer)).id)
    const headers = { authorization: `Bearer ${paying.bank.key}`, 'content-type': 'application/xml', 'idempotency-key': refund.id }
    const sent = await fetch(`${paying.bank.url}/v1/transfers`, { method: 'POST', headers, body: xml })
    const answer = (await sent.json()) as { accepted: number; rejected: unknown[] }
    assert.deepEqual([sent.status, answer.rejected], [202, []])
    await close()
    await bring()
    const [state] = await query<{ state: string }>(paying.treasury.platform.db, 'select state from payments.refund where id = $1', [
      refund.id,
    ])
    assert.equal(state?.state, 'succeeded')
    assert.deepEqual((await compare()).differences, [])
  })

  it('asks about what the provider has settled and we are not sure of', async () => {
    await paying.weather({ webhooks: 'lost' })
    const bill = await makeBill(paying.treasury, 6_600n)
    const { url } = await paying.page([bill.id])
    await payByCard(url, cards.pays)
    await close()
    assert.equal((await getBill(paying.treasury.platform, bill.id)).state, 'open')
    await bring()
    const report = await compare()
    assert.equal((await getBill(paying.treasury.platform, bill.id)).state, 'paid')
    assert.deepEqual(report.differences, [])
    await paying.weather({ webhooks: 'prompt' })
  })

  it('asks about chargebacks and refunds that were settled and whose webhooks were lost', async () => {
    const { bill, attempt, payment } = await pay(7_700n)
    const { payment: given } = await pay(5_500n)
    await paying.weather({ webhooks: 'lost' })
    const refund = await proposeRefund(paying.treasury, officer, { payment: given, amount: 5_500n, cause: 'goodwill', words: 'Sorry.', bill: await billOf(given) }) // prettier-ignore
    await decideRefund(paying.treasury, second, refund.id, true)
    await settleRefund(paying.treasury, refund.id)
    await paying.pass(1_100)
    const [{ provider_payment } = { provider_payment: '' }] = await query<{ provider_payment: string }>(
      paying.treasury.platform.db,
      'select provider_payment from payments.attempt where id = $1',
      [attempt],
    )
    await paying.office('chargebacks', { payment: provider_payment })
    await close()
    await bring()
    assert.equal((await getBill(paying.treasury.platform, bill)).state, 'paid', 'nobody has heard of the chargeback yet')
    assert.deepEqual((await compare()).differences, [])
    assert.equal((await getBill(paying.treasury.platform, bill)).state, 'open')
    const rows = await query<{ taken: bigint; refunds: string }>(
      paying.treasury.platform.db,
      `select (select sum(amount) from payments.chargeback where payment_id = $1)::bigint as taken,
         (select string_agg(state, ' ') from payments.refund where id = $2) as refunds`,
      [payment, refund.id],
    )
    assert.deepEqual(rows, [{ taken: 7_700n, refunds: 'succeeded' }])
    await paying.weather({ webhooks: 'prompt' })
  })

  it('asks about a chargeback that was won and settled and whose webhooks were lost', async () => {
    const { bill, attempt, payment } = await pay(6_100n)
    await paying.weather({ webhooks: 'lost' })
    const [row] = await query<{ provider_payment: string }>(paying.treasury.platform.db, 'select provider_payment from payments.attempt where id = $1', [attempt]) // prettier-ignore
    const { id } = await paying.office('chargebacks', { payment: row?.provider_payment })
    await close()
    await bring()
    assert.deepEqual((await compare()).differences, [])
    assert.equal((await getBill(paying.treasury.platform, bill)).state, 'open')
    await paying.office('chargebacks/won', { chargeback: id })
    await close()
    await bring()
    assert.deepEqual((await compare()).differences, [])
    assert.equal((await getBill(paying.treasury.platform, bill)).state, 'paid')
    const ends = await query(paying.treasury.platform.db, 'select 1 from payments.chargeback_end e join payments.chargeback c on c.id = e.chargeback_id where c.payment_id = $1', [payment]) // prettier-ignore
    assert.equal(ends.length, 1)
    assert.equal(await clearing(), 0n)
    await paying.weather({ webhooks: 'prompt' })
  })

  it('books chargebacks that only a settlement tells, once, and agrees then', async () => {
    const server = await startReplay()
    const { ids } = govuk
    const provider = present(await openProvider({ ...govukpay.config, url: server.url }), 'a provider')
    const treasury: Treasury = { ...paying.treasury, provider }
    const bill = await makeBill(treasury, 4_550n, undefined, { currency: 'GBP' })
    const day = today(treasury.platform)
    const { payment } = await transact(treasury.platform, (tx) =>
      receive(within(treasury, tx), systemActor('payments'), {
        key: `attempt:${tx.newId()}`,
        source: 'provider',
        heldBy: treasury.rules.treasury,
        part: provider.name,
        providerPayment: ids.payment,
        amount: 4_550n,
        currency: 'GBP',
        day,
        shares: [{ bill: bill.id, amount: 4_550n }],
      }),
    )
    const settled = { settlement_summary: { settled_date: day } }
    const stranger = { ...govuk.dispute, ...settled, payment_id: 'inventedpayment0000000002' }
    const tell = (...disputes: readonly unknown[]): void =>
      server.play({
        'GET /v1/payments': { json: govuk.results(govuk.payment('success', { ...settled, fee: 89 })) },
        'GET /v1/refunds': { json: govuk.results() },
        'GET /v1/disputes': { json: govuk.results(...disputes) },
      })
    tell({ ...govuk.dispute, ...settled })
    assert.deepEqual((await reconcile(treasury, ...span())).differences, [])
    assert.equal((await getBill(treasury.platform, bill.id)).state, 'open')
    // the same settlement with a line more that is nobody's of ours
    tell(stranger, { ...govuk.dispute, ...settled })
    assert.deepEqual(kinds(await reconcile(treasury, ...span())), ['line_unknown'])
    const booked = await query(treasury.platform.db, 'select amount, fee from payments.chargeback where payment_id = $1', [payment.id])
    assert.deepEqual(booked, [{ amount: 4_550n, fee: 1_500n }])
    tell({ ...govuk.dispute, ...settled })
    assert.deepEqual((await reconcile(treasury, ...span())).differences, [])
    await server.close()
  })

  it('opens one item for a payout that is not on the statement, which closes itself when it comes', async () => {
    await pay(8_800n)
    await close()
    assert.deepEqual(kinds(await compare()), [])
    await paying.pass(8 * DAY)
    assert.deepEqual(kinds(await compare()), ['payout_missing'])
    assert.deepEqual(kinds(await compare()), ['payout_missing'])
    const [item, ...others] = await open()
    assert.deepEqual([item?.kind, others.length], ['reconcile_payout_missing', 0])
    await bring()
    assert.deepEqual((await compare()).differences, [])
    const [closed] = await query<{ outcome: string }>(paying.treasury.platform.db, 'select outcome from payments.item where key = $1', [
      item?.key,
    ])
    assert.equal(closed?.outcome, 'agreed')
    assert.equal(await clearing(), 0n)
  })

  it('books a payout that came before its settlement was known', async () => {
    await pay(1_900n)
    await close()
    await paying.weather({ api: 'down' })
    await bring().catch(() => undefined)
    await paying.weather({ api: 'up' })
    const { statements } = (await paying.api('statements?from=2020-01-01&to=2099-01-01')) as { statements: Array<{ id: string }> }
    const last = present(statements.filter(({ id }) => !imported.has(id)).at(-1), 'a statement')
    const response = await fetch(`${paying.bank.url}/v1/statements/${last.id}.xml`, {
      headers: { authorization: `Bearer ${paying.bank.key}` },
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    await paying.weather({ api: 'down' })
    await importFile(paying.treasury, officer, sourceOf(bytes))
    imported.add(last.id)
    assert.equal((await compare()).clean, false)
    await paying.weather({ api: 'up' })
    const report = await compare()
    assert.deepEqual([report.differences, report.clean], [[], true])
    assert.equal(await clearing(), 0n)
  })

  it('names what is wrong: a changed settlement, a lost payment, cash that never arrived; and again when it comes back', async () => {
    const { attempt, payment } = await pay(2_345n)
    await close()
    await bring()
    assert.deepEqual((await compare()).differences, [])
    const db = paying.treasury.platform.db
    const change = (id: string): Promise<unknown> =>
      query(db, 'update payments.payment set provider_payment = $2 where id = $1', [payment, id])
    const [row] = await query<{ provider_payment: string }>(db, 'select provider_payment from payments.payment where id = $1', [payment])
    await change('pay_other')
    assert.deepEqual(kinds(await compare()), ['line_unknown'])
    const count = async (): Promise<number> => (await open()).length
    assert.equal(await count(), 1)
    await change(row?.provider_payment ?? '')
    assert.deepEqual(kinds(await compare()), [])
    assert.equal(await count(), 0)
    await change('pay_other')
    await compare()
    assert.equal(await count(), 1)
    await change(row?.provider_payment ?? '')
    await compare()
    await query(db, `insert into payments.deposit (reference, agency, till, amount, currency, carried_on) values ('DEP-TEST-0001', 'transport', 'transport_1', 100, 'EUR', $1)`, [addDays(today(paying.treasury.platform), -20)]) // prettier-ignore
    assert.deepEqual(kinds(await compare()), ['bank', 'deposit_missing'])
    // what an officer has closed stays closed, and silences no other difference of the account
    await transact(paying.treasury.platform, (tx) => closeItem(tx, officer, 'reconcile:bank:EUR:-100', 'known'))
    await compare()
    assert.deepEqual((await open()).map((each) => each.kind), ['reconcile_deposit_missing']) // prettier-ignore
    await query(db, `update payments.deposit set amount = 250 where reference = 'DEP-TEST-0001'`)
    await compare()
    assert.deepEqual((await open()).map((each) => each.key), ['reconcile:bank:EUR:-250', 'reconcile:deposit_missing:DEP-TEST-0001']) // prettier-ignore
    await query(db, `update payments.deposit set entry_id = (select id from payments.entry limit 1) where reference = 'DEP-TEST-0001'`)
    assert.deepEqual(kinds(await compare()), [])
    assert.ok(attempt)
  })
})
