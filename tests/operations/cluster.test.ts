import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { access, chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { hasCluster, startCluster } from '../../src/platform/postgres/cluster.ts'
import { root } from '../support/app.ts'

const quick = ['fsync=off']

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return (await client.query('select 1').finally(() => client.end())).rowCount === 1
}

describe('the database of our own', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stoa-cluster-'))
    await chmod(folder, 0o711)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const there = (path: string): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    )

  it('is made again when a power cut came while it was made', async () => {
    const dataDir = join(folder, 'cut')
    const code = `import { startCluster } from ${JSON.stringify(join(root, 'src/platform/postgres/cluster.ts'))}; await startCluster(${JSON.stringify(dataDir)})`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { detached: true, stdio: 'ignore' })
    const ended = new Promise((done) => child.once('exit', done))
    const begun = ['cluster.part', 'cluster'].map((name) => join(dataDir, 'postgres', name, 'PG_VERSION'))
    for (let tries = 0; !(await Promise.all(begun.map(there))).some(Boolean); tries += 1) {
      assert.ok(tries < 4_000, 'it began')
      await sleep(5)
    }
    assert.ok(child.pid)
    process.kill(-child.pid, 'SIGKILL') // initdb with it
    await ended
    assert.equal(await hasCluster(dataDir), false)
    const cluster = await startCluster(dataDir, quick)
    try {
      assert.ok(await answers(cluster.url))
      assert.equal(await hasCluster(dataDir), true)
    } finally {
      await cluster.stop()
    }
  })

  it('lies in a folder of any name', async () => {
    const dataDir = join(folder, `o'brien, "a" $HOME`)
    await mkdir(dataDir, { mode: 0o711 })
    const cluster = await startCluster(dataDir, quick)
    try {
      assert.ok(await answers(cluster.url))
      assert.equal((await startCluster(dataDir, quick)).how, 'adopted')
    } finally {
      await cluster.stop()
    }
  })
})
