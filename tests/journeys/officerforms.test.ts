import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import sharp from 'sharp'
import { type Case, getCaseByReference, trackingCode } from '../../src/modules/cases/index.ts'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { query } from '../../src/platform/db.ts'
import { eventsOf } from '../../src/platform/journal/journal.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { type Answer, send } from '../support/client.ts'
import { multipart } from '../support/reporting.ts'
import { photo } from '../support/world.ts'
import { completeJourney, submit } from './door.ts'
import { type Shown, Visitor } from './visitor.ts'

describe('the forms of a case page', () => {
  let test: TestApp
  let one: Visitor
  let two: Visitor
  let fire: Visitor
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    const signedIn = async (email: string): Promise<Visitor> => {
      const visitor = new Visitor(test.url)
      await visitor.signIn(email, DEMO_PASSWORD)
      return visitor
    }
    one = await signedIn('officer@harbourview.example')
    two = await signedIn('second.officer@harbourview.example')
    fire = await signedIn('fire@harbourview.example')
  })
  after(() => test.close())

  let houses = 0
  const open = async (service: string, own: Record<string, unknown> = {}): Promise<Case> => {
    houses += 1
    const address = { line1: `${houses} Beacon Road`, town: 'Harbourview', postcode: 'HV1 2AB' }
    const home = service === 'resident_parking_permit' ? { home_address: address } : {}
    const sent = await submit(test.url, await completeJourney(test.url, service, { ...home, ...own }), `forms-${houses}`)
    return getCaseByReference(test.app.platform, sent.body.reference)
  }
  const now = (current: Case): Promise<Case> => getCaseByReference(test.app.platform, current.reference)
  const pathOf = (current: Case, act = ''): string => `/officer/cases/${current.id}${act && `/${act}`}`
  /** What the page puts into its forms. */
  const hidden = async (by: Visitor, current: Case): Promise<{ revision: string; key: string }> => {
    const page = await by.get(pathOf(current))
    return { revision: page.field('revision') ?? '', key: page.field('key') ?? '' }
  }
  const told = async (current: Case, type: string): Promise<number> =>
    (await eventsOf(test.app.platform, current.id)).filter((event) => event.type === type).length
  const typedIn = (page: Shown, text: string): boolean => page.text.includes(`${text}</textarea>`)

  it('show the agency that is asked what it is asked, in its language, and keep an opinion that is too long', async () => {
    const current = await open('street_event_permit')
    await one.post(pathOf(current, 'step'), { ...(await hidden(one, current)), transition: 'start_review', text: '' })
    const { workflow } = await test.app.catalogue.version(test.app.platform, current.service_id, current.version)
    const effect = workflow.transitions.flatMap((each) => each.effects).find((each) => 'consult' in each && each.consult === 'fire_service')
    assert.ok(effect && 'question' in effect)
    const question = (language: string): string => String(effect.question[language]).slice(0, 40)
    const page = await fire.get(pathOf(current))
    assert.equal(page.text.split(question('en')).length, 3, 'above the form and among the opinions')
    assert.ok((await fire.get(`${pathOf(current)}?lang=es`)).text.includes(question('es')))
    await fire.get(`${pathOf(current)}?lang=en`)
    const long = 'Keep the gate open. '.repeat(260).trim()
    const ask = { ...(await hidden(fire, current)), agency: 'fire_service', opinion: 'conditions' }
    const refused = await fire.post(pathOf(current, 'opinion'), { ...ask, text: long })
    assert.deepEqual([refused.status, typedIn(refused, long)], [422, true])
    for (let times = 0; times < 2; times += 1)
      assert.equal((await fire.post(pathOf(current, 'opinion'), { ...ask, text: 'Keep it open.' })).status, 200)
    assert.equal(await told(current, 'cases.consultation.answered'), 1)
  })

  it('refuse a reason that is too long, for the step as for its preview, with what was typed', async () => {
    const current = await open('resident_parking_permit')
    await one.post(pathOf(current, 'step'), { ...(await hidden(one, current)), transition: 'start_review', text: '' })
    const long = 'It is as it is. '.repeat(400).trim()
    for (const act of ['step', 'preview/refusal_letter']) {
      const ask = { ...(await hidden(one, current)), transition: 'refuse', text: long }
      const refused = await one.post(pathOf(current, act), ask)
      assert.deepEqual([act, refused.status, typedIn(refused, long)], [act, 422, true])
    }
  })

  it('do once what is sent twice by the same officer, and tell another that the case changed', async () => {
    const current = await open('resident_parking_permit')
    const start = { ...(await hidden(one, current)), transition: 'start_review', text: '' }
    for (let times = 0; times < 2; times += 1) assert.equal((await one.post(pathOf(current, 'step'), start)).status, 200)
    assert.equal(await told(current, 'cases.case.moved'), 1)
    assert.equal((await two.post(pathOf(current, 'step'), start)).status, 409)
    const drawn = await hidden(one, current)
    for (const act of ['message', 'note', 'request'])
      for (const page of await Promise.all([1, 2, 3].map(() => one.post(pathOf(current, act), { ...drawn, text: `By ${act}.` }))))
        assert.equal(page.status, 200, `${act} ${page.status}`)
    const lines = ['cases.message.written', 'cases.note.added', 'cases.information.requested']
    assert.deepEqual(await Promise.all(lines.map((type) => told(current, type))), [1, 1, 1])
    await one.post(pathOf(current, 'message'), { ...drawn, text: 'Something else.' })
    assert.equal(await told(current, 'cases.message.written'), 2, 'other words from the same page are another message')
    await test.settle()
    const mails = await query<{ template: string; count: number }>(
      test.app.platform.db,
      `select template, count(*)::int as count from messages.message where about = $1 and template like '%\\_%' group by 1 order by 1`,
      [current.id],
    )
    assert.deepEqual(mails, [
      { template: 'information_requested', count: 1 },
      { template: 'message_written', count: 2 },
    ])
  })

  it('keep one message of a resident who presses twice', async () => {
    const current = await open('resident_parking_permit')
    const resident = new Visitor(test.url)
    await resident.post('/track', { reference: current.reference, code: trackingCode(test.app.platform, current.id) })
    const key = (await resident.get(`/cases/${current.reference}`)).field('key') ?? ''
    assert.notEqual(key, '')
    for (const page of await Promise.all([1, 2].map(() => resident.post(`/cases/${current.reference}/message`, { key, text: 'When?' }))))
      assert.equal(page.status, 200)
    assert.equal(await told(current, 'cases.message.written'), 1)
  })

  it('neither decline a proposal nor take a case away when nothing was chosen', async () => {
    const current = await open('resident_parking_permit')
    const officer = async (): Promise<string | null> => (await now(current)).officer
    const staff = /<option value="([0-9a-f-]{36})"[^>]*>Sami/.exec((await one.get(pathOf(current))).text)?.[1] ?? ''
    await one.post(pathOf(current, 'assign'), { ...(await hidden(one, current)), officer: staff })
    assert.equal(await officer(), staff)
    for (const chosen of ['', 'garbage']) {
      const page = await one.post(pathOf(current, 'assign'), { ...(await hidden(one, current)), officer: chosen })
      assert.equal(page.status, 422)
      assert.match(page.text, /href="#officer"[^>]*>Choose an officer, or/)
    }
    const none: Readonly<Record<string, string>> = await hidden(one, current)
    assert.equal((await one.post(pathOf(current, 'assign'), none)).status, 422)
    const unanswered = await one.post(pathOf(current, 'proposal'), none)
    assert.equal(unanswered.status, 422)
    assert.match(unanswered.text, /Confirm or decline/)
    assert.equal(await officer(), staff)
    await one.post(pathOf(current, 'assign'), { ...(await hidden(one, current)), officer: 'nobody' })
    assert.equal(await officer(), null)
  })

  it('take files with an answer, keep its words when one cannot be taken, and show them to the officer of this case alone', async () => {
    const current = await open('resident_parking_permit')
    await one.post(pathOf(current, 'request'), { ...(await hidden(one, current)), text: 'Send the vehicle document.' })
    const cookie = `stoa_case=${trackingCode(test.app.platform, current.id)}`
    const path = `/cases/${current.reference}/information`
    const key = /name="key" value="([^"]+)"/.exec((await send(test.url, { path: `/cases/${current.reference}`, headers: { cookie } })).body)
    const give = (text: string, ...files: ReadonlyArray<readonly [string, Buffer]>): Promise<Answer> => {
      const sent = files.map(([name, bytes]) => ({ field: 'files', name, bytes }))
      const { type, body } = multipart({ key: key?.[1] ?? '', text }, sent)
      return send(test.url, { method: 'POST', path, headers: { cookie, 'content-type': type }, body })
    }
    const place = await sharp(await photo()).withExif({ IFD0: { ImageDescription: 'Where I live' } }).jpeg().toBuffer() // prettier-ignore
    assert.ok(place.includes('Where I live'))
    const words = 'Here is the document.'
    for (const [name, bytes] of [
      ['large.jpg', Buffer.alloc(26 * 1024 * 1024, 1)],
      ['program.exe', Buffer.from('MZ no picture')],
    ] as const) {
      const refused = await give(words, ['first.jpg', place], [name, bytes])
      assert.deepEqual([name, refused.status], [name, 422])
      assert.match(refused.body, new RegExp(`${words}</textarea>`))
      assert.match(refused.body, /href="#information-files"[^]*choose them again/)
    }
    assert.match((await give(words, ...Array.from({ length: 6 }, () => ['one.jpg', place] as const))).body, /Send at most 5 files/)
    assert.equal(await told(current, 'cases.information.given'), 0)
    for (let times = 0; times < 2; times += 1) assert.equal((await give('', ['one.jpg', place], ['two.jpg', place])).status, 303)
    assert.equal(await told(current, 'cases.information.given'), 1)
    assert.match((await send(test.url, { path: `/cases/${current.reference}`, headers: { cookie } })).body, /<bdi>two\.jpg<\/bdi>/)
    const page = await one.get(pathOf(current))
    const [, file = ''] = /Documents sent later[^]*?href="([^"]+\/files\/[^"]+)"/.exec(page.text) ?? []
    assert.ok(file.startsWith(pathOf(current, 'files')))
    const opened = await one.get(file)
    assert.deepEqual([opened.status, opened.headers.get('content-type')], [200, 'image/jpeg'])
    assert.ok(!opened.text.includes('Where I live'), 'what the picture hid is gone')
    assert.equal((await fire.get(file)).status, 404)
    const another = await open('resident_parking_permit')
    assert.equal((await one.get(file.replace(current.id, another.id))).status, 404)
  })

  it('read no files that nobody asked for, keep none that are refused after all, and lead to what the page has', async () => {
    const current = await open('resident_parking_permit')
    const cookie = `stoa_case=${trackingCode(test.app.platform, current.id)}`
    const give = async (bytes: Buffer): Promise<Answer> => {
      const { type, body } = multipart({ text: '' }, [{ field: 'files', name: 'one.jpg', bytes }])
      return send(test.url, {
        method: 'POST',
        path: `/cases/${current.reference}/information`,
        headers: { cookie, 'content-type': type },
        body,
      })
    }
    const unasked = await give(Buffer.from('MZ no picture'))
    assert.equal(unasked.status, 409, 'it is refused before anybody looks at it')
    assert.match(unasked.body, /<a[^>]*href="#main"[^>]*>Nothing is asked any more/)
    await one.post(pathOf(current, 'request'), { ...(await hidden(one, current)), text: 'Send the vehicle document.' })
    const { files } = test.app.platform
    const owner = new pg.Client({ connectionString: test.databaseUrl })
    await owner.connect()
    const stored: string[] = []
    const { put } = files
    files.put = async (key, bytes) => {
      stored.push(key)
      return put.call(files, key, bytes)
    }
    const kept = async (): Promise<boolean[]> => Promise.all(stored.map(async (key) => (await files.get(key)) !== null))
    try {
      await owner.query(`alter table cases.entry add constraint no_answer check (kind <> 'answer') not valid`)
      assert.equal((await give(await photo())).status, 500)
      assert.deepEqual(await kept(), [false], 'what the database did not take is not kept either')
      await owner.query('alter table cases.entry drop constraint no_answer')
      assert.equal((await give(await photo())).status, 303)
      assert.deepEqual(await kept(), [false, true])
    } finally {
      files.put = put
      await owner.end()
    }
  })

  it('write in one language when the language of the case has no words', async () => {
    const current = await open('resident_parking_permit', { email: 'reader@example.org' })
    await test.settle()
    await query(test.app.platform.db, `update cases.case set language = 'fr' where id = $1`, [current.id])
    const before = test.mails.length
    await one.post(pathOf(current, 'message'), { ...(await hidden(one, current)), text: 'Bonjour.' })
    await test.settle()
    const [mail] = test.mails.slice(before)
    assert.equal(mail?.language, 'en')
    assert.match(mail?.text ?? '', /There is a new message/)
  })

  it('tell the resident of a refusal which rules were not met', async () => {
    const first = await open('resident_parking_permit')
    assert.equal(first.eligible, true)
    const home = { line1: `${houses} Beacon Road`, town: 'Harbourview', postcode: 'HV1 2AB' }
    const current = await open('resident_parking_permit', { home_address: home })
    assert.equal(current.eligible, false)
    const path = `/cases/${current.reference}`
    const headers = { cookie: `stoa_case=${trackingCode(test.app.platform, current.id)}` }
    const { definition } = await test.app.catalogue.version(test.app.platform, current.service_id, current.version)
    const told = definition.rules.eligibility.map((each) => String(each.otherwise['en']))
    const shown = async (): Promise<string[]> => {
      const { body } = await send(test.url, { path, headers })
      return told.filter((each) => body.includes(`<li>${each}</li>`))
    }
    assert.deepEqual(await shown(), [], 'nothing is decided yet')
    const refusal = { ...(await hidden(one, current)), transition: 'refuse', text: 'See below.' }
    assert.equal((await one.post(pathOf(current, 'step'), refusal)).status, 200)
    assert.equal((await shown()).length, 1)
    const opened = `select count(*)::int as count from journal.event where type = 'people.record.opened' and data->>'record' = $1`
    const before = await query(test.app.platform.db, opened, [current.record_id])
    await one.post(pathOf(first, 'step'), { ...(await hidden(one, first)), transition: 'refuse', text: 'Moved away.' })
    assert.equal((await now(first)).outcome, 'refused', 'nobody else has a permit at this address any more')
    assert.equal((await shown()).length, 1, 'it tells what was so on the day')
    assert.deepEqual(await query(test.app.platform.db, opened, [current.record_id]), before, 'and opens no answers for it')
  })
})
