import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { present } from '../../kernel/invariant.ts'
import { checkService, type City } from './check.ts'
import { contactOf } from './contact.ts'
import { parseService } from './load.ts'

const city: City = {
  languages: ['en', 'es'],
  agencies: ['animal_office', 'kennel_office'],
  lifeEvents: ['moving'],
  calendar: { weekend: [6, 7], holidays: new Set() },
  currency: 'EUR',
}

const sound = `id: dog_licence
version: 1
status: published
languages: [en, es]
prefix: DOG
agency: animal_office
title: { en: Dog licence, es: Licencia de perro }
summary: { en: Register a dog, es: Registrar un perro }
life_events: [moving]
legal_basis: { law: { en: Dog Act, es: Ley de perros }, gdpr: 6(1)(e) }
retention: { draft_days: 30, case_years: 5 }
form:
  pages:
    - id: owner
      title: { en: You, es: Usted }
      questions:
        - { id: has_dog, kind: yes_no, label: { en: A dog?, es: '¿Un perro?' } }
        - { id: code, kind: text, required: false, label: { en: Code, es: Código }, pattern: '[a-z]+', example: abc }
    - id: dog
      title: { en: Dog, es: Perro }
      when: has_dog
      questions:
        - { id: dogs, kind: integer, min: 1, label: { en: How many, es: Cuántos } }
        - id: size
          kind: one_of
          label: { en: Size, es: Tamaño }
          options: [{ value: small, label: { en: Small, es: Pequeño } }, { value: big, label: { en: Big, es: Grande } }]
rules:
  computed:
    - id: dog_fee
      type: money
      table:
        inputs: [{ expression: dogs }, { expression: size }]
        rules:
          - { when: ['-', '"small"'], then: ['1000 * dogs'] }
          - { when: ['-', '"big"'], then: ['2000 * dogs'] }
  eligibility:
    - { id: owner, title: { en: Owner, es: Dueño }, condition: has_dog, otherwise: { en: No, es: No } }
  validations:
    - { id: few, question: dogs, valid: dogs < 10, message: { en: Too many, es: Demasiados } }
fee: { title: { en: Fee, es: Tasa }, amount: dog_fee }
deadline: { working_days: 10 }
workflow:
  initial: open
  states:
    - { id: open, label: { en: Open, es: Abierta } }
    - { id: closed, label: { en: Closed, es: Cerrada }, final: true }
  transitions:
    - id: close
      label: { en: Close, es: Cerrar }
      from: [open]
      to: closed
      by: [system]
      guard: case.open_consultations = 0
      outcome: granted
      effects: [{ issue: tag }, { message: hello }]
documents:
  - { id: tag, kind: licence, title: { en: Tag, es: Placa }, body: { en: 'For {$name}', es: 'Para {$name}' } }
messages:
  hello: { subject: { en: Hello, es: Hola }, body: { en: 'Hello {$name}', es: 'Hola {$name}' } }
examples:
  - name: two small dogs
    answers: { has_dog: true, dogs: 2, size: small }
    expect: { pages: [owner, dog], complete: true, eligible: true, fee: '2000', deadline: 2026-03-16, computed: { dog_fee: 2000 } }
  - { name: none, answers: { has_dog: false }, expect: { not_met: [owner], fee: null, issues: {} } }
  - { name: many, answers: { has_dog: true, dogs: 12 }, expect: { issues: { dogs: few, size: missing }, complete: false } }
`

/** The file with one fault: the first line that holds from gets to in its place; gives the findings and the line. */
function planted(from: string, to: string): { found: Array<{ code: string; line: number; severity: string }>; line: number } {
  assert.ok(sound.includes(from), from)
  const line = sound.slice(0, sound.indexOf(from)).split('\n').length
  return { found: checkService(sound.replace(from, to), 'dog.yaml', city), line }
}

/** Finding code, text replaced, its replacement, and how many lines below the replaced text the finding stands. */
const faults: Array<[string, string, string, number?]> = [
  ['yaml', 'version: 1', 'version: ]'],
  ['unknown_key', 'version: 1', 'version: 1\nverzion: 2', 1],
  ['schema', 'version: 1', 'version: one'],
  ['feel_syntax', 'condition: has_dog', 'condition: has_dog +'],
  ['unknown_name', 'condition: has_dog', 'condition: has_cat'],
  ['unknown_name', "'1000 * dogs'", "'1000 * cats'"],
  ['unsafe', 'condition: has_dog', 'condition: "matches(code, code)"'],
  ['cycle', '1000 * dogs', '1000 * dog_fee', -5],
  ['reads_later', 'when: has_dog', 'when: dogs > 1'],
  ['reads_later', 'when: has_dog', 'when: dog_fee > 1'],
  ['unreachable_page', 'when: has_dog', 'when: 1 = 2'],
  ['unreachable_question', 'required: false,', 'required: false, when: false,'],
  ['duplicate_id', 'id: code', 'id: has_dog'],
  ['reserved_id', 'id: code', 'id: count'],
  ['question_shape', 'kind: integer, min: 1', 'kind: one_of'],
  ['question_shape', 'kind: integer, min: 1', 'kind: attribute'],
  ['unsafe_pattern', "pattern: '[a-z]+'", "pattern: '(?=a)b'"],
  ['question_example', 'example: abc', 'example: 123'],
  ['question_example', ', example: abc', ''],
  ['unknown_placeholder', "en: 'For {$name}'", "en: 'For {$full_nmae}'"],
  ['unknown_placeholder', "en: 'Hello {$name}'", "en: 'Hello {$size}'"],
  ['unknown_question', 'form:\n', 'form:\n  contact: { name: nobody }\n', 1],
  ['contact_kind', 'form:\n', 'form:\n  contact: { email: code }\n', 1],
  ['example_expires', 'id: dogs, kind: integer, min: 1', "id: dogs, kind: date, min: today, example: '2027-01-01'"],
  ['table_columns', '\'"small"\'], then', '\'"small"\', "-"], then'],
  ['computed_shape', 'type: money', 'type: money\n      expression: dogs', -1],
  ['unknown_agency', 'agency: animal_office', 'agency: cat_office'],
  ['unknown_life_event', 'life_events: [moving]', 'life_events: [flying]'],
  ['unknown_question', 'question: dogs', 'question: cats'],
  ['unknown_state', 'to: closed', 'to: shut'],
  ['unreachable_state', '- { id: closed', '- { id: lost, label: { en: x, es: x }, final: true }\n    - { id: closed'],
  ['dead_end_state', 'final: true', 'final: false'],
  ['system_transition', 'guard: case.open_consultations = 0', 'four_eyes: false', -1],
  ['missing_outcome', 'outcome: granted', 'four_eyes: false', -3],
  ['unknown_document', 'issue: tag', 'issue: tagg'],
  ['unknown_message', 'message: hello', 'message: bye'],
  ['unknown_section', 'title: { en: You, es: Usted }', 'title: { en: You, es: Usted }\n      section: nowhere', 1],
  ['missing_translation', 'title: { en: Dog, es: Perro }', 'title: { en: Dog }'],
  ['message_syntax', "en: 'For {$name}'", "en: 'For {$name'"],
  ['example_fails', "fee: '2000'", "fee: '2001'"],
  ['example_fails', 'issues: {}', 'issues: { dogs: few }'],
] // prettier-ignore

describe('checkService', () => {
  it('finds nothing in a sound file', () => {
    assert.deepEqual(checkService(sound, 'dog.yaml', city), [])
  })

  for (const [code, from, to, below = 0] of faults) {
    it(`finds ${code}: ${to.trim().split('\n')[0]}`, () => {
      const { found, line } = planted(from, to)
      const hit = found.find((finding) => finding.code === code)
      assert.ok(hit, JSON.stringify(found))
      assert.equal(hit.line, line + below)
      assert.equal(hit.severity, 'error')
    })
  }

  it('points at the character of an expression', () => {
    const [finding] = checkService(sound.replace('valid: dogs < 10', 'valid: dogs < tenn'), 'dog.yaml', city)
    assert.deepEqual([finding?.code, finding?.line, finding?.column], ['unknown_name', 40, 48])
  })

  it('asks a published file for its law, retention and examples, and only warns in a draft', () => {
    const bare = sound
      .replace(/legal_basis.*\n/, '')
      .replace(/retention.*\n/, '')
      .replace(/examples:[^]*/, '')
    const codes = ['missing_legal_basis', 'missing_retention', 'missing_examples']
    const published = checkService(bare, 'dog.yaml', city)
    assert.deepEqual(
      published.map((finding) => [finding.code, finding.severity]),
      codes.map((each) => [each, 'error']),
    )
    const draft = checkService(bare.replace('published', 'draft'), 'dog.yaml', city)
    assert.deepEqual(
      draft.map((finding) => [finding.code, finding.severity]),
      codes.map((each) => [each, 'warning']),
    )
    const one = sound.replace(/ {2}- \{ name: none[^]*/, '')
    assert.deepEqual(
      checkService(one, 'dog.yaml', city).map((finding) => finding.code),
      ['few_examples'],
    )
    const third = checkService(sound, 'dog.yaml', { ...city, languages: ['en', 'es', 'ar'] })
    assert.deepEqual(
      third.map((finding) => [finding.code, finding.severity]),
      [['missing_language', 'warning']],
    )
  })

  it('asks for the reason of a refusal and the way to appeal, and in a draft only warns', () => {
    const refusing = sound.replace('by: [system]', 'by: [officer]').replace('outcome: granted', 'outcome: refused')
    const found = (text: string): string[] =>
      checkService(text, 'dog.yaml', city).map((finding) => `${finding.severity} ${finding.code} ${finding.line}`)
    const [appeal, reason, ...more] = found(refusing)
    assert.deepEqual([appeal, reason?.replace(/\d+/, ''), more], ['error missing_appeal 1', 'error refusal_reason ', []])
    const draft = found(refusing.replace('published', 'draft'))
    assert.deepEqual(
      draft.map((each) => each.replace(/ \d+$/, '')),
      ['warning missing_appeal', 'warning refusal_reason'],
    )
    const right = refusing.replace('outcome: refused', 'outcome: refused\n      reason: required')
    assert.deepEqual(found(`${right}appeal: { en: Write to us., es: Escríbanos. }\n`), [])
    const standard = sound.replace(/workflow:[^]*?(?=documents:)/, '').replace(/documents:[^]*?(?=examples:)/, '')
    assert.deepEqual(found(standard), ['error missing_appeal 1'])
  })

  it('asks which of several e-mail addresses is the applicant’s, and never guesses', () => {
    const question = (id: string): string => `        - { id: ${id}, kind: email, required: false, label: { en: E-mail, es: Correo } }\n`
    const one = sound.replace('    - id: dog\n', `${question('landlord_email')}    - id: dog\n`)
    const two = one.replace('    - id: dog\n', `${question('your_email')}    - id: dog\n`)
    const found = (text: string): string[] => checkService(text, 'dog.yaml', city).map(({ severity, code }) => `${severity} ${code}`)
    const contact = (text: string): unknown => contactOf(present(parseService(text, 'dog.yaml').definition, 'it is a service')).email
    assert.deepEqual([found(one), contact(one)], [[], ['landlord_email']])
    assert.deepEqual([found(two), contact(two)], [['error unnamed_contact'], []])
    assert.deepEqual(found(two.replace('published', 'draft')), ['warning unnamed_contact'])
    const named = two.replace('form:\n', 'form:\n  contact: { email: your_email }\n')
    assert.deepEqual([found(named), contact(named)], [[], ['your_email']])
    const known = two.replace('id: your_email, kind: email', 'id: your_email, kind: attribute, of: email, source: person.email')
    assert.deepEqual([found(known), contact(known)], [[], ['your_email']])
    const either = known.replace('id: landlord_email, kind: email', 'id: landlord_email, kind: attribute, of: email, source: person.email')
    assert.deepEqual([found(either), contact(either)], [[], ['landlord_email', 'your_email']])
  })

  it('reads hostile files without harm', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefghij'.split('').map((key, i) => `${key}: &${key} [${`*${'abcdefghi'[i]},`.repeat(9)}]`),
    ].join('\n')
    assert.equal(parseService(bomb, 'x.yaml').findings[0]?.code, 'yaml')
    assert.equal(parseService('x'.repeat(1_000_001), 'x.yaml').findings[0]?.code, 'too_large')
    for (const text of [
      '',
      '[]',
      'null',
      '- - - a',
      '__proto__: { a: 1 }',
      '{'.repeat(20_000),
      '[1, 2',
      '\u0000',
      '? [a]\n: b',
      'id: !!binary x',
    ]) {
      assert.ok(checkService(text, 'x.yaml', city).length > 0, text.slice(0, 20))
    }
  })
})
