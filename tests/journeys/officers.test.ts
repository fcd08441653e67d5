import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Actor, anonymous, holding } from '../../src/modules/access/index.ts'
import { type Case, getCaseByReference, trackingCode } from '../../src/modules/cases/index.ts'
import { queue } from '../../src/modules/cases/queue.ts'
import { answerProposal, opine, step, withdraw } from '../../src/modules/cases/work.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { completeJourney, submit } from './door.ts'

const officerNamed = (last: string): Actor => {
  const accountId = `01890000-0000-7000-8000-00000000000${last}`
  return {
    ...anonymous('web'),
    kind: 'account',
    level: 'substantial',
    accountId,
    journalName: `account:${accountId}`,
    roles: [{ role: 'officer', agency: null }],
  }
}

describe('officers and what they do with a case', () => {
  let test: TestApp
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
  })
  after(() => test.close())

  const one = officerNamed('1')
  const other = officerNamed('2')
  const open = async (service: string, own: Record<string, unknown> = {}): Promise<Case> => {
    const sent = await submit(test.url, await completeJourney(test.url, service, own), 'key')
    return getCaseByReference(test.app.platform, sent.body.reference)
  }
  const now = (current: Case): Promise<Case> => getCaseByReference(test.app.platform, current.reference)
  const take = async (actor: Actor, current: Case, transition: string): Promise<Case> =>
    step(test.app.house, actor, current.id, { transition, reason: 'As the rules say.', revision: (await now(current)).revision })

  it('four eyes: one proposes and cannot confirm, another confirms', async () => {
    const current = await open('food_business_licence_renewal')
    const { workflow } = await test.app.catalogue.version(test.app.platform, current.service_id, current.version)
    const grant = workflow.transitions.find((each) => each.four_eyes && each.outcome === 'granted')
    assert.ok(grant)
    for (let tries = 0; tries < 6 && !grant.from.includes((await now(current)).state); tries += 1) {
      const { state } = await now(current)
      const onward = workflow.transitions.find(
        (each) =>
          each.from.includes(state) &&
          each.by.includes('officer') &&
          !each.four_eyes &&
          each.outcome === undefined &&
          !each.id.includes('fail'),
      )
      assert.ok(onward, `a step leads on from ${state}`)
      await take(one, current, onward.id)
    }
    const proposed = await take(one, current, grant.id)
    assert.equal(proposed.outcome, null)
    assert.equal(proposed.proposed_transition, grant.id)
    await assert.rejects(answerProposal(test.app.house, one, current.id, true, proposed.revision), { code: 'cases.four-eyes' })
    assert.equal((await answerProposal(test.app.house, other, current.id, true, proposed.revision)).outcome, 'granted')
  })

  it('a case waits for both agencies that were asked, then goes on by itself', async () => {
    const current = await open('street_event_permit')
    assert.equal((await take(one, current, 'start_review')).state, 'consulting')
    await opine(test.app.house, one, current.id, { agency: 'fire_service', opinion: 'no_objection', text: 'No objection.' })
    assert.equal((await now(current)).state, 'consulting')
    await opine(test.app.house, other, current.id, { agency: 'police_liaison', opinion: 'conditions', text: 'Keep the lane free.' })
    assert.equal((await now(current)).state, 'in_review')
  })

  it('is found by the words of a name, and by no other', async () => {
    const current = await open('library_card', { full_name: 'Quillon Vantabrook' })
    const ask = { queue: 'closed', order: 'newest', service: null, after: null } as const
    const found = async (search: string): Promise<string[]> => {
      const page = await queue(test.app.house, one, { ...ask, search })
      return page.kind === 'list' ? page.lines.map((line) => line.current.id) : [page.id]
    }
    assert.deepEqual(await found('vantabrook'), [current.id])
    assert.deepEqual(await found('Vantabroke'), [])
  })

  it('is taken back by its resident, once, and by nobody else', async () => {
    const current = await open('resident_parking_permit')
    await assert.rejects(withdraw(test.app.house, anonymous('web'), current.id), { status: 404 })
    const resident = holding(anonymous('web'), current.id)
    for (let times = 0; times < 2; times += 1) await withdraw(test.app.house, resident, current.id)
    assert.equal((await now(current)).outcome, 'withdrawn')
  })

  it('an open page of the case is told that it moved', async () => {
    const current = await open('resident_parking_permit', {
      home_address: { line1: '7 Harbour Parade', town: 'Harbourview', postcode: 'HV1 2AB' },
    })
    const cookie = `stoa_case=${trackingCode(test.app.platform, current.id)}`
    const stopping = new AbortController()
    const stream = await fetch(`${test.url}/cases/${current.reference}/events`, { headers: { cookie }, signal: stopping.signal })
    assert.match(stream.headers.get('content-type') ?? '', /event-stream/)
    await new Promise((done) => setTimeout(done, 300)) // the listening session opens
    await take(one, current, 'start_review')
    await test.settle()
    let text = ''
    for await (const chunk of stream.body ?? []) {
      text += Buffer.from(chunk).toString()
      if (text.includes('data:')) break
    }
    assert.match(text, /data: moved/)
    stopping.abort()
  })

  it('a service is found in spite of a typing mistake, in the language of the reader', () => {
    const first = (text: string, language: string): string | undefined => test.app.catalogue.search(text, language)[0]?.definition.id
    assert.equal(first('parkng permit', 'en'), 'resident_parking_permit')
    assert.equal(first('bibloteca', 'es'), 'library_card')
    assert.equal(first('المكتبه', 'ar'), 'library_card')
    assert.equal(first('zzzzzzzz', 'en'), undefined)
  })
})
