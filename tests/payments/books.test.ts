import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { addAccount, grantRole } from '../../src/modules/identity/index.ts'
import type { PlainDate } from '../../src/kernel/time.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import { closeItem, openAboutBooks, openItem } from '../../src/modules/payments/items.ts'
import { query } from '../../src/platform/db.ts'
import { transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { bookFee, type Booked } from '../support/booking.ts'
import { type Answer, formBody, send } from '../support/client.ts'
import { sessionFor } from '../support/world.ts'

describe('the pages of the books', () => {
  let test: TestApp
  let booked: Booked
  const seats = new Map<string, string>()

  before(async () => {
    // a fee of last month, so that this one can be closed
    let now = new Date('2026-05-20T10:00:00Z')
    test = await startApp({ listen: true, overrides: { now: () => now } })
    booked = await bookFee(test)
    await test.settle()
    now = new Date('2026-06-15T10:00:00Z')
    const staff = [
      ['auditor', 'auditor', null],
      ['treasurer', 'officer', 'revenue'],
      ['chief', 'supervisor', 'revenue'],
      ['parking', 'officer', 'transport'],
    ] as const
    for (const [name, role, agency] of staff) {
      const email = `${name}@harbourview.example`
      await transact(test.app.platform, async (tx) => {
        const account = await addAccount(tx, { name, email, passwordHash: 'none', language: 'en', status: 'active', staffName: name })
        await grantRole(tx, { journalName: 'system:setup', channel: 'job' }, account.id, { role, agency })
      })
      seats.set(name, await sessionFor(test.app, email, 'substantial'))
    }
  })
  after(() => test.close())

  const get = (seat: string, path: string): Promise<Answer> =>
    send(test.url, { path, headers: { accept: 'text/html', cookie: seats.get(seat) ?? '' } })
  const paths = (): string[] => [
    '/officer/ledger',
    '/officer/ledger.csv',
    '/officer/ledger/journal?from=2026-05-01',
    '/officer/ledger/journal.csv?from=2026-05-01',
    `/officer/ledger/accounts/${booked.account}?from=2026-05-01`,
    `/officer/ledger/accounts/${booked.account}/statement.csv?from=2026-05-01`,
    `/officer/ledger/postings/${booked.posting}`,
  ]

  it('are for the treasury and auditors, and for nobody else', async () => {
    for (const path of paths()) {
      for (const seat of ['auditor', 'treasurer', 'chief']) assert.equal((await get(seat, path)).status, 200, `${seat} ${path}`)
      assert.equal((await get('parking', path)).status, 403, path)
      assert.notEqual((await send(test.url, { path })).status, 200, path)
    }
    for (const seat of ['auditor', 'treasurer', 'parking']) assert.equal((await get(seat, '/officer/ledger/close')).status, 403, seat)
    for (const path of ['/officer/ledger/accounts/999999', '/officer/ledger/accounts/x', '/officer/ledger/postings/x', `/officer/ledger/postings/${test.app.platform.newId()}`])
      assert.equal((await get('auditor', path)).status, 404, path) // prettier-ignore
  })

  it('show the same amounts on the page and in the file, in three languages', async () => {
    for (const language of ['en', 'es', 'ar'] as const)
      for (const path of paths().filter((each) => !each.includes('.csv'))) {
        const page = await get('auditor', `${path}${path.includes('?') ? '&' : '?'}lang=${language}`)
        assert.match(page.body, new RegExp(`lang="${language}"`))
        assert.match(page.body, /25[.,]00|٢٥٫٠٠/, `${language} ${path}`)
        const own = { en: /Postings/, es: /Asientos/, ar: /القيود/ }[language]
        assert.match(page.body, own, `${language} ${path}`)
      }
    const balance = await get('auditor', '/officer/ledger.csv?day=2026-05-31')
    assert.deepEqual(
      balance.body.trim().split('\r\n').slice(1).map((line) => line.split(',').slice(2).join(',')).toSorted(),
      ['transport,receivable,,EUR,25.00,', 'transport,revenue,fee,EUR,,25.00'],
    ) // prettier-ignore
    assert.equal(
      (await get('auditor', '/officer/ledger.csv?day=2026-05-19')).body.trim().split('\r\n').length,
      1,
      'nothing before it was booked',
    )
    const moved = await get('auditor', '/officer/ledger.csv?from=2026-05-20&day=2026-05-31')
    assert.deepEqual(
      moved.body.trim().split('\r\n').slice(1).map((line) => line.split(',').slice(3).join(',')).toSorted(),
      ['transport,receivable,,EUR,,,25.00,0.00,25.00,', 'transport,revenue,fee,EUR,,,0.00,25.00,,25.00'],
    ) // prettier-ignore
    const later = await get('auditor', '/officer/ledger.csv?from=2026-05-21&day=2026-06-10')
    assert.match(later.body, /receivable,,EUR,25\.00,,0\.00,0\.00,25\.00,\r\n/, 'what was there before and did not move')
    for (const language of ['en', 'es', 'ar'])
      assert.match((await get('auditor', `/officer/ledger?from=2026-05-20&day=2026-05-31&lang=${language}`)).body, /25[.,]00|٢٥٫٠٠/)
    const lines = (await get('auditor', paths()[5] ?? '')).body.trim().split('\r\n')
    assert.match(lines[1] ?? '', /^2026-05-20,2026-05-20,[0-9a-f-]{36},bill\.issued,[0-9a-f-]{36},[0-9a-f-]{36},25\.00,,25\.00,,EUR$/)
    assert.equal((await get('auditor', '/officer/ledger/journal.csv?from=2026-05-01')).body.trim().split('\r\n').length, 3)
  })

  it('say what caused a posting, with the way to the journal for those who may read it', async () => {
    const path = `/officer/ledger/postings/${booked.posting}`
    assert.match((await get('treasurer', path)).body, /payments\.bill\.issued/)
    assert.doesNotMatch((await get('treasurer', path)).body, /\/audit\/journal/)
    const [, link = ''] = /href="(\/audit\/journal\?stream=[0-9a-f-]+)"/.exec((await get('auditor', path)).body) ?? []
    assert.match((await get('auditor', link)).body, /payments\.bill\.issued/)
  })

  it('close a month once, and say why not', async () => {
    const close = (month: string): Promise<Answer> =>
      send(test.url, {
        method: 'POST',
        path: '/officer/ledger/close',
        headers: { cookie: seats.get('chief') ?? '', 'content-type': 'application/x-www-form-urlencoded' },
        body: formBody({ month }),
      })
    assert.match((await get('chief', '/officer/ledger/close')).body, /value="2026-05"/)
    for (const [month, why] of [['2026-06', /not over/], ['2026-04', /one after another/], ['', /one after another/]] as const) {
      const answer = await close(month)
      assert.equal(answer.status, 422)
      assert.match(answer.body, why)
    } // prettier-ignore
    const { platform } = test.app
    // payers' work may wait; what says that the books are wrong may not
    const [known, unknown] = await transact(platform, async (tx) => {
      const item = { agency: 'revenue', kind: 'overpaid', key: 'overpaid:books' }
      await openItem(tx, systemActor('test'), item)
      await openItem(tx, systemActor('test'), { ...item, kind: 'reconcile_clearing', key: 'reconcile:books' })
      return [await openAboutBooks(tx, '2026-06-15' as PlainDate), await openAboutBooks(tx, '2026-05-31' as PlainDate)]
    })
    assert.deepEqual([known, unknown], [1, 0], 'this one is of June')
    await query(platform.db, "update payments.item set opened_at = '2026-05-31T20:00:00Z' where key = 'reconcile:books'")
    assert.match((await get('chief', '/officer/ledger/close')).body, /ds-alert/)
    const open = await close('2026-05')
    assert.equal(open.status, 422)
    assert.match(open.body, /still have to be looked at|still has to be looked at/)
    await transact(platform, (tx) => closeItem(tx, systemActor('test'), 'reconcile:books', 'settled'))
    const done = await close('2026-05')
    assert.equal(done.status, 303)
    assert.match((await get('chief', '/officer/ledger/close?done=closed')).body, /The month is closed/)
    assert.equal((await close('2026-05')).status, 422)
  })
})
