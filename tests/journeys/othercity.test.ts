import assert from 'node:assert/strict'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { root, startApp, type TestApp } from '../support/app.ts'
import { ask, completeJourney, submit } from './door.ts'
import { Visitor } from './visitor.ts'

const LANDLORD = 'landlord@example.org'
const APPLICANT = 'applicant@example.org'
const RESIDENT = 'resident@harbourview.example'

/** A form that asks for the e-mail address of somebody else first, and for money without saying which. */
const form = (contact: string): string => `
form:
  pages:
    - id: rent
      title: { en: Your rent }
      questions:
        - { id: landlord_email, kind: email, label: { en: The e-mail address of your landlord } }
        - { id: your_email, kind: email, label: { en: Your e-mail address } }
        - { id: nombre, kind: text, label: { en: Your name } }
        - { id: rent, kind: money, label: { en: Rent a month } }
${contact}
rules:
  computed:
    - { id: help, type: money, expression: floor(rent / 10), show: true, title: { en: Help a month } }
fee: { title: { en: Fee }, amount: help, due: at_submission }
`
const service = (id: string, contact: string): string => `id: ${id}
version: 1
status: draft
languages: [en]
prefix: RNT
agency: library
title: { en: Help with rent }
summary: { en: Help with rent. }
${form(contact)}`

describe('a city with another currency, and a form that asks for two e-mail addresses', () => {
  let folder = ''
  let test: TestApp

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stoa-other-city-'))
    await cp(join(root, 'city'), join(folder, 'city'), { recursive: true })
    const city = join(folder, 'city/city.yaml')
    await writeFile(city, (await readFile(city, 'utf8')).replace('currency: EUR', 'currency: USD'))
    for (const [id, contact] of [
      ['rent_help', '  contact: { email: your_email, name: nombre }'],
      ['rent_guess', ''],
    ] as const) {
      await mkdir(join(folder, 'services', id), { recursive: true })
      await writeFile(join(folder, 'services', id, 'service.yaml'), service(id, contact))
    }
    const known = 'kind: attribute, of: email, source: person.email, required: false'
    await mkdir(join(folder, 'services/rent_either'))
    await writeFile(
      join(folder, 'services/rent_either/service.yaml'),
      service('rent_either', '')
        .replaceAll('kind: email', known)
        .replace('kind: text', 'kind: attribute, of: text, source: person.full_name'),
    )
    const env = { SERVICES_DIR: join(folder, 'services'), CITY_DIR: join(folder, 'city') }
    test = await startApp({ listen: true, accounts: true, env })
  })
  after(async () => {
    await test.close()
    await rm(folder, { recursive: true, force: true })
  })

  const own = { landlord_email: LANDLORD, your_email: APPLICANT, nombre: 'Ana Fictional' }

  it('asks, checks and charges in its own money, on pages as in JSON', async () => {
    const journey = await completeJourney(test.url, 'rent_help', own)
    const now = await ask<{ fee: unknown; issues: unknown[] }>(test.url, 'PUT', `/api/v1/journeys/${journey.id}/answers`, {
      token: journey.token,
      body: { answers: { rent: { amount: '120000', currency: 'USD' } } },
    })
    assert.deepEqual([now.body.fee, now.body.issues], [{ amount: '12000', currency: 'USD' }, []])
    const visitor = new Visitor(test.url)
    const page = await visitor.post('/services/rent_help/start?lang=en', {})
    assert.match(page.text, /\$/)
    assert.doesNotMatch(page.text, /€/)
    const shown = page.field('_shown') ?? ''
    const check = await visitor.post(page.path.split('?')[0] ?? '', { ...own, rent: '1200', _shown: shown })
    assert.match(check.text, /\$1,200\.00/)
    assert.match(check.text, /Help a month[^]*\$120\.00[^]*Fee[^]*\$120\.00/)
    assert.doesNotMatch(check.text, /€/)
  })

  it('writes to the applicant that the form names, and to nobody where it names none', async () => {
    for (const id of ['rent_help', 'rent_guess']) {
      const { status } = await submit(test.url, await completeJourney(test.url, id, own), id)
      assert.equal(status, 201)
    }
    await test.settle()
    assert.deepEqual([...new Set(test.mails.map((mail) => mail.to))], [APPLICANT])
    assert.match(test.mails[0]?.text ?? '', /Ana Fictional/)
  })

  it('writes to the first address of the applicant that is answered, where any of several may be', async () => {
    test.mails.length = 0
    const sent = await submit(
      test.url,
      await completeJourney(test.url, 'rent_either', { landlord_email: '', your_email: APPLICANT, nombre: 'Ana Fictional' }),
      'either',
    )
    assert.equal(sent.status, 201)
    await test.settle()
    assert.deepEqual([...new Set(test.mails.map((mail) => mail.to))], [APPLICANT])
    assert.match(test.mails[0]?.text ?? '', /Ana Fictional/)
  })

  it('writes to the account of somebody who is signed in, whatever the form asked for', async () => {
    test.mails.length = 0
    const visitor = new Visitor(test.url)
    await visitor.signIn(RESIDENT, DEMO_PASSWORD)
    const page = await visitor.post('/services/rent_guess/start?lang=en', {})
    const path = page.path.split('?')[0] ?? ''
    const check = await visitor.post(path, { ...own, rent: '1200', _shown: page.field('_shown') ?? '' })
    assert.equal(check.status, 200)
    const sent = await visitor.post(path.replace(/\/p\/.*/, '/submit'), { key: check.field('key') ?? '' })
    assert.match(sent.text, /RNT-/)
    await test.settle()
    assert.deepEqual([...new Set(test.mails.map((mail) => mail.to))], [RESIDENT])
  })
})
