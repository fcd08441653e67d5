import { makeCounterThings } from '../hostile/counterthings.ts'
import type { TestApp } from './app.ts'
import type { Template } from './templates.ts'

/** The pages of the treasury and the counter, with something on each: an entry that waits, a file of a refund, an open till. */
export async function makeCounterPages(test: TestApp): Promise<Template[]> {
  const { ids } = await makeCounterThings(test, 'Wilma Waits')
  const seen = (name: string, path: string): Template => ({ name, path: `/officer/money/${path}`, seat: 'officer' })
  return [
    seen('bank transfers', 'transfers'),
    seen('statement', `transfers/statements/${ids['statement']}`),
    seen('statement entry', `transfers/entries/${ids['entry']}`),
    seen('statement entry, opened', `transfers/entries/${ids['entry']}?payer=1`),
    seen('file of transfers', `transfers/files/${ids['transferFile']}`),
    seen('tills', 'till'),
    seen('till', `till/${ids['tillSession']}`),
    seen('receipt of the counter', `till/receipts/${ids['tillAct']}`),
    seen('comparison of bank and books', 'reconcile'),
  ]
}
