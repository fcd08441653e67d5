import { before, test } from 'node:test'
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { present } from '../../../kernel/invariant.ts'
import { parsePlainDate } from '../../../kernel/time.ts'
import { type City, loadCity } from '../../../platform/city.ts'
import { loadMessages, type Messages } from '../../../platform/i18n.ts'
import { compileService, evaluate, type Outcome, parseService, type Service } from '../../servicefile/index.ts'
import { composeLetter, type LetterParts } from './compose.ts'
import { escapeMarkdown, plainText, readMarkdown } from './markdown.ts'

const day = (text: string) => present(parsePlainDate(text), 'a day')
const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

let city: City
let messages: Messages
let service: Service

before(async () => {
  city = await loadCity(folder('../../../../city'))
  messages = await loadMessages([folder('../../../ui/locales'), folder('locales')])
  service = serviceFrom(source)
})

const source = `
id: harbour_pass
version: 1
status: published
languages: [en, ar]
prefix: HBP
agency: nobody_here
title: { en: Harbour pass, ar: تصريح المرفأ }
summary: { en: A pass., ar: تصريح. }
form:
  pages:
    - id: you
      title: { en: You }
      questions:
        - { id: full_name, kind: text, label: { en: Name } }
        - { id: home_address, kind: address, label: { en: Address } }
        - { id: boat, kind: one_of, label: { en: Boat }, options: [{ value: sail, label: { en: Sailing boat, ar: قارب شراعي } }] }
        - { id: price, kind: money, label: { en: Price } }
        - { id: since, kind: date, label: { en: Since } }
        - { id: moored, kind: yes_no, label: { en: Moored } }
rules:
  computed:
    - { id: fee_due, type: money, expression: "1250" }
  eligibility:
    - { id: has_mooring, title: { en: Mooring }, condition: moored = true, otherwise: { en: Your boat has no mooring. } }
documents:
  - id: pass
    kind: permit
    title: { en: Harbour pass, ar: تصريح المرفأ }
    valid: { from: today }
    body:
      en: |
        # Harbour pass

        {$name} · {$boat} · {$price} · {$fee_due} · {$since} · {$moored} · {$until} · {$home_address}
      ar: |
        # تصريح المرفأ

        {$name} · {$boat} · {$moored}
appeal: { en: Write to us within **30 days**. }
`

function serviceFrom(text: string): Service {
  const { definition, findings } = parseService(text, 'service.yaml')
  return compileService(present(definition, JSON.stringify(findings)))
}

const answers = {
  full_name: 'Ada *Example*\n# One',
  home_address: { line1: '12 Quay Street', town: 'Harbourview', postcode: '00001' },
  boat: 'sail',
  price: { amount: '2500', currency: 'EUR' },
  since: '2024-05-01',
  moored: false,
}

function letterOf(more: Partial<LetterParts> & { outcome: Outcome }) {
  return composeLetter({
    city,
    messages,
    publicOrigin: 'https://city.example',
    service,
    evaluation: evaluate(service, answers, {}, '2026-11-23'),
    template: 'pass',
    reference: 'HBP-7K3M-Q9DX',
    agency: 'nobody_here',
    language: 'en',
    reason: null,
    notMet: null,
    issued: day('2026-11-23'),
    valid: { from: day('2026-11-23'), until: day('2027-11-22') },
    code: 'AB12-CD34-EF56-GH78',
    ...more,
  })
}

function bodyText(body: string): string {
  return readMarkdown(body)
    .map((block) => ('c' in block && block.t !== 'quote' ? plainText(block.c) : ''))
    .join('\n')
    .replaceAll(/[\u2068\u2069]/g, '')
}

test('a template is filled in with values in the words of its reader', () => {
  const letter = letterOf({ outcome: 'granted' })
  assert.equal(letter.title, 'Harbour pass')
  assert.equal(letter.check.url, 'https://city.example/check#AB12-CD34-EF56-GH78')
  assert.deepEqual(letter.recipient?.lines, ['12 Quay Street', '00001 Harbourview'])
  assert.deepEqual(
    letter.facts.map((fact) => fact.value),
    ['23 November 2026', '22 November 2027'],
  )
  const text = bodyText(letter.body)
  for (const part of ['Sailing boat', '€25.00', '€12.50', '1 May 2024', 'No', '12 Quay Street 00001 Harbourview'])
    assert.ok(text.includes(part), `${part} in ${text}`)
})

test('a letter goes to whom the form names, whatever else is called a name', () => {
  const asked = source
    .replace('id: full_name, kind: text', 'id: nombre, kind: text')
    .replace('questions:\n', 'questions:\n        - { id: name, kind: text, label: { en: Name of your boat } }\n')
  const [named, guessed] = [asked.replace('form:\n', 'form:\n  contact: { name: nombre }\n'), asked].map(serviceFrom)
  assert.ok(named && guessed)
  const given = { ...answers, name: 'Sea Gull', nombre: 'Ana Fictional' }
  const nameOn = (made: Service): string | undefined =>
    letterOf({ outcome: 'refused', template: 'none', service: made, evaluation: evaluate(made, given, {}, '2026-11-23') }).recipient?.name
  assert.deepEqual([nameOn(named), nameOn(guessed)], ['Ana Fictional', 'Sea Gull'])
})

test('what people typed stays their words and never becomes the form of the letter', () => {
  const letter = letterOf({ outcome: 'granted' })
  assert.equal(readMarkdown(letter.body).length, 2)
  assert.ok(bodyText(letter.body).includes('Ada *Example* # One'))
  const hostile = '# a\n- b `c` **d** _e_ <b> [f](g) ![h](i) \\ ~~ | > 1. 2) &amp; #eval $x$ @y ]'
  assert.equal(
    plainText(readMarkdown(escapeMarkdown(hostile)).flatMap((block) => (block.t === 'para' ? block.c : []))),
    hostile.replace('\n', ' '),
  )
})

test('an Arabic letter is in Arabic and runs from right to left', () => {
  const letter = letterOf({ outcome: 'granted', language: 'ar' })
  assert.equal(letter.direction, 'rtl')
  assert.equal(letter.title, 'تصريح المرفأ')
  assert.ok(bodyText(letter.body).includes('قارب شراعي'))
})

test('a letter takes the language of its template when the case has another', () => {
  assert.equal(letterOf({ outcome: 'granted', language: 'es' }).language, 'en')
})

test("the house's refusal says why, what was not met and how to appeal", () => {
  const letter = letterOf({ outcome: 'refused', template: 'decision', reason: 'No berth.\n\nTry in May.', valid: null })
  const text = bodyText(letter.body)
  for (const part of ['refused', 'No berth.', 'Try in May.', 'Write to us within 30 days.']) assert.ok(text.includes(part), part)
  assert.ok(letter.body.includes('Your boat has no mooring'))
  assert.ok(!letterOf({ outcome: 'granted', template: 'decision' }).body.includes('Your boat has no mooring'))
})

test('a refusal tells what was not met when it was decided, whatever the rules say since', () => {
  const told = (notMet: readonly string[], moored: boolean): boolean =>
    letterOf({
      outcome: 'refused',
      template: 'decision',
      notMet,
      evaluation: evaluate(service, { ...answers, moored }, {}, '2026-11-23'),
    }).body.includes('Your boat has no mooring')
  assert.deepEqual([told(['has_mooring'], true), told([], false)], [true, false])
})

test('a preview says so and has no code', () => {
  const letter = letterOf({ outcome: 'granted', code: null })
  assert.equal(letter.watermark, 'Preview')
  assert.ok(!letter.check.url.includes('#'))
})

test('the words of letters are complete in the three languages', async () => {
  const keys = await Promise.all(
    ['en', 'es', 'ar'].map(async (language) => Object.keys(JSON.parse(await readFile(folder(`locales/${language}.json`), 'utf8')))),
  )
  assert.deepEqual(keys[1], keys[0])
  assert.deepEqual(keys[2], keys[0])
})
