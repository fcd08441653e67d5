import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { systemActor } from '../../src/modules/access/index.ts'
import { erasePerson } from '../../src/modules/people/index.ts'
import { expireJob } from '../../src/modules/representation/expire.ts'
import { journeyToken } from '../../src/modules/journeys/tokens.ts'
import { getCaseByReference } from '../../src/modules/cases/index.ts'
import { eventsOf } from '../../src/platform/journal/journal.ts'
import { addDays, startOfDay } from '../../src/kernel/time.ts'
import { today } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { type Ask, send } from '../support/client.ts'
import { answerAll } from '../support/world.ts'
import { ask, makeAccount, type Seat, sit, untilParts } from './seats.ts'

const SERVICE = 'library_card'
const OTHER = 'street_event_permit'
const DAY = 86_400_000

describe('mandates', () => {
  let test: TestApp
  let ahead = 0
  let [holder, person, stranger, officer]: Seat[] = []
  const at = (seat: Seat | undefined): Seat => {
    assert.ok(seat)
    return seat
  }

  before(async () => {
    test = await startApp({ listen: true, overrides: { now: () => new Date(Date.now() + ahead) } })
    await makeAccount(test, 'hal@example.org', 'Hal Holder')
    await makeAccount(test, 'pia@example.org', 'Pia Person')
    await makeAccount(test, 'sol@example.org', 'Sol Stranger')
    await makeAccount(test, 'olu@example.org', 'Olu Officer', { role: 'officer', agency: null })
    holder = await sit(test, 'hal@example.org', 'low', ['password'])
    person = await sit(test, 'pia@example.org')
    stranger = await sit(test, 'sol@example.org')
    officer = await sit(test, 'olu@example.org')
  })
  after(() => test.close())

  const request = (over: Record<string, string | string[]> = {}): Record<string, string | string[]> => ({
    kind: 'parent',
    name: 'Mum',
    reach: 'email',
    email: 'pia@example.org',
    code: '',
    scope: 'some',
    services: [SERVICE],
    ...untilParts(addDays(today(test.app.platform), 30)),
    reason: 'She asked me to renew her card.',
    ...over,
  })
  const mandatesIn = (body: string): string[] => [...body.matchAll(/\/my\/mandates\/([0-9a-f-]{36})"/g)].map((match) => match[1] ?? '')
  const newest = async (seat: Seat | undefined): Promise<string> =>
    mandatesIn((await ask(test, at(seat), '/my/mandates')).body)[0] ?? assert.fail('no mandate is listed')
  const asks = async (over: Record<string, string | string[]> = {}): Promise<string> => {
    const answer = await ask(test, at(holder), '/my/mandates/ask', request(over))
    assert.equal(answer.status, 303, answer.body.slice(0, 3000))
    return newest(holder)
  }
  const call = (asked: Ask): ReturnType<typeof send> => send(test.url, asked)
  const complete = async (journey: string): Promise<void> => {
    await answerAll(call, journey, journeyToken(test.app.platform, journey))
  }
  const granted = async (over: Record<string, string | string[]> = {}): Promise<string> => {
    const id = await asks(over)
    assert.equal((await ask(test, at(person), `/my/mandates/${id}/grant`, {})).headers.location, '/my/mandates?done=granted')
    return id
  }

  it('never tells whether somebody exists', async () => {
    const known = await ask(test, at(holder), '/my/mandates/ask', request())
    const mine = await newest(holder)
    const unknown = await ask(test, at(holder), '/my/mandates/ask', request({ email: 'nobody@example.org' }))
    const waiting = await newest(holder)
    assert.notEqual(mine, waiting)
    assert.deepEqual([known.status, known.headers.location], [unknown.status, unknown.headers.location])
    const without = (text: string): string => text.replaceAll(/[0-9a-f-]{36}|MND-[0-9A-Z]{4}-[0-9A-Z]{4}/g, '')
    const [one, two] = [await ask(test, at(holder), `/my/mandates/${mine}`), await ask(test, at(holder), `/my/mandates/${waiting}`)]
    assert.equal(without(one.body), without(two.body))
    assert.deepEqual(mandatesIn((await ask(test, at(person), '/my/mandates')).body), [mine])
    assert.equal((await ask(test, at(stranger), `/my/mandates/${mine}`)).status, 404)
    for (const id of [mine, waiting]) await ask(test, at(holder), `/my/mandates/${id}/end`, {})
  })

  it('says what is wrong with a request, and keeps what was typed', async () => {
    const answer = await ask(test, at(holder), '/my/mandates/ask', request({ kind: '', reason: '', ...untilParts('2999-01-01') }))
    assert.equal(answer.status, 422)
    for (const field of ['#kind', '#reason', '#until']) assert.match(answer.body, new RegExp(`href="${field}"`))
    assert.match(answer.body, /value="Mum"/)
    const own = await ask(test, at(holder), '/my/mandates/ask', request({ email: 'hal@example.org' }))
    assert.equal(own.status, 422)
  })

  it('is granted only by the person, at level substantial', async () => {
    const id = await asks()
    await test.settle()
    const told = test.mails.findLast((mail) => mail.to === 'pia@example.org')
    assert.match(told?.text ?? '', new RegExp(`/my/mandates/${id}`))
    assert.doesNotMatch(told?.text ?? '', /Hal|Mum|renew/, 'no name or reason goes by mail')
    const weak = await sit(test, 'pia@example.org', 'low', ['password'])
    const step = await ask(test, weak, `/my/mandates/${id}/grant`, {})
    assert.equal(step.headers.location, `/sign-in?next=${encodeURIComponent(`/my/mandates/${id}`)}&level=substantial`)
    assert.equal((await ask(test, at(holder), `/my/mandates/${id}/grant`, {})).status, 404)
    assert.equal((await ask(test, at(stranger), `/my/mandates/${id}/grant`, {})).status, 404)
    assert.equal((await ask(test, at(holder), `/my/mandates/${id}/act`, {})).status, 409, 'not before it is granted')
    assert.match((await ask(test, at(person), `/my/mandates/${id}`)).body, /Hal Holder/)
    assert.equal((await ask(test, at(person), `/my/mandates/${id}/grant`, {})).status, 303)
    assert.match((await ask(test, at(holder), `/my/mandates/${id}`)).body, /Pia Person/, 'from here on by her own name')
    assert.equal((await ask(test, at(person), `/my/mandates/${id}/refuse`, {})).status, 409)
    const lines = await eventsOf(test.app.platform, id)
    assert.deepEqual(
      lines.map((line) => line.type),
      ['representation.mandate.asked', 'representation.mandate.granted'],
    )
    assert.equal(lines[1]?.data['how'], 'passkey')
    await ask(test, at(holder), `/my/mandates/${id}/end`, {})
  })

  it('lets the holder start, send and follow, within its services, and shows it in the case', async () => {
    const id = await granted()
    const before = at(holder).jar.get('stoa_session')
    assert.equal((await ask(test, at(holder), `/my/mandates/${id}/act`, {})).headers.location, '/my')
    assert.notEqual(at(holder).jar.get('stoa_session'), before, 'under a new token')
    assert.match((await ask(test, at(holder), '/')).body, /You act for <bdi>Pia Person<\/bdi>/)
    assert.doesNotMatch(at(holder).jar.get('stoa_acting') ?? '', /Pia/)

    const refused = await ask(test, at(holder), `/services/${OTHER}/start`, {})
    assert.equal(refused.status, 403)
    assert.match(refused.body, /not for this service/)
    for (const path of ['/my/mandates', '/my/help', '/my/presence-code'])
      assert.equal((await ask(test, at(holder), path)).status, 403, path)

    const started = await ask(test, at(holder), `/services/${SERVICE}/start`, {})
    const journey = /\/apply\/([0-9a-f-]{36})$/.exec(String(started.headers.location))?.[1] ?? ''
    assert.ok(journey, String(started.headers.location))
    assert.equal(at(holder).jar.has('stoa_journey'), false, 'no token is left in the browser')
    assert.match((await ask(test, at(holder), '/my')).body, new RegExp(journey))
    assert.match((await ask(test, at(person), '/my')).body, new RegExp(journey), 'the draft is hers')
    await complete(journey)
    const sent = await ask(test, at(holder), `/apply/${journey}/submit`, {})
    assert.equal(sent.headers.location, `/apply/${journey}/done`)
    const done = await ask(test, at(holder), `/apply/${journey}/done`)
    const reference = /\b[A-Z]{3}-[0-9A-Z]{4}-[0-9A-Z]{4}\b/.exec(done.body)?.[0] ?? ''
    assert.equal((await ask(test, at(holder), `/cases/${reference}`)).status, 200)

    const hers = await ask(test, at(person), `/cases/${reference}`)
    assert.match(hers.body, /by a representative \(mandate\)/)
    assert.match(hers.body, /Hal Holder/)
    const current = await getCaseByReference(test.app.platform, reference)
    const atWork = await ask(test, at(officer), `/officer/cases/${current.id}`)
    assert.match(atWork.body, /by a representative \(mandate\)/)
    assert.match(atWork.body, /MND-/)
    assert.match((await ask(test, at(person), `/my/mandates/${id}`)).body, /Sent an application/)

    await ask(test, at(holder), '/acting/end', {})
    assert.equal((await ask(test, at(holder), `/apply/${journey}`)).status, 404)
    assert.doesNotMatch((await ask(test, at(holder), '/my')).body, new RegExp(`${journey}|${reference}`))
    await ask(test, at(person), `/my/mandates/${id}/end`, {})
  })

  it('ends at once in a session that goes on', async () => {
    const id = await granted()
    await ask(test, at(holder), `/my/mandates/${id}/act`, {})
    const started = await ask(test, at(holder), `/services/${SERVICE}/start`, {})
    const path = String(started.headers.location)
    assert.notEqual((await ask(test, at(holder), path)).status, 404)
    assert.equal((await ask(test, at(person), `/my/mandates/${id}/end`, {})).status, 303)
    assert.equal((await ask(test, at(holder), path)).status, 404)
    assert.match((await ask(test, at(holder), '/')).body, /This has ended\. From now on you act only for yourself/)
    await ask(test, at(holder), '/acting/end', {})
    assert.doesNotMatch((await ask(test, at(holder), '/')).body, /st-acting/)
    assert.equal((await ask(test, at(holder), `/my/mandates/${id}/act`, {})).status, 409)
  })

  it('ends by the clock, reminds a week before, and forgets requests that nobody answers', async () => {
    const id = await granted(untilParts(addDays(today(test.app.platform), 8)))
    const waiting = await asks({ email: 'nobody@example.org' })
    await expireJob.run(test.app.platform, {})
    assert.equal(test.mails.filter((mail) => /ends soon/.test(mail.subject)).length, 0)
    ahead = 2 * DAY
    await expireJob.run(test.app.platform, {})
    await expireJob.run(test.app.platform, {})
    await test.settle()
    assert.equal(test.mails.filter((mail) => /ends soon/.test(mail.subject)).length, 2, 'each side is told once')
    ;[holder, person] = [await sit(test, 'hal@example.org'), await sit(test, 'pia@example.org')]
    await ask(test, at(holder), `/my/mandates/${id}/act`, {})
    assert.match((await ask(test, at(holder), '/')).body, /You act for/)
    ahead = 9 * DAY
    holder = await sit(test, 'hal@example.org')
    assert.equal((await ask(test, at(holder), `/my/mandates/${id}/act`, {})).status, 409, 'before any job has run')
    await expireJob.run(test.app.platform, {})
    assert.equal((await eventsOf(test.app.platform, id)).at(-1)?.data['by'], 'time')
    ahead = 32 * DAY
    await expireJob.run(test.app.platform, {})
    assert.equal((await eventsOf(test.app.platform, waiting)).at(-1)?.type, 'representation.mandate.ended')
    ahead = 0
    ;[holder, person] = [await sit(test, 'hal@example.org'), await sit(test, 'pia@example.org')]
  })

  it('is granted with the code of a letter for somebody without e-mail', async () => {
    const id = await asks({ reach: 'counter', email: '', name: 'Old Ada' })
    const reference = /MND-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec((await ask(test, at(holder), `/my/mandates/${id}`)).body)?.[0] ?? ''
    const found = await ask(test, at(officer), '/officer/mandates', { reference: reference.toLowerCase() })
    assert.equal(found.headers.location, `/officer/mandates/${reference}`)
    const unseen = await ask(test, at(officer), `/officer/mandates/${reference}/letter`, { name: 'Ada Aged', address: '1 Far Lane' })
    assert.equal(unseen.status, 422, 'papers have to be seen')
    const made = await ask(test, at(officer), `/officer/mandates/${reference}/letter`, {
      name: 'Ada Aged',
      address: '1 Far Lane\n00-001 Harbourview',
      seen: 'yes',
    })
    assert.equal(made.headers.location, `/officer/mandates/${reference}/letter`)
    const letter = await ask(test, at(officer), `/officer/mandates/${reference}/letter`)
    assert.match(letter.body, /Ada Aged[^]*1 Far Lane[^]*Hal Holder/)
    const code = /st-reference"><bdi>([0-9A-Z]{4}-[0-9A-Z]{4})</.exec(letter.body)?.[1] ?? ''
    assert.ok(code)
    assert.equal((await ask(test, at(holder), `/my/mandates/${id}/code`, { code: 'AAAA-AAAA' })).status, 422)
    const other = await asks({ reach: 'counter', email: '', name: 'Another' })
    assert.equal((await ask(test, at(holder), `/my/mandates/${other}/code`, { code })).status, 422, 'a letter is for one request')
    assert.equal((await ask(test, at(holder), `/my/mandates/${id}/code`, { code: code.toLowerCase() })).status, 303)
    assert.equal((await ask(test, at(officer), `/officer/mandates/${reference}/letter`)).status, 404, 'its code was used')
    const lines = await eventsOf(test.app.platform, id)
    assert.equal(lines.at(-1)?.data['how'], 'letter')
    await ask(test, at(holder), `/my/mandates/${id}/act`, {})
    const started = await ask(test, at(holder), `/services/${SERVICE}/start`, {})
    assert.equal((await ask(test, at(holder), String(started.headers.location))).status, 303, 'the holder keeps drafts for her')
    await ask(test, at(holder), '/acting/end', {})
    assert.equal((await ask(test, at(holder), String(started.headers.location))).status, 404)
  })

  it('is confirmed at the counter for a company, once in the register, and never by oneself', async () => {
    const ids = [
      await asks({ kind: 'company', reach: 'counter', name: 'Ropeworks' }),
      await asks({ kind: 'company', reach: 'counter', name: 'Ropes' }),
    ]
    for (const id of ids) {
      const reference = /MND-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec((await ask(test, at(holder), `/my/mandates/${id}`)).body)?.[0] ?? ''
      const path = `/officer/mandates/${reference}/confirm`
      assert.equal((await ask(test, at(officer), path, { name: 'Ropeworks Ltd', seen: 'yes' })).status, 422, 'a company has a number')
      assert.equal((await ask(test, at(officer), path, { name: 'Ropeworks Ltd', register: 'HV 000-17', seen: 'yes' })).status, 303)
      assert.match((await ask(test, at(holder), `/my/mandates/${id}`)).body, /Ropeworks Ltd/)
    }
    const rows = await Promise.all(ids.map((id) => eventsOf(test.app.platform, id)))
    const subjects = rows.map((lines) => lines.find((line) => line.type === 'representation.mandate.granted')?.subject)
    assert.ok(subjects[0])
    assert.equal(subjects[0], subjects[1], 'the same company both times')

    const [one = ''] = ids
    await ask(test, at(holder), `/my/mandates/${one}/act`, {})
    const ofOne =
      /MND-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(
        (await eventsOf(test.app.platform, one)).map((line) => String(line.data['mandate'])).join(),
      )?.[0] ?? ''
    assert.equal((await ask(test, at(holder), `/officer/mandates/${ofOne}/end`, {})).status, 403)
    assert.equal((await ask(test, at(officer), `/officer/mandates/${ofOne}/end`, {})).status, 303)
    assert.match((await ask(test, at(holder), '/')).body, /This has ended/, 'ended at the counter, at once')
    await ask(test, at(holder), '/acting/end', {})

    const officersOwn = await ask(test, at(officer), '/my/mandates/ask', request({ kind: 'child', reach: 'counter', name: 'Kid' }))
    assert.equal(officersOwn.status, 303, officersOwn.body)
    const own = await newest(officer)
    const reference = /MND-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec((await ask(test, at(officer), `/my/mandates/${own}`)).body)?.[0] ?? ''
    const self = await ask(test, at(officer), `/officer/mandates/${reference}/confirm`, { name: 'Kid', seen: 'yes' })
    assert.equal(self.status, 403)
  })

  it('takes the code that a person gave out of hand, once', async () => {
    await ask(test, at(person), '/my/mandates/invitation', {})
    const code = /st-reference"><bdi>([0-9A-Z]{4}-[0-9A-Z]{4})</.exec((await ask(test, at(person), '/my/mandates')).body)?.[1] ?? ''
    const id = await asks({ reach: 'code', email: '', code })
    assert.equal((await ask(test, at(holder), '/my/mandates/ask', request({ reach: 'code', email: '', code }))).status, 422)
    assert.ok(mandatesIn((await ask(test, at(person), '/my/mandates')).body).includes(id))
  })

  it('ends when the person it is for is erased, and the name is forgotten', async () => {
    await makeAccount(test, 'eve@example.org', 'Eve Erased')
    const eve = await sit(test, 'eve@example.org')
    const id = await asks({ email: 'eve@example.org' })
    await ask(test, eve, `/my/mandates/${id}/grant`, {})
    assert.match((await ask(test, at(holder), '/my/mandates')).body, /Eve Erased/)
    await ask(test, at(holder), `/my/mandates/${id}/act`, {})
    await erasePerson(test.app.platform, systemActor('retention'), eve.personId, 'asked')
    await test.settle()
    assert.match((await ask(test, at(holder), '/')).body, /This has ended/)
    await ask(test, at(holder), '/acting/end', {})
    assert.doesNotMatch((await ask(test, at(holder), '/my/mandates')).body, new RegExp(`${id}|Eve Erased`))
  })

  it('acts for nobody when its time passes in the middle of a session', async () => {
    const { platform } = test.app
    const midnight = startOfDay(platform.city.timeZone, addDays(today(platform), 1)).getTime()
    ahead = midnight - Date.now() - 20 * 60_000
    ;[holder, person] = [await sit(test, 'hal@example.org'), await sit(test, 'pia@example.org')]
    const id = await granted(untilParts(today(platform)))
    await ask(test, at(holder), `/my/mandates/${id}/act`, {})
    const path = String((await ask(test, at(holder), `/services/${SERVICE}/start`, {})).headers.location)
    assert.match(path, /^\/apply\//)
    ahead += 25 * 60_000
    assert.equal((await ask(test, at(holder), path)).status, 404)
    assert.equal((await ask(test, at(holder), `/services/${SERVICE}/start`, {})).status, 403, 'nor for themselves, unnoticed')
    assert.match((await ask(test, at(holder), '/')).body, /Pia Person[^]*The time is over/)
    await ask(test, at(holder), '/acting/end', {})
    assert.match(String((await ask(test, at(holder), `/services/${SERVICE}/start`, {})).headers.location), /^\/apply\//)
    ahead = 0
    ;[holder, person] = [await sit(test, 'hal@example.org'), await sit(test, 'pia@example.org')]
  })
})
