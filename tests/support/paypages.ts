import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { type Bill, billCode } from '../../src/modules/payments/index.ts'
import { query } from '../../src/platform/db.ts'
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
  const payer = { kind: 'person', personId: account.personId, accountId: account.id, name: 'Robin Example' } as const
  const other = await makeBill(test.app.treasury, 900n, undefined, { payer })
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
    seen('bills paid at once', `/pay/basket?bill=${ids['billReference'] ?? ''}&bill=${other.reference}`, 'resident'),
    ...(await attempts(test, account.id, other)),
  ]
}

/** The page of a payment in each state that a payer may come to. */
async function attempts(test: TestApp, account: string, bill: Bill): Promise<Template[]> {
  const { platform } = test.app
  const templates: Template[] = []
  for (const [state, reason] of [
    ['unknown', null],
    ['failed', 'insufficient_funds'],
    ['cancelled', null],
    ['expired', null],
  ] as const) {
    const id = platform.newId()
    const ended = state === 'unknown' ? null : platform.now()
    await query(
      platform.db,
      `insert into payments.attempt (id, provider, state, reason, amount, currency, account_id, language, return_path, made_at, ended_at)
       values ($1, 'harbourbank', $2, $3, 900, 'EUR', $4, 'en', '/pay', $5, $6)`,
      [id, state, reason, account, platform.now(), ended],
    )
    await query(platform.db, 'insert into payments.attempt_bill (attempt_id, bill_id, amount, open) values ($1, $2, 900, false)', [
      id,
      bill.id,
    ])
    templates.push({ name: `payment, ${state}`, path: `/pay/attempts/${id}`, seat: 'resident', act: undefined, at: undefined })
  }
  return templates
}

/** A provider that does not answer: pages have their paying forms, and nobody can pay. */
export const bankAway = {
  PAY_PROVIDER: 'harbourbank',
  PAY_URL: 'http://127.0.0.1:9',
  PAY_KEY: 'k'.repeat(40),
  PAY_WEBHOOK_SECRET: `whsec_${'a'.repeat(44)}`,
} as const

function showBill({ reference }: Bill, code: string) {
  return async (page: Page): Promise<void> => {
    await page.locator('#reference').fill(reference)
    await page.locator('#code').fill(code)
    await page.locator('form[action="/pay"] button[type=submit]').click()
    await page.waitForURL(/\/pay\/bills\//)
  }
}
