import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { choicesOf } from '../../src/modules/privacy/choices.ts'
import { askedConsent, consentOf, consentStates, type Standing, wordingHash } from '../../src/modules/privacy/consent.ts'
import { updateProfile } from '../../src/modules/people/index.ts'
import { openJourney, startJourney } from '../../src/modules/journeys/service.ts'
import type { Answer } from '../support/client.ts'
import { cookiesOf } from '../support/client.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { actOnCase, applyFor } from '../support/world.ts'
import { get, newPerson, ownAddress, type Person, post, signedIn } from './visitor.ts'

const SURVEY = 'survey_invitations'
const SHARE = 'share_for_planning'
const gpc = { 'sec-gpc': '1' }
const silent = { gpc: false, kept: { no_sharing: false, limit_sensitive: false } }

describe('consents and choices', () => {
  let test: TestApp
  let me: Person
  let officer: Person

  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    me = await newPerson(test, 'Cora Consents', 'cora.consents@example.org')
    officer = await signedIn(test, 'officer@harbourview.example')
  })
  after(() => test.close())

  const consentNamed = (id: string) => {
    const found = test.app.platform.city.consents.find((each) => each.id === id)
    assert.ok(found)
    return found
  }
  const say = (person: Person, consent: string, act: 'give' | 'withdraw', wording = wordingHash(consentNamed(consent))): Promise<Answer> =>
    post(test, '/my/consents', person, { consent, act, wording })
  const standing = async (person: Person, id: string): Promise<Standing | undefined> =>
    (await consentStates(test.app.platform, person.actor)).find((each) => each.consent.id === id)?.standing
  const ledger = async (
    person: Person,
  ): Promise<Array<{ consent: string; act: string; version: number; wording: string; language: string }>> => {
    const client = new pg.Client({ connectionString: test.databaseUrl })
    await client.connect()
    const { rows } = await client.query(
      'select consent, act, version, wording, language from privacy.consent where person_id = $1 order by at, id',
      [person.personId],
    )
    await client.end()
    return rows
  }

  /** Applies for a permit that is granted; gives the mail that says so. */
  const closingMail = async (): Promise<string> => {
    const before = test.mails.length
    const applied = await applyFor(test, 'resident_parking_permit', { cookie: me.cookie, own: ownAddress() })
    for (const transition of ['start_review', 'grant']) await actOnCase(test, officer.cookie, applied.caseId, 'step', { transition })
    await test.settle()
    const mails = test.mails.slice(before).filter((mail) => mail.text.includes(applied.reference))
    assert.ok(mails.length >= 2, 'a mail about the submission and one about the end')
    const [first, last] = [mails[0], mails.at(-1)]
    assert.doesNotMatch(first?.text ?? '', /survey\.harbourview\.example/, 'only the mail about the end invites')
    return last?.text ?? ''
  }

  it('writes down the exact words that were asked, and what was said to them', async () => {
    assert.equal((await get(test, '/my/consents', me)).status, 200)
    await get(test, '/my/consents', me)
    const { wording } = consentNamed(SURVEY)
    const asked = (await ledger(me)).filter((line) => line.consent === SURVEY)
    assert.deepEqual(
      asked,
      [{ consent: SURVEY, act: 'asked', version: 1, wording: wording['en'], language: 'en' }],
      'asked once, however often the page is seen',
    )
    assert.equal(await standing(me, SURVEY), 'open')
    assert.equal((await say(me, SURVEY, 'give')).status, 303)
    assert.equal(await standing(me, SURVEY), 'given')
    const page = await get(test, '/my/consents', me)
    assert.match(page.body, /You agreed/)
    assert.match(page.body, /Take my yes back/)
    assert.deepEqual(
      (await ledger(me)).filter((line) => line.consent === SURVEY).map((line) => line.act),
      ['asked', 'given'],
    )
  })

  it('takes effect in the next mail, and ends with the next mail when it is taken back', async () => {
    assert.match(await closingMail(), /survey\.harbourview\.example/)
    assert.equal((await say(me, SURVEY, 'withdraw')).status, 303)
    assert.doesNotMatch(await closingMail(), /survey\.harbourview\.example/)
    assert.equal(await standing(me, SURVEY), 'withdrawn')
  })

  it('asks anew when the words change, and refuses a yes to words that are gone', async () => {
    const consent = consentNamed(SURVEY)
    await say(me, SURVEY, 'give')
    const shown = wordingHash(consent)
    const { wording } = consent
    Object.assign(consent, { wording: { ...wording, es: 'Otro texto.' } })
    try {
      assert.equal(await standing(me, SURVEY), 'changed', 'also when the words change in another language')
      assert.equal(await consentOf(test.app.platform, me.personId, SURVEY), false)
      assert.equal((await say(me, SURVEY, 'give', shown)).status, 409)
      await askedConsent(test.app.platform, me.actor, SURVEY, 'es')
      assert.equal((await ledger(me)).at(-1)?.wording, 'Otro texto.')
      assert.equal(await standing(me, SURVEY), 'open')
      assert.equal((await say(me, SURVEY, 'give')).status, 303)
      assert.equal(await consentOf(test.app.platform, me.personId, SURVEY), true)
    } finally {
      Object.assign(consent, { wording })
    }
    assert.equal(await consentOf(test.app.platform, me.personId, SURVEY), false)
  })

  it('keeps the ledger as it was written', async () => {
    await assert.rejects(test.app.database.pool.query('update privacy.consent set act = $1', ['given']), /permission denied/)
    await assert.rejects(test.app.database.pool.query('delete from privacy.choice'), /permission denied/)
  })

  it('lets the signal of the browser win over a stored yes, shows it, and remembers it', async () => {
    const { platform } = test.app
    await say(me, SHARE, 'give')
    await say(me, SURVEY, 'give')
    assert.equal(await consentOf(platform, me.personId, SHARE, silent), true)
    assert.equal(await consentOf(platform, me.personId, SHARE, { ...silent, gpc: true }), false, 'in the very request')
    assert.equal(await consentOf(platform, me.personId, SURVEY, { ...silent, gpc: true }), true, 'it is about sharing')
    const page = await get(test, '/my/privacy-choices', me, gpc)
    assert.match(page.body, /Your browser asks us not to share/)
    assert.doesNotMatch((await get(test, '/my/privacy-choices', null)).body, /Your browser asks us not to share/)
    assert.equal((await choicesOf(platform, me.personId)).no_sharing, true)
    assert.equal(await consentOf(platform, me.personId, SHARE), false, 'also where there is no browser')
    assert.match((await get(test, '/my/consents', me)).body, /That wins: nothing is shared/)
    // the form cannot overrule the signal; without the signal the person can
    await post(test, '/my/privacy-choices', me, {}, gpc)
    assert.equal((await choicesOf(platform, me.personId)).no_sharing, true)
    await post(test, '/my/privacy-choices', me, {})
    assert.equal((await choicesOf(platform, me.personId)).no_sharing, false)
    assert.equal(await consentOf(platform, me.personId, SHARE), true)
    const known = await get(test, '/.well-known/gpc.json', null)
    assert.equal(JSON.parse(known.body).gpc, true)
    assert.match(JSON.parse(known.body).lastUpdate, /^\d{4}-\d{2}-\d{2}$/)
  })

  it('keeps the choices of somebody without an account in the browser, and takes them over at the first visit with one', async () => {
    const saved = await post(test, '/my/privacy-choices', null, { choice: 'no_sharing' })
    assert.equal(saved.status, 303)
    const [cookie = ''] = cookiesOf(saved)
    assert.equal(cookie, 'stoa_choices=no_sharing')
    assert.match(
      (await get(test, '/my/privacy-choices', null, { cookie })).body,
      /value="no_sharing"[^>]* checked|checked[^>]*value="no_sharing"/,
    )
    const other = await newPerson(test, 'Cato Kept', 'cato.kept@example.org')
    await get(test, '/my', null, { cookie: `${other.cookie}; ${cookie}` })
    assert.deepEqual(await choicesOf(test.app.platform, other.personId), { no_sharing: true, limit_sensitive: false })
  })

  it('does not fill sensitive data into other forms while its use is limited', async () => {
    const { house, platform } = test.app
    const person = await newPerson(test, 'Lima Limits', 'lima.limits@example.org')
    await updateProfile(platform, person.actor, person.personId, { date_of_birth: '1980-05-04', phone: '+351 000 000 555' }, 'test')
    const service = test.app.catalogue.offers.find(({ definition }) =>
      definition.form.pages.some((page) => page.questions.some((each) => each.source === 'person.date_of_birth')),
    )
    const question = service?.definition.form.pages.flatMap((page) => page.questions).find((each) => each.source === 'person.date_of_birth')
    assert.ok(service && question, 'a service asks for the date of birth')
    const filled = async (): Promise<unknown> => {
      const { id } = await startJourney(house, person.actor, service.definition.id, 'en')
      return (await openJourney(house, person.actor, id)).answers[question.id]
    }
    assert.equal(await filled(), '1980-05-04')
    await post(test, '/my/privacy-choices', person, { choice: 'limit_sensitive' })
    assert.equal(await filled(), undefined)
  })
})
