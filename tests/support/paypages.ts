import assert from 'node:assert/strict'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { makeMoneyThings } from '../hostile/moneythings.ts'
import type { TestApp } from './app.ts'
import { sendEmpty } from './looks.ts'
import type { Template } from './templates.ts'

/** Gives the resident a bill of which a part is paid; lists the pages on which they see and pay it. */
export async function makePayPages(test: TestApp): Promise<Template[]> {
  const account = await accountByAddress(test.app.platform, 'resident@harbourview.example')
  assert.ok(account)
  const { ids } = await makeMoneyThings(test, { accountId: account.id, personId: account.personId, name: 'Robin Example' })
  const own = `/pay/bills/${ids['billReference'] ?? ''}`
  const seen = (name: string, path: string, seat: Template['seat'], act?: Template['act']): Template => ({ name, path, seat, act })
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
    seen('reminders', '/officer/money/reminders', 'officer'),
    seen('payment', `/pay/attempts/${ids['attempt'] ?? ''}`, 'resident'),
  ]
}
