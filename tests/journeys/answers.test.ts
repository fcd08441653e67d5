import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startApp, type TestApp } from '../support/app.ts'
import { type Answer, send } from '../support/client.ts'
import { multipart } from '../support/reporting.ts'
import { photo } from '../support/world.ts'
import { query } from '../../src/platform/db.ts'
import { ask } from './door.ts'

type Issue = { question: string; code: string; row?: number; column?: string; message?: string; params?: { max?: number } }
type Journey = { id: string; token: string; issues: Issue[]; page: { questions: Array<{ id: string; example: unknown }> } | null }
type SentFile = { field: string; name: string; bytes: Buffer }

const question = (id: string, kind: string, more: object = {}): object => ({ id, kind, label: { en: `The ${id}` }, ...more })
const service = {
  id: 'large_answers',
  version: 1,
  status: 'draft',
  languages: ['en'],
  prefix: 'LRG',
  agency: 'library',
  title: { en: 'Large answers' },
  summary: { en: 'A form that takes much.' },
  form: {
    pages: [
      {
        id: 'all',
        title: { en: 'Everything' },
        questions: [
          question('plans', 'file', { accept: ['pdf'], max_mb: 25, max_files: 2, required: false }),
          question('photos', 'file', { accept: ['image'], max_mb: 5, max_files: 2, required: false }),
          question('story', 'long_text', { required: false }),
          question('name', 'text'),
          question('weight', 'decimal', { decimals: 3, required: false }),
        ],
      },
      {
        id: 'rows',
        title: { en: 'Rows' },
        questions: [question('places', 'repeating_group', { questions: [question('about', 'long_text', { max_length: 4000 })] })],
      },
    ],
  },
}
const pdf = (bytes: number): Buffer => Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(bytes - 9, 32)])

describe('answers beyond the usual measure', () => {
  let folder = ''
  let test: TestApp
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stoa-large-answers-'))
    await mkdir(join(folder, service.id))
    await writeFile(join(folder, service.id, 'service.yaml'), JSON.stringify(service))
    test = await startApp({ listen: true, env: { SERVICES_DIR: folder } })
  })
  after(async () => {
    await test.close()
    await rm(folder, { recursive: true, force: true })
  })

  const start = async (): Promise<Journey> => (await ask<Journey>(test.url, 'POST', `/api/v1/services/${service.id}/journeys`)).body
  const put = ({ id, token }: Journey, answers: object): Promise<{ status: number; body: Journey }> =>
    ask<Journey>(test.url, 'PUT', `/api/v1/journeys/${id}/answers`, { token, body: { answers } })
  const upload = async ({ id, token }: Journey, name: string, bytes: Buffer): Promise<{ status: number; body: { id: string } }> => {
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(bytes)]), name)
    return ask(test.url, 'POST', `/api/v1/journeys/${id}/files`, { token, form })
  }
  const brief = ({ issues }: Journey): unknown[] => issues.map(({ question: id, code }) => [id, code])
  const post = (
    { id, token }: Journey,
    path: string,
    fields: Readonly<Record<string, string>>,
    files: readonly SentFile[] = [],
  ): Promise<Answer> => {
    const { type, body } = multipart(fields, files)
    const headers = { 'content-type': type, cookie: `stoa_journey=${token}` }
    return send(test.url, { method: 'POST', path: `/apply/${id}/p/${path}`, headers, body, patience: 20_000 })
  }
  const page = ({ id, token }: Journey, path: string): Promise<Answer> =>
    send(test.url, { path: `/apply/${id}/p/${path}`, headers: { cookie: `stoa_journey=${token}` } })

  it('are issues at their question, of which nothing is kept, and the examples of file questions too', async () => {
    const journey = await start()
    const examples = Object.fromEntries((journey.page?.questions ?? []).map(({ id, example }) => [id, example]))
    const sent = await put(journey, { ...examples, name: 'x'.repeat(70_000) })
    assert.equal(sent.status, 200)
    assert.deepEqual(brief(sent.body), [['plans', 'not_valid'], ['photos', 'not_valid'], ['name', 'too_long']]) // prettier-ignore
    let deep: unknown = 'x'
    for (let i = 0; i < 20; i += 1) deep = [deep]
    assert.deepEqual(brief((await put(journey, { name: deep, plans: null, photos: null })).body), [['name', 'not_valid']])
    const later = await ask<Journey>(test.url, 'GET', `/api/v1/journeys/${journey.id}`, { token: journey.token })
    assert.deepEqual(brief(later.body), [['name', 'not_valid']], 'it stays an issue until something else is answered')
    assert.deepEqual(brief((await put(journey, { name: 'Robin' })).body), [])
    assert.equal((await put(journey, { nothing: 1 })).status, 422)
  })

  it('take every row that the service allows, and say of a field which one is too long', async () => {
    const journey = await start()
    const full = Array.from({ length: 50 }, () => ({ about: 'é'.repeat(4000) }))
    const taken = await put(journey, { places: full })
    assert.deepEqual([taken.status, brief(taken.body)], [200, []])
    const [issue, ...more] = (await put(journey, { places: [{ about: 'short' }, { about: 'x'.repeat(40_000) }] })).body.issues
    assert.deepEqual([issue?.question, issue?.row, issue?.column, issue?.code, more], ['places', 1, 'about', 'too_long', []])
    assert.match(issue?.message ?? '', /Shorten the about to 4,000 characters or fewer/)
    const rows = Array.from({ length: 5_000 }, () => ({ about: 'a line of some words' }))
    assert.deepEqual(brief((await put(journey, { places: rows })).body), [['places', 'too_many']])
  })

  it('end at the last row with words, and a button that is pressed twice takes out one row', async () => {
    const journey = await start()
    await put(journey, { places: Array.from({ length: 50 }, (_, i) => ({ about: `row ${i}` })) })
    const shown = await page(journey, 'rows')
    assert.match(shown.body, /You have added all 50 entries there can be/)
    assert.ok(!shown.body.includes('_add_row'))
    assert.equal((await page(journey, 'rows/places/50')).headers.location, `/apply/${journey.id}/p/rows`)
    const again = await post(journey, 'rows/places/50', { about: 'one more' })
    assert.equal(again.headers.location, `/apply/${journey.id}/p/rows`)
    const button = /name="_remove_row" value="([^"]*:0:[^"]*)"/.exec(shown.body)?.[1] ?? ''
    for (let press = 0; press < 2; press += 1) await post(journey, 'rows', { _shown: 'places', _remove_row: button })
    const after = (await page(journey, 'rows')).body
    assert.ok(!after.includes('row 0<') && after.includes('row 1<') && after.includes('row 49<'))
  })

  it('leave the typed words on the page when a file is too large, at its question, wherever it stands in the form', async () => {
    const journey = await start()
    const typed = { _shown: 'plans photos story name', story: 'What I wrote with care' }
    const large = { field: 'plans', name: 'plans.pdf', bytes: pdf(26 * 1024 * 1024 + 1) }
    const { type, body } = multipart({ name: 'Robin Example' })
    const before = multipart(typed, [large]).body
    const end = before.lastIndexOf('--stoa-test-boundary--')
    const answer = await send(test.url, {
      method: 'POST',
      path: `/apply/${journey.id}/p/all`,
      headers: { 'content-type': type, cookie: `stoa_journey=${journey.token}` },
      body: Buffer.concat([before.subarray(0, end), body]),
      patience: 20_000,
    })
    assert.equal(answer.status, 422)
    assert.match(answer.body, /What I wrote with care/)
    assert.match(answer.body, /value="Robin Example"/)
    assert.match(answer.body, /href="#q-plans">The file is too large/)
    assert.match(answer.body, /id="q-plans-error"[^]{0,800}?The file is too large/)
  })

  it('say of a text that is too long that it is, and of what breaks off that it cannot be read, not that a file is wrong', async () => {
    const journey = await start()
    const long = await post(journey, 'all', { _shown: 'plans photos story name', story: 'é'.repeat(70_000), name: 'Robin Example' })
    assert.equal(long.status, 422)
    assert.match(long.body, /href="#q-story">Shorten the story to 4,000 characters or fewer/)
    assert.match(long.body, /value="Robin Example"/, 'what comes after it is read')
    assert.ok(!long.body.includes('The file is too large'))
    const { type, body } = multipart({ _shown: 'plans photos story name', name: 'Robin Example', story: 'broken off' })
    const broken = await send(test.url, {
      method: 'POST',
      path: `/apply/${journey.id}/p/all`,
      headers: { 'content-type': type, cookie: `stoa_journey=${journey.token}` },
      body: body.subarray(0, -40),
    })
    assert.equal(broken.status, 422)
    assert.match(broken.body, /href="#main">What you sent cannot be read/)
    assert.match(broken.body, /value="Robin Example"/)
    assert.ok(!broken.body.includes('id="q-plans-error"'))
  })

  it('take a file that was sent twice once, and no more than the question allows', async () => {
    const journey = await start()
    const bytes = await photo()
    const one = { field: 'photos', name: 'one.jpg', bytes }
    for (let press = 0; press < 2; press += 1) await post(journey, 'all', { _shown: 'photos', _later: '1' }, [one])
    const names = async (): Promise<string[]> =>
      [...(await page(journey, 'all')).body.matchAll(/<bdi>(\w+\.jpg)<\/bdi>/g)].map((found) => found[1] ?? '')
    assert.deepEqual(await names(), ['one.jpg'])
    const more = Array.from({ length: 21 }, (_, i) => ({ field: 'photos', name: `more${i}.jpg`, bytes }))
    const refused = await post(journey, 'all', { _shown: 'photos story', story: 'still here' }, more)
    assert.equal(refused.status, 422)
    assert.match(refused.body, /still here/)
    assert.match(refused.body, /No more files can be added here/)
    assert.deepEqual(await names(), ['one.jpg', 'more0.jpg'])
  })

  it('lose no file of two that are sent at once, and keep none that is in no answer', async () => {
    const journey = await start()
    const bytes = await photo()
    const add = (names: readonly string[]): Promise<Answer[]> =>
      Promise.all(names.map((name) => post(journey, 'all', { _shown: 'photos', _later: '1' }, [{ field: 'photos', name, bytes }])))
    const names = async (): Promise<string[]> =>
      [...(await page(journey, 'all')).body.matchAll(/<bdi>(\w+\.jpg)<\/bdi>/g)].map((found) => found[1] ?? '').toSorted()
    await add(['one.jpg', 'one.jpg'])
    assert.deepEqual(await names(), ['one.jpg'])
    await add(['two.jpg', 'three.jpg'])
    const [, second = ''] = await names()
    assert.deepEqual(await names(), ['one.jpg', second].toSorted(), 'no more than the question allows')
    const other = await start()
    await Promise.all(
      ['four.jpg', 'five.jpg'].map((name) => post(other, 'all', { _shown: 'photos', _later: '1' }, [{ field: 'photos', name, bytes }])),
    )
    assert.equal([...(await page(other, 'all')).body.matchAll(/<bdi>\w+\.jpg<\/bdi>/g)].length, 2)
    const counted = `select count(*)::int as count from people.document where record_id in
      (select record_id from journeys.journey where id in ('${journey.id}', '${other.id}'))`
    assert.deepEqual(await query(test.app.platform.db, counted), [{ count: 4 }])
  })

  it('are read in the language that the page was shown in, whatever the reader has chosen since', async () => {
    const journey = await start()
    assert.match((await page(journey, 'all')).body, /name="_in" value="en"/)
    for (const [shown, read] of [
      ['es', '1500'],
      ['en', '1.500'],
      ['xx', '1.500'],
    ] as const) {
      await post(journey, 'all', { _shown: 'weight', _in: shown, weight: '1.500', _later: '1' })
      assert.ok((await page(journey, 'all')).body.includes(`name="weight" type="text" value="${read}"`), shown)
    }
  })

  it('are sent as files by kind and size of the question that names them', async () => {
    const journey = await start()
    const [plan, shot] = [await upload(journey, 'plan.pdf', pdf(20_000_000)), await upload(journey, 'shot.jpg', await photo())]
    assert.deepEqual([plan.status, shot.status], [201, 201])
    assert.deepEqual(brief((await put(journey, { plans: [plan.body.id], photos: [shot.body.id] })).body), [])
    const swapped = (await put(journey, { plans: [shot.body.id], photos: [plan.body.id] })).body
    assert.deepEqual(brief(swapped), [['plans', 'wrong_type'], ['photos', 'wrong_type']]) // prettier-ignore
    assert.deepEqual(swapped.issues.map(({ message }) => message), ['Add only PDF files for “The plans”', 'Add only photos (JPEG or PNG) for “The photos”']) // prettier-ignore
    assert.deepEqual(brief((await put(await start(), { plans: [plan.body.id] })).body), [['plans', 'not_valid']], "not another's file")
    const tooLarge = await upload(journey, 'plan.pdf', pdf(25_100_000))
    assert.equal(tooLarge.status, 422)
  })
})
