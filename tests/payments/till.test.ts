import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { newReference } from '../../src/kernel/id.ts'
import { present } from '../../src/kernel/invariant.ts'
import { query } from '../../src/platform/db.ts'
import { eventsOf } from '../../src/platform/journal/journal.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { accountActor, type Actor, type RoleBinding, systemActor } from '../../src/modules/access/index.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { writeCamt053 } from '../../src/modules/iso20022/index.ts'
import { balanceOf } from '../../src/modules/ledger/index.ts'
import { decideRefund, getBill, proposeRefund, type Treasury, within } from '../../src/modules/payments/index.ts'
import { receive } from '../../src/modules/payments/receive.ts'
import { carry, payOut, receiptOf, takeMoney } from '../../src/modules/payments/till/acts.ts'
import { amountOf, countOf } from '../../src/modules/payments/till/count.ts'
import { closeTill, openTill, takeOver, tillDesk, tillStory } from '../../src/modules/payments/till/session.ts'
import type { Session } from '../../src/modules/payments/till/store.ts'
import { importFile, sourceOf } from '../../src/modules/payments/transfers/import.ts'
import { depositsIn } from '../../src/modules/payments/transfers/lookups.ts'
import { findableBy, partsIn } from '../../src/modules/payments/transfers/part.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'
import { statementOf } from '../support/statements.ts'

const sum = (amount: bigint) => ({ sum: amount, pieces: {} })

describe('a till', () => {
  let test: TestApp
  let treasury: Treasury
  let officer: Actor
  let second: Actor
  let boss: Actor
  before(async () => {
    test = await startApp({ accounts: true })
    treasury = present(test.app.treasury, 'the city takes money')
    officer = await actorOf('parking@harbourview.example', [{ role: 'officer', agency: 'transport' }])
    second = await actorOf('second.officer@harbourview.example', [{ role: 'officer', agency: null }])
    boss = await actorOf('supervisor@harbourview.example', [{ role: 'supervisor', agency: 'transport' }])
  })
  after(() => test.close())

  const actorOf = async (email: string, roles: RoleBinding[]): Promise<Actor> => {
    const account = present(await accountByAddress(test.app.platform, email), email)
    return accountActor({ accountId: account.id, personId: null, roles, channel: 'web', level: 'substantial' })
  }
  const key = (): string => test.app.platform.newId()
  const balance = (till = 'transport_1'): Promise<bigint> =>
    balanceOf(treasury.platform, { agency: 'transport', kind: 'cash', currency: 'EUR', part: till })
  const opened = async (who: Actor, amount: bigint): Promise<Session> => openTill(treasury, who, 'transport_1', sum(amount))
  const cash = (bill: string, amount: bigint, given: bigint, own = key()) => ({ key: own, bill, amount, given, slip: null })

  it('reads what people type and count', () => {
    for (const [typed, amount] of [['12', 1_200n], ['12.5', 1_250n], [' 1 234,56 ', 123_456n], ['٣٫٥٠', 350n]] as const) assert.equal(amountOf(typed, 'EUR'), amount, typed) // prettier-ignore
    for (const typed of ['', '-1', '1.234', '1,2,3', 'x', '1e3']) assert.equal(amountOf(typed, 'EUR'), null, typed)
    assert.equal(amountOf('1200', 'JPY'), 1_200n)
    assert.deepEqual(countOf('EUR', { sum: '', pieces: { '5000': '2', '1': '3' } }), { sum: 10_003n, pieces: { '5000': 2, '1': 3 } })
    assert.deepEqual(countOf('EUR', { sum: '100.03', pieces: { '5000': '2', '1': '3' } })?.sum, 10_003n)
    for (const typed of [{ sum: '', pieces: {} as Record<string, string> }, { sum: '1', pieces: { '5000': '2' } }, { sum: '', pieces: { '5000': '-1' } }, { sum: '99999999', pieces: {} }])
      assert.equal(countOf('EUR', typed), null) // prettier-ignore
  })

  it('is opened by one officer, who has one till; nobody else books in it, and a supervisor takes it over', async () => {
    const tries = await Promise.allSettled([opened(officer, 0n), opened(second, 0n), opened(officer, 0n)])
    assert.equal(tries.filter((each) => each.status === 'fulfilled').length, 1)
    const session = present((await tillDesk(treasury, second)).open[0], 'the open session')
    const [mine, other] = session.officer_id === officer.accountId ? [officer, second] : [second, officer]
    const bill = await makeBill(treasury, 500n)
    await assert.rejects(takeMoney(treasury, other, session.id, cash(bill.reference, 500n, 500n)), { code: 'payments.till-not-yours' })
    await assert.rejects(closeTill(treasury, other, session.id, sum(0n)), { code: 'payments.till-not-yours' })
    await assert.rejects(takeOver(treasury, other, session.id, 'ill'), { status: 403, code: 'payments.till-supervisor' })
    await takeOver(treasury, boss, session.id, 'ill')
    await assert.rejects(takeMoney(treasury, mine, session.id, cash(bill.reference, 500n, 500n)), { code: 'payments.till-not-yours' })
    await takeMoney(treasury, boss, session.id, cash(bill.reference, 500n, 500n))
    await closeTill(treasury, boss, session.id, sum(500n))
    await assert.rejects(takeMoney(treasury, boss, session.id, cash(bill.reference, 1n, 1n)), { code: 'payments.till-closed' })
    const types = (await eventsOf(treasury.platform, session.id)).map((event) => event.type)
    assert.deepEqual(types, ['payments.till.opened', 'payments.till.taken_over', 'payments.till.took', 'payments.till.closed'])
    const stranger = await actorOf('fire@harbourview.example', [{ role: 'officer', agency: 'fire_service' }])
    await assert.rejects(tillStory(treasury, stranger, session.id), { status: 403 })
    await assert.rejects(openTill(treasury, stranger, 'transport_1', sum(0n)), { status: 403 })
  })

  it('takes cash with change and cards with a slip, once for each form, and no more than is owed', async () => {
    const session = await opened(officer, await balance())
    const bill = await makeBill(treasury, 2_500n)
    const before = await balance()
    const own = key()
    const acts = await Promise.all(
      [1, 2, 3].map(() => takeMoney(treasury, officer, session.id, cash(bill.reference.toLowerCase(), 1_000n, 2_000n, own))),
    )
    assert.equal(new Set(acts.map((act) => act.id)).size, 1)
    assert.equal((await balance()) - before, 1_000n)
    assert.equal((await getBill(treasury.platform, bill.id)).outstanding, 1_500n)
    const { act, bill: paid } = await receiptOf(treasury, officer, acts[0]?.id ?? '')
    assert.deepEqual([act.given, act.amount, paid?.id], [2_000n, 1_000n, bill.id])
    const wrong: ReadonlyArray<[Parameters<typeof takeMoney>[3], string]> = [
      [cash(bill.reference, 1_501n, 2_000n), 'payments.till-amount'],
      [cash(bill.reference, 0n, 2_000n), 'payments.till-amount'],
      [cash(bill.reference, 1_000n, 999n), 'payments.till-given'],
      [{ ...cash(bill.reference, 1_000n, 0n), given: null, slip: '' }, 'payments.till-slip'],
      ...['4111111111111111', '4111-1111-1111-1111'].map((slip): [Parameters<typeof takeMoney>[3], string] => [
        { ...cash(bill.reference, 1_000n, 0n), given: null, slip },
        'payments.till-slip',
      ]),
      [cash('BIL-0000-0000', 1n, 1n), 'not-found'],
    ]
    for (const [taking, code] of wrong) await assert.rejects(takeMoney(treasury, officer, session.id, taking), { code })
    const terminal = (): Promise<bigint> =>
      balanceOf(treasury.platform, { agency: 'revenue', kind: 'clearing', currency: 'EUR', part: 'terminal' })
    const held = await terminal()
    await takeMoney(treasury, officer, session.id, { key: key(), bill: bill.reference, amount: 1_500n, given: null, slip: '000123' })
    assert.equal((await terminal()) - held, 1_500n)
    assert.equal((await getBill(treasury.platform, bill.id)).state, 'paid')
    await assert.rejects(takeMoney(treasury, officer, session.id, cash(bill.reference, 1n, 1n)), { code: 'payments.nothing-owed' })
    await closeTill(treasury, officer, session.id, sum(await balance()))
  })

  it('is the only one that its officer has open', async () => {
    const session = await opened(second, await balance())
    await assert.rejects(openTill(treasury, second, 'city_hall_1', sum(0n)), { code: 'payments.till-open' })
    await assert.rejects(openTill(treasury, officer, 'city_hall_1', sum(0n)), { code: 'access.denied' }, 'a till of another agency')
    await closeTill(treasury, second, session.id, sum(await balance()))
  })

  it('takes no money for a bill that is being paid online, unless the officer says so', async () => {
    const session = await opened(officer, await balance())
    const bill = await makeBill(treasury, 700n)
    await query(treasury.platform.db, `with made as (insert into payments.attempt (id, provider, amount, currency, language, state, return_path, made_at) values ($1, 'harbourbank', 700, 'EUR', 'en', 'unknown', '/pay', now()) returning id)
      insert into payments.attempt_bill (attempt_id, bill_id, amount, open) select id, $2, 700, true from made`, [key(), bill.id]) // prettier-ignore
    await assert.rejects(takeMoney(treasury, officer, session.id, cash(bill.reference, 700n, 700n)), { code: 'payments.till-under-way' })
    assert.equal((await getBill(treasury.platform, bill.id)).outstanding, 700n)
    await takeMoney(treasury, officer, session.id, { ...cash(bill.reference, 700n, 700n), anyway: true })
    assert.equal((await getBill(treasury.platform, bill.id)).outstanding, 0n)
    await closeTill(treasury, officer, session.id, sum(await balance()))
  })

  it('pays out approved refunds, and not more than there is', async () => {
    const session = await opened(officer, await balance())
    const bill = await makeBill(treasury, 9_000n)
    const { payment_id: payment } = await takeMoney(treasury, officer, session.id, cash(bill.reference, 9_000n, 9_000n))
    const refund = await proposeRefund(treasury, officer, {
      payment: payment ?? '',
      bill: bill.id,
      amount: 4_000n,
      cause: 'goodwill',
      way: 'cash',
      words: 'x',
    })
    await assert.rejects(payOut(treasury, officer, session.id, key(), refund.id), { code: 'payments.refund-not-waiting' })
    await decideRefund(treasury, second, refund.id, true)
    await carry(treasury, officer, session.id, { key: key(), to: 'bank', amount: (await balance()) - 3_999n })
    await assert.rejects(payOut(treasury, officer, session.id, key(), refund.id), { code: 'payments.till-short' })
    await carry(treasury, officer, session.id, { key: key(), to: 'till', amount: 1n })
    const once = key()
    const done = await Promise.allSettled([payOut(treasury, officer, session.id, once, refund.id), payOut(treasury, officer, session.id, once, refund.id), payOut(treasury, officer, session.id, key(), refund.id)]) // prettier-ignore
    assert.equal(new Set(done.flatMap((each) => (each.status === 'fulfilled' ? [each.value.id] : []))).size, 1)
    assert.equal(await balance(), 0n)
    await closeTill(treasury, officer, session.id, sum(0n))
  })

  it('books what a count is more or less, and tells of it', async () => {
    const session = await opened(officer, (await balance()) + 700n)
    assert.equal(session.opening_difference, 700n)
    assert.equal(await balance(), 700n)
    const closed = await closeTill(treasury, officer, session.id, { sum: 650n, pieces: { '500': 1, '100': 1, '50': 1 } })
    assert.equal(closed.closing_difference, -50n)
    assert.equal(await balance(), 650n)
    const items = await query<{ amount: bigint; agency: string }>(treasury.platform.db, `select amount, agency from payments.item where kind = 'till_difference' and story->>'session' = $1 order by opened_at, id`, [session.id]) // prettier-ignore
    assert.deepEqual(items, [{ amount: 700n, agency: 'transport' }, { amount: -50n, agency: 'transport' }]) // prettier-ignore
    const told = (await eventsOf(treasury.platform, session.id)).map(({ data }) => data['difference'])
    assert.deepEqual(told, ['700', '-50'])
  })

  it('lets cash that was carried to the bank arrive on the statement, and nothing be booked twice', async () => {
    const session = await opened(officer, await balance())
    const bill = await makeBill(treasury, 5_000n)
    await takeMoney(treasury, officer, session.id, cash(bill.reference, 5_000n, 5_000n))
    const carried = await carry(treasury, officer, session.id, { key: key(), to: 'bank', amount: 5_000n })
    const bank = (): Promise<bigint> => balanceOf(treasury.platform, { agency: 'revenue', kind: 'bank', currency: 'EUR' })
    const before = await bank()
    const day = today(test.app.platform)
    const entry = { amount: 5_000n, currency: 'EUR', direction: 'credit', reversal: false, status: 'BOOK', bookingDay: day, valueDay: day, code: { own: 'CASH' }, charges: [] } as const // prettier-ignore
    const detail = { charges: [], references: [], lines: [`Paying-in slip ${carried.deposit}`] }
    const text = writeCamt053(statementOf([{ ...entry, details: [detail] }], { iban: treasury.rules.creditor.iban, day }))
    await importFile(treasury, second, sourceOf(Buffer.from(text)))
    assert.equal(await bank(), before)
    const arrived = await query<{ entry_id: string | null }>(treasury.platform.db, 'select entry_id from payments.deposit where reference = $1', [carried.deposit]) // prettier-ignore
    assert.ok(arrived[0]?.entry_id)
    await closeTill(treasury, officer, session.id, sum(await balance()))
  })

  it('knows cash that arrives by any reference of a paying-in slip, also one of letters only', () => {
    const { iban } = treasury.rules.creditor
    const day = today(test.app.platform)
    const partWith = (line: string) => {
      const entry = { amount: 1n, currency: 'EUR', direction: 'credit', reversal: false, status: 'BOOK', bookingDay: day, valueDay: day, code: { own: 'CASH' }, charges: [] } as const // prettier-ignore
      const statement = statementOf([{ ...entry, details: [{ charges: [], references: [], lines: [line] }] }], { iban, day })
      return present(partsIn(present(statement.entries[0], 'the entry'), 1, statement)[0], 'the part')
    }
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 10, max: 31 }), { minLength: 200, maxLength: 200 }), (symbols) => {
        let at = 0
        const reference = newReference('DEP', () => symbols[at++ % symbols.length] ?? 0)
        for (const typed of [reference, reference.replaceAll('-', ''), `The fee of cash ${reference.toLowerCase()}, thank you`])
          assert.deepEqual([depositsIn(partWith(typed)), findableBy(partWith(typed)).includes(reference)], [[reference], true], typed)
      }),
    )
  })

  it('pays nothing out that the payer’s bank has taken back meanwhile: the refund has failed, the till is as before', async () => {
    const session = await opened(officer, await balance())
    const bill = await makeBill(treasury, 600n)
    const { payment_id: payment } = await takeMoney(treasury, officer, session.id, cash(bill.reference, 600n, 600n))
    const wish = { payment: payment ?? '', bill: bill.id, amount: 600n, cause: 'goodwill', way: 'cash', words: 'x' } as const
    const refund = await proposeRefund(treasury, officer, wish)
    await decideRefund(treasury, second, refund.id, true)
    await query(
      treasury.platform.db,
      `insert into payments.chargeback (id, payment_id, provider, provider_id, amount, fee, opened_at)
       values ($1, $2, 'harbourbank', $3, 600, 0, $4)`,
      [key(), payment, `cb-${refund.id}`, test.app.platform.now()],
    )
    const before = await balance()
    await assert.rejects(payOut(treasury, officer, session.id, key(), refund.id), { code: 'payments.refund-taken-back' })
    const [row] = await query<{ state: string }>(treasury.platform.db, 'select state from payments.refund where id = $1', [refund.id])
    assert.deepEqual([row?.state, (await balance()) - before], ['failed', 0n])
    await assert.rejects(payOut(treasury, officer, session.id, key(), refund.id), { code: 'payments.refund-not-waiting' })
    await closeTill(treasury, officer, session.id, sum(before))
  })

  it('is opened with what the books say once whoever had it has gone', async () => {
    const session = await opened(officer, await balance())
    const bill = await makeBill(treasury, 350n)
    const left = await balance()
    // the second officer opens while the first still books and closes
    let waits: Promise<Session> | undefined
    await transact(treasury.platform, async (tx) => {
      await closeTill(within(treasury, tx), officer, session.id, sum(left))
      waits = openTill(treasury, second, 'transport_1', sum(left + 350n))
      await new Promise((done) => setTimeout(done, 300))
      await receive(within(treasury, tx), systemActor('payments'), {
        key: `till:${bill.id}`, source: 'cash', heldBy: 'transport', part: 'transport_1', amount: 350n, currency: 'EUR', day: today(tx),
        shares: [{ bill: bill.id, amount: 350n }], cause: tx.newId(),
      }) // prettier-ignore
    })
    const next = await present(waits, 'the second opening')
    assert.equal(next.opening_difference, 0n)
    const [row] = await query<{ opening_difference: bigint }>(treasury.platform.db, 'select opening_difference from payments.till_session where id = $1', [next.id]) // prettier-ignore
    assert.equal(row?.opening_difference, 0n)
    await closeTill(treasury, second, next.id, sum(left + 350n))
  })
})
