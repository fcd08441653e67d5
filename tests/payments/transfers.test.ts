import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { present } from '../../src/kernel/invariant.ts'
import { addDays } from '../../src/kernel/time.ts'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { accountActor, type Actor, systemActor } from '../../src/modules/access/index.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { type Detail, type Entry, readPain001, writeCamt053 } from '../../src/modules/iso20022/index.ts'
import { balanceOf, subjectBalance } from '../../src/modules/ledger/index.ts'
import { destroyPerson } from '../../src/modules/people/index.ts'
import { type Bill, getBill, reconcile, type Treasury, within } from '../../src/modules/payments/index.ts'
import { receive } from '../../src/modules/payments/receive.ts'
import { decideRefund, refundById } from '../../src/modules/payments/refunds/index.ts'
import {
  assignEntry,
  countEntry,
  entryStory,
  findBills,
  findEntries,
  openEntry,
  sendBack,
  terminalPaidOut,
} from '../../src/modules/payments/transfers/entries.ts'
import { agreeDebit, debitStory, sayDebit } from '../../src/modules/payments/transfers/debits.ts'
import { acceptFile, bookWaiting, importFile, sourceOf } from '../../src/modules/payments/transfers/import.ts'
import { fetchFile, makeFile, transferRefused } from '../../src/modules/payments/transfers/orders.ts'
import type { StatementEntry } from '../../src/modules/payments/transfers/store.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'
import { sampleEntries, statementOf } from '../support/statements.ts'

const PAYER = 'GB29NWBK60161331926819'

/** What is told of a transaction beside its amount. */
type Told = {
  e2e?: string
  references?: string[]
  lines?: string[]
  name?: string
  iban?: string
  returned?: boolean
  fee?: boolean
  bank?: string
}

describe('bank statements', () => {
  let test: TestApp
  let treasury: Treasury
  let officer: Actor
  let second: Actor
  let number = 0
  let opening = 0n
  before(async () => {
    test = await startApp({ accounts: true })
    treasury = present(test.app.treasury, 'the city takes money')
    officer = await officerOf('officer@harbourview.example')
    second = await officerOf('second.officer@harbourview.example')
  })
  after(() => test.close())

  const officerOf = async (email: string): Promise<Actor> => {
    const account = present(await accountByAddress(test.app.platform, email), email)
    return accountActor({
      accountId: account.id,
      personId: null,
      roles: [{ role: 'officer', agency: null }],
      channel: 'web',
      level: 'substantial',
    })
  }
  const entry = (amount: bigint, told: Told = {}): Entry => {
    number += 1
    const positive = amount < 0n ? -amount : amount
    const other = { name: told.name ?? 'Ada Muster', iban: told.iban ?? PAYER }
    const detail: Detail = {
      charges: [],
      references: told.references ?? [],
      lines: told.lines ?? [],
      amount: { amount: positive, currency: 'EUR' },
      ...(told.e2e ? { endToEndId: told.e2e } : {}),
      ...(amount > 0n ? { debtor: other } : { creditor: other }),
      ...(told.returned ? { returned: { code: 'AC04', lines: [] } } : {}),
    }
    return {
      reference: String(number),
      amount: positive,
      currency: 'EUR',
      direction: amount > 0n ? 'credit' : 'debit',
      reversal: false,
      status: 'BOOK',
      bookingDay: today(test.app.platform),
      valueDay: today(test.app.platform),
      bankReference: told.bank ?? `T${number}`,
      code: told.fee ? { domain: 'ACMT', family: 'MDOP', subFamily: 'CHRG' } : { domain: 'PMNT', family: 'RCDT', subFamily: 'ESCT' },
      charges: [],
      details: [detail],
    }
  }
  let sequence = 0n
  const file = (entries: readonly Entry[], own: Parameters<typeof statementOf>[1] = {}): Buffer => {
    sequence += 1n
    const day = addDays(today(test.app.platform), Number(sequence) - 60)
    const made = statementOf(entries, { id: `S-${sequence}`, iban: treasury.rules.creditor.iban, opening, day, sequence, ...own })
    opening = made.closing.amount
    return Buffer.from(writeCamt053(made))
  }
  const bring = async (entries: readonly Entry[]): Promise<StatementEntry[]> => {
    const [done] = await importFile(treasury, officer, sourceOf(file(entries)))
    return query<StatementEntry>(treasury.platform.db, 'select * from payments.entry where statement_id = $1 order by no, part', [done?.id])
  }
  const one = async (amount: bigint, told: Told = {}): Promise<StatementEntry> =>
    present((await bring([entry(amount, told)]))[0], 'an entry')
  const owed = async (bill: Bill): Promise<bigint> => (await getBill(treasury.platform, bill.id)).outstanding
  const suspense = (): Promise<bigint> =>
    balanceOf(treasury.platform, { agency: 'revenue', kind: 'suspense', currency: 'EUR', part: 'bank' })
  const item = async (id: string): Promise<{ kind: string; outcome: string | null } | undefined> =>
    (
      await query<{ kind: string; outcome: string | null }>(
        treasury.platform.db,
        'select kind, outcome from payments.item where key = $1',
        [`entry:${id}`],
      )
    )[0]

  it('pay the bill whose reference they tell, in part, in full and with too much', async () => {
    const bill = await makeBill(treasury, 5_000n)
    const reference = bill.creditor_reference
    const found = await bring([
      entry(2_000n, { references: [reference] }),
      entry(3_000n, { lines: [`Thank you ${reference.toLowerCase().replace(/(.{4})/g, '$1 ')}`] }),
      entry(700n, { references: [reference] }),
    ])
    assert.deepEqual(found.map(({ state, kind }) => [state, kind]), [['done', 'transfer'], ['done', 'transfer'], ['done', 'transfer']]) // prettier-ignore
    const paid = await getBill(treasury.platform, bill.id)
    assert.deepEqual([paid.state, paid.paid], ['paid', 5_000n])
    const kept = await query<{ amount: bigint }>(treasury.platform.db, `select amount from payments.item where kind = 'overpaid' and payment_id = $1`, [found[2]?.payment_id]) // prettier-ignore
    assert.deepEqual(kept, [{ amount: 700n }])
  })

  it('books the same statement once, and the same money told by another statement not again', async () => {
    const bill = await makeBill(treasury, 4_000n)
    const told = entry(1_000n, { references: [bill.creditor_reference], bank: 'BANK-1' })
    const bytes = file([told])
    const [first] = await importFile(treasury, officer, sourceOf(bytes))
    const [again] = await importFile(treasury, second, sourceOf(bytes))
    assert.deepEqual([again?.id, again?.again], [first?.id, true])
    assert.equal(await owed(bill), 3_000n)
    const [other] = await bring([told])
    assert.equal(other?.state, 'repeated')
    assert.equal(await owed(bill), 3_000n)
    // an officer who knows better counts it, and it waits like any other
    const before = await suspense()
    await countEntry(treasury, officer, other?.id ?? '')
    assert.equal((await suspense()) - before, -1_000n)
    await assignEntry(treasury, officer, other?.id ?? '', [bill.id])
    assert.equal(await owed(bill), 2_000n)
    assert.equal(await suspense(), before)
  })

  it('refuses another account, another currency, other content under a known number, and what is no statement', async () => {
    const reject = (bytes: Buffer, code: string): Promise<void> => assert.rejects(importFile(treasury, officer, sourceOf(bytes)), { code })
    const before = opening
    await reject(file([entry(100n)], { iban: 'DE89370400440532013000' }), 'payments.statement-account')
    await reject(file([{ ...entry(100n), currency: 'USD', details: [] }], { currency: 'USD' }), 'payments.statement-currency')
    opening = before
    const good = file([entry(100n)])
    await importFile(treasury, officer, sourceOf(good))
    const other = statementOf([entry(101n)], {
      id: `S-${sequence}`,
      iban: treasury.rules.creditor.iban,
      opening: before,
      day: today(test.app.platform),
      sequence,
    })
    await reject(Buffer.from(writeCamt053(other)), 'payments.statement-differs')
    const hostile = [
      '',
      '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><Document>&a;</Document>',
      good.toString().replace('camt.053.001.08', 'camt.053.001.02'),
      good.toString().slice(0, -200),
      good.toString().replace(/(<Amt Ccy="EUR">)1\.00/, '$199.00'),
    ]
    const count = (): Promise<unknown> => query(treasury.platform.db, 'select count(*) from payments.statement')
    const there = await count()
    for (const text of hostile) await reject(Buffer.from(text), 'payments.statement-faulty')
    assert.deepEqual(await count(), there)
    await assert.rejects(
      importFile(treasury, accountActor({ accountId: 'x', personId: null, roles: [], channel: 'web', level: 'low' }), sourceOf(good)),
      { code: 'access.denied' },
    )
  })

  it('suggests a bill when a reference is misspelt, when only the name fits, or when there are several, and waits', async () => {
    const [bill, other] = [await makeBill(treasury, 6_000n), await makeBill(treasury, 6_100n)]
    const swap = (text: string, at: number): string => text.slice(0, at) + text.charAt(at + 1) + text.charAt(at) + text.slice(at + 2)
    const at = [...bill.reference.replaceAll('-', '')].findIndex((symbol, i, all) => i >= 3 && symbol !== all[i + 1])
    const wrong = bill.creditor_reference.slice(0, -1) + (bill.creditor_reference.endsWith('7') ? '8' : '7')
    const name = `Xenia Onlyone ${bill.id.slice(-6)}`
    const named = await makeBill(treasury, 6_200n, undefined, { payer: { kind: 'person', name } })
    const before = await suspense()
    const found = await bring([
      entry(6_000n, { references: [wrong] }),
      entry(6_000n, { lines: [`my bill ${bill.creditor_reference.slice(0, 4)}${swap(bill.reference.replaceAll('-', ''), at)}`] }),
      entry(6_000n, { lines: [`bill no ${bill.reference}`] }),
      entry(12_100n, { references: [bill.creditor_reference], lines: [other.creditor_reference] }),
      entry(6_200n, { name: name.split(' ').toReversed().join(', ').toUpperCase() }),
      entry(6_201n, { name }),
    ])
    const reasons = await Promise.all(found.map(async ({ id }) => (await entryStory(treasury, officer, id)).candidates.map((each) => [each.bill.id, each.reason]))) // prettier-ignore
    assert.deepEqual(reasons[0], [[bill.id, 'misspelt']])
    assert.deepEqual(reasons[1], [[bill.id, 'misspelt']])
    assert.deepEqual(reasons[2], [[bill.id, 'own_reference']])
    assert.deepEqual(new Map(reasons[3]?.map(([id, reason]) => [id, reason])), new Map([bill, other].map(({ id }) => [id, 'several'])))
    assert.deepEqual(reasons[4], [[named.id, 'name_amount']])
    assert.deepEqual([found[5]?.state, reasons[5]], ['unmatched', []])
    assert.equal(await owed(bill), 6_000n)
    assert.equal((await suspense()) - before, -(6_000n * 3n + 12_100n + 6_200n + 6_201n))
    // both officers at once: one is faster
    const id = found[3]?.id ?? ''
    const both = await Promise.allSettled([officer, second].map((who) => assignEntry(treasury, who, id, [bill.id, other.id])))
    assert.deepEqual(both.map((each) => each.status).toSorted(), ['fulfilled', 'rejected'])
    assert.deepEqual([await owed(bill), await owed(other)], [0n, 0n])
    assert.deepEqual(await item(id), { kind: 'entry_suggested', outcome: 'assigned' })
    assert.equal(await subjectBalance(treasury.platform, 'suspense', id), 0n)
  })

  it('finds entries by name, account and reference, and bills by what an officer types; what it shows is opened and noted', async () => {
    const found = await one(321n, { name: 'Quirin Findable', iban: 'NL91ABNA0417164300', lines: ['contract 4711-XY'] })
    for (const typed of ['findable QUIRIN', 'NL91 ABNA 0417 1643 00', '4711-XY'])
      assert.ok(
        (await findEntries(treasury, officer, typed)).some(({ id }) => id === found.id),
        typed,
      )
    assert.deepEqual(await findEntries(treasury, officer, 'Quirin'), [])
    const told = await openEntry(treasury, officer, found)
    assert.deepEqual([told?.names, told?.ibans, told?.lines], [['Quirin Findable'], ['NL91ABNA0417164300'], ['contract 4711-XY']])
    const bill = await makeBill(treasury, 1_000n, undefined, { payer: { kind: 'person', name: `Una Payer ${found.id.slice(-5)}` } })
    for (const typed of [bill.reference, bill.reference.toLowerCase().replaceAll('-', ''), bill.creditor_reference, `payer una ${found.id.slice(-5)}`])
      assert.deepEqual((await findBills(treasury, officer, typed)).map(({ id }) => id), [bill.id], typed) // prettier-ignore
    // nothing of it is anywhere in the clear
    const rows = await query<{ text: string }>(
      treasury.platform.db,
      `select e::text as text from payments.entry e union all select e.data::text from journal.event e union all select story::text from payments.item`,
    )
    for (const needle of ['Findable', 'NL91ABNA', '4711-XY']) assert.ok(!rows.some(({ text }) => text.includes(needle)), needle)
  })

  it('sends back what nobody knows, by two officers and a file that has each refund once; what comes back is kept again', async () => {
    const found = await one(890n, { name: 'Bo Back', iban: 'FR1420041010050500013M02606' })
    const refund = await sendBack(treasury, officer, found.id, 'Nobody knows it.')
    await assert.rejects(decideRefund(treasury, officer, refund.id, true), { code: 'payments.four-eyes' })
    await decideRefund(treasury, second, refund.id, true)
    const made = await Promise.allSettled([officer, second].map((who) => makeFile(treasury, who)))
    const [file, ...others] = made.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    assert.ok(file && others.length === 0)
    const { xml } = await fetchFile(treasury, officer, file.id)
    assert.equal((await fetchFile(treasury, second, file.id)).xml, xml)
    const { order, faults } = readPain001(xml)
    assert.deepEqual(faults, [])
    assert.deepEqual(order?.payments.map(({ amount, creditor }) => [amount, creditor.name, creditor.iban]), [[890n, 'Bo Back', 'FR1420041010050500013M02606']]) // prettier-ignore
    await assert.rejects(makeFile(treasury, officer), { code: 'payments.no-refunds' })
    const endToEnd = order?.payments[0]?.endToEnd ?? ''
    const [out, back] = await bring([entry(-890n, { e2e: endToEnd }), entry(890n, { e2e: endToEnd, returned: true })])
    assert.deepEqual([out?.kind, out?.state, back?.kind, back?.state], ['refund', 'done', 'refund_return', 'done'])
    assert.equal((await refundById(treasury.platform, refund.id)).state, 'failed')
    const payment = await query<{ unapplied: bigint }>(treasury.platform.db, 'select unapplied from payments.payment where id = $1', [
      refund.payment_id,
    ])
    assert.deepEqual(payment, [{ unapplied: 890n }])
    assert.equal(await subjectBalance(treasury.platform, 'refund_payable', refund.id), 0n)
    assert.equal(await subjectBalance(treasury.platform, 'unapplied', refund.payment_id), -890n)
  })

  it('books a refund that the bank refused as kept again, and a whole file that left as one entry', async () => {
    const send = async (amount: bigint): Promise<string> => {
      const refund = await sendBack(treasury, officer, (await one(amount, { name: 'Cy Many' })).id, 'x')
      await decideRefund(treasury, second, refund.id, true)
      return refund.id
    }
    const [a, b, c] = [await send(100n), await send(200n), await send(300n)]
    const made = await makeFile(treasury, officer)
    await assert.rejects(transferRefused(treasury, officer, made.id, c), { code: 'payments.file-unfetched' })
    assert.equal((await refundById(treasury.platform, c)).state, 'sent')
    await fetchFile(treasury, officer, made.id)
    await transferRefused(treasury, officer, made.id, c)
    await assert.rejects(fetchFile(treasury, officer, made.id), { code: 'payments.file-changed' })
    await assert.rejects(transferRefused(treasury, officer, made.id, 'nothing'), { code: 'not-found' })
    assert.equal((await refundById(treasury.platform, c)).state, 'failed')
    const later = await Promise.all([send(50n), send(60n)])
    const second_ = await makeFile(treasury, officer)
    const found = await bring([
      entry(-100n, { e2e: a.replaceAll('-', '') }),
      entry(-200n, { e2e: b.replaceAll('-', '') }),
      entry(-300n, { e2e: c.replaceAll('-', '') }),
      { ...entry(-110n), batch: { orderId: second_.message_id, count: 2 }, details: [] },
    ])
    assert.deepEqual(found.map(({ kind, state }) => `${kind} ${state}`), ['refund done', 'refund done', 'other unmatched', 'refund done']) // prettier-ignore
    for (const id of [a, b, ...later]) assert.equal((await refundById(treasury.platform, id)).state, 'succeeded')
  })

  const ready = async (amount: bigint, name: string): Promise<{ refund: string; entry: StatementEntry }> => {
    const found = await one(amount, { name })
    const refund = await sendBack(treasury, officer, found.id, 'x')
    await decideRefund(treasury, second, refund.id, true)
    return { refund: refund.id, entry: found }
  }
  const stateOf = async (id: string): Promise<string> => (await refundById(treasury.platform, id)).state
  /** As when the payer's bank takes the whole payment back. */
  const takeBack = async (refund: string): Promise<void> => {
    const { payment_id: payment, amount } = await refundById(treasury.platform, refund)
    await query(
      treasury.platform.db,
      `insert into payments.chargeback (id, payment_id, provider, provider_id, amount, fee, opened_at)
       values ($1, $2, 'harbourbank', $3, $4, 0, $5)`,
      [test.app.platform.newId(), payment, `cb-${refund}`, amount, test.app.platform.now()],
    )
  }
  const erase = async (refund: string): Promise<void> => {
    const { record_id } = await refundById(treasury.platform, refund)
    const [row] = await query<{ person_id: string }>(treasury.platform.db, 'select person_id from people.record where id = $1', [record_id])
    await transact(treasury.platform, (tx) => destroyPerson(tx, systemActor('payments'), row?.person_id ?? '', 'asked-for'))
  }

  it('leaves out of a file what cannot go any more, when it is made and when it is first fetched', async () => {
    const [goes, back, erased, later] = [await ready(1_001n, 'Di Goes'), await ready(1_002n, 'Ed Back'), await ready(1_003n, 'Fi Erased'), await ready(1_004n, 'Gus Later')] // prettier-ignore
    await takeBack(back.refund)
    await erase(erased.refund)
    const made = await makeFile(treasury, officer)
    assert.deepEqual([made.count, made.total], [2, 2_005n])
    assert.deepEqual(await Promise.all([goes, back, erased, later].map(({ refund }) => stateOf(refund))), [
      'sent',
      'failed',
      'failed',
      'sent',
    ])
    assert.equal(await subjectBalance(treasury.platform, 'refund_payable', erased.refund), 0n)
    await takeBack(later.refund)
    for (const who of [officer, second]) {
      const { order } = readPain001((await fetchFile(treasury, who, made.id)).xml)
      assert.deepEqual(order?.payments.map(({ amount }) => amount), [1_001n]) // prettier-ignore
    }
    assert.equal(await stateOf(later.refund), 'failed')
    const items = await query<{ kind: string }>(treasury.platform.db, `select kind from payments.item where refund_id = any($1)`, [[back, erased, later].map(({ refund }) => refund)]) // prettier-ignore
    assert.deepEqual(items.map(({ kind }) => kind), Array(3).fill('refund_failed')) // prettier-ignore
    await assert.rejects(makeFile(treasury, officer), { code: 'payments.no-refunds' })
    await bring([entry(-1_001n, { e2e: goes.refund.replaceAll('-', '') })])
    assert.equal(await stateOf(goes.refund), 'succeeded')
  })

  it('knows a batch less what the bank refused of it, and lets two officers say what another debit was', async () => {
    const [one_, two, three, four] = [await ready(2_001n, 'Ha One'), await ready(2_002n, 'Ib Two'), await ready(2_003n, 'Jo Three'), await ready(2_004n, 'Ka Four')] // prettier-ignore
    const made = await makeFile(treasury, officer)
    await fetchFile(treasury, officer, made.id)
    await transferRefused(treasury, officer, made.id, four.refund)
    const before = await suspense()
    // the bank names no file
    const [debit, fee] = await bring([entry(-6_006n), entry(-777n)])
    assert.deepEqual([debit?.state, fee?.state], ['unmatched', 'unmatched'])
    const [id, other] = [debit?.id ?? '', fee?.id ?? '']
    const story = await debitStory(treasury, officer, present(debit, 'the debit'))
    assert.deepEqual([story?.files.map((each) => each.id), story?.refunds], [[made.id], []])
    await assert.rejects(sayDebit(treasury, officer, other, { kind: 'file', about: made.id }), { code: 'payments.debit-refunds' })
    await assert.rejects(agreeDebit(treasury, second, id, true), { code: 'payments.entry-done' })
    await sayDebit(treasury, officer, id, { kind: 'file', about: made.id })
    await sayDebit(treasury, officer, other, { kind: 'refund', about: one_.refund }).then(() => assert.fail('not that much'), () => undefined) // prettier-ignore
    await sayDebit(treasury, officer, other, { kind: 'fee' })
    await assert.rejects(agreeDebit(treasury, officer, id, true), { code: 'payments.four-eyes' })
    const both = await Promise.allSettled([1, 2].map(() => agreeDebit(treasury, second, id, true)))
    assert.deepEqual(both.map((each) => each.status).toSorted(), ['fulfilled', 'rejected'])
    await agreeDebit(treasury, second, other, false)
    await sayDebit(treasury, second, other, { kind: 'fee' })
    await agreeDebit(treasury, officer, other, true)
    assert.deepEqual(await Promise.all([one_, two, three].map(({ refund }) => stateOf(refund))), Array(3).fill('succeeded'))
    assert.deepEqual([await suspense(), await item(id), await item(other)], [before, { kind: 'entry_debit', outcome: 'refund' }, { kind: 'entry_debit', outcome: 'settled' }]) // prettier-ignore
    // a whole file as one debit that names it, less what was refused
    const [five, six] = [await ready(3_001n, 'La Five'), await ready(3_002n, 'Mo Six')]
    const next = await makeFile(treasury, officer)
    await fetchFile(treasury, officer, next.id)
    await transferRefused(treasury, officer, next.id, six.refund)
    const [whole] = await bring([{ ...entry(-3_001n), batch: { orderId: next.message_id, count: 1 }, details: [] }])
    assert.deepEqual([whole?.kind, whole?.state, await stateOf(five.refund)], ['refund', 'done', 'succeeded'])
  })

  it('books no more as paid out by the card terminals’ bank than was taken there', async () => {
    const found = await one(4_321n)
    await assert.rejects(terminalPaidOut(treasury, officer, found.id, 0n), { code: 'payments.terminal-more' })
    const bill = await makeBill(treasury, 4_400n)
    await transact(treasury.platform, (tx) =>
      receive(within(treasury, tx), systemActor('payments'), {
        key: `till:${bill.id}`,
        source: 'terminal',
        heldBy: 'revenue',
        part: 'transport_1',
        amount: 4_400n,
        currency: 'EUR',
        day: today(tx),
        shares: [{ bill: bill.id, amount: 4_400n }],
        cause: tx.newId(),
      }),
    )
    await assert.rejects(terminalPaidOut(treasury, officer, found.id, 80n), { code: 'payments.terminal-more' })
    await terminalPaidOut(treasury, officer, found.id, 79n)
    const day = today(test.app.platform)
    const { differences } = await reconcile(treasury, addDays(day, -5), day)
    assert.ok(!differences.some(({ key }) => key.startsWith('clearing:terminal')), 'terminals agree')
  })

  it('books bank fees, and lets other money that left wait', async () => {
    const fees = (): Promise<bigint> =>
      balanceOf(treasury.platform, { agency: 'revenue', kind: 'provider_fees', currency: 'EUR', part: 'bank' })
    const [before, unclear] = [await fees(), await suspense()]
    const found = await bring([entry(-250n, { fee: true }), entry(-999n, { name: 'Somebody Else' }), entry(5_000n, { returned: true })])
    assert.deepEqual(found.map(({ kind, state }) => `${kind} ${state}`), ['fee done', 'other unmatched', 'transfer unmatched']) // prettier-ignore
    assert.equal((await fees()) - before, 250n)
    assert.equal((await suspense()) - unclear, 999n - 5_000n)
    assert.deepEqual(await item(found[1]?.id ?? ''), { kind: 'entry_debit', outcome: null })
    await assert.rejects(assignEntry(treasury, officer, found[1]?.id ?? '', [(await makeBill(treasury, 5n)).id]), {
      code: 'payments.entry-out',
    })
  })

  it('notices that statements are missing, and that they came later', async () => {
    const gaps = async (): Promise<Array<{ outcome: string | null; story: Record<string, string> }>> =>
      query(treasury.platform.db, `select outcome, story from payments.item where kind = 'statement_gap' and opened_at > $1`, [since])
    const late = file([entry(77n)])
    const since = new Date(Date.now() - 1)
    await importFile(treasury, officer, sourceOf(file([entry(78n)])))
    const [gap, ...others] = await gaps()
    assert.deepEqual([gap?.outcome, others.length], [null, 0])
    assert.equal(gap?.story['missing_from'], String(sequence - 1n))
    await importFile(treasury, officer, sourceOf(late))
    assert.deepEqual((await gaps()).map(({ outcome }) => outcome), ['agreed']) // prettier-ignore
  })

  it('goes on where a killed import stopped, and books nothing twice', async () => {
    const bills = await Promise.all(Array.from({ length: 30 }, () => makeBill(treasury, 100n)))
    const entries = Array.from({ length: 2_400 }, (_, n) => entry(1n, { references: [bills[n % 30]?.creditor_reference ?? ''] }))
    const bytes = file(entries)
    const left = async (): Promise<bigint> => (await Promise.all(bills.map(owed))).reduce((sum, each) => sum + each, 0n)
    const kill = new Error('killed')
    await assert.rejects(
      importFile(treasury, officer, sourceOf(bytes), (done) => {
        if (done >= 1_000) throw kill
      }),
      kill,
    )
    assert.equal(await left(), 2_000n)
    // the page keeps the file, its job books the rest; at the same time somebody brings the file again
    const [waiting] = await acceptFile(treasury, officer, bytes)
    await Promise.all([bookWaiting(treasury, waiting?.id ?? ''), importFile(treasury, second, sourceOf(bytes))])
    assert.equal(await left(), 600n)
    const [row] = await query<{ done: number; state: string; document_id: string | null }>(treasury.platform.db, 'select done, state, document_id from payments.statement where id = $1', [waiting?.id]) // prettier-ignore
    assert.deepEqual(row, { done: 2_400, state: 'done', document_id: null })
    const [sums] = await query<{ n: number; total: string }>(treasury.platform.db, 'select count(*)::int as n, sum(amount)::text as total from payments.entry where statement_id = $1', [waiting?.id]) // prettier-ignore
    assert.deepEqual(sums, { n: 2_400, total: '2400' })
  })

  it('books a mixed statement of many kinds to the cent', async () => {
    const bills = await Promise.all(Array.from({ length: 60 }, (_, n) => makeBill(treasury, BigInt(1_000 + n))))
    const samples = [...sampleEntries({ count: 200, seed: 7, owed: (n) => ({ reference: bills[n % 60]?.creditor_reference ?? '', amount: BigInt(1_000 + (n % 60)) }) })] // prettier-ignore
    const bank = (): Promise<bigint> => balanceOf(treasury.platform, { agency: 'revenue', kind: 'bank', currency: 'EUR' })
    const before = await bank()
    const found = await bring(samples.map(({ entry: each }, n) => ({ ...each, bankReference: `MIX-${n}`, details: each.details.map((detail) => ({ ...detail, bankReference: undefined })) }))) // prettier-ignore
    const booked = samples.filter(({ entry: each }) => each.status === 'BOOK').reduce((sum, { entry: each }) => sum + (each.direction === 'credit' ? each.amount : -each.amount), 0n) // prettier-ignore
    assert.equal((await bank()) - before, booked)
    assert.equal(
      found.reduce((sum, each) => sum + each.amount, 0n),
      booked,
    )
    const exact = samples.filter(({ kind }) => ['structured', 'words', 'less', 'more'].includes(kind)).length
    const batches = samples.filter(({ kind }) => kind === 'batch').reduce((sum, { about }) => sum + about.length, 0)
    assert.ok(found.filter(({ payment_id }) => payment_id !== null).length >= (exact + batches) * 0.5)
    assert.ok(found.some(({ state }) => state === 'suggested'))
  })

  it('lets a transaction that fails leave nothing', async () => {
    const bill = await makeBill(treasury, 10n)
    const found = await one(10n)
    await assert.rejects(
      transact(treasury.platform, async (tx) => {
        await assignEntry(within(treasury, tx), officer, found.id, [bill.id])
        throw new Error('broken off')
      }),
      /broken off/,
    )
    assert.equal(await owed(bill), 10n)
    assert.deepEqual(await item(found.id), { kind: 'entry_unmatched', outcome: null })
  })
})
