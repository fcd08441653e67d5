import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { addDays, addYears } from '../../src/kernel/time.ts'
import { accountActor, type Actor, anonymous, holding, systemActor } from '../../src/modules/access/index.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import {
  askFor, type Bill, correctBill, decide, decideRefund, propose, proposeRefund, receive, relieveBill, type Treasury, within,
} from '../../src/modules/payments/index.ts' // prettier-ignore
import { refundLeft, type RefundWish } from '../../src/modules/payments/refunds/index.ts'
import { decideWriteOff, proposeWriteOff } from '../../src/modules/payments/reminders/index.ts'
import type { Payment } from '../../src/modules/payments/store.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'

const program = systemActor('payments')

describe('e-mails about what became of a bill', () => {
  let test: TestApp
  let treasury: Treasury
  let first: Actor
  let second: Actor
  before(async () => {
    test = await startApp({ listen: false, accounts: true })
    treasury = test.app.treasury ?? assert.fail('the city takes money')
    const officer = async (email: string): Promise<Actor> => {
      const account = (await accountByAddress(treasury.platform, email)) ?? assert.fail()
      const roles = [{ role: 'officer', agency: null }] as const
      return accountActor({ accountId: account.id, personId: account.personId, roles, level: 'substantial', channel: 'web' })
    }
    first = await officer('officer@harbourview.example')
    second = await officer('second.officer@harbourview.example')
  })
  after(() => test.close())

  const inside = <T>(work: (treasury: Treasury) => Promise<T>): Promise<T> =>
    transact(treasury.platform, (tx) => work(within(treasury, tx)))
  const issued = async (amount: bigint, own: Parameters<typeof makeBill>[3] = {}): Promise<Bill> => {
    const bill = await makeBill(treasury, amount, undefined, own)
    await test.settle()
    return bill
  }
  const pay = async (bill: Bill, amount: bigint): Promise<Payment> => {
    const { payment } = await inside(
      (t) =>
      receive(t, program, {
        key: `test:${t.platform.newId()}`, source: 'provider', heldBy: 'revenue', part: 'somebank', amount, currency: 'EUR', day: today(t.platform), shares: [{ bill: bill.id, amount }],
      }), // prettier-ignore
    )
    await test.settle()
    return payment
  }
  const correct = (bill: Bill, to: bigint, why = 'agency') =>
    inside((t) => correctBill(t, program, bill.id, { key: t.platform.newId(), to, why, title: { en: 'Changed' } }))
  const agreed = async (bill: Bill, wish: Parameters<typeof propose>[3]): Promise<void> => {
    await decide(treasury, second, (await propose(treasury, first, bill.id, wish)).id, true)
  }
  /** What somebody is told while something is done, without the e-mails of before. */
  const told = async (bill: Bill, work: () => Promise<unknown>): Promise<Array<{ subject: string; text: string }>> => {
    const before = test.mails.length
    await work()
    await test.settle()
    const got = test.mails.slice(before).filter((mail) => mail.subject.includes(bill.reference))
    for (const { subject, text } of got) assert.doesNotMatch(`${subject}${text}`, /\{\$|payments\.mail/)
    return got
  }
  const only = (got: ReadonlyArray<{ subject: string; text: string }>): string => {
    assert.equal(got.length, 1, got.map((each) => each.subject).join(', '))
    return got[0]?.text ?? ''
  }
  const giveBack = async (payment: Payment, wish: Partial<RefundWish>): Promise<void> => {
    const all = { payment: payment.id, amount: 100n, cause: 'overpaid', way: 'cash', words: 'Too much came.', ...wish } as const
    const refund = await decideRefund(treasury, second, (await proposeRefund(treasury, first, all)).id, true)
    await test.settle()
    await refundLeft(treasury, first, refund.id, { agency: 'revenue', kind: 'cash', currency: 'EUR', part: 'hall' }, true)
  }

  it('tell of a correction, up and down, once', async () => {
    const bill = await issued(5_000n)
    assert.match(only(await told(bill, () => correct(bill, 6_000n))), /now comes to €60\.00\. Still to pay: €60\.00/)
    assert.match(only(await told(bill, () => agreed(bill, { kind: 'correct', amount: 4_000n, words: 'Counted wrong.' }))), /€40\.00/)
    await pay(bill, 4_000n)
    const down = only(await told(bill, () => correct(bill, 3_000n, 'assessment')))
    assert.match(down, /Nothing is left to pay.*\n*.*we keep the rest for you/)
    assert.match(only(await told(bill, () => correct(bill, 3_500n))), /Still to pay: €5\.00/)
  })

  it('tell of a correction to what was paid already without saying that money came', async () => {
    const bill = await issued(5_000n)
    await pay(bill, 1_000n)
    assert.match(only(await told(bill, () => correct(bill, 1_000n))), /Nothing is left to pay/)
  })

  it('tell of the end of a bill, once, in the payer’s language and with nothing about the payer in the subject', async () => {
    for (const [language, word] of [
      ['en', /was cancelled/],
      ['es', /anulado/],
      ['ar', /أُلغيت/],
    ] as const) {
      // prettier-ignore
      const bill = await issued(5_000n, { language })
      const got = await told(bill, () => correct(bill, 0n, 'not_owed'))
      only(got)
      assert.match(got[0]?.subject ?? '', word)
      assert.doesNotMatch(got[0]?.subject ?? '', /Noa|Permit|Permiso|تصريح/)
    }
  })

  it('tell of what officers waive or write off, and not of some cents', async () => {
    const bill = await issued(5_000n)
    const part = only(await told(bill, () => agreed(bill, { kind: 'waive', amount: 2_000n, words: 'Hardship.' })))
    assert.match(part, /€20\.00 less.*Still to pay: €30\.00/)
    const rest = only(await told(bill, () => agreed(bill, { kind: 'write_off', amount: 3_000n, words: 'Not to be had.' })))
    assert.match(rest, /Nothing is left to pay/)
    const small = await issued(50n)
    const cents = () => inside((t) => relieveBill(t, program, small.id, { key: `small:${small.id}`, kind: 'written_off', amount: 50n }))
    assert.deepEqual(await told(small, cents), [])
  })

  it('tell of old bills that are written off together', async () => {
    const bill = await issued(700n, { dueOn: addDays(addYears(today(treasury.platform), -5), -1) })
    const made = await proposeWriteOff(treasury, first, 'transport', 'EUR')
    assert.match(only(await told(bill, () => decideWriteOff(treasury, second, made.id, true))), /Nothing is left to pay/)
  })

  it('answer who asked for a waiver, and say no more', async () => {
    const bill = await issued(5_000n)
    const asked = await askFor(treasury, holding(anonymous('web'), bill.id), bill.id, { kind: 'waive', words: 'I lost my work.' })
    await test.settle()
    await decide(treasury, first, asked.id, true)
    only(await told(bill, () => decide(treasury, second, asked.id, true, 'Agreed.')))
  })

  it('tell of money that is kept: with the payment, or alone when nothing was owed any more', async () => {
    const bill = await issued(5_000n)
    const more = only(await told(bill, () => pay(bill, 5_700n)))
    assert.match(more, /is paid\.[^]*€7\.00 more than was owed/)
    assert.match(only(await told(bill, () => pay(bill, 5_000n))), /€50\.00[^]*nothing more was owed[^]*We keep this money/)
  })

  it('tell of kept money that is given back', async () => {
    const bill = await issued(5_000n)
    const [over, late] = [await pay(bill, 5_700n), await pay(bill, 800n)]
    assert.match(only(await told(bill, () => giveBack(over, { amount: 700n }))), /paid €7\.00 back/)
    assert.match(only(await told(bill, () => giveBack(late, { amount: 800n }))), /paid €8\.00 back/)
  })

  it('tell of what is given back of a bill when it has left, and not before', async () => {
    const bill = await issued(5_000n)
    const payment = await pay(bill, 5_000n)
    assert.match(only(await told(bill, () => giveBack(payment, { bill: bill.id, amount: 5_000n }))), /paid €50\.00 back/)
  })
})
