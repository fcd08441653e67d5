import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { accountActor, type Actor, anonymous } from '../../src/modules/access/index.ts'
import { raiseConcern } from '../../src/modules/reports/page/acts.ts'
import type { Report } from '../../src/modules/reports/report.ts'
import { assignReport, fixReport, type NewReport, sendReport } from '../../src/modules/reports/service/index.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { cleanUpload } from '../../src/platform/uploads.ts'
import type { TestApp } from './app.ts'
import { formBody, send } from './client.ts'
import type { Template } from './templates.ts'
import { photo } from './world.ts'

/** Lets residents report, and officers begin to sort: two that are perhaps the same, one with everything that waits, one that is checked. */
export async function makeTriage(test: TestApp, officer: string): Promise<Template[]> {
  const { board, platform } = test.app
  const account = await accountByAddress(platform, 'officer@harbourview.example')
  const actor: Actor = accountActor({
    accountId: account?.id ?? '',
    personId: null,
    roles: [{ role: 'officer', agency: null }],
    channel: 'web',
    level: 'substantial',
  })
  const [home, next] = [board.places?.addresses[700], board.places?.addresses[1_700]]
  assert.ok(home && next)
  const made = async (n: number, own: Partial<NewReport>): Promise<Report> => {
    const draft = { source: 'web' as const, sourceId: `triage-page-${n}`, category: 'road_sign', lat: home.lat, long: home.long, text: '', answers: {}, language: 'en', photos: [], ...own } // prettier-ignore
    return (await sendReport(board, anonymous('web'), draft)).report
  }
  const full = await made(1, {
    text: 'The sign is bent. My neighbour John Smith saw it, tel. 0221 5550123.',
    contact: { name: 'Wren Halyarde', email: 'wren@mail.example' },
    photos: [await cleanUpload('a.jpg', await photo(), ['image'])],
  })
  await raiseConcern(board, anonymous('web'), full, 'photo')
  const near = await made(2, { text: 'A bent sign', lat: home.lat + 0.0001 })
  const checked = await made(3, { text: 'الإشارة مكسورة', language: 'ar', lat: next.lat, long: next.long })
  await assignReport(board, actor, checked.id, { crew: 'lighting' })
  await fixReport(board, actor, checked.id, { evidence: { kind: 'work_order', order: 'WO-4711', on: platform.city.dayOf(platform.now()) } })
  const headers = { cookie: officer, 'content-type': 'application/x-www-form-urlencoded' }
  const kept = await send(test.url, {
    method: 'POST',
    path: '/officer/reports/filters',
    headers,
    body: formBody({ name: 'Signs', queue: 'open', category: 'road_sign' }),
  })
  assert.equal(kept.status, 303)
  const seen = (name: string, path: string, act?: Template['act'], at?: RegExp): Template => ({ name, path, seat: 'officer', act, at })
  return [
    seen('report desk', '/officer/reports?queue=open'),
    seen('report desk, filtered and on a map', '/officer/reports?queue=open&category=road_sign&view=map'),
    seen('report desk, empty', '/officer/reports?queue=overdue'),
    seen('report desk, nothing chosen', '/officer/reports?queue=open', pressBulk, /^\/officer\/reports\/bulk$/),
    seen('report to sort', `/officer/reports/${full.id}?personal=1`),
    seen('report to sort, wrong', `/officer/reports/${full.id}`, sendNothing, /\/update$/),
    seen('report to sort, checked', `/officer/reports/${checked.id}`),
    seen('report, another place', `/officer/reports/${full.id}/place`),
    seen('merge reports', `/officer/reports/${full.id}/merge?with=${near.reference}`),
    seen('merge reports, which', `/officer/reports/${full.id}/merge?with=RPT-0`),
  ]
}

async function pressBulk(page: Page): Promise<void> {
  await page.locator('button[name="act"][value="assign"]').click()
  await page.waitForLoadState()
}

async function sendNothing(page: Page): Promise<void> {
  await page.locator('#form-update button').click()
  await page.waitForLoadState()
}
