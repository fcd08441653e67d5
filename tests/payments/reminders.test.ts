import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { addDays, addYears, type PlainDate } from '../../src/kernel/time.ts'
import { accountActor, anonymous, holding, systemActor } from '../../src/modules/access/index.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { subjectBalance } from '../../src/modules/ledger/index.ts'
import {
  arrangementsOf, askFor, type Bill, correctBill, decide, deferFor, getBill, type NewBill, planFor, previewReminders, propose, proposalsOf, proposalWords, receive,
  remindersOf, runReminders, takeBack, type Treasury, within,
} from '../../src/modules/payments/index.ts' // prettier-ignore
import { knownOf } from '../../src/modules/payments/reminders/facts.ts'
import { decideWriteOff, proposeWriteOff } from '../../src/modules/payments/reminders/index.ts'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'

const program = systemActor('payments')

/** The program on a clock that the test moves; a Monday at noon to begin with. */
async function startOn(instant: string): Promise<{ test: TestApp; treasury: Treasury; pass(days: number): void }> {
  let now = new Date(instant)
  const test = await startApp({ listen: false, accounts: true, overrides: { now: () => now } })
  const { treasury } = test.app
  assert.ok(treasury)
  return { test, treasury, pass: (days) => void (now = new Date(now.getTime() + days * 86_400_000)) }
}

const inside = <T>(treasury: Treasury, work: (treasury: Treasury) => Promise<T>): Promise<T> =>
  transact(treasury.platform, (tx) => work(within(treasury, tx)))

const pay = (treasury: Treasury, bill: Bill, amount: bigint, key: string) =>
  inside(treasury, (t) =>
    receive(t, program, {
      key,
      source: 'provider',
      heldBy: 'revenue',
      part: 'somebank',
      amount,
      currency: 'EUR',
      day: today(t.platform),
      shares: [{ bill: bill.id, amount }],
    }),
  )

async function officer(treasury: Treasury, email: string) {
  const account = await accountByAddress(treasury.platform, email)
  assert.ok(account)
  const { id: accountId, personId } = account
  return accountActor({ accountId, personId, roles: [{ role: 'officer', agency: null }], level: 'substantial', channel: 'web' })
}

const bothOfficers = async (treasury: Treasury) =>
  [await officer(treasury, 'officer@harbourview.example'), await officer(treasury, 'second.officer@harbourview.example')] as const

const textOf = (rows: unknown): string =>
  JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
const holderOf = (bill: Bill) => holding(anonymous('web'), bill.id)
const payerOf = (name: string, email?: string): Partial<NewBill> => ({ payer: { kind: 'person', name, ...(email ? { email } : {}) } })

describe('a run of reminders', () => {
  let test: TestApp
  let treasury: Treasury
  let pass: (days: number) => void
  before(async () => void ({ test, treasury, pass } = await startOn('2026-09-07T12:00:00Z')))
  after(() => test.close())
  const bill = (own: Partial<NewBill> = {}, amount = 10_000n): Promise<Bill> => makeBill(treasury, amount, undefined, own)
  const fresh = (each: Bill): Promise<Bill> => getBill(treasury.platform, each.id)
  const due = (): PlainDate => addDays(today(treasury.platform), 1)

  it('does exactly what was shown before, in every language and agency, and a second time nothing', async () => {
    const bills = [
      await bill({ dueOn: due() }),
      await bill({ dueOn: due(), language: 'es', ...payerOf('Noa Placeholder', 'noa.es@example.org') }),
      await bill({ dueOn: due(), language: 'ar', revenue: 'tax', agency: 'revenue' }),
      await bill({ dueOn: due(), revenue: 'fine', ...payerOf('Somebody Without Mail') }),
      await bill({ dueOn: due() }, 99n),
      await bill({ dueOn: due() }, 250n),
      await bill({ dueOn: due(), payer: null }),
      await bill({ dueOn: addDays(due(), 90) }),
    ]
    const objected = await bill({ dueOn: due() })
    await askFor(treasury, holderOf(objected), objected.id, { kind: 'objection', words: 'I was not there.' })
    const deferred = await bill({ dueOn: due() })
    await deferFor(treasury, holderOf(deferred), deferred.id)
    const counts: number[] = []
    for (const days of [9, 21, 21, 28]) {
      pass(days)
      const shown = await previewReminders(treasury, today(treasury.platform))
      const { run, rows, silent } = await runReminders(treasury)
      assert.deepEqual({ rows, silent }, { rows: shown.rows, silent: shown.silent })
      assert.equal(run.state, 'done')
      assert.ok(silent.some(({ why }) => why === 'asked'))
      counts.push(rows.reduce((sum, row) => sum + row.bills, 0))
      const again = await runReminders(treasury)
      assert.deepEqual([again.rows, (await previewReminders(treasury, today(treasury.platform))).rows], [[], []])
    }
    assert.ok(
      counts.every((n) => n > 0),
      String(counts),
    )
    assert.deepEqual((await remindersOf(treasury.platform, bills[0]?.id ?? '')).map((each) => each.kind), ['overdue', 'friendly', 'fee', 'last', 'recovery']) // prettier-ignore
    assert.deepEqual(
      (await remindersOf(treasury.platform, objected.id)).map((each) => each.kind),
      [],
    )
    for (const each of [...bills, objected, deferred]) {
      const now = await fresh(each)
      assert.equal(await subjectBalance(treasury.platform, 'receivable', each.id), now.outstanding)
    }
    const small = await fresh(bills[4] ?? objected)
    assert.deepEqual([small.state, small.outstanding], ['written_off', 0n])
    const late = await fresh(bills[0] ?? objected)
    assert.ok(late.total > 10_000n + 800n, 'two fees and some interest')
    assert.equal((await fresh(bills[3] ?? objected)).total, 10_000n + 500n, 'no interest on a fine')
    const items = await query<{ kind: string; n: number }>(treasury.platform.db, "select kind, count(*)::int as n from payments.item where kind in ('recovery', 'print', 'unreachable') group by 1 order by 1") // prettier-ignore
    await test.settle()
    const printed = await query<{ n: number }>(treasury.platform.db, "select count(*)::int as n from payments.item where kind = 'print'")
    assert.deepEqual(items.map((row) => row.kind), ['recovery', 'unreachable']) // prettier-ignore
    assert.equal(printed[0]?.n, 4, 'a letter for each step of whoever has no e-mail')
    const told = await query<{ n: number }>(treasury.platform.db, "select count(*)::int as n from journal.event where type = 'payments.bill.overdue' and stream = $1", [bills[0]?.id]) // prettier-ignore
    assert.equal(told[0]?.n, 1)
  })

  it('writes to payers in their language, and offers help before it says what follows', async () => {
    const words = { en: ['in parts', 'recovery office'], es: ['a plazos', 'oficina de recaudación'] }
    for (const [language, [help = '', threat = '']] of Object.entries(words)) {
      const mail = test.mails.find((each) => each.language === language && each.text.includes(threat) && /BIL-/.test(each.subject))
      assert.ok(mail, language)
      assert.ok(mail.text.indexOf(help) >= 0 && mail.text.indexOf(help) < mail.text.indexOf(threat), mail.text)
    }
    assert.ok(test.mails.some((each) => each.language === 'ar' && each.subject.includes('تذكير')))
  })

  it('leaves out the fee of an application that was not sent, and looks again only later at what nothing is done about', async () => {
    const unsent = await bill({ dueOn: due(), source: 'journey', sourceId: treasury.platform.newId() })
    const little = await bill({ dueOn: due() }, 250n)
    pass(14)
    const { rows } = await runReminders(treasury)
    assert.ok(!textOf(rows).includes(unsent.reference))
    assert.deepEqual(await remindersOf(treasury.platform, unsent.id), [])
    assert.equal((await fresh(little)).step_on, addDays(today(treasury.platform), 28))
  })

  it('says anew that a bill is overdue whose money was taken back, and knows that it was paid until then', async () => {
    const late = await bill({ dueOn: due() })
    pass(14)
    await runReminders(treasury)
    const { payment } = await pay(treasury, late, 10_000n, `taken:${late.id}`)
    const paidOn = today(treasury.platform)
    pass(14)
    await inside(treasury, (t) => takeBack(t, program, payment.id, { provider: 'somebank', id: `cb:${late.id}`, amount: 10_000n, fee: 0n, day: today(t.platform) })) // prettier-ignore
    const [known] = await knownOf(treasury.platform, [await fresh(late)])
    const takenOn = today(treasury.platform)
    assert.deepEqual(known?.movements.paid.toSorted((a, b) => (a.on < b.on ? -1 : 1)), [{ on: paidOn, amount: 10_000n }, { on: takenOn, amount: -10_000n }]) // prettier-ignore
    const told = () => query<{ n: number }>(treasury.platform.db, "select count(*)::int as n from journal.event where type = 'payments.bill.overdue' and stream = $1", [late.id]) // prettier-ignore
    assert.equal((await told())[0]?.n, 1)
    for (const days of [42, 7]) await (pass(days), runReminders(treasury))
    assert.equal((await told())[0]?.n, 2)
  })

  it('happens once when it is started twice at the same moment', async () => {
    const bills = await Promise.all(Array.from({ length: 12 }, () => bill({ dueOn: due() })))
    pass(9)
    const runs = await Promise.all([runReminders(treasury, 5), runReminders(treasury, 5)])
    const steps = runs.flatMap((run) => run.rows).reduce((sum, row) => sum + row.bills, 0)
    assert.ok(steps >= 12)
    for (const each of bills) assert.equal((await remindersOf(treasury.platform, each.id)).filter((row) => row.step === 1).length, 1)
    const events = await query<{ n: number }>(treasury.platform.db, "select count(*)::int as n from journal.event where type = 'payments.bill.reminded' and stream = any($1::uuid[]::text[])", [bills.map((each) => each.id)]) // prettier-ignore
    assert.equal(events[0]?.n, 12)
  })

  it('goes on where it was when it is killed in the middle', async () => {
    // the run of before is done for its day; these are due for their second step, with a fee and interest
    pass(17)
    const shown = await previewReminders(treasury, today(treasury.platform))
    const all = shown.rows.reduce((sum, row) => sum + row.bills, 0)
    assert.ok(all >= 12)
    let left = 60
    const dying: Treasury = {
      ...treasury,
      platform: {
        ...treasury.platform,
        newId() {
          left -= 1
          if (left < 0) throw new Error('killed')
          return treasury.platform.newId()
        },
      },
    }
    await assert.rejects(runReminders(dying, 5), /killed/)
    const rest = await previewReminders(treasury, today(treasury.platform))
    const after = rest.rows.reduce((sum, row) => sum + row.bills, 0)
    assert.ok(after > 0 && after < all, `${after} of ${all} are left`)
    const { run, rows } = await runReminders(treasury, 5)
    assert.equal(run.state, 'done')
    assert.equal(rows.reduce((sum, row) => sum + row.bills, 0), after) // prettier-ignore
    const wrong = await query(
      treasury.platform.db,
      `select b.id from payments.bill b left join lateral (select sum(amount) as lines from payments.bill_line l where l.bill_id = b.id) l on true
       where b.total <> l.lines`,
    )
    assert.deepEqual(wrong, [])
  })
})

describe('help with a bill', () => {
  let test: TestApp
  let treasury: Treasury
  let pass: (days: number) => void
  before(async () => void ({ test, treasury, pass } = await startOn('2026-09-07T12:00:00Z')))
  after(() => test.close())
  const fresh = (each: Bill): Promise<Bill> => getBill(treasury.platform, each.id)

  it('agrees on a plan at once within the rule, and the parts are filled by payments after it', async () => {
    const bill = await makeBill(treasury, 10_001n)
    await pay(treasury, bill, 2_001n, `part:${bill.id}`)
    await assert.rejects(planFor(treasury, holderOf(bill), bill.id, 5), /more than can be agreed/)
    await assert.rejects(planFor(treasury, holderOf(bill), bill.id, 3, 1), /changed meanwhile/)
    await assert.rejects(planFor(treasury, anonymous('web'), bill.id, 3))
    await planFor(treasury, holderOf(bill), bill.id, 3, (await fresh(bill)).revision)
    const parts = await query<{ no: number; amount: bigint }>(treasury.platform.db, 'select no, amount from payments.instalment where bill_id = $1 order by no', [bill.id]) // prettier-ignore
    assert.deepEqual(parts.map((part) => BigInt(part.amount)), [2_001n, 2_667n, 2_667n, 2_666n]) // prettier-ignore
    await assert.rejects(planFor(treasury, holderOf(bill), bill.id, 2), /more than can be agreed/)
  })

  it('ends a plan of which a part is late, says so with the way back, and counts no interest for its time', async () => {
    const bill = await makeBill(treasury, 9_000n)
    await planFor(treasury, holderOf(bill), bill.id, 3)
    for (let days = 0; days < 60; days += 7) {
      pass(7)
      await runReminders(treasury)
    }
    await test.settle()
    const [plan] = await arrangementsOf(treasury.platform, bill.id)
    assert.equal(plan?.outcome, 'broken')
    const counted = await query<{ from_on: string }>(treasury.platform.db, 'select from_on from payments.interest where bill_id = $1 order by 1', [bill.id]) // prettier-ignore
    assert.ok(counted.length > 0 && counted[0]?.from_on === plan?.ended_on)
    assert.ok(
      test.mails.some(
        (mail) => mail.subject.includes(bill.reference) && mail.text.includes('ask for a new plan') && mail.text.includes('/help'),
      ),
    )
    // a new plan is an officer's to agree
    await assert.rejects(planFor(treasury, holderOf(bill), bill.id, 3), /more than can be agreed/)
    const asked = await askFor(treasury, holderOf(bill), bill.id, { kind: 'plan', parts: 4, words: 'From October I work again.' })
    const officers = await bothOfficers(treasury)
    assert.equal((await proposalWords(treasury, officers[0], asked)).words, 'From October I work again.')
    // who asks with the code alone is not known: the first officer only takes it up
    const taken = await decide(treasury, officers[0], asked.id, true, 'Agreed, and good luck.')
    assert.deepEqual([taken.state, taken.proposed_by], ['proposed', officers[0].accountId])
    await assert.rejects(decide(treasury, officers[0], asked.id, true), /Another officer/)
    await decide(treasury, officers[1], asked.id, true)
    assert.equal((await arrangementsOf(treasury.platform, bill.id)).filter((each) => each.outcome === null).length, 1)
    await test.settle()
    assert.ok(test.mails.some((mail) => mail.text.includes('Agreed, and good luck.')))
  })

  it('gives more time once; another time an officer decides, and nothing is sent while somebody waits', async () => {
    const bill = await makeBill(treasury, 5_000n, undefined, { revenue: 'tax', agency: 'revenue' })
    await deferFor(treasury, holderOf(bill), bill.id)
    await assert.rejects(deferFor(treasury, holderOf(bill), bill.id), /more than can be agreed/)
    const until = (await fresh(bill)).deferred_until
    assert.ok(until !== null && until >= addDays(bill.due_on, 30))
    const asked = await askFor(treasury, holderOf(bill), bill.id, { kind: 'defer', until: addDays(until, 20), words: 'My wage is late.' })
    await assert.rejects(askFor(treasury, holderOf(bill), bill.id, { kind: 'defer', until: addDays(until, 20), words: 'x' }), /already/)
    for (let days = 0; days < 98; days += 7) {
      pass(7)
      await runReminders(treasury)
    }
    assert.deepEqual(await remindersOf(treasury.platform, bill.id), [])
    const first = await officer(treasury, 'officer@harbourview.example')
    await assert.rejects(decide(treasury, first, asked.id, true), /day has passed/)
    await decide(treasury, first, asked.id, false, 'The day has passed.')
    // some days of quiet after an answer, then the first step
    await runReminders(treasury)
    assert.deepEqual((await remindersOf(treasury.platform, bill.id)).filter((each) => each.step > 0), []) // prettier-ignore
    for (let days = 0; days < 14; days += 7) {
      pass(7)
      await runReminders(treasury)
    }
    assert.deepEqual((await remindersOf(treasury.platform, bill.id)).map((each) => each.kind), ['overdue', 'friendly']) // prettier-ignore
  })

  it('is decided by another than who proposed it, which the table itself enforces', async () => {
    const bill = await makeBill(treasury, 4_000n)
    const [first, second] = await bothOfficers(treasury)
    await assert.rejects(propose(treasury, holderOf(bill), bill.id, { kind: 'waive', amount: 1n, words: 'mine' }))
    await assert.rejects(propose(treasury, first, bill.id, { kind: 'waive', amount: 4_001n, words: 'all' }), /more than is still owed/)
    const made = await propose(treasury, first, bill.id, { kind: 'waive', amount: 1_000n, words: 'A hard year, says the file.' })
    await assert.rejects(decide(treasury, first, made.id, true), /Another officer/)
    await assert.rejects(
      query(
        treasury.platform.db,
        "update payments.proposal set state = 'approved', decided_by = proposed_by, decided_at = now() where id = $1",
        [made.id],
      ),
      /violates check constraint/,
    )
    await decide(treasury, second, made.id, true)
    await assert.rejects(decide(treasury, second, made.id, true), /decided already/)
    assert.equal((await fresh(bill)).outstanding, 3_000n)
    const stored = textOf(await query(treasury.platform.db, 'select * from payments.proposal p, journal.event e where p.bill_id = $1 and e.stream = $1::text', [bill.id])) // prettier-ignore
    assert.ok(!stored.includes('hard year'))
    assert.deepEqual((await proposalsOf(treasury.platform, bill.id)).map((each) => each.state), ['approved']) // prettier-ignore
  })

  it("is no officer's to decide about their own bill", async () => {
    const [first, second] = await bothOfficers(treasury)
    const bill = await makeBill(treasury, 4_000n, undefined, {
      payer: { kind: 'person', personId: first.personId ?? '', name: 'Noa Placeholder' },
    })
    const asked = await askFor(treasury, holderOf(bill), bill.id, { kind: 'waive', words: 'mine' })
    await assert.rejects(decide(treasury, first, asked.id, true), /your own bill/)
    await decide(treasury, second, asked.id, true)
    await assert.rejects(decide(treasury, first, asked.id, true), /your own bill/)
    assert.equal((await fresh(bill)).outstanding, 4_000n)
  })

  it('objections are answered in words, and sets money off for the same payer only', async () => {
    const [first, second] = await bothOfficers(treasury)
    const bill = await makeBill(treasury, 4_000n)
    const objection = await askFor(treasury, holderOf(bill), bill.id, { kind: 'objection', words: 'This is not my car.' })
    await assert.rejects(decide(treasury, first, objection.id, true), /owed an answer/)
    await decide(treasury, first, objection.id, false, 'The photograph shows it.')
    const { payment } = await pay(treasury, bill, 6_000n, `more:${bill.id}`)
    const other = await makeBill(treasury, 1_500n)
    const own = await makeBill(treasury, 1_500n, undefined, {
      payer: { kind: 'person', personId: (await fresh(bill)).person_id ?? '', name: 'Noa Placeholder' },
    })
    await assert.rejects(
      propose(treasury, first, other.id, { kind: 'set_off', amount: 1_500n, payment: payment.id, words: 'same' }),
      /somebody else/,
    )
    const made = await propose(treasury, first, own.id, { kind: 'set_off', amount: 1_500n, payment: payment.id, words: 'theirs' })
    await decide(treasury, second, made.id, true)
    assert.equal((await fresh(own)).state, 'paid')
  })

  it('corrects a bill, and a plan asks for no more than is owed then', async () => {
    const [first, second] = await bothOfficers(treasury)
    const bill = await makeBill(treasury, 9_000n)
    await planFor(treasury, holderOf(bill), bill.id, 3)
    const made = await propose(treasury, first, bill.id, { kind: 'correct', amount: 5_000n, words: 'Counted wrongly.' })
    await decide(treasury, second, made.id, true)
    const [sum] = await query<{ n: string }>(
      treasury.platform.db,
      'select sum(amount)::text as n from payments.instalment where bill_id = $1',
      [bill.id],
    )
    assert.deepEqual([sum?.n, (await fresh(bill)).outstanding], ['5000', 5_000n])
    const stale = await propose(treasury, first, bill.id, { kind: 'correct', amount: 4_000n, words: 'By the old figures.' })
    await inside(treasury, (t) =>
      correctBill(t, program, bill.id, { key: `other:${bill.id}`, to: 4_500n, why: 'other', title: bill.title }),
    )
    await assert.rejects(decide(treasury, second, stale.id, true), /has changed since/)
    assert.equal((await fresh(bill)).total, 4_500n)
    await decide(treasury, second, stale.id, false)
    const gone = await propose(treasury, first, bill.id, { kind: 'correct', amount: 0n, words: 'Nothing is owed.' })
    await decide(treasury, second, gone.id, true)
    assert.equal((await fresh(bill)).state, 'cancelled')
  })

  it('writes old bills off together when another officer approves, and leaves what was paid meanwhile', async () => {
    const [first, second] = await bothOfficers(treasury)
    const dueOn = addDays(addYears(today(treasury.platform), -5), -1)
    const old = [await makeBill(treasury, 700n, undefined, { dueOn }), await makeBill(treasury, 800n, undefined, { dueOn })] as const
    const young = await makeBill(treasury, 900n, undefined, { dueOn: addDays(dueOn, 2) })
    const made = await proposeWriteOff(treasury, first, 'transport', 'EUR')
    assert.deepEqual([made.bills, made.amount], [2, 1_500n])
    await assert.rejects(proposeWriteOff(treasury, first, 'transport', 'EUR'), /waits already/)
    await assert.rejects(decideWriteOff(treasury, first, made.id, true), /Another officer/)
    await pay(treasury, old[1], 800n, `late:${old[1].id}`)
    await decideWriteOff(treasury, second, made.id, true)
    await test.settle()
    assert.deepEqual(
      [(await fresh(old[0])).state, (await fresh(old[1])).state, (await fresh(young)).state],
      ['written_off', 'paid', 'open'],
    )
    const [row] = await query<{ state: string }>(treasury.platform.db, 'select state from payments.write_off where id = $1', [made.id])
    assert.equal(row?.state, 'done')
  })

  it('leaves nobody behind a request when its payer is forgotten', async () => {
    const account = await accountByAddress(treasury.platform, 'resident@harbourview.example')
    assert.ok(account)
    const payer = { kind: 'person' as const, personId: account.personId, accountId: account.id, name: 'Robin Example' }
    const bill = await makeBill(treasury, 3_000n, undefined, { payer })
    const actor = accountActor({ accountId: account.id, personId: account.personId, roles: [], level: 'substantial', channel: 'web' })
    const asked = await askFor(treasury, actor, bill.id, { kind: 'waive', words: 'I lost my work.' })
    assert.equal(asked.proposed_by, account.id)
    const payments = test.app.modules.find((module) => module.name === 'payments')
    await transact(treasury.platform, async (tx) => payments?.forgets?.(tx, { personId: account.personId, accountId: account.id }))
    assert.deepEqual((await proposalsOf(treasury.platform, bill.id)).map((each) => each.proposed_by), [null]) // prettier-ignore
    assert.equal((await fresh(bill)).person_id, null)
  })
})
