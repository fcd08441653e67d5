import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { addDays, type PlainDate } from '../../src/kernel/time.ts'
import { cityRules } from '../../src/modules/catalogue/index.ts'
import { loadPlaces } from '../../src/modules/places/index.ts'
import {
  checkService,
  compileService,
  contactOf,
  evaluate,
  evaluateGuard,
  exampleFor,
  type Evaluation,
  fillIn,
  parseService,
  type Service,
  type ServiceDefinition,
  type Transition,
} from '../../src/modules/servicefile/index.ts'
import { loadCity } from '../../src/platform/city.ts'

const root = join(import.meta.dirname, '../..')
const city = await loadCity(join(root, 'city'))
const places = await loadPlaces(join(root, 'city'))
const folders = readdirSync(join(root, 'services'), { withFileTypes: true }).filter((entry) => entry.isDirectory())

/** Every 37th day of five years and more: it meets each day of the week and, in time, each day of the month. */
const days: PlainDate[] = []
for (let day = '2026-11-23' as PlainDate; day < '2032-01-01'; day = addDays(day, 37)) days.push(day)

function read(name: string): { text: string; definition: ServiceDefinition; service: Service } {
  const text = readFileSync(join(root, 'services', name, 'service.yaml'), 'utf8')
  const { definition, findings } = parseService(text, name)
  assert.ok(definition, JSON.stringify(findings))
  return { text, definition, service: compileService(definition) }
}

/** What the city's records say of an applicant about whom nothing is known yet. */
function noCases(definition: ServiceDefinition): Record<string, number> {
  return Object.fromEntries(definition.rules.facts.map((fact) => [fact.id, 0]))
}

/** The step that the system takes as soon as a case is submitted: the first whose guard holds. */
function firstStep(service: Service, evaluation: Evaluation): Transition | undefined {
  const context = { open_consultations: 0, eligible: evaluation.eligible }
  return service.workflow.transitions.find(
    (each) =>
      each.by.includes('system') &&
      each.from.includes(service.workflow.initial) &&
      each.guard !== undefined &&
      each.after === undefined &&
      evaluateGuard(service, each.id, evaluation, context) === true,
  )
}

/** All objects in a tree of JSON. */
function objectsIn(value: unknown): Array<Record<string, unknown>> {
  if (value === null || typeof value !== 'object') return []
  const inner = Object.values(value).flatMap(objectsIn)
  return Array.isArray(value) ? inner : [{ ...value }, ...inner]
}

it('ships nine services', () => {
  assert.equal(folders.length, 9)
})

for (const { name } of folders) {
  describe(`service ${name}`, () => {
    const { text, definition, service } = read(name)

    it('has no findings, three worked examples or more, and all languages of the city', () => {
      assert.deepEqual(checkService(text, `services/${name}/service.yaml`, cityRules(city)), [])
      assert.equal(definition.id, name)
      assert.equal(definition.status, 'published')
      assert.ok(definition.examples.length >= 3)
      assert.deepEqual(definition.languages, ['en', 'es', 'ar'])
    })

    it('says who applies, and asks little of the process', () => {
      const { email, name: called } = contactOf(definition)
      assert.ok(email.length === 1 && called.length === 1)
      assert.ok(service.cost < 50_000, `${service.cost} of 200,000 steps`)
    })

    it('is complete by its examples and eligible, on any day', () => {
      for (const day of days) {
        const { complete, eligible, issues } = fillIn(service, day, noCases(definition))
        assert.deepEqual({ day, complete, eligible, issues }, { day, complete: true, eligible: true, issues: [] })
      }
    })

    it('decides at once what its rules and its workflow both decide, and the same', () => {
      for (const example of definition.examples) {
        const evaluation = evaluate(service, example.answers, example.facts, example.today)
        if (!evaluation.complete) continue
        const step = firstStep(service, evaluation)
        if (evaluation.decision === null) assert.equal(step?.outcome, undefined, example.name)
        else {
          const way = step ?? service.workflow.transitions.find((each) => each.outcome === evaluation.decision)
          assert.equal(way?.outcome, evaluation.decision, example.name)
          assert.ok(way.from.includes(service.workflow.initial), example.name)
        }
      }
    })

    it('speaks of places and addresses of the city', () => {
      const questions = definition.form.pages.flatMap((page) => page.questions)
      const given = [...questions.map((each) => exampleFor(each, '2026-11-23')), definition.examples.map((each) => each.answers)]
      for (const object of objectsIn(given)) {
        if (typeof object['lat'] === 'number' && typeof object['long'] === 'number') {
          assert.ok(places.districtAt(object['lat'], object['long']), JSON.stringify(object))
        }
        if (object['town'] === 'Harbourview') assert.match(String(object['postcode']), /^HV[1-8] \d[A-Z]{2}$/)
      }
    })
  })
}
