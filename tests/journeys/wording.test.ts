import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { importForm, renderService } from '../../src/modules/servicefile/index.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { Visitor } from './visitor.ts'

const choices = [
  { en: 'By boat', fr: 'En bateau' },
  { en: 'On foot', fr: 'À pied' },
]
const form = {
  titleEn: 'Ferry pass',
  titleFr: 'Laissez-passer du traversier',
  introduction: { descriptionEn: 'For the ferry.', descriptionFr: 'Pour le traversier.' },
  layout: [1, 2],
  elements: [
    { id: 1, type: 'radio', properties: { titleEn: 'How do you come?', titleFr: 'Comment venez-vous?', validation: { required: true }, choices } },
    { id: 2, type: 'textField', properties: { titleEn: 'Your name?', titleFr: 'Votre nom?', validation: { required: true } } },
  ],
} // prettier-ignore

let test: TestApp
let folder: string
const PAGE = '/services/ferry_pass'

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-wording-'))
  const imported = importForm(JSON.stringify(form), { from: 'gc-forms', file: 'form.json', agency: 'transport', id: 'ferry_pass' })
  assert.ok(!('error' in imported))
  await mkdir(join(folder, 'ferry_pass'))
  await writeFile(join(folder, 'ferry_pass', 'service.yaml'), renderService(imported.definition))
  test = await startApp({ listen: true, env: { SERVICES_DIR: folder } })
})
after(async () => {
  await test?.close()
  await rm(folder, { recursive: true, force: true })
})

const french = /<h1[^>]*><span lang="fr" dir="ltr">Laissez-passer du traversier<\/span><\/h1>/

it('a service is offered and read in its own languages, beside those of the city', async () => {
  const [reader, other] = [new Visitor(test.url), new Visitor(test.url)]
  const plain = await reader.get(PAGE)
  assert.match(plain.text, /hreflang="fr"|value="fr"/)
  assert.match(plain.text, />Français</)
  const [, action] = /<button(?=[^>]*value="fr")[^>]*formaction="([^"]+)"/.exec(plain.text) ?? []
  if (action) assert.match((await new Visitor(test.url).post(action.replaceAll('&#38;', '&'), { _lang: 'fr' })).text, french)
  else assert.match(plain.text, /<a[^>]*href="\/services\/ferry_pass\?lang=fr"/)
  const chosen = await reader.get(`${PAGE}?lang=fr`)
  assert.match(chosen.text, /<html lang="en" dir="ltr"/)
  assert.match(chosen.text, french)
  assert.match(chosen.text, /lang="fr"[^>]*aria-current="true"|aria-current="true"[^>]*lang="fr"/)
  for (let time = 0; time < 2; time += 1) {
    assert.match((await reader.get(PAGE)).text, french, 'the page kept ready for readers of French')
    assert.doesNotMatch((await other.get(PAGE)).text, /Laissez-passer/, 'the page kept ready for readers of English')
  }
  const home = await reader.get('/')
  assert.match(home.text, /<html lang="en"/)
  assert.doesNotMatch(home.text, />Français</)
  assert.match((await reader.get(`${PAGE}?lang=es`)).text, /<html lang="es"/)
  assert.doesNotMatch((await reader.get(PAGE)).text, /Laissez-passer/)
})

it('a journey is read, answered and switched in those languages', async () => {
  const reader = new Visitor(test.url)
  await reader.get(`${PAGE}?lang=fr`)
  const first = await reader.post(`${PAGE}/start`, {})
  assert.match(first.text, /<span lang="fr" dir="ltr">Comment venez-vous\?<\/span>/)
  assert.match(first.text, /<span lang="fr" dir="ltr">En bateau<\/span>/)
  const { path } = first
  const asked = { _shown: 'how_do_you_come', how_do_you_come: 'by_boat' }
  assert.match((await reader.post(path, { ...asked, _lang: 'es' })).text, /<html lang="es"/)
  const back = await reader.post(path, { ...asked, _lang: 'fr' })
  assert.match(back.text, /<html lang="en"/)
  assert.match(back.text, /Comment venez-vous/)
  const next = await reader.post(path, asked)
  assert.match(next.text, /Votre nom/)
  const wrong = await reader.post(next.path, { _shown: 'your_name', your_name: '' })
  assert.equal(wrong.status, 422)
  assert.match(wrong.text, /Votre nom/)
  const check = await reader.post(next.path, { _shown: 'your_name', your_name: 'Ana Example' })
  assert.match(check.text, /<span lang="fr" dir="ltr">Votre nom\?<\/span>/)
  const done = await reader.post(check.path.replace('/check', '/submit'), { key: check.field('key') ?? '' })
  assert.match(done.text, /application is sent[^]*>Français</)
})

it('the JSON door speaks them too', async () => {
  const ask = async (path: string, init: RequestInit = {}): Promise<string> => (await fetch(`${test.url}${path}`, init)).text()
  const accepted = { headers: { 'accept-language': 'fr-CA, en;q=0.5' } }
  assert.match(await ask('/api/v1/services', accepted), /Laissez-passer/)
  assert.match(await ask('/api/v1/services/ferry_pass?lang=fr'), /Comment venez-vous/)
  assert.match(await ask('/api/v1/services/ferry_pass?lang=cy'), /How do you come/)
  assert.match(await ask('/api/v1/services/ferry_pass/journeys', { method: 'POST', ...accepted }), /Comment venez-vous/)
})
