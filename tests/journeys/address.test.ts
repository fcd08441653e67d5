import assert from 'node:assert/strict'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { anonymous, holding } from '../../src/modules/access/index.ts'
import { openJourney, saveAnswers } from '../../src/modules/journeys/service.ts'
import { exampleFor } from '../../src/modules/servicefile/index.ts'
import { today } from '../../src/platform/platform.ts'
import { root, startApp, type TestApp } from '../support/app.ts'
import { type Shown, Visitor } from './visitor.ts'

const wanted = { line1: '27 Razorbill Hill', town: 'Harbourview', postcode: 'HV3 2XQ' }

/** The fields of the address page of a library card, as they are posted. */
function form(own: Readonly<Record<string, string>> = {}): Record<string, string> {
  const fields = { line1: '', line2: '', town: '', postcode: '', find: '' }
  const named = Object.entries(fields).map(([part, value]) => [`home_address-${part}`, value])
  return { _shown: 'home_address', ...Object.fromEntries(named), ...own }
}

/** What the page would post again: its fields and what travels unseen. */
function again(shown: Shown, own: Readonly<Record<string, string>> = {}): Record<string, string> {
  const parts = ['line1', 'line2', 'town', 'postcode', 'find', 'found', 'address_id', 'address_of']
  const there = parts.flatMap((part) => {
    const value = shown.field(`home_address-${part}`)
    return value === null ? [] : [[`home_address-${part}`, value]]
  })
  return { _shown: 'home_address', ...Object.fromEntries(there), ...own }
}

const offered = (shown: Shown): string[] =>
  [...shown.text.matchAll(/name="home_address-chosen" value="([^"]+)"/g)].map((match) => match[1] ?? '')
const search = (typed: string): Record<string, string> => form({ 'home_address-find': typed, _find_address: 'home_address' })

async function begin(test: TestApp): Promise<{ visitor: Visitor; id: string; path: string }> {
  const visitor = new Visitor(test.url)
  const begun = await visitor.post('/services/library_card/start', {})
  const id = /\/apply\/([0-9a-f-]{36})/.exec(begun.path)?.[1] ?? ''
  return { visitor, id, path: `/apply/${id}/p/home_page` }
}

describe('the address search of a question page', () => {
  let test: TestApp
  before(async () => {
    test = await startApp({ listen: true })
  })
  after(() => test.close())

  /** The answer as it is kept. */
  async function kept(id: string): Promise<unknown> {
    const { answers } = await openJourney(test.app.house, holding(anonymous('web'), id), id)
    return answers['home_address']
  }

  /** Answers every other question with its example. */
  async function answerRest(id: string): Promise<void> {
    const { house, platform } = test.app
    const actor = holding(anonymous('web'), id)
    const { definition } = (await openJourney(house, actor, id)).service
    const others = definition.form.pages.flatMap((page) => page.questions).filter((each) => each.id !== 'home_address')
    const examples = others.flatMap((each) => (each.kind === 'file' ? [] : [[each.id, exampleFor(each, today(platform))]]))
    await saveAnswers(house, actor, id, Object.fromEntries(examples))
  }

  it('finds, puts in, and goes on with an address of the register', async () => {
    const { visitor, id, path } = await begin(test)
    const found = await visitor.post(path, { ...search('27 razorbil hill'), 'home_address-line2': 'Flat 4' })
    assert.equal(found.status, 200)
    assert.equal(found.path, path, 'what was searched for is not in the address')
    assert.match(found.text, /<p role="status"[^>]*>10 addresses found\.<\/p>/)
    assert.match(found.text, /<fieldset[^>]*role="radiogroup"[^>]*>\s*<legend[^>]*>Which address is it\?/)
    assert.equal(found.field('home_address-find'), '27 razorbil hill')
    assert.equal(found.field('home_address-line2'), 'Flat 4', 'typed work is kept')
    assert.equal(offered(found).length, 10)

    const chosen = offered(found)[0] ?? ''
    const filled = await visitor.post(path, again(found, { 'home_address-chosen': chosen, _choose_address: 'home_address' }))
    assert.equal(filled.path, `${path}#q-home_address`)
    for (const [part, value] of Object.entries(wanted)) assert.equal(filled.field(`home_address-${part}`), value)
    assert.equal(filled.field('home_address-address_id'), chosen)
    assert.equal(filled.field('home_address-find'), '')

    const next = await visitor.post(path, again(filled))
    assert.notEqual(next.path, path)
    assert.deepEqual(await kept(id), { ...wanted, line2: 'Flat 4', address_id: chosen })
    await answerRest(id)
    const check = await visitor.get(`/apply/${id}/check`)
    for (const value of ['27 Razorbill Hill', 'Flat 4', 'HV3 2XQ']) assert.ok(check.text.includes(value), value)
    assert.ok(!check.text.includes('razorbil hill'))
  })

  it('lets go of the register when the address is changed', async () => {
    const { visitor, id, path } = await begin(test)
    const found = await visitor.post(path, search('27 razorbill hill'))
    const filled = await visitor.post(
      path,
      again(found, { 'home_address-chosen': offered(found)[0] ?? '', _choose_address: 'home_address' }),
    )
    await visitor.post(path, again(filled, { 'home_address-line1': '27B Razorbill Hill' }))
    assert.deepEqual(await kept(id), { ...wanted, line1: '27B Razorbill Hill' })
  })

  it('takes up what was begun when the form is sent on, unless the fields were filled in', async () => {
    const { visitor, id, path } = await begin(test)
    const found = await visitor.post(path, form({ 'home_address-find': '27 razorbill hill' }))
    assert.equal(offered(found).length, 10, 'Enter in the search searches')
    const refused = await visitor.post(path, again(found))
    assert.equal(refused.status, 422, 'a search that was answered does not hold the form up')
    const filled = await visitor.post(path, again(found, { 'home_address-chosen': offered(found)[0] ?? '' }))
    assert.equal(filled.field('home_address-line1'), wanted.line1)

    const other = { line1: '3 Elsewhere Road', town: 'Farview', postcode: 'FV1 1AA' }
    const typed = Object.fromEntries(Object.entries(other).map(([part, value]) => [`home_address-${part}`, value]))
    const begun = { 'home_address-find': 'gannet', 'home_address-chosen': offered(found)[0] ?? '' }
    const next = await visitor.post(path, again(filled, { ...typed, ...begun }))
    assert.notEqual(next.path.split('#')[0], path)
    assert.deepEqual(await kept(id), other)
  })

  it('says when nothing was found, nothing typed or nothing chosen', async () => {
    const { visitor, path } = await begin(test)
    const none = await visitor.post(path, search('zzzzzz'))
    assert.equal(none.status, 200)
    assert.match(none.text, /role="status"[^>]*>No address in the city is like that/)
    assert.deepEqual(offered(none), [])
    assert.match((await visitor.post(path, search(' '))).text, /role="status"[^>]*>Type a street or a postcode/)
    const unchosen = await visitor.post(path, { ...form({ 'home_address-find': 'razorbill' }), _choose_address: 'home_address' })
    assert.equal(unchosen.status, 422)
    assert.match(unchosen.text, /<a href="#q-home_address-chosen">Choose an address from the list/)
    assert.equal(offered(unchosen).length, 10)
  })

  it('speaks Arabic', async () => {
    const { visitor, path } = await begin(test)
    await visitor.get(`${path}?lang=ar`)
    const found = await visitor.post(path, { ...search('٢٧ razorbill hill') })
    assert.match(found.text, /<html[^>]*dir="rtl"/)
    assert.match(found.text, /role="status"[^>]*>عُثر على/)
    assert.match(found.text, /<bdi>27 Razorbill Hill, Harbourview, HV3 2XQ<\/bdi>/)
  })

  it('withstands hostile text', async () => {
    const { visitor, id, path } = await begin(test)
    const texts = [
      '"><script>alert(1)</script>',
      "'; drop table x; --",
      '\u0000\u202E%00',
      '('.repeat(50),
      'a'.repeat(50_000),
      '{{7*7}}${7*7}',
    ]
    for (const typed of texts) {
      const shown = await visitor.post(path, search(typed))
      assert.equal(shown.status, 200, typed.slice(0, 20))
      assert.ok(!shown.text.includes('<script>alert'))
      assert.ok((shown.field('home_address-find') ?? '').length <= 200)
      assert.equal(shown.path, path)
    }
    for (const chosen of ['nobody', '__proto__', '../../x', '<b>'])
      assert.equal((await visitor.post(path, form({ 'home_address-chosen': chosen, _choose_address: 'home_address' }))).status, 422)
    for (const question of ['full_name', 'no_such', '__proto__', ''])
      for (const button of ['_find_address', '_choose_address']) {
        const shown = await visitor.post(path, { ...form({ 'home_address-line1': 'x' }), [button]: question })
        assert.ok([200, 422].includes(shown.status))
        assert.deepEqual(offered(shown), [])
      }
    const stranger = new Visitor(test.url)
    assert.equal((await stranger.post(path, search('razorbill'))).status, 404)
    assert.ok(!JSON.stringify(await kept(id)).includes('script'))
  })
})

describe('a city', () => {
  const cities: string[] = []
  after(() => Promise.all(cities.map((folder) => rm(folder, { recursive: true, force: true }))))

  /** The example city, changed before it is loaded. */
  async function cityWith(change: (folder: string) => Promise<void>): Promise<TestApp> {
    const folder = await mkdtemp(join(tmpdir(), 'stoa-city-'))
    cities.push(folder)
    await cp(join(root, 'city'), folder, { recursive: true })
    await change(folder)
    return startApp({ listen: true, env: { CITY_DIR: folder } })
  }

  for (const [name, change] of [
    ['without an address register', (folder: string) => rm(join(folder, 'geo'), { recursive: true })],
    ['with a faulty one', (folder: string) => writeFile(join(folder, 'geo', 'addresses.json'), '{')],
  ] as const)
    it(`${name} has its addresses typed`, async () => {
      const test = await cityWith(change)
      try {
        const { visitor, path } = await begin(test)
        assert.equal((await visitor.get(path)).field('home_address-find'), null)
        const posted = await visitor.post(path, { ...search('razorbill'), 'home_address-line1': '1 Quay' })
        assert.equal(posted.field('home_address-line1'), '1 Quay')
        assert.deepEqual(offered(posted), [])
      } finally {
        await test.close()
      }
    })
})
