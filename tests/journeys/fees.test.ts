import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { type Case, eraseCases, feeHappened, type FeeNews, feeOf, getCase, withdraw } from '../../src/modules/cases/index.ts'
import { letterCode } from '../../src/modules/cases/house.ts'
import { anonymous, holding, systemActor } from '../../src/modules/access/index.ts'
import { eventsOf } from '../../src/platform/journal/journal.ts'
import { addWorkingDays } from '../../src/kernel/time.ts'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { actOnCase, type Applied, applyFor, sessionOf } from '../support/world.ts'
import { Visitor } from './visitor.ts'

const payments = systemActor('payments')

describe('the fee of a case', () => {
  let test: TestApp
  let resident: string
  let officer: string
  let street = 1
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    resident = await sessionOf(test, 'resident@harbourview.example')
    officer = await sessionOf(test, 'officer@harbourview.example')
  })
  after(() => test.close())

  const at = (applied: Applied): Promise<Case> => getCase(test.app.platform, applied.caseId)
  const told = async (applied: Applied): Promise<string[]> =>
    (await eventsOf(test.app.platform, applied.caseId)).flatMap(({ type }) => (/^cases\.(fee|letter)\./.test(type) ? [type.slice(6)] : []))
  const dataOf = async (applied: Applied, type: string) =>
    (await eventsOf(test.app.platform, applied.caseId)).find((each) => each.type === type)?.data
  const news = (applied: Applied, what: FeeNews, key: string): Promise<boolean> =>
    feeHappened(test.app.house, payments, applied.caseId, what, { key, amount: 12_000n, currency: 'EUR' })
  const page = async (applied: Applied): Promise<string> => {
    const answer = await fetch(`${test.url}/cases/${applied.reference}`, { headers: { cookie: resident } })
    assert.equal(answer.status, 200)
    return answer.text()
  }
  const park = (own: Record<string, unknown> = {}): Promise<Applied> => {
    const home = { line1: `${(street += 1)} Keeper Street`, town: 'Harbourview', postcode: 'HV3 4PX' }
    return applyFor(test, 'resident_parking_permit', { cookie: resident, own: ({ id }) => ({ home_address: home, ...own })[id] })
  }
  const act = async (applied: Applied, ...transitions: readonly string[]): Promise<void> => {
    for (const transition of transitions) await actOnCase(test, officer, applied.caseId, 'step', { transition, text: 'In order.' })
  }
  const check = async (applied: Applied): Promise<string> => {
    const sql = "select id from cases.letter where case_id = $1 and template = 'parking_permit'"
    const [letter] = await query<{ id: string }>(test.app.platform.db, sql, [applied.caseId])
    return (await new Visitor(test.url).post('/check', { code: letterCode(test.app.platform, letter?.id ?? '') })).text
  }

  it('keeps a case waiting for its resident until it is paid, and the clock with it', async () => {
    const applied = await park()
    const first = await at(applied)
    const { calendar } = test.app.platform.city
    const due = addWorkingDays(today(test.app.platform), 10, calendar)
    assert.deepEqual([first.state, first.waiting_for, first.fee_state, first.fee_due_on], ['awaiting_payment', 'resident', 'due', due])
    assert.equal(first.paused_since, today(test.app.platform))
    assert.deepEqual(await told(applied), ['fee.recorded', 'fee.due'])
    assert.deepEqual(await dataOf(applied, 'cases.fee.due'), {
      amount: first.fee_amount?.toString(),
      currency: 'EUR',
      due_on: due,
      revenue: 'fee',
    })
    assert.match(await page(applied), /You: we wait for your payment[^]*We wait for your payment\. We go on/)
    assert.equal(await news(applied, 'paid', 'p1'), true)
    const paid = await at(applied)
    assert.deepEqual([paid.state, paid.waiting_for, paid.fee_state, paid.paused_since], ['submitted', 'agency', 'paid', null])
    assert.doesNotMatch(await page(applied), /wait for your payment/)
  })

  it('is told once however often and by how many it is told', async () => {
    const applied = await park()
    const done = await Promise.all(Array.from({ length: 6 }, (_, i) => news(applied, 'paid', i % 2 === 0 ? 'same' : `other-${i}`)))
    assert.equal(done.filter(Boolean).length, 1)
    assert.deepEqual((await told(applied)).filter((type) => type === 'fee.paid').length, 1)
    assert.equal(await news(applied, 'overdue', 'late'), false, 'it is paid')
    assert.equal(await news(applied, 'reversed', 'r1'), true)
    assert.equal(await news(applied, 'paid', 'p2'), true)
    assert.equal(await news(applied, 'reversed', 'r1'), false, 'the same news again is no news')
    assert.equal((await at(applied)).fee_state, 'paid')
    assert.equal(await news(applied, 'refunded', 'b1'), true)
    assert.equal((await at(applied)).fee_state, 'refunded')
  })

  it('of nothing lets the case begin at once', async () => {
    const applied = await park({ disabled_badge: true })
    const free = await at(applied)
    assert.deepEqual(
      [free.state, free.waiting_for, free.fee_amount, free.fee_state, free.paused_since],
      ['submitted', 'agency', 0n, null, null],
    )
    assert.deepEqual(await told(applied), [])
    assert.equal(await feeOf(test.app.house, applied.caseId), null)
    assert.equal(await news(applied, 'paid', 'p'), false)
    assert.equal(
      await feeHappened(test.app.house, payments, test.app.platform.newId(), 'paid', { key: 'p', amount: 1n, currency: 'EUR' }),
      false,
    )
  })

  it('taken back suspends the permit, and paid again makes it valid', async () => {
    const applied = await park()
    await news(applied, 'paid', 'p1')
    await act(applied, 'start_review', 'grant')
    await test.settle()
    assert.match(await check(applied), /Genuine and valid/)
    await news(applied, 'reversed', 'c1')
    await test.settle()
    assert.match(await check(applied), /Genuine, but suspended/)
    assert.match(await page(applied), /What we issued is not valid until you have paid[^]*suspended and not valid until the fee is paid/)
    const mail = test.mails.findLast((each) => each.text.includes(applied.reference))
    assert.match(mail?.subject ?? '', /suspended/)
    await news(applied, 'paid', 'p2')
    await test.settle()
    assert.match(await check(applied), /Genuine and valid/)
    assert.deepEqual((await told(applied)).slice(-4), ['fee.reversed', 'letter.suspended', 'fee.paid', 'letter.reinstated'])
    assert.equal((await at(applied)).outcome, 'granted')
  })

  it('is not owed any more when the case is taken back or refused before it was paid', async () => {
    const back = await park()
    await withdraw(test.app.house, holding(anonymous('web'), back.caseId), back.caseId)
    assert.deepEqual([(await at(back)).fee_state, (await dataOf(back, 'cases.fee.cancelled'))?.['why']], ['cancelled', 'withdrawn'])
    assert.equal(await news(back, 'paid', 'late'), false, 'what comes then is not for this case')
    assert.equal((await at(back)).state, 'awaiting_payment')
    const refused = await park()
    await act(refused, 'start_review', 'refuse')
    assert.deepEqual([(await at(refused)).fee_state, (await dataOf(refused, 'cases.fee.cancelled'))?.['why']], ['cancelled', 'refused'])
    const paid = await park()
    await news(paid, 'paid', 'p')
    await act(paid, 'start_review', 'refuse')
    assert.equal((await at(paid)).fee_state, 'paid', 'what is paid is for officers to give back')
  })

  it('falls due with the decision, and the licence ends when it is not paid', async () => {
    const second = await sessionOf(test, 'supervisor@harbourview.example')
    const applied = await applyFor(test, 'food_business_licence_renewal', {
      cookie: resident,
      own: ({ id }) => ({ handling_changed: false, had_warning: false })[id],
    })
    assert.equal((await at(applied)).fee_state, 'recorded')
    await act(applied, 'start_review', 'grant_without_inspection')
    await actOnCase(test, second, applied.caseId, 'proposal', { answer: 'confirm' })
    const granted = await at(applied)
    assert.deepEqual([granted.state, granted.outcome, granted.fee_state], ['granted', 'granted', 'due'])
    assert.equal(granted.fee_due_on, addWorkingDays(today(test.app.platform), 20, test.app.platform.city.calendar))
    const closed = granted.closed_at
    assert.equal(await news(applied, 'overdue', 'o1'), true)
    const ended = await at(applied)
    assert.deepEqual([ended.state, ended.outcome, ended.waiting_for, ended.fee_state], ['ended_unpaid', 'granted', 'nobody', 'overdue'])
    assert.deepEqual(ended.closed_at, closed, 'how and when it was decided stays')
    assert.deepEqual((await told(applied)).slice(-2), ['fee.overdue', 'letter.revoked'])
    assert.match(
      await page(applied),
      /not paid[^]*what we issued is not valid any more[^]*If you do not pay within 20 working days, the licence ends/,
    )
  })

  it('of a tax is billed with the return, and a correction that is accepted changes it', async () => {
    const file = (own: Record<string, unknown>): Promise<Applied> =>
      applyFor(test, 'visitor_tax_return', { cookie: resident, own: ({ id }) => own[id] })
    const first = await file({})
    const before = await at(first)
    assert.deepEqual([before.outcome, before.fee_due, before.fee_state], ['granted', 'later', 'due'])
    const facts = await feeOf(test.app.house, first.caseId)
    assert.deepEqual([facts?.revenue, facts?.instalments, facts?.dueOn], ['tax', { most: 6, fromAmount: 60_000n }, before.fee_due_on])
    const again = {
      is_correction: true,
      earlier_reference: first.reference,
      already_paid: { amount: '0', currency: 'EUR' },
      nights_stayed: 90,
      has_exempt: false,
    }
    const correction = await file(again)
    assert.equal((await at(correction)).fee_state, 'recorded', 'not owed twice')
    await act(correction, 'start_review', 'grant')
    const changed = await at(first)
    assert.equal((await at(correction)).fee_state, 'cancelled')
    assert.ok(changed.fee_amount !== null && changed.fee_amount !== before.fee_amount)
    assert.deepEqual(await dataOf(first, 'cases.fee.changed'), {
      from: before.fee_amount?.toString(),
      to: changed.fee_amount.toString(),
      currency: 'EUR',
      by: correction.caseId,
    })
    const stranger = await applyFor(test, 'visitor_tax_return', { own: ({ id }) => ({ ...again, nights_stayed: 120 })[id] })
    await act(stranger, 'start_review', 'grant')
    assert.equal((await at(first)).fee_amount, changed.fee_amount, 'nobody changes what another owes')
    assert.equal((await at(stranger)).fee_state, 'due')
  })

  it('tells who is to pay only through the vault, and nothing once they are erased', async () => {
    const applied = await park()
    const facts = await feeOf(test.app.house, applied.caseId)
    assert.deepEqual(
      [facts?.reference, facts?.serviceId, facts?.agency, facts?.onReversal],
      [applied.reference, 'resident_parking_permit', 'transport', 'suspend'],
    )
    assert.equal(facts?.title['es'], 'Permiso de aparcamiento para residentes, un año')
    const account = await accountByAddress(test.app.platform, 'resident@harbourview.example')
    assert.equal(facts?.accountId, account?.id)
    const opened = async (): Promise<number> => {
      const sql = "select count(*)::int as n from journal.event where type = 'people.record.opened' and data->>'purpose' = 'bill.issue'"
      return (await query<{ n: number }>(test.app.platform.db, sql))[0]?.n ?? 0
    }
    const contact = await facts?.contactOf(payments, 'bill.issue')
    assert.ok(contact?.email?.includes('@') && contact.name)
    assert.ok((await opened()) > 0)
    await transact(test.app.platform, async (tx) => eraseCases(tx, [await getCase(tx, applied.caseId)]))
    assert.deepEqual(await facts?.contactOf(payments, 'bill.issue'), { name: null, email: null })
    assert.equal(await news(applied, 'paid', 'p'), true, 'an erased case is no fault')
    assert.equal((await at(applied)).fee_state, 'paid')
  })

  it('is for programs of the city to tell of, and for nobody else', async () => {
    const applied = await park()
    for (const actor of [anonymous('web'), holding(anonymous('web'), applied.caseId), systemActor('drafts')]) {
      await assert.rejects(feeHappened(test.app.house, actor, applied.caseId, 'paid', { key: 'x', amount: 1n, currency: 'EUR' }), {
        name: 'Problem',
      })
    }
    assert.equal((await at(applied)).fee_state, 'due')
    await assert.rejects(
      transact(test.app.platform, (tx) => query(tx.db, "update cases.fee_fact set key = 'other'")),
      /permission denied/,
      'what was told is only added to',
    )
  })
})
