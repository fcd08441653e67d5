import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { systemActor } from '../../src/modules/access/index.ts'
import { importParcels, type Treasury } from '../../src/modules/payments/index.ts'
import { open } from '../../src/modules/people/index.ts'
import { query } from '../../src/platform/db.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'

const head = 'NO;M2;USE;VALUE;FREE;OWNER;MAIL;STREET;KIND'
type Own = Partial<Record<'no' | 'area' | 'use' | 'value' | 'free' | 'owner' | 'mail', string>>
const row = (at: number, own: Own = {}): string =>
  [own.no ?? `RG-${at}`, own.area ?? String(50 + at), own.use ?? 'V', own.value ?? '120.000,50', own.free ?? '', own.owner ?? `Owner Placeholder ${at}`, own.mail ?? '', `${at} Invented Quay`, 'P'].join(';') // prettier-ignore
const map = {
  path: 'map.yaml',
  text: `
delimiter: ';'
number: NO
area: M2
use: { column: USE, words: { V: residential, G: commercial } }
value: { column: VALUE, decimal: ',' }
exemption: { column: FREE, words: { K: worship_or_school } }
language: es
owner: { name: OWNER, email: MAIL, address: [STREET], company: { column: KIND, words: [E] } }
`,
}

describe('the register of parcels from a file', () => {
  let test: TestApp
  let treasury: Treasury
  let folder: string
  let rejects: string
  const take = async (name: string, rows: readonly string[], onProgress?: (rows: number) => void) => {
    const file = join(folder, name)
    await writeFile(file, [head, ...rows].join('\r\n'))
    return importParcels(treasury, { file, map, rejects, ...(onProgress ? { onProgress } : {}) })
  }
  const rows = <T>(sql: string, values: readonly unknown[] = []) => query<T>(treasury.platform.db, sql, values)
  type Seen = { area: number; value: bigint; exemption: string | null; mails: boolean; person_id: string; record_id: string }
  const parcel = async (number: string): Promise<Seen> =>
    (await rows<Seen>('select * from payments.parcel where number = $1', [number]))[0] ?? assert.fail()
  const ownerOf = async (seen: Seen): Promise<unknown> => {
    const ask = { record: seen.record_id, fields: ['name'], purpose: 'bill.document', legalBasis: 'gdpr.6.1.e' }
    return (await open(treasury.platform, systemActor('mail'), ask))['name']
  }
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stoa-parcels-test-'))
    rejects = join(folder, 'rejects.csv')
    test = await startApp({})
    assert.ok(test.app.treasury)
    treasury = test.app.treasury
  })
  after(async () => {
    await test.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('comes in once, goes on after a stop, and says why rows do not', async () => {
    const all = Array.from({ length: 2_100 }, (_, at) => row(at + 1))
    all[9] = row(10, { area: '12,5' })
    all[19] = row(20, { use: 'X' })
    all[29] = row(30, { owner: '' })
    all[39] = row(40, { free: 'unheard_of' })
    all[49] = row(50, { value: '-1' })
    all[59] = row(60, { no: 'has space' })
    all[2_050] = row(1, { area: '999' })
    const stop = new Error('the power went')
    const halt = (done: number): void => {
      if (done >= 1_000) throw stop
    }
    await assert.rejects(take('one.csv', all, halt), stop)
    const done = await take('one.csv', all)
    assert.deepEqual([done.rows, done.tally.added, done.tally.changed, done.tally.same], [2_100, 2_093, 0, 0])
    assert.deepEqual(done.tally.rejected, { area: 1, use: 1, owner: 1, exemption: 1, value: 1, number: 1, number_used: 1 })
    const [count] = await rows<{ n: number }>('select count(*)::int n from payments.parcel')
    assert.equal(count?.n, 2_093)
    const kept = await readFile(rejects, 'utf8')
    assert.equal(kept.trim().split('\r\n').length, 8)
    assert.match(kept, /has space.*60;number/)
    assert.equal((await parcel('RG-1')).area, 51)
    assert.equal((await parcel('RG-1')).value, 12_000_050n)
    assert.equal((await take('one.csv', all)).again, true)
  })

  it('changes what is said otherwise, and nothing else', async () => {
    const [first, second, third, fourth] = await Promise.all(['RG-1', 'RG-2', 'RG-3', 'RG-4'].map(parcel))
    assert.ok(first && second && third && fourth)
    // the owner of the second was billed, that of the third never
    const bill = await makeBill(treasury, 5_000n)
    await rows('update payments.bill set person_id = $2, record_id = $3 where id = $1', [bill.id, second.person_id, second.record_id])
    const done = await take('two.csv', [
      row(1, { area: '77', free: 'K' }),
      row(2, { owner: 'Owner Successor', mail: 'successor@example.org' }),
      row(3, { owner: 'Owner Successor' }),
      row(4),
    ])
    assert.deepEqual(done.tally, { added: 0, changed: 3, owners: 2, same: 1, rejected: {} })
    const now = await parcel('RG-1')
    assert.deepEqual([now.area, now.exemption, now.person_id], [77, 'worship_or_school', first.person_id])
    const sold = await parcel('RG-2')
    assert.notEqual(sold.person_id, second.person_id)
    assert.deepEqual([sold.mails, await ownerOf(sold), await ownerOf(second)], [true, 'Owner Successor', 'Owner Placeholder 2'])
    const [kept] = await rows<{ record_id: string }>('select record_id from payments.bill where id = $1', [bill.id])
    assert.equal(kept?.record_id, second.record_id, 'the bill stays with who owned it')
    await assert.rejects(ownerOf(third), /404|not-found|no record/i, 'who owns nothing and was never billed is not kept')
    assert.deepEqual(await parcel('RG-4'), fourth)
    const lines = await rows<{ type: string; data: Record<string, unknown> }>(
      `select type, data from journal.event where type like 'payments.parcel.%' order by id desc limit 2`,
    )
    assert.deepEqual(lines.find(({ type }) => type === 'payments.parcel.imported')?.data, { rows: 4, added: 0, changed: 3, owners: 2 })
    assert.deepEqual(lines.find(({ type }) => type === 'payments.parcel.taken')?.data, { added: 0, changed: 3, owners: 2 })
  })

  it('is refused in words when the map does not fit', async () => {
    const file = join(folder, 'two.csv')
    const order = { file, map, rejects }
    const other = (text: string) => ({ ...order, map: { path: 'm', text } })
    await assert.rejects(importParcels(treasury, other(map.text.replace('M2', 'NO_SUCH'))), /no column NO_SUCH/)
    await assert.rejects(importParcels(treasury, other('surprise: 1')), /surprise/)
    await assert.rejects(importParcels(treasury, { ...order, file: join(folder, 'none.csv') }), /cannot be read/)
  })
})
