import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { makeDeskThings } from '../hostile/deskthings.ts'
import type { TestApp } from './app.ts'
import type { Template } from './templates.ts'

/** Gives officers something to do about a resident's money; lists the pages on which they do it. */
export async function makeDeskPages(test: TestApp): Promise<Template[]> {
  const account = await accountByAddress(test.app.platform, 'resident@harbourview.example')
  assert.ok(account)
  const { ids, bill } = await makeDeskThings(test, { accountId: account.id, personId: account.personId, name: 'Robin Example' })
  await test.settle()
  const own = `/officer/money/bills/${bill.reference}`
  const seen = (name: string, path: string, seat: Template['seat'] = 'officer', act?: Template['act'], at?: RegExp): Template => ({
    name,
    path,
    seat,
    act,
    at,
  })
  return [
    seen('money', '/officer/money'),
    seen('bills of officers', '/officer/money/bills?state=paid'),
    seen('bills of officers, filtered', '/officer/money/bills?state=all&agency=transport&from=2026-01-01'),
    seen('bills of officers, none', '/officer/money/bills?state=written_off'),
    seen('story of a bill', own),
    seen('story of a bill, opened', `${own}?purpose=bill.answer`),
    seen('story of a bill, wrong', own, 'officer', sendNote, /\/note$/),
    seen('bill by hand', '/officer/money/bills/new'),
    seen('bill by hand, wrong', '/officer/money/bills/new', 'officer', sendHand),
    seen('to look at', '/officer/money/items'),
    seen('to look at: one', `/officer/money/items/${ids['item'] ?? ''}`),
    seen('to approve', '/officer/money/approvals'),
    seen('to approve: one', `/officer/money/approvals/proposal/${ids['proposal'] ?? ''}`, 'second'),
    seen('to approve: own', `/officer/money/approvals/proposal/${ids['proposal'] ?? ''}`),
  ]
}

async function sendNote(page: Page): Promise<void> {
  await page.locator('#form-note summary').click()
  await page.locator('#form-note button').click()
  await page.waitForLoadState()
}

async function sendHand(page: Page): Promise<void> {
  await page.locator('#hand-form button[type=submit]').click()
  await page.waitForLoadState()
}
