import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { demoAccounts, DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { databaseProcesses, isAlive, launch, type Running } from '../drill/program.ts'
import { root } from '../support/app.ts'
import { freePort } from '../support/port.ts'

const [resident] = demoAccounts

describe('a deployment on a machine of its own', () => {
  const folders: string[] = []
  const running = new Set<Running>()
  let demo: string
  let city: string
  let ports: { readonly demo: number; readonly bank: number; readonly city: number }
  before(async () => {
    for (const name of ['demo', 'city']) {
      const folder = await mkdtemp(join(tmpdir(), `stoa-${name}-`))
      await chmod(folder, 0o711)
      folders.push(folder)
    }
    ;[demo = '', city = ''] = folders
    ports = { demo: await freePort(), bank: await freePort(), city: await freePort() }
  })
  after(async () => {
    for (const each of running) each.signal('SIGTERM')
    for (const each of running) await each.ended()
    for (const folder of folders) await rm(folder, { recursive: true, force: true })
  })

  const verb = (args: readonly string[], more: Readonly<Record<string, string>> = {}): Running => {
    const own = { DATA_DIR: demo, PORT: String(ports.demo), BANK_PORT: String(ports.bank), LOG_LEVEL: 'error' }
    const one = launch([join(root, 'src/main.ts'), ...args], { PATH: process.env['PATH'] ?? '', ...own, ...more }, 'Stop with Ctrl-C.')
    running.add(one)
    void one.ended().then(() => running.delete(one))
    return one
  }
  const says = async (one: Running, words: string): Promise<void> => {
    for (let tries = 0; !one.said().includes(words); tries += 1) {
      assert.ok(running.has(one) && tries < 3_000, `it says "${words}", not only:\n${one.said()}`)
      await sleep(10)
    }
  }
  const nothingLeft = async (folder: string): Promise<void> => {
    assert.deepEqual(await databaseProcesses(folder), [], 'PostgreSQL is stopped')
    const bank: unknown = JSON.parse(await readFile(join(folder, 'bank', 'running.json'), 'utf8').catch(() => '{}'))
    const pid = typeof bank === 'object' && bank !== null && 'pid' in bank ? Number(bank.pid) : null
    assert.ok(pid === null || !isAlive(pid), 'the sandbox bank is stopped')
  }

  it('that was broken off at its first start is whole after the next', async () => {
    const first = verb(['start'])
    await says(first, 'living through')
    first.signal('SIGINT')
    assert.equal(await first.ended(), 0, first.said())
    await nothingLeft(demo)
    const second = verb(['seed', '--residents', '3', '--cases', '4'])
    assert.equal(await second.ended(), 0, second.said())
    assert.match(second.said(), /begun and not finished\. Making it again[^]*the city is there after/)
    const third = verb(['start'])
    await third.ready()
    assert.doesNotMatch(third.said(), /again|begun/)
    assert.equal((await fetch(`http://127.0.0.1:${ports.demo}/demo`)).status, 200)
    for (const words of [
      `http://localhost:${ports.demo}`,
      DEMO_PASSWORD,
      `Data lies in ${demo}`,
      ...demoAccounts.map(({ email }) => email),
    ])
      assert.ok(third.said().includes(words), words)
  })

  it('says that its port is taken, and leaves nothing running', async () => {
    const one = verb(['serve'], { DATA_DIR: city })
    assert.equal(await one.ended(), 1)
    assert.match(one.said(), new RegExp(`Port ${ports.demo} is taken by another program\\. Stop it, or set PORT`))
    await nothingLeft(city)
  })

  it('is no demo when others can reach it: a code makes the first administrator', async () => {
    const one = verb(['start'], { DATA_DIR: city, HOST: '0.0.0.0', PORT: String(ports.city) })
    await one.ready()
    await says(one, 'with this code, once, within a day: ')
    assert.doesNotMatch(one.said(), /@harbourview|authenticator|sandbox/)
    assert.equal((await fetch(`http://127.0.0.1:${ports.city}/demo`)).status, 404)
    one.signal('SIGTERM')
    assert.equal(await one.ended(), 0)
    await nothingLeft(city)
  })

  it('does not show the accounts of a demo to others', async () => {
    for (const each of running) each.signal('SIGINT')
    for (const each of running) assert.equal(await each.ended(), 0, each.said())
    await nothingLeft(demo)
    const words = new RegExp(`This is the database of a demo: anybody can sign in as ${resident?.email}\\. Begin with an empty database`)
    const one = verb(['start'], { HOST: '0.0.0.0' })
    assert.equal(await one.ended(), 1, one.said())
    assert.match(one.said(), words)
    await nothingLeft(demo)
    const doctor = verb(['doctor'], { HOST: '0.0.0.0' })
    assert.equal(await doctor.ended(), 1)
    assert.match(doctor.said(), /MEND anybody can sign in as/)
  })
})
