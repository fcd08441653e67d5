import assert from 'node:assert/strict'
import { checkService, type City } from '../check.ts'
import { fillIn } from '../fillin.ts'
import type { Page, Question, ServiceDefinition } from '../schema.ts'
import { compileService } from '../service.ts'
import { importForm, type FormKind, type Note, renderService } from './import.ts'

const city: City = {
  languages: ['en'],
  agencies: ['front_office'],
  lifeEvents: [],
  calendar: { weekend: [6, 7], holidays: new Set() },
  currency: 'EUR',
}

/** Imports a form that must be taken: what comes of it has no faults and can be filled in by its examples, today and years on. */
export function read(form: unknown, from: FormKind, file = 'form.json'): { definition: ServiceDefinition; notes: Note[] } {
  const imported = importForm(typeof form === 'string' ? form : JSON.stringify(form), { from, file, agency: 'front_office' })
  if ('error' in imported) assert.fail(imported.error)
  const text = renderService(imported.definition)
  const errors = checkService(text, file, city).filter((finding) => finding.severity === 'error')
  assert.deepEqual(errors, [], text)
  const service = compileService(imported.definition)
  for (const today of ['2026-03-02', '2031-12-31']) {
    const { complete, issues } = fillIn(service, today)
    assert.ok(complete, `${file} is not complete by its examples on ${today}: ${JSON.stringify(issues)}`)
  }
  return imported
}

/** Imports a form that nobody here knows: it is taken as in `read`, or refused with one line that begins with the file's name. */
export function readOrRefuse(text: string, from: FormKind, file: string): void {
  const imported = importForm(text, { from, file, agency: 'front_office' })
  if ('error' in imported) {
    assert.ok(imported.error.startsWith(`${file}: `), imported.error)
    assert.doesNotMatch(imported.error, /\n/)
  } else read(text, from, file)
}

/** What is said, on one line, of a form that must be refused. */
export function errorOf(form: unknown, from: FormKind): string {
  const imported = importForm(typeof form === 'string' ? form : JSON.stringify(form), { from, file: 'form.json', agency: 'front_office' })
  assert.ok('error' in imported, 'the form must be refused')
  assert.doesNotMatch(imported.error, /\n/)
  return imported.error
}

/** A page that must be there. */
export function pageOf(definition: ServiceDefinition, id: string): Page {
  const page = definition.form.pages.find((each) => each.id === id)
  assert.ok(page, `no page ${id} in ${definition.form.pages.map((each) => each.id).join(', ')}`)
  return page
}

/** Every question, in the order of the pages. */
export function questionsOf(definition: ServiceDefinition): Question[] {
  return definition.form.pages.flatMap((page) => page.questions)
}
