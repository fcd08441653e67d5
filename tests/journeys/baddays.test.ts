import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createApp } from '../../src/app.ts'
import { allMigrations } from '../../src/declared.ts'
import { readConfig } from '../../src/config.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import { demoAccounts, DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { erasePerson, open, openDocument } from '../../src/modules/people/index.ts'
import { keysFromPhrase } from '../../src/platform/crypto.ts'
import { query } from '../../src/platform/db.ts'
import { migrate } from '../../src/platform/migrate.ts'
import { startCluster } from '../../src/platform/postgres/cluster.ts'
import { memoryMailer, root, startApp, type TestApp } from '../support/app.ts'
import { freePort } from '../support/port.ts'
import { ask, completeJourney, sendPhoto, submit } from './door.ts'
import { type Shown, Visitor } from './visitor.ts'

const [resident, officer, second] = demoAccounts
const DAY = 86_400_000

describe('bad days of residents and officers', () => {
  let test: TestApp
  let later = 0
  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { now: () => new Date(Date.now() + later) } })
  })
  after(() => test.close())

  const rows = <Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> => query<Row>(test.app.platform.db, text, values)
  const countCases = async (journey: string): Promise<number> =>
    (await rows<{ count: number }>('select count(*)::int as count from cases.case where journey_id = $1', [journey]))[0]?.count ?? -1
  const signIn = async (visitor: Visitor, account: { email: string } | undefined, next = ''): Promise<Shown> =>
    visitor.signIn(account?.email ?? '', DEMO_PASSWORD, next)
  const begin = async (visitor: Visitor, service = 'library_card'): Promise<string> => {
    const page = await visitor.post(`/services/${service}/start`, {})
    assert.equal(page.status, 200)
    return /\/apply\/([0-9a-f-]{36})/.exec(page.path)?.[1] ?? ''
  }
  const name = (full_name: string): Record<string, string> => ({ _shown: 'full_name', full_name })

  it('opens one case when the form is sent twice at once', async () => {
    const visitor = new Visitor(test.url)
    const id = await begin(visitor)
    await fillIn(visitor, id)
    const check = await visitor.get(`/apply/${id}/check`)
    const key = check.field('key') ?? ''
    assert.notEqual(key, '')
    const sent = await Promise.all([1, 2, 3].map(() => visitor.post(`/apply/${id}/submit`, { key })))
    for (const page of sent) assert.deepEqual([page.status, page.path], [200, `/apply/${id}/done`])
    assert.equal(await countCases(id), 1)
    const again = await visitor.post(`/apply/${id}/submit`, { key })
    assert.equal(again.path, `/apply/${id}/done`)
    const back = await visitor.get(`/apply/${id}/p/name_page`)
    assert.equal(back.path, `/apply/${id}/done`, 'the back button leads to the confirmation')
    const late = await visitor.post(`/apply/${id}/p/name_page`, name('Somebody Else'))
    assert.equal(late.status, 409)
    assert.match(late.text, /already sent/)
    assert.equal(await countCases(id), 1)
  })

  it('gives parallel submissions with one key one answer', async () => {
    const journey = await completeJourney(test.url, 'library_card')
    const sent = await Promise.all(Array.from({ length: 8 }, () => submit(test.url, journey, 'same-key')))
    assert.deepEqual(new Set(sent.map((each) => each.status)), new Set([201]))
    assert.equal(new Set(sent.map((each) => `${each.body.reference} ${each.body.trackingToken}`)).size, 1)
    assert.equal(await countCases(journey.id), 1)
  })

  it('takes an earlier page again after the back button', async () => {
    const visitor = new Visitor(test.url)
    const id = await begin(visitor)
    assert.equal((await visitor.post(`/apply/${id}/p/name_page`, name('First Name'))).path, `/apply/${id}/p/birth_page`)
    const birth = { _shown: 'date_of_birth', 'date_of_birth-day': '14', 'date_of_birth-month': '6', 'date_of_birth-year': '1988' }
    await visitor.post(`/apply/${id}/p/birth_page`, birth)
    const again = await visitor.post(`/apply/${id}/p/name_page`, name('Second Name'))
    assert.equal(again.path, `/apply/${id}/p/birth_page`)
    assert.equal((await visitor.get(`/apply/${id}/p/name_page`)).field('full_name'), 'Second Name')
    assert.equal((await visitor.get(`/apply/${id}/p/birth_page`)).field('date_of_birth-year'), '1988')
  })

  it('keeps what was typed, right or wrong, when the language is changed', async () => {
    const visitor = new Visitor(test.url)
    const id = await begin(visitor)
    const typed = {
      _shown: 'date_of_birth',
      'date_of_birth-day': '31',
      'date_of_birth-month': '2',
      'date_of_birth-year': '1988',
      _lang: 'es',
    }
    const page = await visitor.post(`/apply/${id}/p/birth_page`, typed)
    assert.equal(page.path, `/apply/${id}/p/birth_page`)
    assert.match(page.text, /<html[^>]*lang="es"/)
    assert.equal(page.field('date_of_birth-day'), '31')
    const arabic = await visitor.post(`/apply/${id}/p/name_page`, { ...name('Nadia Sample'), _lang: 'ar' })
    assert.match(arabic.text, /<html[^>]*dir="rtl"/)
    assert.equal(arabic.field('full_name'), 'Nadia Sample')
  })

  it('loses nothing when a session ends in the middle of a form', async () => {
    const visitor = new Visitor(test.url)
    await signIn(visitor, resident)
    const id = await begin(visitor)
    visitor.forget('stoa_session')
    await visitor.post(`/apply/${id}/p/name_page`, name('Robin Typed Late'))
    const back = await signIn(visitor, resident, `/apply/${id}/p/name_page`)
    assert.equal(back.path, `/apply/${id}/p/name_page`)
    assert.equal(back.field('full_name'), 'Robin Typed Late')
    assert.match((await visitor.get('/my')).text, new RegExp(`/apply/${id}`), 'the draft is listed')
    const elsewhere = new Visitor(test.url)
    assert.equal((await elsewhere.get(`/apply/${id}/p/name_page`)).status >= 400, true, 'nobody else sees it')
    await signIn(elsewhere, resident)
    assert.equal((await elsewhere.get(`/apply/${id}/p/name_page`)).field('full_name'), 'Robin Typed Late')
  })

  it('closes the draft of an account on this device when its owner signs out', async () => {
    const visitor = new Visitor(test.url)
    await signIn(visitor, resident)
    const id = await begin(visitor)
    await visitor.post(`/apply/${id}/p/name_page`, name('Robin Private'))
    await visitor.post('/sign-out', {})
    const next = await visitor.get(`/apply/${id}/p/name_page`)
    assert.doesNotMatch(next.text, /Robin Private/)
    assert.ok(next.status >= 400)
  })

  it('gives an anonymous journey to the account that signs in, with its files', async () => {
    const visitor = new Visitor(test.url)
    const id = await begin(visitor, 'change_of_address')
    const token = test.app.platform.keys.token(`journey:${id}`).toString('base64url')
    const photo = await sendPhoto(test.url, id, token)
    const question = await fileQuestion('change_of_address')
    const put = await ask(test.url, 'PUT', `/api/v1/journeys/${id}/answers`, { token, body: { answers: { [question]: [photo] } } })
    assert.equal(put.status, 200)
    assert.equal((await signIn(visitor, resident, `/apply/${id}`)).status, 200)
    const [journey] = await rows<{ person_id: string; account_id: string | null; record_id: string }>(
      'select person_id, account_id, record_id from journeys.journey where id = $1',
      [id],
    )
    assert.ok(journey?.account_id)
    const documents = await rows<{ id: string; person_id: string }>('select id, person_id from people.document where record_id = $1', [
      journey.record_id,
    ])
    assert.deepEqual(
      documents.map((each) => each.person_id),
      [journey.person_id],
      'the file has the same owner as the answers',
    )
    const [kept = ''] = documents.map((each) => each.id)
    const answers = await open(test.app.platform, systemActor('test'), { record: journey.record_id, purpose: 'test', legalBasis: 'own' })
    assert.deepEqual(answers[question], [kept])
    const file = await openDocument(test.app.platform, systemActor('test'), kept, { purpose: 'test', legalBasis: 'own' })
    assert.equal(file.mediaType, 'image/jpeg')
    assert.equal(await test.app.platform.files.get(photo), null, 'nothing stays under the key of nobody')
    const more = await ask(test.url, 'PUT', `/api/v1/journeys/${id}/answers`, { token, body: { answers: { [question]: [kept] } } })
    assert.equal(more.status, 200)
  })

  it('tells the second of two officers that the case changed, and keeps the reason they typed', async () => {
    const journey = await completeJourney(test.url, 'resident_parking_permit', { home_address: addressOf(1) })
    const { body } = await submit(test.url, journey, 'officers')
    await test.settle()
    const [found] = await rows<{ id: string }>('select id from cases.case where reference = $1', [body.reference])
    const path = `/officer/cases/${found?.id}`
    const [one, two] = [new Visitor(test.url), new Visitor(test.url)]
    await signIn(one, officer)
    await signIn(two, second)
    const revisionNow = async (): Promise<string> => (await one.get(path)).field('revision') ?? ''
    await one.post(`${path}/step`, { revision: await revisionNow(), transition: 'start_review', text: '' })
    const text = 'A reason of <some> length & weight'
    const kept = /<textarea[^>]*>\s*A reason of &#60;some&#62; length &#38; weight<\/textarea>/
    const first = await revisionNow()
    assert.equal((await one.post(`${path}/request`, { revision: first, text: 'Which car is it?' })).status, 200)
    const stale = await two.post(`${path}/step`, { revision: first, transition: 'grant', text })
    assert.equal(stale.status, 409)
    assert.match(stale.text, kept)
    assert.match(stale.text, /changed this case/)
    const then = await revisionNow()
    const both = await Promise.all([one, two].map(async (each) => each.post(`${path}/request`, { revision: then, text: 'At once' })))
    assert.deepEqual(
      both.map((each) => each.status).toSorted((a, b) => a - b),
      [200, 409],
    )
    const last = await revisionNow()
    assert.equal((await one.post(`${path}/step`, { revision: last, transition: 'refuse', text: 'Not this one.' })).status, 200)
    const closed = await two.post(`${path}/step`, { revision: last, transition: 'grant', text })
    assert.equal(closed.status, 409)
    assert.match(closed.text, kept, 'the typed reason is there even where its form is gone')
  })

  it('sends a message once, however often its cause is read again', async () => {
    const journey = await completeJourney(test.url, 'library_card', { email: 'once@example.org' })
    await submit(test.url, journey, 'once')
    await test.settle()
    const sent = test.mails.filter((mail) => mail.to === 'once@example.org').length
    assert.ok(sent > 0)
    await test.settle()
    await rows("update journal.cursor set position = 0 where name <> 'sequencer'")
    await test.settle()
    assert.equal(test.mails.filter((mail) => mail.to === 'once@example.org').length, sent)
    const stuck = await rows('select * from journal.stuck')
    assert.deepEqual(stuck, [])
  })

  it('says that a second permit for an address cannot be had, and still takes the application', async () => {
    const first = await completeJourney(test.url, 'resident_parking_permit', { home_address: addressOf(2) })
    assert.equal(first.eligible, true)
    assert.equal((await submit(test.url, first, 'first')).status, 201)
    const next = await completeJourney(test.url, 'resident_parking_permit', {
      home_address: { ...addressOf(2), line1: ' 2  KEEPER street ' },
    })
    assert.equal(next.eligible, false)
    const sent = await submit(test.url, next, 'second')
    assert.equal(sent.status, 201)
    const [row] = await rows<{ eligible: boolean }>('select eligible from cases.case where reference = $1', [sent.body.reference])
    assert.equal(row?.eligible, false)
  })

  it('erases drafts whose time is over: the person of an anonymous one, the answers and files of an account', async () => {
    const visitor = new Visitor(test.url)
    const anonymous = await begin(visitor)
    await visitor.post(`/apply/${anonymous}/p/name_page`, name('Gone Soon'))
    const owner = new Visitor(test.url)
    await signIn(owner, resident)
    const owned = await begin(owner, 'change_of_address')
    const token = test.app.platform.keys.token(`journey:${owned}`).toString('base64url')
    const photo = await sendPhoto(test.url, owned, token)
    const question = await fileQuestion('change_of_address')
    await ask(test.url, 'PUT', `/api/v1/journeys/${owned}/answers`, { token, body: { answers: { [question]: [photo] } } })
    const before = await rows<{ id: string; person_id: string; record_id: string }>(
      'select id, person_id, record_id from journeys.journey where id = any($1::uuid[])',
      [[anonymous, owned]],
    )
    later = 40 * DAY
    const job = test.app.modules.flatMap((module) => module.jobs ?? []).find((each) => each.name === 'journeys:erase_drafts')
    assert.ok(job)
    await job.run(test.app.platform, {})
    for (const draft of before) {
      assert.deepEqual(await rows('select field from people.sealed where record_id = $1', [draft.record_id]), [])
      const [person] = await rows<{ erased_at: Date | null }>('select erased_at from people.person where id = $1', [draft.person_id])
      assert.equal(person?.erased_at !== null, draft.id === anonymous)
    }
    assert.deepEqual(await rows('select id from people.document where id = $1', [photo]), [], 'a file of the draft goes with it')
    assert.equal(await test.app.platform.files.get(photo), null)
    assert.equal((await visitor.get(`/apply/${anonymous}`)).status, 404)
    const read = open(test.app.platform, systemActor('test'), {
      record: before.find((each) => each.id === anonymous)?.record_id ?? '',
      purpose: 'test',
      legalBasis: 'own',
    })
    await assert.rejects(read, { status: 404 })
    await job.run(test.app.platform, {})
    later = 0
  })

  it('erases a person whose files came before they signed in', async () => {
    const visitor = new Visitor(test.url)
    const id = await begin(visitor, 'change_of_address')
    const token = test.app.platform.keys.token(`journey:${id}`).toString('base64url')
    const photo = await sendPhoto(test.url, id, token)
    await signIn(visitor, second, `/apply/${id}`)
    const [journey] = await rows<{ person_id: string }>('select person_id from journeys.journey where id = $1', [id])
    await erasePerson(test.app.platform, systemActor('test'), journey?.person_id ?? '', 'asked')
    assert.equal(await test.app.platform.files.get(photo), null)
    assert.deepEqual(await rows('select id from people.document where person_id = $1', [journey?.person_id]), [])
  })

  const addressOf = (number: number): Record<string, string> => ({
    line1: `${number} Keeper Street`,
    town: 'Harbourview',
    postcode: 'HV3 4PX',
  })

  async function fileQuestion(service: string): Promise<string> {
    const { definition } = test.app.catalogue.offer(service)
    return definition.form.pages.flatMap((page) => page.questions).find((each) => each.kind === 'file')?.id ?? ''
  }

  /** Fills in what is left through the JSON door; the pages are walked elsewhere. */
  async function fillIn(visitor: Visitor, id: string): Promise<void> {
    const token = test.app.platform.keys.token(`journey:${id}`).toString('base64url')
    type Reply = { complete: boolean; page: { questions: Array<{ id: string; example: unknown }> } | null }
    let now = (await ask<Reply>(test.url, 'GET', `/api/v1/journeys/${id}`, { token })).body
    while (!now.complete && now.page) {
      const answers = Object.fromEntries(now.page.questions.map((question) => [question.id, question.example]))
      now = (await ask<Reply>(test.url, 'PUT', `/api/v1/journeys/${id}/answers`, { token, body: { answers } })).body
    }
    assert.equal((await visitor.get(`/apply/${id}/check`)).status, 200)
  }
})

describe('a database that goes away', () => {
  it('is told kindly with 503 and Retry-After, and is found again without a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stoa-away-'))
    await chmod(folder, 0o711)
    const settings = ['fsync=off']
    let cluster = await startCluster(folder, settings)
    try {
      await migrate(cluster.url, allMigrations())
      const port = await freePort()
      const config = { ...readConfig({ PORT: String(port), DATA_DIR: folder, LOG_LEVEL: 'silent' }, root), demo: false }
      const app = await createApp(config, cluster.url, { mailer: memoryMailer(), keys: keysFromPhrase('test') })
      const url = `http://localhost:${port}`
      await app.server.listen({ host: '127.0.0.1', port })
      const work = await app.work()
      const start = () => ask<{ code?: string }>(url, 'POST', '/api/v1/services/library_card/journeys', { body: {} })
      assert.equal((await start()).status, 201)
      await cluster.stop()
      const away = await start()
      assert.deepEqual([away.status, away.body.code], [503, 'database-away'])
      assert.ok(Number(away.headers.get('retry-after')) > 0)
      const page = await new Visitor(url).post('/services/library_card/start', {})
      assert.equal(page.status, 503)
      assert.ok(Number(page.headers.get('retry-after')) > 0)
      assert.match(page.text, /Back in a moment/)
      const ready = await fetch(`${url}/readyz`)
      assert.equal(ready.status, 503)
      assert.equal((await fetch(`${url}/healthz`)).status, 200)
      cluster = await startCluster(folder, settings)
      const journey = await completeJourney(url, 'library_card')
      assert.equal((await submit(url, journey, 'after')).status, 201)
      await untilOrdered(app.platform.db)
      await work.stop()
      await app.close()
    } finally {
      await cluster.stop()
      await rm(folder, { recursive: true, force: true })
    }
  })

  /** The background work has found the database again too. */
  async function untilOrdered(db: TestApp['app']['platform']['db']): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      const [row] = await query<{ left: number }>(
        db,
        `select (select count(*)::int from journal.event) - (select count(*)::int from journal.ordered)
           + (select count(*)::int from messages.message where state = 'waiting') as left`,
      )
      if (row?.left === 0) return
      assert.ok(tries < 100, `${row?.left} left to do`)
      await new Promise((done) => setTimeout(done, 200))
    }
  }
})
