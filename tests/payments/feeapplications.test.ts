import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { systemActor } from '../../src/modules/access/index.ts'
import { getCase } from '../../src/modules/cases/index.ts'
import { type Bill, getBill, takeBack, within } from '../../src/modules/payments/index.ts'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { type Paying, payHosted, startPaying } from '../support/bank.ts'
import { cookiesOf } from '../support/client.ts'
import { answerAll, begin } from '../support/world.ts'
import { feeStage } from './feestage.ts'

describe('fees of applications', () => {
  let paying: Paying
  before(async () => void (paying = await startPaying({ accounts: true })))
  after(() => paying.close())
  const { call, earning, get, mailed, payAway, post } = feeStage(() => paying)

  it('are paid before an application is sent, which is sent once when the payer comes back', async () => {
    const { journey, token } = await begin(call, 'street_event_permit')
    await answerAll(call, journey, token, earning)
    const held = `stoa_journey=${token}`
    const check = await get(`/apply/${journey}/check`, held)
    assert.match(check.body, /Pay €/)
    const sent = await post(`/apply/${journey}/submit`, held)
    assert.equal(sent.headers.location, `/apply/${journey}/bill`)
    const led = await get(`/apply/${journey}/bill`, held)
    const pay = cookiesOf(led).join('; ')
    const reference = String(led.headers.location).split('/').at(-1) ?? ''
    assert.equal((await get(`/apply/${journey}/bill`)).status, 404)
    assert.equal((await get(`/pay/bills/${reference}`, pay)).status, 200)
    const started = await post(`/pay/bills/${reference}/pay`, pay)
    const back = new URL(await payHosted(String(started.headers.location)))
    const returned = await get(`${back.pathname}${back.search}`)
    const outcome = await get(String(returned.headers.location), cookiesOf(returned).join('; '))
    assert.equal(outcome.headers.location, `/apply/${journey}/paid`)
    const paid = await get(`/apply/${journey}/paid`, held)
    assert.equal(paid.headers.location, `/apply/${journey}/done`, paid.body.slice(0, 300))
    await paying.test.settle()
    const bill = await getBill(paying.treasury.platform, reference)
    assert.equal(bill.source, 'case', 'the bill is the case’s now')
    const current = await getCase(paying.treasury.platform, bill.source_id)
    assert.deepEqual([current.journey_id, current.fee_state], [journey, 'paid'])
    assert.equal(mailed(new RegExp(`Paid: .*${reference}`)).length, 1)
  })

  it('are paid before, and the application is sent although the tab was closed', async () => {
    const { journey, token } = await begin(call, 'street_event_permit')
    await answerAll(call, journey, token, earning)
    const held = `stoa_journey=${token}`
    await post(`/apply/${journey}/submit`, held)
    const led = await get(`/apply/${journey}/bill`, held)
    const reference = String(led.headers.location).split('/').at(-1) ?? ''
    await payAway(await getBill(paying.treasury.platform, reference))
    const [sent, ...more] = await query<{ id: string }>(paying.treasury.platform.db, 'select id from cases.case where journey_id = $1', [
      journey,
    ])
    assert.ok(sent && more.length === 0)
    assert.equal((await getBill(paying.treasury.platform, reference)).source_id, sent.id)
    assert.equal((await get(`/apply/${journey}/paid`, held)).status, 303)
  })

  it('that are ended before they were paid can be asked for again', async () => {
    const { journey, token } = await begin(call, 'street_event_permit')
    await answerAll(call, journey, token, earning)
    const held = `stoa_journey=${token}`
    const reference = async (): Promise<string> => {
      await post(`/apply/${journey}/submit`, held)
      return (
        String((await get(`/apply/${journey}/bill`, held)).headers.location)
          .split('/')
          .at(-1) ?? ''
      )
    }
    const first = await reference()
    assert.equal(await reference(), first)
    assert.equal((await post(`/apply/${journey}/payment/end`, held)).headers.location, `/apply/${journey}/check`)
    assert.equal((await getBill(paying.treasury.platform, first)).state, 'cancelled')
    const second = await reference()
    assert.notEqual(second, first)
    assert.equal((await getBill(paying.treasury.platform, second)).state, 'open')
  })

  /** An application whose fee is asked for before it is sent, as it stands when its form was sent. */
  const asked = async () => {
    const { journey, token } = await begin(call, 'street_event_permit')
    await answerAll(call, journey, token, earning)
    const held = `stoa_journey=${token}`
    const bill = async (): Promise<Bill> => {
      await post(`/apply/${journey}/submit`, held)
      const led = String((await get(`/apply/${journey}/bill`, held)).headers.location)
      return getBill(paying.treasury.platform, led.split('/').at(-1) ?? '')
    }
    return { journey, held, bill }
  }
  const items = async (bill: Bill): Promise<string[]> => {
    const rows = await query<{ kind: string }>(paying.treasury.platform.db, 'select kind from payments.item where bill_id = $1', [bill.id])
    return rows.map(({ kind }) => kind)
  }

  it('before sending are paid by a bill of their amount only: one from other answers is ended or given back', async () => {
    const { db } = paying.treasury.platform
    const { journey, bill } = await asked()
    const first = await bill()
    assert.equal(first.step_on, null, 'nobody is reminded of what they do not owe yet')
    const raise = () => query(db, 'update journeys.journey set fee_amount = fee_amount + 500 where id = $1', [journey])
    await raise()
    const second = await bill()
    assert.deepEqual([second.total, (await getBill(paying.treasury.platform, first.id)).state], [first.total + 500n, 'cancelled'])
    await raise()
    await payAway(second)
    assert.equal((await query(db, 'select 1 from cases.case where journey_id = $1', [journey])).length, 0, 'the old amount sends nothing')
    assert.deepEqual(await items(second), ['no_application'])
    const third = await bill()
    assert.deepEqual([third.state, third.total], ['open', second.total + 500n])
    await payAway(third)
    assert.equal((await getBill(paying.treasury.platform, third.id)).source, 'case')
  })

  it('before sending end with an application that is erased; what was paid of them is to be given back', async () => {
    const { db } = paying.treasury.platform
    const [unpaid, part] = [await asked(), await asked()]
    const [one, two] = [await unpaid.bill(), await part.bill()]
    await query(db, 'update payments.bill set paid = 100 where id = $1', [two.id])
    await query(db, `update journeys.journey set expires_on = '2020-01-01' where id = any($1)`, [[unpaid.journey, part.journey]])
    await paying.job('journeys:erase_drafts')
    await paying.test.settle()
    assert.equal((await getBill(paying.treasury.platform, one.id)).state, 'cancelled')
    assert.deepEqual([(await getBill(paying.treasury.platform, two.id)).state, await items(two)], ['open', ['no_application']])
  })

  it('that the bank takes back before the case has its bill are owed again there', async () => {
    const { platform } = paying.treasury
    const { journey, held, bill } = await asked()
    const { id, total } = await bill()
    const { url } = await paying.page([id])
    const back = new URL(await payHosted(url))
    await get(`${back.pathname}${back.search}`)
    await get(`/apply/${journey}/paid`, held)
    const [row] = await query<{ payment_id: string }>(platform.db, 'select payment_id from payments.allocation where bill_id = $1', [id])
    const taken = { provider: 'harbourbank', id: platform.newId(), amount: total, fee: 0n, day: today(platform) }
    await transact(platform, (tx) => takeBack(within(paying.treasury, tx), systemActor('payments'), row?.payment_id ?? '', taken))
    const before = await getBill(platform, id)
    assert.deepEqual([before.source, before.state, before.step_on], ['journey', 'open', null])
    await paying.test.settle()
    const after = await getBill(platform, id)
    assert.deepEqual([after.source, after.state, after.step_on], ['case', 'open', after.deferred_until])
    assert.equal((await getCase(platform, after.source_id)).fee_state, 'reversed')
  })
})
