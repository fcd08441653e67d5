import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { anonymous, systemActor } from '../../src/modules/access/index.ts'
import { checkConformance, conformanceText, decodeReceipt } from '../../src/modules/open311/index.ts'
import { withReport } from '../../src/modules/reports/service/act.ts'
import { sendReport } from '../../src/modules/reports/service/index.ts'
import { ended } from '../../src/modules/reports/service/work.ts'
import { root, startApp, type TestApp } from '../support/app.ts'

const DAY = 86_400_000
const KEY = 'harbourview-demo-key'
const categories = ['bench', 'litter', 'road_sign'] as const
let city: string
let app: TestApp
let shift = 0

/** A city whose programs may ask as often as a check does. */
before(async () => {
  city = await mkdtemp(join(tmpdir(), 'stoa-city-'))
  await cp(join(root, 'city'), city, { recursive: true })
  const file = join(city, 'reports.yaml')
  await writeFile(file, `${(await readFile(file, 'utf8')).replace(/^programs:\n(?: .*\n)*/m, '')}\nprograms: { per_minute: 100000 }\n`)
  app = await startApp({ listen: true, accounts: true, env: { CITY_DIR: city }, overrides: { now: () => new Date(Date.now() + shift) } })
  const { board } = app.app
  const addresses = board.places?.addresses ?? []
  for (let index = 0; index < 24; index += 1) {
    shift = -(84 - index * 3.5) * DAY
    const address = addresses[(index + 1) * 37]
    const category = categories[index % categories.length]
    assert.ok(address && category)
    const { report } = await sendReport(board, anonymous('web'), {
      source: 'web', sourceId: `own-${index}`, category, lat: address.lat, long: address.long, text: `Broken & "bent", no. ${index}`, answers: {}, language: 'en', photos: [],
    }) // prettier-ignore
    if (index % 3 === 0)
      await withReport(board, systemActor('timers'), report.id, { action: 'reports.work' }, (inside, held) =>
        ended(inside, systemActor('timers'), held, { outcome: 'no_action', reason: 'nothing_found' }, 'staff', 'Nothing is there.'),
      )
  }
  shift = 0
})
after(async () => {
  await app.close()
  await rm(city, { recursive: true, force: true })
})

test('our own server keeps to every rule, in both formats, and when requests are made', async () => {
  const result = await checkConformance({
    url: `${app.url}/open311/v2`, key: KEY, write: true, now: () => new Date(), wait: async () => undefined, pause: 0, most: 1_500,
  }) // prettier-ignore
  const failures = result.findings.filter(({ verdict, severity }) => verdict.kind === 'fail' && severity !== 'may')
  assert.deepEqual(failures.map(({ rule, format }) => `${rule} ${format}`), [], conformanceText(result)) // prettier-ignore
  assert.ok(result.conforms)
  const skipped = result.findings.flatMap(({ rule, verdict }) =>
    verdict.kind === 'skipped' && !verdict.why.startsWith('only for') ? [`${rule}: ${verdict.why}`] : [],
  )
  // ids are given at once: there are no tokens to follow; and the city's questions leave no several values
  assert.deepEqual([...new Set(skipped.map((line) => line.split(':')[0]))].filter((id) => !['tokens.resolved', 'post.several-values'].includes(id ?? '')), [], skipped.join('\n')) // prettier-ignore
  assert.ok(result.findings.filter(({ verdict }) => verdict.kind === 'pass').length > 150)
})

test('the JSON door answers what a client of the specification sends', async () => {
  const form = new URLSearchParams({ api_key: KEY, service_code: 'bench', lat: '39.005', long: '-30.502', description: 'As told' })
  const answer = await fetch(`${app.url}/open311/v2/requests.json`, { method: 'POST', body: form })
  assert.ok(decodeReceipt(await answer.text())?.service_request_id)
})
