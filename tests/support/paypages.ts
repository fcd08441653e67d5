import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { type Bill, billCode } from '../../src/modules/payments/index.ts'
import { makeMoneyThings } from '../hostile/moneythings.ts'
import type { TestApp } from './app.ts'
import { makeBill } from './bills.ts'
import { sendEmpty } from './looks.ts'
import type { Template } from './templates.ts'

/** Gives the resident a bill of which a part is paid, and somebody another that they may keep; lists the pages on which they see and pay it. */
export async function makePayPages(test: TestApp): Promise<Template[]> {
  const account = await accountByAddress(test.app.platform, 'resident@harbourview.example')
  assert.ok(account)
  const { ids } = await makeMoneyThings(test, { accountId: account.id, personId: account.personId, name: 'Robin Example' })
  assert.ok(test.app.treasury)
  const free = await makeBill(test.app.treasury, 1_500n)
  const own = `/pay/bills/${ids['billReference'] ?? ''}`
  const seen = (name: string, path: string, seat: Template['seat'], act?: Template['act'], at?: RegExp): Template => ({
    name,
    path,
    seat,
    act,
    at,
  })
  return [
    seen('pay a bill', '/pay', null),
    seen('pay a bill, wrong', '/pay', null, sendEmpty),
    seen('bills', '/pay/mine', 'resident'),
    seen('bill', `/pay/bills/${ids['billReference'] ?? ''}`, 'resident'),
    ...(['help', 'parts', 'time', 'wrong', 'waiver'] as const).map((page) =>
      seen(`help with a bill: ${page}`, `${own}/${page}`, 'resident'),
    ),
    ...(['parts', 'time', 'wrong', 'waiver'] as const).map((page) =>
      seen(`help with a bill: ${page}, empty`, `${own}/${page}`, 'resident', sendEmpty),
    ),
    seen('bill, by its code', '/pay', 'resident', showBill(free, billCode(test.app.platform, free.id)), /\/pay\/bills\//),
    // in the browser to which the code was shown
    seen('bill to keep', `/pay/bills/${free.reference}/claim`, 'resident'),
    seen('reminders', '/officer/money/reminders', 'officer'),
    seen('payment', `/pay/attempts/${ids['attempt'] ?? ''}`, 'resident'),
  ]
}

function showBill({ reference }: Bill, code: string) {
  return async (page: Page): Promise<void> => {
    await page.locator('#reference').fill(reference)
    await page.locator('#code').fill(code)
    await page.locator('form[action="/pay"] button[type=submit]').click()
    await page.waitForURL(/\/pay\/bills\//)
  }
}
