import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { accountActor, type Actor } from '../../src/modules/access/index.ts'
import { writeCamt053 } from '../../src/modules/iso20022/index.ts'
import { balanceOf, subjectBalance } from '../../src/modules/ledger/index.ts'
import { getBill, type Treasury, within } from '../../src/modules/payments/index.ts'
import { assignEntry, countEntry, entryStory, findBills, findEntries, openEntry } from '../../src/modules/payments/transfers/entries.ts'
import { acceptFile, bookWaiting, importFile, sourceOf } from '../../src/modules/payments/transfers/import.ts'
import type { TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'
import { sampleEntries, statementOf } from '../support/statements.ts'
import { startTransfers, transferStage } from './transferstage.ts'

describe('bank statements', () => {
  let test: TestApp
  let treasury: Treasury
  let officer: Actor
  let second: Actor
  before(async () => {
    ;({ test, treasury, officer, second } = await startTransfers())
  })
  after(() => test.close())
  const { bring, entry, file, item, one, owed, suspense, written } = transferStage(() => ({ test, treasury, officer, second }))

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
    const before = written.opening
    await reject(file([entry(100n)], { iban: 'DE89370400440532013000' }), 'payments.statement-account')
    await reject(file([{ ...entry(100n), currency: 'USD', details: [] }], { currency: 'USD' }), 'payments.statement-currency')
    written.opening = before
    const good = file([entry(100n)])
    await importFile(treasury, officer, sourceOf(good))
    const other = statementOf([entry(101n)], {
      id: `S-${written.sequence}`,
      iban: treasury.rules.creditor.iban,
      opening: before,
      day: today(test.app.platform),
      sequence: written.sequence,
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

  it('notices that statements are missing, and that they came later', async () => {
    const gaps = async (): Promise<Array<{ outcome: string | null; story: Record<string, string> }>> =>
      query(treasury.platform.db, `select outcome, story from payments.item where kind = 'statement_gap' and opened_at > $1`, [since])
    const late = file([entry(77n)])
    const since = new Date(Date.now() - 1)
    await importFile(treasury, officer, sourceOf(file([entry(78n)])))
    const [gap, ...others] = await gaps()
    assert.deepEqual([gap?.outcome, others.length], [null, 0])
    assert.equal(gap?.story['missing_from'], String(written.sequence - 1n))
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
