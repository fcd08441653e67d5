import assert from 'node:assert/strict'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { loadCatalogue } from '../../src/modules/catalogue/index.ts'
import { root, startApp, type TestApp } from '../support/app.ts'

describe('the service files of a start', () => {
  let test: TestApp
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stoa-offers-'))
    await cp(join(root, 'services/library_card'), join(folder, 'library_card'), { recursive: true })
    test = await startApp()
  })
  after(async () => {
    await test.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('are read from what they were found to say before, and offer the same', async () => {
    const { platform } = test.app
    const client = new pg.Client({ connectionString: test.databaseUrl })
    await client.connect()
    try {
      await client.query('delete from catalogue.content')
      const first = await loadCatalogue(platform, folder, false)
      const again = await loadCatalogue(platform, folder, false)
      assert.deepEqual(again.offer('library_card').definition, first.offer('library_card').definition)
      assert.deepEqual([first.refused, again.refused], [[], []])
      // only who looks there says this
      await client.query(`update catalogue.content set content = jsonb_set(content::jsonb, '{title,en}', '"Kept"')`)
      assert.equal((await loadCatalogue(platform, folder, false)).offer('library_card').definition.title['en'], 'Kept')
      // what has no longer the shape of this version is read from the file
      await client.query(`update catalogue.content set content = '{"id": 7}'`)
      const anew = await loadCatalogue(platform, folder, false)
      assert.deepEqual(anew.offer('library_card').definition, first.offer('library_card').definition)
    } finally {
      await client.end()
    }
  })
})
