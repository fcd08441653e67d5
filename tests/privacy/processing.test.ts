import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { activityOf, categoriesOf } from '../../src/modules/privacy/processing.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { get, newPerson, post } from './visitor.ts'

describe('the record of processing activities', () => {
  let test: TestApp
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
  })
  after(() => test.close())

  it('has every service on offer, with what article 30 asks for, from its own file', async () => {
    const record = JSON.parse((await get(test, '/privacy/processing.json', null)).body)
    const { offers } = test.app.catalogue
    assert.deepEqual(
      record.activities.map((each: { id: string }) => each.id),
      offers.map((offer) => offer.definition.id),
    )
    assert.equal(record.contact.email, 'privacy@harbourview.example')
    assert.ok(record.controller.en && record.contact.officer.en && record.measures.length > 2)
    assert.equal(record.transfers, 'none')
    for (const { definition } of offers) {
      const activity = record.activities.find((each: { id: string }) => each.id === definition.id)
      assert.deepEqual(activity, JSON.parse(JSON.stringify(activityOf(definition))))
      assert.ok(activity.categories.length > 0 && activity.subjects.length > 0)
      if (definition.status === 'draft') continue
      assert.deepEqual(activity.law, definition.legal_basis?.law)
      assert.equal(activity.retention.caseYears, definition.retention?.case_years)
    }
    const event = record.activities.find((each: { id: string }) => each.id === 'street_event_permit')
    assert.ok(event.consulted.length > 0, 'those whose opinion is asked are recipients')
  })

  it('knows the categories from the questions, also those of rows', () => {
    const { definition } = test.app.catalogue.offer('resident_parking_permit')
    const found = categoriesOf(definition)
    for (const category of ['identity', 'contact', 'address', 'documents'] as const) assert.ok(found.includes(category), category)
    const [page] = definition.form.pages
    assert.ok(page)
    const row = {
      ...page,
      questions: [
        {
          id: 'members',
          kind: 'repeating_group' as const,
          label: { en: 'x' },
          required: true,
          questions: [{ id: 'code', kind: 'national_id' as const, label: { en: 'y' }, required: true }],
        },
      ],
    }
    assert.deepEqual(categoriesOf({ ...definition, form: { pages: [row] } }), ['register_code', 'household'])
  })

  it('is a public page in every language, and says what each form collects', async () => {
    for (const language of ['en', 'es', 'ar']) {
      const page = await get(test, `/privacy?lang=${language}`, null)
      assert.equal(page.status, 200)
      assert.match(page.body, /privacy@harbourview\.example/)
      for (const { definition } of test.app.catalogue.offers) assert.ok(page.body.includes(`/services/${definition.id}`), definition.id)
    }
    const service = await get(test, '/services/resident_parking_permit', null)
    assert.match(service.body, /What we do with these answers/)
    assert.match(service.body, /Not sold, and not shared for other purposes/)
    const me = await newPerson(test, 'Nola Noticed', 'nola.noticed@example.org')
    const started = await post(test, '/services/resident_parking_permit/start', me, {})
    const first = await get(test, String((await get(test, String(started.headers.location), me)).headers.location), me)
    assert.match(first.body, /What we do with these answers/)
    assert.match(first.body, /\/my\/privacy-choices/)
    assert.equal((await get(test, '/privacy/retention', null)).status, 200)
  })
})
