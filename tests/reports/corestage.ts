import assert from 'node:assert/strict'
import pg from 'pg'
import { Problem } from '../../src/kernel/problem.ts'
import type { PlainDate } from '../../src/kernel/time.ts'
import { accountActor, type Actor, anonymous } from '../../src/modules/access/index.ts'
import type { Report } from '../../src/modules/reports/report.ts'
import { type NewReport, sendReport } from '../../src/modules/reports/service/index.ts'
import { startApp } from '../support/app.ts'

/** An officer of an agency, or of the city where it is null. */
export const officer = (agency: string | null, accountId = '00000000-0000-7000-8000-00000000000a'): Actor =>
  accountActor({ accountId, personId: null, roles: [{ role: 'officer', agency }], channel: 'web', level: 'substantial' })
/** An officer of the whole city. */
export const team = officer(null)
/** Whoever is not signed in. */
export const nobody = anonymous('web')

/** Whether what was thrown is this problem. */
export const refused = (code: string, status: number) => (error: unknown) => {
  assert.ok(error instanceof Problem, String(error))
  assert.deepEqual([error.code, error.status], [code, status])
  return true
}

/** What the tests of the service of reports stand on: `startCore` opens it. */
export type Core = Awaited<ReturnType<typeof startCore>>

/** Starts a city with its accounts, at a clock that goes on with every look and can be set; gives means to send reports and to look at the tables. */
export async function startCore() {
  let clock = new Date('2026-03-02T10:00:00Z')
  // what comes later is later
  const tick = (): Date => {
    clock = new Date(clock.getTime() + 1)
    return clock
  }
  const app = await startApp({ accounts: true, overrides: { now: tick } })
  const pool = new pg.Pool({ connectionString: app.databaseUrl, max: 4 })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const { board, platform } = app.app

  let number = 0
  const draft = (own: Partial<NewReport> = {}): NewReport => {
    number += 1
    const address = board.places?.addresses[number * 7]
    assert.ok(address)
    return {
      source: 'web',
      sourceId: `test-${number}`,
      category: 'bench',
      lat: address.lat,
      long: address.long,
      text: 'The bench has lost two boards.',
      answers: {},
      language: 'en',
      photos: [],
      ...own,
    }
  }

  return {
    app,
    board,
    platform,
    pool,
    draft,
    get clock(): Date {
      return clock
    },
    set clock(to: Date) {
      clock = to
    },
    /** A work order of the day that the clock says. */
    get workOrder() {
      return { evidence: { kind: 'work_order', order: 'WO-17', on: clock.toISOString().slice(0, 10) as PlainDate } as const }
    },
    async count(sql: string, values: unknown[] = []): Promise<number> {
      return Number((await pool.query<{ count: string }>(`select count(*) as count from ${sql}`, values)).rows[0]?.count)
    },
    async withEmail(email: string, own: Partial<NewReport> = {}): Promise<{ report: Report; code: string }> {
      const { report, code } = await sendReport(board, nobody, draft({ contact: { email }, ...own }))
      assert.ok(code)
      return { report, code }
    },
    /** The code that was mailed to somebody, as they would open it. */
    codeIn(to: string): string {
      const mail = app.mails.findLast((each) => each.to === to && /code=/.test(each.text))
      return /code=([0-9A-Z-]+)/.exec(mail?.text ?? '')?.[1] ?? assert.fail(`${to} has a mail with a code`)
    },
    async close(): Promise<void> {
      await pool.end()
      await app.close()
    },
  }
}
