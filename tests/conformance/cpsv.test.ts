import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import jsonld from 'jsonld'
import { Parser, Store } from 'n3'
import Validator from 'rdf-validate-shacl'
import { cpsvAp } from '../../src/modules/catalogue/jsonld.ts'
import { readServices } from '../../src/modules/catalogue/index.ts'
import { loadCity } from '../../src/platform/city.ts'
import { root } from '../support/app.ts'
import { sharedData } from '../support/shared.ts'

const shapesFile = sharedData('shacl/cpsv.ttl')
const skip = shapesFile ? false : 'SKIPPED: the CPSV-AP shapes are not here (set STOA_SHARED_DATA)'

/** The faults of RDF against the shapes of CPSV-AP 3.2, one line each. */
async function faults(document: Record<string, unknown>): Promise<string[]> {
  const shapes = new Store(new Parser().parse(readFileSync(shapesFile ?? '', 'utf8')))
  const quads = String(await jsonld.toRDF(document, { format: 'application/n-quads' }))
  const data = new Store(new Parser({ format: 'N-Quads' }).parse(quads))
  const report = await new Validator(shapes).validate(data)
  return report.results.map(
    (result) => `${result.focusNode?.value ?? ''} ${result.path?.value ?? ''} ${result.sourceConstraintComponent?.value ?? ''}`,
  )
}

describe('services as CPSV-AP 3.2', () => {
  it('every shipped service is valid against the shapes of SEMIC', { skip }, async () => {
    const city = await loadCity(`${root}/city`)
    const { loaded } = await readServices(`${root}/services`, city)
    assert.ok(loaded.length >= 8)
    for (const { definition } of loaded) assert.deepEqual(await faults(cpsvAp(definition, city, 'https://city.example')), [])
  })

  it('a service without its name would be noticed', { skip }, async () => {
    const city = await loadCity(`${root}/city`)
    const { loaded } = await readServices(`${root}/services`, city)
    const [first] = loaded
    assert.ok(first)
    const { 'dct:title': _, ...nameless } = cpsvAp(first.definition, city, 'https://city.example')
    assert.ok((await faults(nameless)).some((fault) => fault.includes('title')))
  })
})
