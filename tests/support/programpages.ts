import { accountActor, type Actor } from '../../src/modules/access/index.ts'
import { makeClient, moveRun, startRun } from '../../src/modules/payments/index.ts'
import { query } from '../../src/platform/db.ts'
import { today } from '../../src/platform/platform.ts'
import type { TestApp } from './app.ts'
import type { Template } from './templates.ts'

function staff(test: TestApp, role: 'administrator' | 'officer'): Actor {
  const roles = [{ role, agency: null }]
  return accountActor({ accountId: test.app.platform.newId(), personId: null, roles, channel: 'web', level: 'high' })
}

/** A program of an agency with a message that waits, and a run of property tax: their ids. */
export async function makeProgramThings(test: TestApp): Promise<{ moneyClient: string; taxRun: string }> {
  const { treasury, platform } = test.app
  if (!treasury) throw new Error('the city takes no money')
  const typed = { code: 'swept', name: 'Swept', agency: 'transport', perMinute: '60', scopes: ['bills.read'] }
  const { id } = await makeClient(platform, staff(test, 'administrator'), typed)
  const taxRun = await startRun(treasury, staff(test, 'officer'), Number(today(platform).slice(0, 4)) + 1)
  await moveRun(treasury, taxRun)
  return { moneyClient: id, taxRun }
}

/** The pages of programs, files and runs. */
export async function makeProgramPages(test: TestApp): Promise<Template[]> {
  const { moneyClient, taxRun } = await makeProgramThings(test)
  const hook = `insert into payments.hook (id, client_id, url, events, state, failing_since, made_at)
    values (gen_random_uuid(), $1, 'https://hooks.example.org/money', array['bill.paid'], 'paused', now(), now())`
  await query(test.app.platform.db, hook, [moneyClient])
  return [
    { name: 'billing programs', path: '/admin/money-clients', seat: 'admin' },
    { name: 'billing program', path: `/admin/money-clients/${moneyClient}`, seat: 'admin' },
    { name: 'bills from a file', path: '/officer/money/imports', seat: 'officer' },
    { name: 'runs of property tax', path: '/officer/money/runs', seat: 'officer' },
    { name: 'run of property tax', path: `/officer/money/runs/${taxRun}`, seat: 'officer' },
  ]
}
