import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Actor, anonymous, holding, systemActor } from '../../src/modules/access/index.ts'
import { feeHappened, getCaseByReference } from '../../src/modules/cases/index.ts'
import { runTimers } from '../../src/modules/cases/timers.ts'
import { assign, giveInformation, requestInformation, step } from '../../src/modules/cases/work.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { query } from '../../src/platform/db.ts'
import { eventsOf } from '../../src/platform/journal/journal.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { send } from '../support/client.ts'
import { sessionOf } from '../support/world.ts'
import { completeJourney, submit } from './door.ts'

const DAY = 86_400_000

describe('what days bring to a case', () => {
  let test: TestApp
  /** A Monday morning that tests put forward. */
  let now = new Date('2027-03-01T09:00:00Z')
  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { now: () => now } })
  })
  after(() => test.close())

  const officer: Actor = {
    ...anonymous('web'),
    kind: 'account',
    level: 'substantial',
    accountId: '01890000-0000-7000-8000-000000000001',
    journalName: 'account:01890000-0000-7000-8000-000000000001',
    roles: [{ role: 'officer', agency: null }],
  }

  const open = async (service: string, key: string): Promise<string> => {
    const sent = await submit(test.url, await completeJourney(test.url, service), key)
    return sent.body.reference
  }
  const at = (reference: string) => getCaseByReference(test.app.platform, reference)
  const told = async (reference: string, type: string): Promise<number> => {
    const current = await at(reference)
    return (await eventsOf(test.app.platform, current.id)).filter((event) => event.type === type).length
  }

  /** Without its fee a parking permit waits for its resident, and nobody is late. */
  const pay = async (reference: string): Promise<void> => {
    const { id, fee_amount: amount } = await at(reference)
    assert.ok(amount)
    await feeHappened(test.app.house, systemActor('payments'), id, 'paid', { key: `paid-${reference}`, amount, currency: 'EUR' })
  }

  it('warns before the deadline, notes that it passed, and approves where silence means that: each once', async () => {
    now = new Date('2027-03-01T09:00:00Z')
    const moving = await open('change_of_address', 'moving')
    const parking = await open('resident_parking_permit', 'parking')
    await pay(parking)
    const deadline = (await at(moving)).deadline
    assert.equal(deadline, '2027-03-08', 'five working days after Monday')
    await runTimers(test.app.house)
    assert.equal(await told(moving, 'cases.case.warned'), 0)
    now = new Date('2027-03-05T09:00:00Z')
    for (let times = 0; times < 2; times += 1) await runTimers(test.app.house)
    assert.equal(await told(moving, 'cases.case.warned'), 1)
    now = new Date('2027-03-08T21:00:00Z')
    await runTimers(test.app.house)
    assert.equal((await at(moving)).outcome, null, 'the last day is not over')
    now = new Date('2027-03-09T09:00:00Z')
    for (let times = 0; times < 2; times += 1) await runTimers(test.app.house)
    assert.equal((await at(moving)).outcome, 'granted', 'silence approves a change of address')
    assert.equal(await told(moving, 'cases.case.decided'), 1)
    now = new Date('2027-03-30T09:00:00Z')
    for (let times = 0; times < 2; times += 1) await runTimers(test.app.house)
    assert.equal((await at(parking)).outcome, null, 'a parking permit is not approved by silence')
    assert.equal(await told(parking, 'cases.case.overdue'), 1)
  })

  it('writes to the officer before the deadline, to the supervisors too when it has passed, once and without personal data', async () => {
    now = new Date('2027-08-02T09:00:00Z')
    const reference = await open('resident_parking_permit', 'hurry')
    await pay(reference)
    const { id, deadline, revision } = await at(reference)
    const { platform } = test.app
    const kit = await accountByAddress(platform, 'parking@harbourview.example')
    await query(platform.db, `update identity.account set language = 'es' where id = $1`, [kit?.id])
    const supervisor = { ...officer, roles: [{ role: 'supervisor', agency: null }] } as const
    await assign(test.app.house, supervisor, id, kit?.id ?? '', revision)
    const mails = async (): Promise<string[]> => {
      for (let times = 0; times < 2; times += 1) await runTimers(test.app.house)
      await test.settle()
      return test.mails.filter((mail) => mail.text.includes(`/officer/cases/${id}`)).map((mail) => `${mail.to}: ${mail.subject}`)
    }
    const shown = async (path: string): Promise<string> => {
      const cookie = await sessionOf(test, 'parking@harbourview.example')
      return (await send(test.url, { path, headers: { cookie } })).body
    }
    assert.deepEqual(await mails(), [])
    now = new Date('2027-08-13T09:00:00Z')
    const warned = `parking@harbourview.example: Vence pronto: ${reference}`
    assert.deepEqual([deadline, ...(await mails())], ['2027-08-16', warned])
    for (const path of ['/officer?queue=due_soon', `/officer/cases/${id}`]) assert.match(await shown(path), />Due soon<\/span>/)
    now = new Date('2027-08-17T09:00:00Z')
    const told = [warned, `parking@harbourview.example: Fuera del plazo legal: ${reference}`, `supervisor@harbourview.example: Past its legal deadline: ${reference}`] // prettier-ignore
    assert.deepEqual((await mails()).toSorted(), told.toSorted())
    for (const path of ['/officer?queue=overdue', `/officer/cases/${id}`]) assert.match(await shown(path), />Escalated<\/span>/)
  })

  it('stands still while the resident is asked, and moves the deadline by those working days', async () => {
    now = new Date('2027-04-05T09:00:00Z')
    const reference = await open('resident_parking_permit', 'asked')
    await pay(reference)
    const first = await at(reference)
    assert.equal(first.deadline, '2027-04-19')
    await requestInformation(test.app.house, officer, first.id, 'Send the vehicle document.', first.revision)
    now = new Date(now.getTime() + 30 * DAY)
    await runTimers(test.app.house)
    assert.equal(await told(reference, 'cases.case.overdue'), 0, 'nobody is late while the clock stands')
    await giveInformation(test.app.house, holding(anonymous('web'), first.id), first.id, 'Here it is.')
    const resumed = await at(reference)
    assert.equal(resumed.paused_since, null)
    assert.equal(resumed.deadline, '2027-05-19', '22 working days lie between 5 April and 5 May: 19 April and 22 more')
  })

  it('lets the clock of a paused state stand still too', async () => {
    now = new Date('2027-06-07T09:00:00Z')
    const reference = await open('food_business_licence_renewal', 'inspected')
    const { workflow } = await test.app.catalogue.version(test.app.platform, 'food_business_licence_renewal', (await at(reference)).version)
    const paused = workflow.states.find((state) => state.clock === 'paused')
    assert.ok(paused)
    const path = shortestPath(workflow.transitions, workflow.initial, paused.id)
    for (const transition of path) {
      const current = await at(reference)
      if (workflow.transitions.find((each) => each.id === transition)?.from.includes(current.state)) {
        await step(test.app.house, officer, current.id, { transition, reason: 'Because.', revision: current.revision })
      }
    }
    const standing = await at(reference)
    assert.equal(standing.state, paused.id)
    assert.equal(standing.paused_since, '2027-06-07')
  })
})

/** The ids of the officer's steps that lead from one state to another. */
function shortestPath(
  transitions: ReadonlyArray<{ id: string; from: readonly string[]; to: string; by: readonly string[] }>,
  from: string,
  to: string,
): string[] {
  const reached = new Map<string, string[]>([[from, []]])
  for (const [state, path] of reached) {
    if (state === to) return path
    for (const each of transitions) {
      if (each.from.includes(state) && !reached.has(each.to)) reached.set(each.to, each.by.includes('officer') ? [...path, each.id] : path)
    }
  }
  return []
}
