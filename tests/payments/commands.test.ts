import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { present } from '../../src/kernel/invariant.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import { type Entry, writeCamt053 } from '../../src/modules/iso20022/index.ts'
import { type Bill, billCode, getBill, receive, type Treasury, within } from '../../src/modules/payments/index.ts'
import { importFolder } from '../../src/modules/payments/transfers/jobs.ts'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { root, startApp, type TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'
import { cookiesOf, formBody, send } from '../support/client.ts'
import { statementOf } from '../support/statements.ts'

describe('commands and folders of money', () => {
  let test: TestApp
  let treasury: Treasury
  let folder: string
  before(async () => {
    test = await startApp({ listen: true })
    treasury = present(test.app.treasury, 'the city takes money')
    folder = await mkdtemp(join(tmpdir(), 'stoa-money-'))
  })
  after(async () => {
    await test.close()
    await rm(folder, { recursive: true, force: true })
  })

  const command = (...args: string[]): Promise<{ code: number; said: string }> =>
    new Promise((done) => {
      const env = {
        PATH: process.env['PATH'],
        DATABASE_URL: test.databaseUrl,
        DATA_DIR: folder,
        LOG_LEVEL: 'silent',
        STOA_KEY_FILE: join(folder, 'keys.json'),
      }
      execFile(process.execPath, ['src/main.ts', ...args], { cwd: root, env }, (error, stdout, stderr) =>
        done({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }),
      )
    })
  const statement = (bill: Bill, amount: bigint, id: string): string => {
    const day = today(treasury.platform)
    const entry: Entry = {
      amount, currency: 'EUR', direction: 'credit', reversal: false, status: 'BOOK', bookingDay: day, valueDay: day, code: { own: 'TRF' }, charges: [],
      details: [{ charges: [], references: [bill.creditor_reference], lines: [] }],
    } // prettier-ignore
    return writeCamt053(statementOf([entry], { iban: treasury.rules.creditor.iban, day, id }))
  }
  const written = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, text)
    return path
  }
  const owed = async (bill: Bill): Promise<bigint> => (await getBill(treasury.platform, bill.id)).outstanding

  it('import a bank statement once, and say what is wrong with a file', async () => {
    const bill = await makeBill(treasury, 2_000n)
    const file = await written('one.xml', statement(bill, 1_500n, 'ONE'))
    assert.deepEqual(await command('import', 'statement', file), { code: 0, said: '1 entry is booked.\n' })
    assert.equal(await owed(bill), 500n)
    assert.deepEqual(await command('import', 'statement', file), {
      code: 0,
      said: 'This statement was imported before; nothing was booked.\n',
    })
    assert.equal(await owed(bill), 500n)
    const broken = await command('import', 'statement', await written('broken.xml', '<Document><BkToCstmrStmt>'))
    assert.equal(broken.code, 1)
    assert.doesNotMatch(broken.said, /\bat .*\.ts/)
    assert.equal((await command('import', 'statement', join(folder, 'none.xml'))).code, 1)
    assert.equal((await command('import', 'statement')).code, 2)
  })

  it('take the register of parcels in, once', async () => {
    const file = await written('parcels.csv', 'NO,M2,VALUE,OWNER\nCM-1,80,200000.00,Noa Placeholder\nCM-2,none,1,Noa Placeholder\n')
    const text =
      'number: NO\narea: M2\nuse: { column: M2, words: { "80": residential } }\nvalue: { column: VALUE }\nlanguage: en\nowner: { name: OWNER }\n'
    const asked = ['import', 'parcels', file, '--map', await written('parcels.yaml', text)]
    const first = await command(...asked)
    assert.equal(first.code, 0, first.said)
    assert.match(
      first.said,
      /^2 rows: 1 parcels added, 0 changed, 0 as they were.\n1 rejected: area\nThe rejected rows are in .*parcels\.rejects\.csv/,
    )
    assert.match((await command(...asked)).said, /nothing to do/)
    assert.equal((await command('import', 'parcels', file)).code, 2)
    assert.equal((await command('import', 'parcels', file, '--map', join(folder, 'none.yaml'))).code, 1)
  })

  it('say whether a receipt is genuine, from the file and the city’s public keys alone', async () => {
    const bill = await makeBill(treasury, 4_000n)
    const { payment } = await transact(treasury.platform, (tx) =>
      receive(within(treasury, tx), systemActor('payments'), {
        key: `test:${tx.newId()}`, source: 'bank', heldBy: 'revenue', amount: 4_000n, currency: 'EUR', day: today(tx),
        shares: [{ bill: bill.id, amount: 4_000n }],
      }),
    ) // prettier-ignore
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = formBody({ reference: bill.reference, code: billCode(treasury.platform, bill.id) })
    const cookie = cookiesOf(await send(test.url, { method: 'POST', path: '/pay', headers, body })).join('; ')
    const receipt = (await send(test.url, { path: `/pay/receipts/${payment.id}.json`, headers: { cookie } })).body
    const keys = await written('keys-public.json', (await send(test.url, { path: '/pay/receipts/keys.json' })).body)
    const good = await command('verify', 'receipt', await written('receipt.json', receipt), '--keys', keys)
    assert.equal(good.code, 0, good.said)
    assert.match(good.said, /This receipt is genuine/)
    assert.ok(good.said.includes(bill.reference))
    assert.ok(receipt.includes('"4000"'))
    const forged = await written('forged.json', receipt.replaceAll('"4000"', '"9000"'))
    const bad = await command('verify', 'receipt', forged, '--keys', keys)
    assert.equal(bad.code, 1)
    assert.match(bad.said, /not genuine/)
    assert.equal((await command('verify', 'receipt', forged)).code, 2)
  })

  it('book the statements of the folder, put each aside, and tell of those that are refused', async () => {
    const bill = await makeBill(treasury, 900n)
    const inbox = await mkdtemp(join(folder, 'inbox-'))
    await writeFile(join(inbox, 'b.xml'), statement(bill, 900n, 'FOLDER'))
    await writeFile(join(inbox, 'a.xml'), 'no statement')
    await writeFile(join(inbox, 'notes.txt'), 'left alone')
    const own = { ...treasury, rules: { ...treasury.rules, statements: { ...treasury.rules.statements, folder: inbox } } }
    await importFolder(own)
    assert.equal(await owed(bill), 0n)
    assert.deepEqual((await readdir(inbox)).toSorted(), ['done', 'notes.txt', 'refused'])
    assert.deepEqual([await readdir(join(inbox, 'done')), await readdir(join(inbox, 'refused'))], [['b.xml'], ['a.xml']])
    const items = await query<{ kind: string }>(treasury.platform.db, "select kind from payments.item where kind = 'statement_refused'")
    assert.equal(items.length, 1)
    await importFolder(own)
    assert.equal((await query(treasury.platform.db, "select 1 from payments.item where kind = 'statement_refused'")).length, 1)
  })
})
