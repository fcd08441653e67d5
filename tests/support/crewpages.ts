import assert from 'node:assert/strict'
import { systemActor } from '../../src/modules/access/index.ts'
import { endReport } from '../../src/modules/reports/service/index.ts'
import { query } from '../../src/platform/db.ts'
import { giveReports, ROADS } from '../reports/crewday.ts'
import type { TestApp } from './app.ts'
import { sendEmptyForm } from './looks.ts'
import type { Seat, Template } from './templates.ts'

/** Gives the road crew a day's work, one of it overdue and begun; and the pages that show it. */
export async function makeCrewPages(test: TestApp): Promise<Template[]> {
  const [hole, kerb, gone] = await giveReports(test, ROADS, ['A deep hole', 'A loose kerb', 'Was mended before'])
  assert.ok(hole && kerb && gone)
  await query(test.app.database.db, "update reports.report set due_on = '2026-01-05', state = 'in_progress' where id = $1", [kerb.id])
  await endReport(test.app.board, systemActor('timers'), gone.id, { outcome: 'no_action', reason: 'already_fixed' })
  const seen = (name: string, path: string, seat: Seat = 'crew', act?: Template['act'], at?: RegExp): Template => ({
    name,
    path,
    seat,
    act,
    at,
  })
  const wrong = (kind: string): Template =>
    seen(
      `crew report, ${kind} wrong`,
      `/officer/crew/reports/${hole.reference}`,
      'crew',
      async (page) => {
        // as without a script: the server says what is missing
        await page.evaluate(`document.querySelector('[data-crew-act="${kind}"]').removeAttribute('data-crew-act')`)
        await sendEmptyForm(page, `main [data-act="${kind}"] form`)
      },
      /^\/officer\/crew\/acts$/,
    )
  return [
    seen('crew list', '/officer/crew'),
    seen('crew list, by due day', '/officer/crew?order=due&done=done'),
    seen('crew report', `/officer/crew/reports/${hole.reference}`),
    seen('crew report, ended', `/officer/crew/reports/${gone.reference}`),
    ...['done', 'cannot', 'other_crew', 'note'].map(wrong),
    // its content is drawn from the device
    seen('crew frame', '/officer/crew/frame', 'crew', (page) => page.locator('h1:visible').first().waitFor()),
    seen('crew, none', '/officer/crew', 'second'),
    seen('crew members', '/officer/crew/members', 'supervisor'),
    seen('crew members, wrong', '/officer/crew/members', 'supervisor', (page) => sendEmptyForm(page, 'main form.st-form')),
  ]
}
