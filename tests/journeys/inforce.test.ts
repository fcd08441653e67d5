import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { root, startApp, type TestApp } from '../support/app.ts'
import { send } from '../support/client.ts'

describe('a service is offered on the days it is in force', () => {
  let services = ''
  let running: TestApp
  let now = new Date('2026-03-01T12:00:00Z')

  before(async () => {
    services = await mkdtemp(join(tmpdir(), 'stoa-in-force-'))
    const text = await readFile(join(root, 'services/library_card/service.yaml'), 'utf8')
    await mkdir(join(services, 'library_card'))
    const dated = text
      .replace(/^status: published$/m, 'status: published\neffective: { from: 2026-03-10, until: 2026-03-20 }')
      .replace(/^version: \d+$/m, 'version: 901')
    assert.notEqual(dated, text)
    await writeFile(join(services, 'library_card/service.yaml'), dated)
    running = await startApp({ listen: true, env: { SERVICES_DIR: services }, overrides: { now: () => now } })
  })
  after(async () => {
    await running.close()
    await rm(services, { recursive: true, force: true })
  })

  const page = () => send(running.url, { path: '/services/library_card?lang=en', headers: { accept: 'text/html' } })
  const begin = () =>
    send(running.url, { method: 'POST', path: '/api/v1/services/library_card/journeys', headers: { accept: 'application/json' } })

  for (const [day, words, status] of [
    ['2026-03-09', /You can apply from/, 409],
    ['2026-03-10', /action="\/services\/library_card\/start"/, 201],
    ['2026-03-20', /action="\/services\/library_card\/start"/, 201],
    ['2026-03-21', /The last day to apply was/, 409],
  ] as const) {
    test(`on ${day}`, async () => {
      now = new Date(`${day}T12:00:00Z`)
      assert.match((await page()).body, words)
      assert.equal((await begin()).status, status)
    })
  }
})
