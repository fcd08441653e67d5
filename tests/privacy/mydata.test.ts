import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { getCaseByReference } from '../../src/modules/cases/index.ts'
import { holdingsOf } from '../../src/modules/people/index.ts'
import { eventsOf } from '../../src/platform/journal/journal.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { send } from '../support/client.ts'
import { actOnCase, answerAll, applyFor, begin, type Applied } from '../support/world.ts'
import { fillAndSend, get, makeResident, post, type Resident, staffCookie } from './resident.ts'

const mine = { name: 'Quillon Vantongeren', email: 'quillon@example.org', phone: '+442079460987', line: '11 Keeper Street' }
const theirs = { name: 'Somebody Else', email: 'else@example.org', phone: '+442079460988', line: '12 Keeper Street' }

describe('what the city holds about me', () => {
  let test: TestApp
  let me: Resident
  let other: Resident
  let officer: string
  let parking: Applied

  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    me = await makeResident(test, mine)
    other = await makeResident(test, theirs)
    officer = await staffCookie(test, 'officer@harbourview.example')
    parking = await applyFor(test, 'resident_parking_permit', {
      cookie: me.cookie,
      own: ({ id }) => (id === 'vehicle_registration' ? 'ZQX 7731' : undefined),
    })
    const draft = await begin((ask) => send(test.url, ask), 'street_event_permit', me.cookie)
    await answerAll((ask) => send(test.url, ask), draft.journey, draft.token)
    await actOnCase(test, officer, parking.caseId, 'note', { text: 'A gruntleheim note.' })
    await test.settle()
  })
  after(() => test.close())

  it('is all on the page, from where, under which law and until when, in three languages', async () => {
    const said = {
      en: [
        'What the city holds about you',
        'You',
        'Parking',
        'years after the decision',
        'Drafts',
        'A password',
        'Where you are signed in',
      ],
      es: ['Qué datos suyos guarda la ciudad', 'Usted', 'Aparcamiento', 'años después de la decisión', 'Borradores', 'Una contraseña'],
      ar: ['ما تحتفظ به المدينة عنك', 'أنت', 'القرار', 'المسودات', 'كلمة مرور', 'dir="rtl"'],
    }
    for (const [language, words] of Object.entries(said)) {
      const page = await get(test, me.cookie, '/my/data', language)
      assert.equal(page.status, 200)
      for (const word of [
        ...words.filter((each) => each !== 'Parking' && each !== 'Aparcamiento'),
        mine.name,
        mine.email,
        mine.phone,
        mine.line,
        parking.reference,
        'photo.jpg',
      ])
        assert.ok(page.body.includes(word), `${language}: ${word}`)
      assert.doesNotMatch(page.body, /Somebody Else/)
    }
  })

  it('shows a case with every answer, what was written, and nobody else anything', async () => {
    const path = `/my/data/cases/${parking.reference}`
    const page = await get(test, me.cookie, path)
    assert.equal(page.status, 200)
    for (const word of ['ZQX 7731', 'A gruntleheim note.', 'Note of an officer', 'GDPR, Art. 6(1)'])
      assert.ok(page.body.includes(word), word)
    assert.equal((await get(test, other.cookie, path)).status, 404)
    assert.equal((await get(test, '', path)).status, 303)
    const mails = await get(test, me.cookie, '/my/data/messages')
    assert.ok(mails.body.includes(parking.reference))
    const [file] = (await holdingsOf(test.app.platform, me.personId)).documents
    assert.equal((await get(test, me.cookie, `/my/data/files/${file?.id ?? ''}`)).status, 200)
    assert.equal((await get(test, other.cookie, `/my/data/files/${file?.id ?? ''}`)).status, 404)
  })

  it('is noted as opened by the person, under Article 15', async () => {
    const lines = await eventsOf(test.app.platform, me.personId, 5_000)
    const own = lines.filter((line) => line.data['purpose'] === 'privacy.my_data')
    assert.ok(own.length > 3)
    for (const line of own) assert.deepEqual([line.actor, line.data['legal_basis']], [`account:${me.accountId}`, 'gdpr.15'])
  })

  it('is corrected by a case at the data protection office; a grant writes it into the profile', async () => {
    const begun = await post(test, me.cookie, '/my/data/requests', { kind: 'correct', field: 'phone' })
    assert.match(String(begun.headers.location), /^\/apply\/[0-9a-f-]{36}$/)
    const reference = await fillAndSend(test, me.cookie, String(begun.headers.location), {
      right_value: '+442079460111',
      explanation: '',
      full_name: mine.name,
      email: mine.email,
      request_kind: 'correct',
      what: 'Phone number',
    })
    await test.settle()
    const current = await getCaseByReference(test.app.platform, reference)
    assert.equal(current.agency, 'data_protection')
    assert.ok(current.deadline !== null)
    const seen = await get(test, officer, `/officer/cases/${current.id}`)
    for (const word of ['Correct data that is wrong', 'Phone number', '+442079460111']) assert.ok(seen.body.includes(word), word)
    await actOnCase(test, officer, current.id, 'step', { transition: 'start_review' })
    await actOnCase(test, officer, current.id, 'step', { transition: 'grant', text: 'It is corrected.' })
    await test.settle()
    assert.ok((await get(test, me.cookie, '/my/data')).body.includes('+442079460111'))
  })

  it('is not used while the person asks for that; officers read it above the case until it is refused', async () => {
    const notice = /Use of this data is restricted/
    const page = `/officer/cases/${parking.caseId}`
    assert.doesNotMatch((await get(test, officer, page)).body, notice)
    const begun = await post(test, me.cookie, '/my/data/requests', { kind: 'restrict', reference: parking.reference })
    const own = {
      request_kind: 'restrict',
      what: parking.reference,
      explanation: 'It is being checked.',
      full_name: mine.name,
      email: mine.email,
    }
    const reference = await fillAndSend(test, me.cookie, String(begun.headers.location), own)
    await test.settle()
    const restricted = await get(test, officer, page)
    assert.match(restricted.body, notice)
    assert.ok(restricted.body.includes(reference))
    assert.ok((await get(test, me.cookie, '/my/data')).body.includes('You asked that this is not used.'))
    const request = await getCaseByReference(test.app.platform, reference)
    await actOnCase(test, officer, request.id, 'step', { transition: 'refuse', text: 'The data is right.' })
    await test.settle()
    assert.doesNotMatch((await get(test, officer, page)).body, notice)
  })

  it('takes no request about what is not theirs, and asks for the kind of one that has none', async () => {
    assert.equal((await post(test, other.cookie, '/my/data/requests', { kind: 'erase', reference: parking.reference })).status, 404)
    const asked = await post(test, me.cookie, '/my/data/requests', { reference: parking.reference })
    assert.equal(asked.status, 422)
    assert.match(asked.body, /Choose what should happen with this data/)
    assert.equal((await post(test, me.cookie, '/my/data/requests', { kind: 'correct', field: '../x' })).status, 404)
  })
})
