import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { parsePlainDate } from '../../src/kernel/time.ts'
import { query } from '../../src/platform/db.ts'
import { accountActor, type Actor, systemActor } from '../../src/modules/access/index.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { balanceOf, verifyLedger } from '../../src/modules/ledger/index.ts'
import {
  addParcels,
  confirmRun,
  getBill,
  moveRun,
  type NewParcel,
  relieveBill,
  startCorrection,
  startRun,
  type Treasury,
  within,
} from '../../src/modules/payments/index.ts'
import { partsOf, readTaxRules, taxOf } from '../../src/modules/payments/assessments/rules.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { root, startApp, type TestApp } from '../support/app.ts'
import { formBody, send } from '../support/client.ts'
import { sessionFor } from '../support/world.ts'

const USES = ['residential', 'commercial', 'industrial', 'vacant', 'civic']

/** Parcels of nobody real; every hundredth is exempt, every fiftieth owner has an e-mail address. */
function parcels(count: number, from = 0): NewParcel[] {
  return Array.from({ length: count }, (_, n) => {
    const at = from + n
    return {
      number: `TP-${String(at).padStart(7, '0')}`,
      addressId: null,
      district: 'old_harbour',
      area: 50 + (at % 400),
      use: USES[at % 4] ?? 'residential',
      value: BigInt(500_000 + ((at * 7919) % 60_000_000)),
      exemption: at % 100 === 99 ? 'worship_or_school' : null,
      language: (['en', 'es', 'ar'] as const)[at % 3] ?? 'en',
      owner: {
        kind: 'person',
        name: `Owner Placeholder ${at}`,
        address: [`${at} Invented Quay`, 'Harbourview'],
        ...(at % 50 === 0 ? { email: `owner.${at}@example.org` } : {}),
      },
    }
  })
}

describe('the rules of property tax', async () => {
  const text = await readFile(join(root, 'city/property-tax.yaml'), 'utf8')
  const rules = readTaxRules(text)
  const home = { use: 'residential', value: 20_000_000n, area: 80, district: null, exemption: null }

  it('give what the law says, rounded once', () => {
    assert.deepEqual(taxOf(rules, home), { amount: 60_000n, due: 60_000n, rule: 2, law: 'Article 3(2)', why: 'billed' })
    assert.equal(taxOf(rules, { ...home, value: 11_999_999n }).amount, 24_000n)
    assert.equal(taxOf(rules, { ...home, use: 'commercial', value: 1_000_000n, area: 33 }).amount, 5_330n)
    assert.equal(taxOf(rules, { ...home, exemption: 'protected_building' }).amount, 30_000n)
    assert.equal(taxOf(rules, { ...home, exemption: 'worship_or_school' }).why, 'exempt')
    assert.deepEqual([taxOf(rules, { ...home, value: 100_000n }).why, taxOf(rules, { ...home, value: 100_000n }).due], ['below', 0n])
    assert.throws(() => taxOf(rules, { ...home, exemption: 'unheard_of' }), /no exemption/)
  })

  it('lose no cent in parts, whose days are still to come', () => {
    const day = (text: string) => parsePlainDate(text) ?? assert.fail()
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1_000n, max: 10n ** 12n }),
        fc.constantFrom('2026-12-30', '2027-03-31', '2027-07-01', '2027-11-29'),
        (due, at) => {
          const parts = partsOf(rules, 2027, due, 'EUR', day(at))
          assert.equal(parts.reduce((sum, part) => sum + part.amount, 0n), due) // prettier-ignore
          assert.ok(parts.every((part) => part.amount > 0n && part.dueOn > day(at)))
          assert.equal(parts.length === 1 || due >= 10_000n, true)
        },
      ),
    )
    assert.deepEqual(partsOf(rules, 2027, 40_000n, 'EUR', day('2027-12-01')), [])
  })

  it('are refused with every fault named', () => {
    assert.throws(() => readTaxRules(text.replace("'2000', '0'", "'nothing_known', '0'")), /nothing_known/)
    assert.throws(() => readTaxRules(text.replace("'03-31'", "'02-30'")), /02-30 is no day/)
    assert.throws(() => readTaxRules(`${text}\nsurprise: 1`), /surprise/)
  })
})

describe('the yearly run', () => {
  let test: TestApp
  let treasury: Treasury
  let [first, second]: Actor[] = []
  const year = () => Number(today(treasury.platform).slice(0, 4)) + 1
  const rows = <T>(sql: string, values: readonly unknown[] = []) => query<T>(treasury.platform.db, sql, values)
  const officer = async (email: string): Promise<Actor> => {
    const account = await accountByAddress(treasury.platform, email)
    assert.ok(account)
    return accountActor({
      accountId: account.id,
      personId: account.personId,
      roles: [{ role: 'officer', agency: null }],
      channel: 'web',
      level: 'high',
    })
  }
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    assert.ok(test.app.treasury)
    treasury = test.app.treasury
    first = await officer('officer@harbourview.example')
    second = await officer('second.officer@harbourview.example')
    await addParcels(treasury.platform, parcels(3_500))
  })
  after(() => test.close())
  const one = (): Actor => first ?? assert.fail()
  const other = (): Actor => second ?? assert.fail()

  it('takes parcels in once, and keeps who owns them', async () => {
    const [before] = await rows<{ person_id: string }>(`select person_id from payments.parcel where number = 'TP-0000001'`)
    assert.equal(
      await addParcels(
        treasury.platform,
        parcels(10).map((parcel) => ({ ...parcel, area: 77 })),
      ),
      0,
    )
    const [now] = await rows<{ person_id: string; area: number }>(`select person_id, area from payments.parcel where number = 'TP-0000001'`)
    assert.deepEqual([now?.person_id, now?.area], [before?.person_id, 77])
    await addParcels(treasury.platform, parcels(10))
  })

  it('counts first, needs two officers, and survives being killed at any point', async () => {
    const run = await startRun(treasury, one(), year())
    await assert.rejects(startRun(treasury, other(), year()), /payments.run-there/)
    await assert.rejects(startRun(treasury, one(), year() + 1), /payments.run-year/)
    await assert.rejects(confirmRun(treasury, other(), run), /payments.run-moved/)
    await moveRun(treasury, run)
    const [checked] = await rows<{ state: string; preview: Record<string, unknown> }>(
      'select state, preview from payments.run where id = $1',
      [run],
    )
    assert.equal(checked?.state, 'checked')
    assert.deepEqual(await rows('select 1 from payments.bill'), [], 'a dry run bills nobody')
    await assert.rejects(confirmRun(treasury, one(), run), /four-eyes/)
    await confirmRun(treasury, other(), run)
    await killedInTheMiddle(run)
    const [half] = await rows<{ state: string; billed: number }>('select state, billed from payments.run where id = $1', [run])
    assert.ok(half && half.state === 'billing' && half.billed > 0, 'it was killed while it billed')
    await Promise.all([moveRun(treasury, run), moveRun(treasury, run)])
    const [done] = await rows<{ state: string; billed: number; passed: number; amount: bigint }>(
      'select * from payments.run where id = $1',
      [run],
    )
    assert.equal(done?.state, 'done')
    const [bills] = await rows<{ n: number; keys: number; total: bigint; parts: bigint }>(
      `select count(*)::int n, count(distinct source_id)::int keys, sum(total)::bigint total,
        (select sum(amount)::bigint from payments.instalment) parts from payments.bill where source = 'assessment'`,
    )
    const [preview] = [checked?.preview ?? {}]
    assert.deepEqual([bills?.n, bills?.keys, bills?.total], [preview['bills'], preview['bills'], BigInt(String(preview['amount']))])
    assert.equal(done?.billed, bills?.n)
    assert.equal((done?.billed ?? 0) + (done?.passed ?? 0), 3_500)
    assert.equal(done?.amount, bills?.total)
    assert.ok((bills?.parts ?? 0n) > 0n)
    assert.equal(await balanceOf(treasury.platform, { agency: 'revenue', kind: 'receivable', currency: 'EUR' }), bills?.total)
    const [lines] = await rows<{ n: number; bills: number }>(
      `select count(*)::int n, sum((data->>'bills')::int)::int bills from journal.event where type = 'payments.run.billed' and stream = $1`,
      [run],
    )
    assert.deepEqual([lines?.n, lines?.bills], [4, bills?.n])
    assert.deepEqual((await verifyLedger(treasury.platform)).filter((finding) => finding.state !== 'ok'), []) // prettier-ignore
  })

  /** Runs it in a process of its own, and kills that when it has billed something. */
  const killedInTheMiddle = async (run: string): Promise<void> => {
    const script = fileURLToPath(new URL('runworker.ts', import.meta.url))
    const child = spawn(process.execPath, [script, test.databaseUrl, run, test.app.config.dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise<void>((done, fail) => {
      child.stdout.on('data', (part: Buffer) => {
        if (/billing [1-9]/.test(part.toString())) child.kill('SIGKILL')
      })
      child.on('exit', (code, signal) => (signal === 'SIGKILL' ? done() : fail(new Error(`it ended by itself: ${code}`))))
    })
  }

  it('writes e-mails only to owners who gave an address, once', async () => {
    await test.settle()
    const told = test.mails.filter((mail) => /owner\.\d+@example\.org/.test(mail.to))
    const [owners] = await rows<{ n: number }>(
      `select count(*)::int n from payments.parcel p join payments.assessment a on a.parcel_id = p.id where p.mails and a.bill_id is not null`,
    )
    assert.equal(told.length, owners?.n)
    assert.equal(new Set(told.map((mail) => mail.to)).size, told.length)
  })

  const asOfficer = async (path: string, email = 'officer@harbourview.example') =>
    send(test.url, { path, patience: 60_000, headers: { cookie: await sessionFor(test.app, email, 'high'), accept: 'text/html' } })

  it('has a letter to print for everybody else, in files that say when they were fetched', async () => {
    const [run] = await rows<{ id: string; letters: number }>(`select id, letters from payments.run where state = 'done'`)
    assert.ok(run)
    const [owners] = await rows<{ n: number; most: number }>(
      `select count(*)::int n, max(a.letter)::int most from payments.parcel p join payments.assessment a on a.parcel_id = p.id
        where a.run_id = $1 and not p.mails and a.bill_id is not null and a.letter is not null`,
      [run.id],
    )
    const [bills] = await rows<{ n: number }>(
      'select count(*)::int n from payments.assessment a join payments.parcel p on p.id = a.parcel_id where a.run_id = $1 and not p.mails and a.bill_id is not null',
      [run.id],
    )
    assert.deepEqual([owners?.n, owners?.most], [bills?.n, Math.ceil((bills?.n ?? 0) / 250)])
    assert.equal(run.letters, bills?.n)
    const page = `/officer/money/runs/${run.id}`
    assert.match((await asOfficer(page)).body, /Letters to print[^]*run-letters\/[^/]+\/1\.pdf[^]*Not yet/)
    const opened = () => rows<{ n: number }>(`select count(*)::int n from journal.event where type = 'people.record.opened'`)
    const [before] = await opened()
    const last = owners?.most ?? 0
    const [size] = await rows<{ n: number }>('select count(*)::int n from payments.assessment where run_id = $1 and letter = $2', [
      run.id,
      last,
    ])
    const file = await asOfficer(`${page.replace('runs', 'run-letters')}/${last}.pdf`)
    assert.equal(file.status, 200)
    assert.match(file.body, /^%PDF-/)
    const [after] = await opened()
    assert.equal((after?.n ?? 0) - (before?.n ?? 0), size?.n, 'each payer is opened through the vault')
    assert.deepEqual(await rows(`select data from journal.event where type = 'payments.run.letters' and stream = $1`, [run.id]), [
      { data: { no: last, letters: size?.n } },
    ])
    assert.match((await asOfficer(page)).body, new RegExp(`Files fetched: 1 of ${last}`))
    for (const no of ['0', String(last + 1), 'x', '1e9'])
      assert.equal((await asOfficer(`${page.replace('runs', 'run-letters')}/${no}.pdf`)).status, 404, no)
    for (const email of ['auditor@harbourview.example', 'parking@harbourview.example'])
      assert.ok([403, 404].includes((await asOfficer(`${page.replace('runs', 'run-letters')}/1.pdf`, email)).status), email)
  })

  it('compares with the year before, and corrects one parcel', async () => {
    await addParcels(
      treasury.platform,
      parcels(1).map((parcel) => ({ ...parcel, value: 90_000_000n, use: 'residential' })),
    )
    await assert.rejects(startCorrection(treasury, one(), 'TP-9999999', year()), /payments.run-parcel/)
    const run = await startCorrection(treasury, one(), 'tp-0000000', year())
    await moveRun(treasury, run)
    await assert.rejects(confirmRun(treasury, one(), run), /four-eyes/)
    await confirmRun(treasury, other(), run)
    await moveRun(treasury, run)
    await moveRun(treasury, run)
    const bills = await rows<{ id: string }>(`select id from payments.bill where source_id = 'TP-0000000'`)
    assert.equal(bills.length, 1)
    assert.equal((await getBill(treasury.platform, bills[0]?.id ?? '')).total, 270_000n)
    await test.settle()
    assert.equal(test.mails.filter((mail) => mail.to === 'owner.0@example.org').length, 2, 'who has an address is told of a correction')
    assert.doesNotMatch((await asOfficer(`/officer/money/runs/${run}`)).body, /Letters to print/)
    const now = await startRun(treasury, one(), year() - 1)
    await moveRun(treasury, now)
    const [found] = await rows<{ preview: { first: number } }>('select preview from payments.run where id = $1', [now])
    assert.equal(found?.preview.first, 3_500)
  })

  it('has a letter about a correction for who gave no address, also when nothing is owed any more', async () => {
    const corrected = async (own: Partial<NewParcel>): Promise<string> => {
      await addParcels(
        treasury.platform,
        parcels(1, 1).map((parcel) => ({ ...parcel, ...own })),
      )
      const run = await startCorrection(treasury, one(), 'TP-0000001', year())
      await moveRun(treasury, run)
      await confirmRun(treasury, other(), run)
      await moveRun(treasury, run)
      return `/officer/money/runs/${run}`
    }
    for (const own of [{ value: 80_000_000n }, { exemption: 'worship_or_school' }]) {
      const page = await corrected(own)
      assert.match((await asOfficer(page)).body, /Letters to print/)
      assert.equal((await asOfficer(`${page.replace('runs', 'run-letters')}/1.pdf`)).status, 200)
    }
    assert.doesNotMatch((await asOfficer(await corrected({ exemption: 'worship_or_school' }))).body, /Letters to print/)
  })

  it('passes a correction that a bill cannot follow to an officer, and ends', async () => {
    const [bill] = await rows<{ id: string }>(`select id from payments.bill where source_id = 'TP-0000000'`)
    assert.ok(bill)
    const relieve = (kind: 'waived' | 'written_off', amount: bigint) =>
      transact(treasury.platform, (tx) =>
        relieveBill(within(treasury, tx), systemActor('payments'), bill.id, { key: `${kind}:${bill.id}`, kind, amount }),
      )
    const correctTo = async (value: bigint): Promise<[string | undefined, number | undefined]> => {
      await addParcels(
        treasury.platform,
        parcels(1).map((parcel) => ({ ...parcel, value, use: 'residential' })),
      )
      const run = await startCorrection(treasury, one(), 'TP-0000000', year())
      await moveRun(treasury, run)
      await confirmRun(treasury, other(), run)
      await moveRun(treasury, run)
      const [done] = await rows<{ state: string; passed: number }>('select state, passed from payments.run where id = $1', [run])
      const items = await rows<{ kind: string }>('select kind from payments.item where key = $1', [`tax-changed:${run}`])
      assert.deepEqual([...new Set(items.map(({ kind }) => kind))], done?.passed === 1 ? ['tax_changed'] : [])
      return [done?.state, done?.passed]
    }
    await relieve('waived', 200_000n)
    assert.deepEqual(await correctTo(20_000_000n), ['done', 1], 'more was waived than the tax comes to')
    assert.equal((await getBill(treasury.platform, bill.id)).total, 270_000n)
    assert.deepEqual(await correctTo(100_000_000n), ['done', 0], 'what was refused does not count')
    assert.equal((await getBill(treasury.platform, bill.id)).total, 300_000n)
    await relieve('written_off', 100_000n)
    assert.deepEqual(await correctTo(90_000_000n), ['done', 1])
  })

  it('is worked on pages without a script, by the treasury only', async () => {
    const cookie = await sessionFor(test.app, 'officer@harbourview.example', 'high')
    const page = await send(test.url, { path: '/officer/money/runs', headers: { cookie, accept: 'text/html' } })
    assert.equal(page.status, 200)
    const post = (path: string, fields: Record<string, string>, as = cookie) =>
      send(test.url, {
        method: 'POST',
        path,
        headers: { cookie: as, accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
        body: formBody(fields),
      })
    for (const wrong of ['', '0', '99999', "2027'; drop", '٢٠٢٧'])
      assert.equal((await post('/officer/money/runs', { kind: 'year', year: wrong })).status, 422)
    assert.equal((await post('/officer/money/runs', { kind: 'correction', number: '<script>', of: '2026' })).status, 422)
    const [waiting] = await rows<{ id: string }>(`select id from payments.run where state = 'checked'`)
    const own = await send(test.url, { path: `/officer/money/runs/${waiting?.id}`, headers: { cookie, accept: 'text/html' } })
    assert.ok(!own.body.includes('/confirm"'), 'whoever started it has no button')
    assert.equal((await post(`/officer/money/runs/${waiting?.id}/confirm`, {})).status, 403)
    const parking = await sessionFor(test.app, 'parking@harbourview.example', 'high')
    assert.equal((await send(test.url, { path: '/officer/money/runs', headers: { cookie: parking, accept: 'text/html' } })).status, 403)
    assert.equal((await post(`/officer/money/runs/${waiting?.id}/confirm`, {}, parking)).status, 404)
    const again = await sessionFor(test.app, 'second.officer@harbourview.example', 'high')
    assert.equal((await post(`/officer/money/runs/${waiting?.id}/confirm`, {}, again)).status, 303)
    const moving = await send(test.url, { path: `/officer/money/runs/${waiting?.id}`, headers: { cookie, accept: 'text/html' } })
    assert.match(String(moving.headers['refresh']), /^\d+$/)
    assert.equal((await post(`/officer/money/runs/${waiting?.id}/stop`, {})).status, 409)
  })
})
