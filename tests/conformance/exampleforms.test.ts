import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { cityRules } from '../../src/modules/catalogue/index.ts'
import { checkService, importForm, renderService } from '../../src/modules/servicefile/index.ts'
import { loadCity } from '../../src/platform/city.ts'

const root = join(import.meta.dirname, '../..')
const folder = 'docs/examples/forms'
const rules = cityRules(await loadCity(join(root, 'city')))

/** The forms that the README names, each with its `--from`. */
const named = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/(docs\/examples\/forms\/[\w.-]+) --from (defra|gc-forms)/g)].map(
  ([, file = '', from]): [file: string, from: 'defra' | 'gc-forms'] => [file, from === 'defra' ? 'defra' : 'gc-forms'],
)

it('the example forms are named in the README, one of each kind', () => {
  assert.deepEqual(named.map(([, from]) => from).toSorted(), ['defra', 'gc-forms'])
  assert.deepEqual(
    named.map(([file]) => file).toSorted(),
    readdirSync(join(root, folder))
      .map((name) => `${folder}/${name}`)
      .toSorted(),
  )
})

for (const [file, from] of named)
  it(`${file} becomes a draft that passes the check, with nothing lost`, () => {
    const imported = importForm(readFileSync(join(root, file), 'utf8'), { from, file, agency: 'transport' })
    if ('error' in imported) assert.fail(imported.error)
    const { definition, notes } = imported
    const findings = checkService(renderService(definition), file, rules)
    assert.deepEqual(findings.filter(({ severity }) => severity === 'error'), []) // prettier-ignore
    assert.equal(definition.status, 'draft')
    const questions = definition.form.pages.flatMap((page) => page.questions)
    assert.ok(questions.length >= 5)
    assert.ok(
      definition.form.pages.some(({ when }) => when !== undefined) || questions.some(({ when }) => when !== undefined),
      'its condition came along',
    )
    const lost = notes.filter(({ code }) => /^(unknown|unreachable|never|not_placed|unreadable|component|element$)/.test(code))
    assert.deepEqual(lost, [])
  })
