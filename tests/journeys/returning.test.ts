import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startApp, type TestApp } from '../support/app.ts'
import { Visitor } from './visitor.ts'

describe('a form that is gone on with later, by somebody without an account', () => {
  let test: TestApp
  let link = ''
  let code = ''
  let path = ''
  before(async () => {
    test = await startApp({ listen: true })
  })
  after(() => test.close())

  const question = (): string => `${path}/p/${test.app.catalogue.offer('street_event_permit').definition.form.pages[0]?.id ?? ''}`

  it('is sent home as a link and a code, the one without the other', async () => {
    const first = new Visitor(test.url)
    path = (await first.post('/services/street_event_permit/start', {})).path.replace(/\/p\/.*/, '')
    await first.post(question(), { _shown: 'full_name', full_name: 'Lena Latercomer' })
    const sent = await first.post(`${path}/later`, { email: 'lena.latercomer@example.org' })
    assert.equal(sent.status, 200)
    await test.settle()
    const mail = test.mails.find((each) => each.to === 'lena.latercomer@example.org')
    link = /https?:\S+\/resume\/\S+/.exec(mail?.text ?? '')?.[0] ?? ''
    code = /\b[0-9A-Z]{4}-[0-9A-Z]{4}(?:-[0-9A-Z]{4})*\b/.exec((mail?.text ?? '').replace(link, ''))?.[0] ?? ''
    assert.equal(new URL(link).pathname, `/resume/${path.split('/')[2] ?? ''}`)
    assert.ok(code.length > 8 && !link.includes(code))
  })

  it('is not shown for the link alone, nor for another code', async () => {
    const stranger = new Visitor(test.url)
    assert.ok(!(await stranger.get(new URL(link).pathname)).text.includes('Latercomer'))
    const other = code.replace(/.$/, (sign) => (sign === 'A' ? 'B' : 'A'))
    for (const wrong of ['', other, code.slice(1), 'lena.latercomer@example.org']) {
      const refused = await stranger.post(new URL(link).pathname, { code: wrong })
      assert.equal(refused.status, 422, wrong)
      assert.match(refused.text, /href="#code"/)
    }
    assert.notEqual((await stranger.get(question())).field('full_name'), 'Lena Latercomer')
  })

  it('goes on where it was on another device, however the code is typed', async () => {
    for (const typed of [code, ` ${code.toLowerCase()} `, code.replaceAll('-', ''), code.replaceAll('-', ' ')]) {
      const other = new Visitor(test.url)
      const back = await other.post(new URL(link).pathname, { code: typed })
      assert.deepEqual([back.status, back.path.startsWith(path)], [200, true], typed)
      assert.equal((await other.get(question())).field('full_name'), 'Lena Latercomer', typed)
    }
  })

  it('lets nobody try codes for long', async () => {
    const guesser = new Visitor(test.url)
    const statuses: number[] = []
    for (let i = 0; i < 12; i += 1) statuses.push((await guesser.post(new URL(link).pathname, { code: `AAAA-AAAA-AA${10 + i}` })).status)
    assert.equal(statuses.at(-1), 429)
    assert.equal(
      (await new Visitor(test.url).post(new URL(link).pathname, { code })).status,
      429,
      'not even with the right one, for a while',
    )
  })
})
